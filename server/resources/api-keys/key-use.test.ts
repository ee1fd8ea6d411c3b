import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { systemClock } from '../../foundation/clock.ts';
import { tidy } from '../../housekeeping.ts';
import { statementsOf } from '../../testing/statements.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';
import { KeyUse, mostAddresses } from './key-use.ts';

/** What keys are used for, and from where. This computer is a proxy whose word on addresses is taken. */
let server: TestServer;
const own = '/api/raffia/v1/api-keys';
const day = 86_400_000;
const log = pino({ level: 'silent' });

before(async () => {
  server = await TestServer.start({ RAFFIA_TRUSTED_PROXIES: '127.0.0.1' });
});
const nodes: KeyUse[] = [];
after(async () => {
  await Promise.allSettled(nodes.map((one) => one.stop()));
  await server.stop();
});

const pool = () => server.server.services.pool;
function node(over: Pool = pool()): KeyUse {
  const made = new KeyUse(over, systemClock, log, { burstUsed: async (ids) => ids.map(() => 0) });
  nodes.push(made);
  return made;
}
const from = (address: string) => ({ ip: address });
const asked = async (path: string, caller: Caller = server.owner) => server.call(caller, 'GET', `${own}${path}`);
const usageOf = async (id: string) => (await asked(`/${id}/usage`)).body.data;
const hoursOf = async (id: string, hours = 24) => (await asked(`/${id}/hours?hours=${hours}`)).body.data.hours;
/** Of all nodes. */
const written = () => Promise.all(server.nodes.map(({ services }) => services.keyUse.flush()));
const sums = (rows: readonly Record<string, number>[]) =>
  ['requests', 'refused', 'denied'].map((name) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0));
const ask = (caller: Caller, path: string, address: string, method = 'GET') =>
  server.call(caller, method, path, { headers: { 'x-forwarded-for': address } });
async function manyKeys(count: number): Promise<string[]> {
  const { rows } = await pool().query(
    `insert into api_keys (id, account_id, name, key_hash, key_prefix, rate_limit_tier, issued_at, created_by, created_at)
     select gen_random_uuid(), $1, 'many', sha256(random()::text::bytea), 'raff_00000000', 'standard', now() - interval '1 day', gen_random_uuid(), now()
       from generate_series(1, $2) returning id`,
    [server.first.account_id, count],
  );
  return rows.map(({ id }) => id);
}

test('what a key did is told by minute and by hour: within the limit, over it, and not allowed', async () => {
  const viewer = await server.key({ project: 'viewer' });
  for (let n = 0; n < 4; n++) assert.equal((await ask(viewer, '/api/v1/vms', '198.18.0.1')).status, 200);
  for (let n = 0; n < 2; n++) assert.equal((await ask(viewer, '/api/v1/api-keys', '198.18.0.1')).status, 403);
  // Refused by what it names, not by what it may.
  assert.equal((await ask(viewer, '/api/v1/vms/nothing', '198.18.0.1')).status, 404);
  await server.call(server.owner, 'PATCH', `/api/v1/api-keys/${viewer.id}`, { body: { is_active: false } });
  for (let n = 0; n < 3; n++) assert.equal((await ask(viewer, '/api/v1/vms', '198.18.0.2')).status, 401);
  // A key that there is not has no figures, and nobody else gets them.
  assert.equal((await ask({ key: `raff_${'0'.repeat(64)}` }, '/api/v1/vms', '198.18.0.3')).status, 401);
  await written();
  const usage = await usageOf(viewer.id);
  assert.deepEqual(sums(usage.minutes), [7, 0, 5]);
  assert.deepEqual(sums(await hoursOf(viewer.id)), [7, 0, 5]);
  assert.equal(usage.last_used_from, '198.18.0.1', 'what was refused to a suspended key is no use of it');
  assert.deepEqual(
    usage.addresses.map(({ address }: { address: string }) => address),
    ['198.18.0.2', '198.18.0.1'],
  );
  const { rows } = await pool().query(`select count(*) from api_key_addresses where address = '198.18.0.3'`);
  assert.equal(Number(rows[0].count), 0);
});

test('requests over the limit are told apart from those within it', async () => {
  const key = await server.key({ project: 'viewer' });
  server.time.stopped = performance.now();
  try {
    const answers = await Promise.all(Array.from({ length: 120 }, () => server.send(key, 'GET', '/api/v1/vms')));
    const refused = answers.filter(({ status }) => status === 429).length;
    assert.ok(refused > 0);
    await written();
    assert.deepEqual(sums(await hoursOf(key.id)), [120 - refused, refused, 0]);
  } finally {
    delete server.time.stopped;
  }
});

test('of addresses the latest five are kept, and one that comes again is one', async () => {
  const key = await server.key({ project: 'viewer' });
  const addresses = async () => (await usageOf(key.id)).addresses.map(({ address }: { address: string }) => address);
  for (const last of [1, 2, 3, 4, 5, 6, 7, 3])
    assert.equal((await ask(key, '/api/v1/vms', `198.18.1.${last}`)).status, 200);
  await written();
  assert.deepEqual(
    await addresses(),
    [3, 7, 6, 5, 4].map((last) => `198.18.1.${last}`),
  );
  // And in batches, of which each has one.
  for (const last of [8, 4, 9]) {
    await ask(key, '/api/v1/vms', `198.18.1.${last}`);
    await written();
  }
  assert.deepEqual(
    await addresses(),
    [9, 4, 8, 3, 7].map((last) => `198.18.1.${last}`),
  );
  const { rows } = await pool().query('select from api_key_addresses where api_key_id = $1', [key.id]);
  assert.equal(rows.length, mostAddresses);
});

test('an address that a caller only claims is not taken for its own', async (t) => {
  const direct = await TestServer.start();
  t.after(() => direct.stop());
  const key = await direct.key({ project: 'viewer' });
  await direct.call(key, 'GET', '/api/v1/vms', { headers: { 'x-forwarded-for': '203.0.113.99' } });
  await Promise.all(direct.nodes.map(({ services }) => services.keyUse.flush()));
  const { addresses } = (await direct.call(direct.owner, 'GET', `${own}/${key.id}/usage`)).body.data;
  assert.deepEqual(
    addresses.map(({ address }: { address: string }) => address),
    ['127.0.0.1'],
  );
});

test('the list has each key’s last 24 hours, in the order of the keys, and a page of them', async () => {
  const key = await server.key({ project: 'viewer' });
  await ask(key, '/api/v1/vms', '198.18.2.1');
  await ask(key, '/api/v1/roles', '198.18.2.1', 'POST');
  await written();
  await pool().query(
    `insert into api_key_hours select $1, date_trunc('hour', $2::timestamptz, 'UTC') - n * interval '1 hour', 10, 1, 0 from generate_series(1, 30) n`,
    [key.id, new Date(Date.now() + server.time.offset)],
  );
  const { data, total } = (await asked('/last-day')).body;
  const keys = (await server.call(server.owner, 'GET', '/api/v1/api-keys')).body;
  assert.deepEqual(
    data.map((row: { api_key_id: string }) => row.api_key_id),
    keys.data.map(({ id }: { id: string }) => id),
  );
  assert.ok(total >= 4 && total === keys.total, String(total));
  const its = data.find((row: { api_key_id: string }) => row.api_key_id === key.id);
  assert.deepEqual([its.requests, its.refused, its.denied, its.last_used_from], [2 + 23 * 10, 23, 1, '198.18.2.1']);
  assert.deepEqual(its.hourly, [...new Array(23).fill(10), 2]);
  const page = (await asked('/last-day?limit=2&offset=1')).body;
  assert.deepEqual(page.data, data.slice(1, 3));
  assert.equal(page.total, total);
  assert.equal((await hoursOf(key.id, 1)).length, 1);
  assert.equal((await hoursOf(key.id, 26)).length, 26);
});

test('who may not see keys, and another account, are told nothing of their use', async () => {
  const key = await server.key({ account: 'member' });
  const nobody = await server.key({ project: 'project-admin' });
  await ask(key, '/api/v1/vms', '198.18.3.1');
  await written();
  const others = await server.account('Strangers');
  const stranger = { key: others.api_key };
  const seen: number[] = [];
  for (const path of [`/${key.id}/usage`, `/${key.id}/hours`]) {
    for (const [caller, status] of [
      [stranger, 404],
      [nobody, 403],
      [server.owner, 200],
    ] as const) {
      const reply = await asked(path, caller);
      assert.equal(reply.status, status, `${path}: ${reply.text}`);
      if (status !== 200) assert.ok(!reply.text.includes('198.18'), reply.text);
      seen.push(status);
    }
  }
  assert.equal((await asked('/last-day', nobody)).status, 403);
  const theirs = (await asked('/last-day', stranger)).body;
  assert.equal(theirs.total, 1);
  assert.ok(!JSON.stringify(theirs).includes('198.18'));
  assert.equal(seen.length, 6);
});

test('a deleted key leaves nothing, also of what is written only then, and keeps no other’s from being written', async () => {
  const key = await server.key({ project: 'viewer' });
  const other = await server.key({ project: 'viewer' });
  await ask(key, '/api/v1/vms', '198.18.4.1');
  await written();
  const left = async () => {
    const { rows } = await pool().query(
      `select from api_key_addresses where api_key_id = $1 union all select from api_key_hours where api_key_id = $1
       union all select from api_key_usage where api_key_id = $1`,
      [key.id],
    );
    return rows.length;
  };
  assert.equal(await left(), 3);
  await ask(key, '/api/v1/vms', '198.18.4.2');
  await ask(other, '/api/v1/vms', '198.18.4.3');
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/api-keys/${key.id}`)).status, 200);
  await written();
  assert.equal(await left(), 0);
  assert.deepEqual(sums(await hoursOf(other.id)), [1, 0, 0]);
});

test('a new secret has been nowhere, also where a use of the old one is written after it', async () => {
  const key = await server.key({ project: 'viewer' });
  await ask(key, '/api/v1/vms', '198.18.5.1');
  await written();
  await ask(key, '/api/v1/vms', '198.18.5.2');
  const renewed = await server.call(server.owner, 'POST', `/api/v1/api-keys/${key.id}/regenerate`);
  await written();
  const usage = await usageOf(key.id);
  assert.deepEqual([usage.addresses, usage.last_used_from], [[], undefined]);
  assert.deepEqual(sums(usage.minutes), [2, 0, 0], 'the key was used all the same');
  await ask({ ...key, key: renewed.body.data.secret }, '/api/v1/vms', '198.18.5.3');
  await written();
  assert.deepEqual((await usageOf(key.id)).last_used_from, '198.18.5.3');
});

test('nodes add up, whatever they write at the same time', async () => {
  const ids = await manyKeys(40);
  const three = [node(), node(), node()];
  let noted = 0;
  for (let round = 0; round < 15; round++) {
    for (const [at, use] of three.entries()) {
      // Each in an order of its own, which is where two could wait for each other.
      for (const id of at % 2 === 0 ? ids : ids.toReversed()) {
        use.note(id, true, from(`198.18.6.${at}`));
        use.note(id, false, from(`198.18.6.${at}`));
        use.noteDenied(id, from(`198.18.6.${at + 10}`));
        noted++;
      }
    }
    await Promise.all(three.map((use) => use.flush()));
  }
  const { rows } = await pool().query(
    `select sum(requests)::integer as requests, sum(refused)::integer as refused, sum(denied)::integer as denied, count(distinct api_key_id)::integer as keys
       from api_key_hours where api_key_id = any($1)`,
    [ids],
  );
  assert.equal(noted, 15 * 3 * 40);
  assert.deepEqual(rows[0], { requests: noted, refused: noted, denied: noted, keys: 40 });
  const kept = await pool().query(
    'select count(*)::integer as count from api_key_addresses where api_key_id = any($1) group by api_key_id',
    [ids],
  );
  assert.deepEqual(new Set(kept.rows.map(({ count }) => count)), new Set([mostAddresses]));
});

test('a thousand requests of a hundred keys are two statements, and noting them none', async () => {
  const ids = await manyKeys(100);
  const use = node();
  const statements = async (act: () => unknown) =>
    (await statementsOf(async () => act())).filter(({ text }) => text.includes('api_key'));
  const noting = await statements(() => {
    for (let n = 0; n < 1000; n++) use.note(ids[n % 100] as string, true, from(`198.18.7.${n % 200}`));
  });
  assert.equal(noting.length, 0);
  const writing = await statements(() => use.flush());
  assert.equal(writing.filter(({ text }) => text.includes('api_key_hours')).length, 1);
  assert.equal(writing.length, 2, writing.map(({ text }) => text).join(';'));
  const { rows } = await pool().query(
    `select sum(requests)::integer as sum from api_key_hours where api_key_id = any($1)`,
    [ids],
  );
  assert.equal(rows[0].sum, 1000);
  // Nothing was noted since.
  assert.equal((await statements(() => use.flush())).length, 0);
});

test('what the database did not take is written with the next batch, once', async () => {
  const [id = ''] = await manyKeys(1);
  let failures = 3;
  const failing = {
    query: (...args: [string, unknown[]]) => {
      if (failures-- > 0) return Promise.reject(new Error('away'));
      return pool().query(...args);
    },
  } as unknown as Pool;
  const use = node(failing);
  use.note(id, true, from('198.18.8.1'));
  await assert.rejects(use.flush(), /away/);
  use.note(id, true, from('198.18.8.2'));
  use.note(id, false, from('198.18.8.2'));
  await assert.rejects(use.flush(), /away/);
  use.noteDenied(id, from('198.18.8.1'));
  // An ordinary stop tries once more.
  await use.stop();
  assert.deepEqual(sums(await hoursOf(id)), [2, 1, 1]);
  const usage = await usageOf(id);
  assert.equal(usage.last_used_from, '198.18.8.2');
  assert.deepEqual(
    usage.addresses.map(({ address }: { address: string }) => address),
    ['198.18.8.1', '198.18.8.2'],
  );
});

test('an ordinary stop loses nothing, and what waits is written by itself', async () => {
  const key = await server.key({ project: 'viewer' });
  for (let n = 0; n < 6; n++) await ask(key, '/api/v1/vms', '198.18.9.1');
  await server.restart();
  const counted = async () => {
    const { rows } = await pool().query(
      'select coalesce(sum(requests), 0)::integer as sum from api_key_hours where api_key_id = $1',
      [key.id],
    );
    return rows[0].sum;
  };
  assert.equal(await counted(), 6);
  await ask(key, '/api/v1/vms', '198.18.9.1');
  await until('the batch is written', async () => (await counted()) === 7);
});

test('hours are kept for 31 days and addresses for 90, and no longer', async () => {
  const key = await server.key({ project: 'viewer' });
  await ask(key, '/api/v1/vms', '198.18.10.1');
  await written();
  const kept = async () => {
    await tidy(server.server.services);
    return [(await hoursOf(key.id, 744)).length, (await usageOf(key.id)).addresses.length];
  };
  const began = server.time.offset;
  try {
    server.time.offset = began + 30 * day;
    assert.deepEqual(await kept(), [1, 1]);
    server.time.offset = began + 32 * day;
    assert.deepEqual(await kept(), [0, 1]);
    server.time.offset = began + 91 * day;
    assert.deepEqual(await kept(), [0, 0]);
  } finally {
    server.time.offset = began;
  }
});
