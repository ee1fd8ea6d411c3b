import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Caller, TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import pg from 'pg';

/** What goes wrong around a server, and what its clients see of it. */

let server: TestServer;
let beside: pg.Client;
let neighbour: Caller;
/** Keys of the first account, so that its limit is not the subject. */
let keys: Caller[];

before(async () => {
  server = await TestServer.start({ RAFFIA_LOCK_SECONDS: '2', RAFFIA_STATEMENT_SECONDS: '3' });
  const other = await server.account('Neighbour');
  neighbour = { key: other.api_key, project: other.project_id };
  keys = await Promise.all(
    Array.from({ length: 10 }, () => server.key({ account: 'admin', project: 'project-admin' })),
  );
  await server.server.services.pool.query(`update api_keys set rate_limit_tier = 'high'`);
  for (const { account_id } of [server.first, other]) server.server.services.principals.dropAccount(account_id);
  beside = new pg.Client({ connectionString: server.server.services.configuration.databaseUrl as string });
  beside.on('error', () => {});
  await beside.connect();
});

after(async () => {
  await beside?.end();
  await server.stop();
});

beforeEach(() => server.settled());

const keyOf = (index: number) => keys[index % keys.length] as Caller;

/** Holds a lock that stops every statement on the table, while `act` runs. */
async function whileLocked<T>(table: string, act: () => Promise<T>): Promise<T> {
  await beside.query('begin');
  await beside.query(`lock table ${table} in access exclusive mode`);
  try {
    return await act();
  } finally {
    await beside.query('rollback');
  }
}

const waitsForLock = async () => {
  const { rows } = await beside.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return rows[0]?.count ?? 0;
};

test('one account that waits for a locked table leaves the others their turn, and is refused at once where its line is full', async () => {
  await server.call(neighbour, 'GET', '/api/v1/projects');
  await whileLocked('ssh_keys', async () => {
    let refused = 0;
    const flood = Array.from({ length: 700 }, (_, index) =>
      server.call(keyOf(index), 'GET', '/api/v1/ssh-keys').finally(() => refused++),
    );
    await until('the line is full', () => server.server.services.pool.waiting('read') >= 300);
    // Sooner than anybody could have waited in vain.
    await until('those beyond are refused at once', () => refused >= 150, { withinMs: 4000 });
    assert.ok(server.server.services.pool.waiting('read') >= 300, 'the line is still full');
    await until('the flood waits', async () => (await waitsForLock()) >= 3);
    assert.ok((await waitsForLock()) <= 4, 'one account holds more than its share of the connections');
    for (let index = 0; index < 20; index++) {
      const read = await server.call(neighbour, 'GET', '/api/v1/projects');
      assert.equal(read.status, 200, read.text);
      const written = await server.call(neighbour, 'POST', '/api/v1/projects', { body: { name: `p ${index}` } });
      assert.equal(written.status, 201, written.text);
      for (const path of ['/health', '/ready']) {
        assert.equal((await server.call({ key: undefined }, 'GET', path)).status, 200);
      }
    }
    const answers = await Promise.all(flood);
    for (const { status, headers, body } of answers) {
      assert.equal(status, 503);
      assert.equal(headers.get('retry-after'), '1');
      assert.match(body.message, /has more to do/);
    }
  });
  assert.equal((await server.call(server.owner, 'GET', '/api/v1/ssh-keys')).status, 200);
});

test('a write whose client has gone before its turn is not done', async () => {
  const holders = await whileLocked('projects', async () => {
    const held = Array.from({ length: 4 }, (_, index) =>
      server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: `held ${index}` } }),
    );
    await until('four writes wait for the lock', async () => (await waitsForLock()) >= 4);
    const gone = new AbortController();
    const queued = Array.from({ length: 20 }, (_, index) =>
      fetch(`${server.address}/api/v1/projects`, {
        method: 'POST',
        signal: gone.signal,
        headers: { 'x-api-key': server.owner.key as string, 'content-type': 'application/json' },
        body: JSON.stringify({ name: `gone ${index}` }),
      }).then(
        ({ status }) => status,
        () => undefined,
      ),
    );
    const { pool } = server.server.services;
    await until('twenty writes are in the line', () => pool.waiting('write') >= 20);
    gone.abort();
    assert.deepEqual(new Set(await Promise.all(queued)), new Set([undefined]));
    await until('their places are given back', () => pool.waiting('write') === 0);
    return held;
  });
  await Promise.all(holders);
  await until('the line is empty', () => server.server.services.pool.waiting('write') === 0);
  const { body } = await server.call(server.owner, 'GET', '/api/v1/projects?limit=100');
  const names = body.data.map((project: { name: string }) => project.name);
  assert.equal(names.filter((name: string) => name.startsWith('gone')).length, 0);
});

test('a database that breaks connections off gives 503 with Retry-After, never 500', async () => {
  const seen = new Map<number, number>();
  const isOver = Date.now() + 2500;
  const client = async (caller: Caller, number: number) => {
    for (let index = 0; Date.now() < isOver; index++) {
      const reply =
        index % 2 === 0
          ? await server.call(caller, 'GET', '/api/v1/projects')
          : await server.call(caller, 'POST', '/api/v1/projects', { body: { name: `n ${number} ${index}` } });
      seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
      if (reply.status >= 400) {
        assert.equal(reply.status, 503, reply.text);
        assert.ok(reply.headers.get('retry-after') !== null);
      }
    }
  };
  const clients = Array.from({ length: 8 }, (_, number) => client(number % 2 ? server.owner : neighbour, number));
  let ended = 0;
  while (Date.now() < isOver - 500) {
    const { rowCount } = await beside.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'raffia' and pid <> pg_backend_pid()`,
    );
    ended += rowCount ?? 0;
    await new Promise((again) => setTimeout(again, 100));
  }
  await Promise.all(clients);
  assert.ok(ended >= 5, `only ${ended} connections were ended`);
  assert.ok((seen.get(503) ?? 0) > 0, 'no request met a broken connection');
  assert.ok((seen.get(200) ?? 0) > 0);
  await server.vm('after-the-breaks');
});

test('a statement or transaction that takes too long is given up with 503', async () => {
  const { pool } = server.server.services;
  await assert.rejects(pool.query('select pg_sleep(30)'), { code: '57014' });
  const { unavailable } = await import('@raffia/server/database/unavailable.ts');
  for (const code of ['57014', '55P03', '25P03', '25P04', '57P01', '53300', 'ECONNREFUSED', '53100', 'ENOSPC']) {
    const refusal = unavailable(Object.assign(new Error('x'), { code }));
    assert.equal(refusal?.status, 503, code);
    assert.ok(refusal?.headers['Retry-After'] !== undefined);
  }
  for (const message of [
    'Connection terminated',
    'Connection terminated unexpectedly',
    'could not write: No space left on device',
  ]) {
    assert.equal(unavailable(new Error(message))?.status, 503, message);
  }
  assert.equal(unavailable(Object.assign(new Error('x'), { code: '23505' })), undefined);
  const { rows } = await pool.query('show transaction_timeout');
  assert.equal(rows[0].transaction_timeout, '30s');
});

test('a flood of creations from one account refuses no read of another', async () => {
  const id = await server.vm('neighbour', {}, neighbour);
  const flood = Array.from({ length: 400 }, (_, index) =>
    server.call(keyOf(index), 'POST', '/api/v1/vms', { body: vmRequest(`flood-${index}`) }),
  );
  for (let index = 0; index < 30; index++) {
    const read = await server.call(neighbour, 'GET', `/api/v1/vms/${id}`);
    assert.equal(read.status, 200, read.text);
  }
  const answers = await Promise.all(flood);
  const statuses = new Set(answers.map(({ status }) => status));
  for (const status of statuses) assert.ok(status === 201 || status === 503, `status ${status}`);
  assert.ok(answers.filter(({ status }) => status === 201).length >= 4);
});
