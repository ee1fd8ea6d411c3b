import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive } from '@raffia/server/foundation/is-alive.ts';
import { until } from '@raffia/server/testing/until.ts';

/** A part of the bench with a server, which does not end by itself, and a folder; it says which. */
const part = `
import { spawn } from 'node:child_process';
import { guardedFolder, guardProcess } from '${join(import.meta.dirname, '../bench/guard.ts')}';
const server = guardProcess(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }));
console.log(JSON.stringify({ server: server.pid, folder: guardedFolder() }));
setInterval(() => {}, 1000);`;

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`a bench that is ended by ${signal} leaves neither servers nor folders behind`, async () => {
    const bench = spawn(process.execPath, ['--input-type=module', '-e', part], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(bench.stdout, 'data')) as [Buffer];
    const { server, folder } = JSON.parse(String(line)) as { server: number; folder: string };
    assert.ok(isAlive(server) && existsSync(folder));
    const ended = once(bench, 'exit');
    bench.kill(signal);
    await ended;
    await until('its server has ended', async () => !isAlive(server));
    await until('its folder is gone', async () => !existsSync(folder));
  });
}
