import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { indexes } from './indexes.ts';

/** Writes the derived files anew: the indexes first, without which there is nothing that others could be derived from. */
const root = join(import.meta.dirname, '..');
async function write(files: Record<string, () => string | Promise<string>>): Promise<void> {
  for (const [file, derive] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), await derive());
    process.stdout.write(`${file}\n`);
  }
}
await write(indexes);
const { derivedFiles } = await import('./derived-files.ts');
await write(derivedFiles);
