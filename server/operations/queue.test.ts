import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { fairTurns } from './fair-turns.ts';
import { LeaseLost, OperationQueue } from './operation-queue.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_OPERATIONS_AT_ONCE: '4' });
});
after(() => server.stop());

/** As a commit that brings work. */
const tellOfWork = () => server.server.services.pool.query('notify raffia_work');

async function accountWith(name: string) {
  const { api_key, project_id, account_id } = await server.account(name);
  return { key: api_key, project: project_id, account: account_id };
}

/** Looks again and again which machines their host is busy with, until it is told to end. */
function watchBuilding(of: TestServer): { end(): Promise<{ most: number; looks: number }> } {
  let ended = false;
  let most = 0;
  let looks = 0;
  const watching = (async () => {
    while (!ended) {
      const { rows } = await of.server.services.pool.query<{ busy: number }>(
        `select count(*) as busy from simulated_machines where power in ('building', 'starting')`,
      );
      most = Math.max(most, rows[0]?.busy ?? 0);
      looks++;
      await new Promise((again) => setTimeout(again, 5));
    }
  })();
  return {
    end: async () => {
      ended = true;
      await watching;
      return { most, looks };
    },
  };
}

test('never more operations than `operations.atOnce` keep their host busy at any moment', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'bound-*', '--delay', '300');
  const watch = watchBuilding(server);
  const ids: string[] = [];
  for (let i = 0; i < 24; i++) ids.push(await server.vm(`bound-${i}`, {}, server.owner, false));
  await server.settled();
  const { most, looks } = await watch.end();
  assert.ok(most > 1 && most <= 4, `${most} at once`);
  assert.ok(looks > 100, `${looks} looks`);
  assert.equal(ids.length, 24);
});

test('operations on one machine are worked on in the order they were accepted, also while a row is locked', async () => {
  const id = await server.vm('ordered');
  await server.settled();
  const client = new pg.Client({ connectionString: server.server.services.pool.options.connectionString as string });
  await client.connect();
  try {
    const { rows } = await client.query<{ account_id: string; project_id: string }>(
      'select account_id, project_id from vms where id = $1',
      [id],
    );
    const vm = rows[0] as { account_id: string; project_id: string };
    const count = 12;
    await client.query('begin');
    for (let i = 0; i < count; i++) {
      await client.query(
        `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
         values ($1, $2, $3, $4, $4, $5, $2, now())`,
        [randomUUID(), vm.account_id, vm.project_id, id, i % 2 === 0 ? 'vm.stop' : 'vm.start'],
      );
    }
    await client.query('commit');
    // As a deletion does: the first open one is locked for a moment, and must not be passed by.
    for (let i = 0; i < 10; i++) {
      await client.query('begin');
      await client.query(
        `select id from operations where resource_id = $1 and finished_at is null order by sequence limit 1 for update`,
        [id],
      );
      await tellOfWork();
      await new Promise((held) => setTimeout(held, 20));
      await client.query('commit');
    }
    await server.settled();
    const done = await client.query<{ sequence: string; finished_at: Date; began_at: Date }>(
      'select sequence, finished_at from operations where resource_id = $1 order by finished_at, sequence',
      [id],
    );
    assert.equal(done.rows.length, count + 1);
    const order = done.rows.map((row) => Number(row.sequence));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  } finally {
    await client.end();
  }
});

test('an account that floods leaves the next free place to another', async () => {
  const [busy, other] = [await accountWith('Busy'), await accountWith('Other')];
  await server.operator('fault', 'add', 'create', '--name', 'fair-*', '--delay', '400');
  const time = async (name: string) => {
    const began = performance.now();
    await server.vm(name, {}, other);
    return performance.now() - began;
  };
  const alone = await time('fair-alone');
  const flood: string[] = [];
  for (let i = 0; i < 40; i++) flood.push(await server.vm(`fair-flood-${i}`, {}, busy, false));
  const beside = await time('fair-beside');
  const { rows } = await server.server.services.pool.query<{ open: number }>(
    'select count(*) as open from operations where account_id = $1 and finished_at is null',
    [busy.account],
  );
  assert.equal(flood.length, 40);
  // More than there are places: until the end the flood wanted all of them.
  assert.ok((rows[0]?.open ?? 0) > 4, `the flood went on meanwhile: ${rows[0]?.open} open`);
  assert.ok(beside < alone * 2 + 500, `alone ${Math.round(alone)} ms, beside a flood ${Math.round(beside)} ms`);
  await server.settled();
});

test('one machine with many actions holds one place', async () => {
  const busy = await server.vm('many-actions');
  await server.settled();
  await server.operator('fault', 'add', 'start', '--name', 'many-actions', '--delay', '100');
  const { pool } = server.server.services;
  for (let i = 0; i < 30; i++) {
    await pool.query(
      `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
       select $1, account_id, project_id, id, id, 'vm.reboot-hard', created_by, now() from vms where id = $2`,
      [randomUUID(), busy],
    );
  }
  let looks = 0;
  await until('all of them end', async () => {
    const { rows } = await pool.query<{ open: number; places: number }>(
      `select count(*) as open, count(*) filter (where has_place) as places from operations
        where resource_id = $1 and finished_at is null`,
      [busy],
    );
    assert.ok((rows[0]?.places ?? 0) <= 1);
    looks++;
    return rows[0]?.open === 0;
  });
  assert.ok(looks > 20, `${looks} looks`);
});

test('turns go round between accounts, whatever the number of places', () => {
  const turns = new Map<string, number>();
  const flood = Array.from({ length: 50 }, (_, i) => ({ id: `a${i}`, account_id: 'a', sequence: i }));
  const late = [
    { id: 'b', account_id: 'b', sequence: 100 },
    { id: 'c', account_id: 'c', sequence: 101 },
  ];
  assert.deepEqual(fairTurns(flood, [], turns, 1), ['a0']);
  assert.deepEqual(fairTurns([...flood.slice(1), ...late], [], turns, 1), ['b']);
  assert.deepEqual(fairTurns([...flood.slice(1), late[1] as (typeof late)[0]], [], turns, 1), ['c']);
  assert.deepEqual(fairTurns(flood.slice(1), [], turns, 1), ['a1']);
  assert.deepEqual(fairTurns([...flood.slice(2), ...late], ['a', 'a'], turns, 3), ['b', 'c', 'a2']);
});

test('who lost a lease cannot write', async () => {
  const { db, pool } = server.server.services;
  const id = randomUUID();
  // Of a resource that nobody knows, and held by a worker that is elsewhere: this server's leaves it alone.
  await pool.query(
    `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at, status, has_place,
                             lease_owner, lease_token, lease_until)
     values ($1, $2, $3, $1, $1, 'vm.stop', $1, now(), 'running', true, 'elsewhere', gen_random_uuid(), now() + interval '20 s')`,
    [id, server.first.account_id, server.first.project_id],
  );
  const queue = new OperationQueue(db, 'elsewhere');
  const [first] = await queue.claim(0, []);
  const [second] = await queue.claim(0, []);
  assert.equal(first?.id, id);
  assert.equal(second?.id, id, 'a worker takes up its own leases at once');
  assert.notEqual(first.lease_token, second.lease_token);
  await assert.rejects(queue.write(db, first, { step: 'another' }), LeaseLost);
  await queue.release(first, 0, 0, false);
  assert.equal((await queue.write(db, second, { step: 'the next' })).step, 'the next');
  assert.deepEqual(await new OperationQueue(db, 'a third').claim(9, []), [], 'another worker waits for the lease');
  await pool.query('delete from operations where id = $1', [id]);
});

test('the clock jumps an hour forward and back: creations in flight neither fail nor stand still', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'clock-*', '--delay', '700');
  for (const jump of [3_600_000, -3_600_000]) {
    const names = Array.from({ length: 8 }, (_, i) => `clock-${jump > 0 ? 'forward' : 'back'}-${i}`);
    const ids: string[] = [];
    for (const name of names) {
      const made = await server.send(server.owner, 'POST', '/api/v1/vms', { body: vmRequest(name) });
      assert.equal(made.status, 201, made.text);
      ids.push(made.body.data.id);
    }
    server.time.jump = jump;
    try {
      // What the database's clock wrote before it was set back is as far away.
      await server.server.services.pool.query(
        `update operations set not_before = not_before + $1::double precision * interval '1 millisecond',
                lease_until = lease_until + $1::double precision * interval '1 millisecond' where finished_at is null`,
        [-jump],
      );
      await tellOfWork();
      await server.settled();
      const { rows } = await server.server.services.pool.query<{ status: string }>(
        'select status from vms where id = any ($1)',
        [ids],
      );
      assert.deepEqual(
        rows.map((row) => row.status),
        Array(8).fill('active'),
      );
    } finally {
      server.time.jump = 0;
    }
  }
});

test('work goes on as soon as the database is back', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'cut-*', '--delay', '300');
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push(await server.vm(`cut-${i}`, {}, server.owner, false));
  const client = new pg.Client({ connectionString: server.server.services.pool.options.connectionString as string });
  await client.connect();
  try {
    const cutUntil = performance.now() + 1500;
    let cuts = 0;
    // How often somebody asks in that time depends on the host.
    while (performance.now() < cutUntil || (cuts <= 20 && performance.now() < cutUntil + 10_000)) {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'raffia' and pid <> pg_backend_pid()`,
      );
      cuts += rowCount ?? 0;
    }
    assert.ok(cuts > 20, `${cuts} connections were cut`);
    await until('all creations end', async () => {
      const { rows } = await client.query<{ open: string }>(
        'select count(*) as open from operations where finished_at is null',
      );
      return rows[0]?.open === '0';
    });
    const { rows } = await client.query<{ status: string }>('select status from vms where id = any ($1)', [ids]);
    assert.deepEqual(
      rows.map((row) => row.status),
      Array(8).fill('active'),
    );
  } finally {
    await client.end();
  }
});
