import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { guardProcess } from '@raffia/server/testing/guard.ts';
import { whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { until } from '@raffia/server/testing/until.ts';

const missing = whyNoProxy('nginx') ?? whyNoRedis('valkey');

describe('three nodes to try by hand', { skip: missing ?? false }, () => {
  test('one command starts them with Valkey behind nginx, says how to ask them, and leaves nothing behind', async () => {
    const root = join(import.meta.dirname, '..', '..');
    const child = guardProcess(
      spawn(process.execPath, [join(root, 'raffia.mjs'), 'nodes', '--redis', 'valkey'], {
        env: { ...process.env, RAFFIA_TEST_DATABASE_URL: undefined, NODE_TEST_CONTEXT: undefined },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    const [, key, url] = await until('it says how', async () => {
      if (child.exitCode !== null) throw new Error(printed);
      return /curl -H 'X-API-Key: (\S+)' (\S+)/.exec(printed) ?? undefined;
    });
    for (let asked = 0; asked < 6; asked++) {
      const answer = await fetch(url as string, { headers: { 'X-API-Key': key as string } });
      assert.equal(answer.status, 200);
    }
    const nodes = [...printed.matchAll(/node-\d, process (\d+)/g)].map(([, pid]) => pid);
    assert.equal(nodes.length, 3);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    assert.equal(await ended, 0, printed);
    assert.deepEqual(
      nodes.filter((pid) => existsSync(`/proc/${pid}`)),
      [],
    );
  });

  test('what it does not know it refuses with what there is', async () => {
    const root = join(import.meta.dirname, '..', '..');
    const child = guardProcess(
      spawn(process.execPath, [join(root, 'raffia.mjs'), 'nodes', '--proxy', 'squid'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    let said = '';
    child.stderr?.on('data', (chunk) => (said += chunk));
    assert.equal(await new Promise((done) => child.once('close', done)), 1);
    assert.match(said, /--proxy is one of nginx, haproxy, and not squid/);
  });
});
