import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive } from '@raffia/server/foundation/is-alive.ts';
import { until } from '@raffia/server/testing/until.ts';

/** Its first line gives it no time; its hook never ends, and what it started holds the output open. */
const hanging = `// timeout: 0m
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';

const child = spawn('sh', ['-c', 'sleep 1000 & wait'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
process.stdout.write(\`started \${child.pid}\\n\`);
test('ends', () => {});
after(() => new Promise(() => setTimeout(() => {}, 1_000_000)));
`;

test('a test file that hangs is ended with what it started, and nobody waits for its output', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-hanging-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'hanging.test.ts');
  writeFileSync(file, hanging);
  const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'end-in-time.ts'), file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, RAFFIA_TEST_GRACE_MS: '500' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  t.after(() => {
    child.stdout.destroy();
    child.stderr.destroy();
  });
  const closed = once(child, 'close', { signal: AbortSignal.timeout(20_000) });
  const [code] = await closed.catch(() => assert.fail(`its output is still open: ${output}`));
  assert.equal(code, 1, output);
  assert.match(output, /did not end within 0 minutes/);
  const started = Number(/started (\d+)/.exec(output)?.[1]);
  assert.ok(started > 0, output);
  await until('what it started is gone', async () => !isAlive(started), { withinMs: 5_000 });
});
