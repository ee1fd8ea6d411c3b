import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const holders = `select pid from pg_stat_activity
  where application_name = 'raffia owner' and datname = current_database()
    and pid in (select pid from pg_locks where locktype = 'advisory' and granted)`;

async function holder(): Promise<number | undefined> {
  const { rows } = await server.server.services.pool.query<{ pid: number }>(holders);
  return rows[0]?.pid;
}

/** The connection that holds the lock, once one does that is not the one given. */
async function nextHolder(before?: number): Promise<number> {
  let found: number | undefined;
  await until('the lock is held', async () => {
    found = await holder();
    return found !== undefined && found !== before;
  });
  return found as number;
}

test('whatever was in memory is read anew after the database was somebody else’s for a moment', async () => {
  const { pool } = server.server.services;
  const caller = await server.key({ account: 'owner' });
  await server.call(caller, 'POST', '/api/v1/vms', { body: vmRequest('before') });
  await server.settled();
  assert.equal((await server.call(caller, 'GET', '/api/v1/vms')).body.data[0].name, 'before');
  const pid = await nextHolder();
  await pool.query('select pg_terminate_backend($1)', [pid]);
  // What another process does meanwhile, past this one's memory.
  await pool.query("update vms set name = 'after'");
  const next = await nextHolder(pid);
  assert.equal((await server.call(caller, 'GET', '/api/v1/vms')).body.data[0].name, 'after');
  await pool.query('update api_keys set is_active = false where id = $1', [caller.id]);
  await pool.query('select pg_terminate_backend($1)', [next]);
  await until('the key is refused', async () => (await server.call(caller, 'GET', '/api/v1/vms')).status === 401);
});

test('a server that finds the database taken on its return ends', async () => {
  const { pool } = server.server.services;
  const held = await nextHolder();
  const thief = new pg.Client({ connectionString: server.server.services.configuration.databaseUrl ?? '' });
  thief.on('error', () => {});
  await thief.connect();
  const { rows } = await thief.query<{ objid: string }>(
    "select objid from pg_locks where locktype = 'advisory' and pid = $1",
    [held],
  );
  // Queued for the lock, it is the first to get it.
  const stolen = thief.query('select pg_advisory_lock($1)', [rows[0]?.objid]);
  await until('the thief is in the queue', async () => {
    const { rowCount } = await pool.query(`
      select 1 from pg_locks
       where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())`);
    return rowCount !== 0;
  });
  await pool.query('select pg_terminate_backend($1)', [held]);
  await stolen;
  await until('the server says that it ends', () => Promise.resolve(server.fatal !== undefined));
  assert.match(server.fatal ?? '', /another server took over the database/);
  await thief.end();
});
