import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const start = "import { after, test } from 'node:test';\n";
/** How a file can fail outside of its tests, and what is to be said of it. */
const files: Record<string, readonly [source: string, said: RegExp]> = {
  rejects: [
    `${start}test('passes', () => {});\nsetTimeout(() => Promise.reject(new Error('nobody waits for this')), 50);`,
    /rejects\.test\.ts: outside of its tests\n[\s\S]*nobody waits for this/,
  ],
  throws: [
    `${start}test('passes', () => {});\nsetTimeout(() => { throw new Error('thrown too late'); }, 50);`,
    /throws\.test\.ts: outside of its tests\n[\s\S]*thrown too late/,
  ],
  hook: [
    `${start}test('passes', () => {});\nafter(() => { throw new Error('not tidied up'); });`,
    /hook\.test\.ts: outside of its tests\nError: not tidied up/,
  ],
  killed: [
    `${start}test('passes', () => {});\ntest('is killed', () => process.kill(process.pid, 'SIGKILL'));`,
    /killed\.test\.ts: outside of its tests\ntest failed, ended by SIGKILL/,
  ],
  leaves: [
    `${start}test('leaves', () => { process.stderr.write('these are its last words\\n'); process.exit(3); });`,
    /leaves\.test\.ts: outside of its tests\ntest failed, exit code 3\nthese are its last words/,
  ],
};

test('of a test file that fails outside of its tests is said how, and what it said last', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-failing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = Object.entries(files).map(([name, [source]]) => {
    const path = join(folder, `${name}.test.ts`);
    writeFileSync(path, source);
    return path;
  });
  const { stdout, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'run-tests.ts'), ...paths], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    encoding: 'utf8',
  });
  assert.equal(status, 1, stdout);
  for (const [, said] of Object.values(files)) assert.match(stdout, said);
  assert.match(stdout, /\n3 passed, 5 failed\n$/);
});
