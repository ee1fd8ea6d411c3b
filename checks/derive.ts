import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { derivedFiles } from './derived-files.ts';

/** Writes the derived files anew. */
const root = join(import.meta.dirname, '..');
for (const [file, derive] of Object.entries(derivedFiles)) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), await derive());
  process.stdout.write(`${file}\n`);
}
