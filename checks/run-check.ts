import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Types, lint and format in one command; `--write` mends what can be mended. */
const root = join(import.meta.dirname, '..');
const writes = process.argv.includes('--write');
const steps: [string, string[]][] = [
  ['biome', ['check', ...(writes ? ['--write'] : []), '--error-on-warnings', '.']],
  ['tsc', ['--project', '.']],
];
let failed = false;
for (const [command, args] of steps) {
  const { status } = spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed = true;
}
if (!failed) process.stdout.write('types, lint and format are in order\n');
process.exitCode = failed ? 1 : 0;
