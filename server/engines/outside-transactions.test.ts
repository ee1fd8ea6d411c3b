import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { transact } from '../database/transaction.ts';
import { AtOnce } from '../operations/at-once.ts';
import { TestServer } from '../testing/test-server.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './open-engine.ts';

let server: TestServer;
let engine: Engine;

before(async () => {
  server = await TestServer.start();
  engine = await openEngine(server.server.services);
});
after(() => server.stop());

test('no verb of an engine can be called inside a transaction, and every one outside', async () => {
  const { db } = server.server.services;
  let refused = 0;
  for (const verb of ['inspect', 'list', 'check', 'tidy', 'delete', 'start'] as const) {
    await transact(db, async () => {
      assert.throws(() => (engine[verb] as (id: string, name: string) => unknown)(server.first.account_id, 'x'), {
        message: new RegExp(`engine.${verb} was called inside a transaction`),
      });
      refused++;
    });
  }
  assert.equal(refused, 6);
  assert.deepEqual(await engine.list(), []);
});

test('a slow host is asked about a few machines at once, and about each of them once', async () => {
  let busy = 0;
  let most = 0;
  const asked: string[] = [];
  const atOnce = new AtOnce(4, async (id) => {
    busy++;
    most = Math.max(most, busy);
    assert.ok(!open.has(id), 'one at a time for each');
    open.add(id);
    asked.push(id);
    await new Promise((host) => setTimeout(host, 5));
    open.delete(id);
    busy--;
    if (id === '7') throw new Error('no answer');
  });
  const open = new Set<string>();
  const ids = Array.from({ length: 40 }, (_, i) => String(i));
  const ended = await Promise.allSettled([...ids, ...ids, ...ids].map((id) => atOnce.run(id)));
  assert.equal(most, 4);
  assert.equal(asked.length, 80, 'once, and once more for all who asked meanwhile');
  assert.equal(ended.filter(({ status }) => status === 'rejected').length, 3);
});
