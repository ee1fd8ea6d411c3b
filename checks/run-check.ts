import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Types, lint and format in one command, and whether what belongs together is there; `--write` mends what can be mended. */
const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const writes = process.argv.includes('--write');
const steps: [string, string[]][] = [
  [bin('biome'), ['check', ...(writes ? ['--write'] : []), '--error-on-warnings', '.']],
  [bin('tsc'), ['--project', '.']],
  [process.execPath, ['--test-reporter=dot', 'checks/parts.test.ts']],
];
let failed = false;
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed = true;
}
if (!failed) process.stdout.write('types, lint, format and parts are in order\n');
process.exitCode = failed ? 1 : 0;
