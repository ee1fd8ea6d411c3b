import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isAlive } from './is-alive.ts';

test('a process is alive until it has ended, and what is no number of a process never is', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  const pid = child.pid as number;
  assert.equal(isAlive(pid), true);
  child.kill();
  await once(child, 'exit');
  assert.equal(isAlive(pid), false);
  // Another user's: it may not be signalled unless we are root, and is there.
  assert.equal(isAlive(1), true);
  for (const none of [0, -1, -process.pid, Number(''), Number.NaN, 2 ** 31 - 1]) assert.equal(isAlive(none), false);
});
