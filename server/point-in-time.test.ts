import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { callApi, mustCall } from './testing/call-api.ts';
import { ExternalPostgres, whyNoExternalPostgres } from './testing/external-postgres.ts';
import { ServerProcess } from './testing/server-process.ts';
import { vmRequest } from './testing/test-server.ts';
import { until } from './testing/until.ts';

/** What the simulated host has, which is no part of the database that goes back: a host stays as it is. */
const host = ['simulated_machines', 'simulated_volumes', 'simulated_snapshots', 'simulated_images'];

/** The external database is brought back to a time by its own tools, and a server started on it. */
describe('restored to a point in time', { skip: whyNoExternalPostgres() ?? false }, () => {
  let postgres: ExternalPostgres;
  let server: ServerProcess;
  let restored: ServerProcess | undefined;
  let noted: string;
  const ids: Record<string, string> = {};
  const keys: Record<string, { id: string; secret: string }> = {};
  /** What was in every table at the noted time. */
  let then: Record<string, unknown>;
  /** What the host has in the end. */
  const there = new Map<string, string>();

  before(async () => {
    postgres = await ExternalPostgres.start();
  });
  after(async () => {
    await restored?.end('SIGTERM');
    await server?.end('SIGTERM');
    server?.remove();
    restored?.remove();
    await postgres?.end();
  });

  const environment = {
    RAFFIA_SIMULATED_DELAY: '0',
    RAFFIA_BILLING_MODE: 'subscription',
    RAFFIA_RECONCILE_SECONDS: '1',
  };
  const call = async (method: string, path: string, body?: unknown) =>
    (await mustCall((restored ?? server).url, server.first, method, path, body)).body.data;
  const make = async (name: string) => {
    ids[name] = (await call('POST', '/api/v1/vms', vmRequest(name))).id;
  };
  const remove = (name: string) => call('DELETE', `/api/v1/vms/${ids[name]}`, {});
  const makeKey = async (name: string) => {
    keys[name] = await call('POST', '/api/v1/api-keys', { name });
  };
  const revoke = (name: string) => call('DELETE', `/api/v1/api-keys/${keys[name]?.id}`);
  /** Whether a key is one: it may do nothing, and is told so. */
  const isKnown = async (name: string) => {
    const asking = { ...server.first, api_key: keys[name]?.secret as string };
    const { status } = await callApi((restored ?? server).url, asking, 'GET', '/api/v1/vms');
    assert.ok(status === 401 || status === 403, `${status}`);
    return status === 403;
  };
  const count = async (what: string, ...values: unknown[]) =>
    Number((await postgres.query(`select count(*) from ${what}`, 'raffia', values))[0]?.count);
  const settled = () =>
    until('all work ended', async () => (await count('operations where finished_at is null')) === 0);

  /** Every table's rows, by their number and all that they are. */
  async function contents(): Promise<Record<string, unknown>> {
    const tables = await postgres.query(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    );
    const found: Record<string, unknown> = {};
    for (const { name } of tables) {
      const [row] = await postgres.query(
        `select count(*)::int as rows, md5(string_agg(t::text, '|' order by t::text)) as digest from "${name}" t`,
      );
      found[name as string] = `${row?.rows} rows, ${row?.digest}`;
    }
    return found;
  }

  test('a server works on it, before the base backup, after it, and after the time that is noted', async () => {
    server = await ServerProcess.create({ ...environment, DATABASE_URL: postgres.url });
    await server.start();
    for (const name of ['stays', 'goes-later', 'goes-before']) await make(name);
    for (const name of ['revoked-before', 'revoked-later']) await makeKey(name);
    await settled();
    await postgres.baseBackup('base');
    await make('between');
    await remove('goes-before');
    await revoke('revoked-before');
    await settled();
    [then, noted] = await until('nothing changes around a moment', async () => {
      const found = await contents();
      const [row] = await postgres.query('select clock_timestamp()::text as now');
      await new Promise((later) => setTimeout(later, 50));
      return (
        JSON.stringify(await contents()) === JSON.stringify(found) && ([found, row?.now] as [typeof found, string])
      );
    });
    for (const name of ['late-1', 'late-2']) await make(name);
    await remove('goes-later');
    await revoke('revoked-later');
    await settled();
    await server.end('SIGTERM');
    assert.notDeepEqual(await contents(), then);
    for (const table of host) {
      const [row] = await postgres.query(`select coalesce(json_agg(t), '[]')::text as rows from ${table} t`);
      there.set(table, row?.rows as string);
    }
    await postgres.close();
    assert.ok(readdirSync(postgres.archive).length >= 2, `${readdirSync(postgres.archive)}`);
  });

  test('every row is what it was at that time, and none is newer', async () => {
    await postgres.restore('base', 'restored', noted);
    assert.ok(Object.keys(then).length > 50, `${Object.keys(then).length} tables`);
    assert.deepEqual(await contents(), then);
    assert.deepEqual(
      await Promise.all(['vms where deleted_at is null', 'balance_entries'].map((what) => count(what))),
      [3, 5],
    );
  });

  test('the server serves, and what is on the host is what it is: nothing is removed, and what no row knows is quarantined', async () => {
    for (const table of host) await postgres.query(`delete from ${table}`);
    for (const table of host) {
      await postgres.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, 'raffia', [
        there.get(table),
      ]);
    }
    restored = await ServerProcess.create({
      ...environment,
      DATABASE_URL: postgres.url,
      RAFFIA_DATA: join(server.folder, 'data'),
    });
    await restored.start();
    await until('what no row knows is listed', async () => (await count('found_machines')) === 2);
    await until('the row of the machine that is gone says so', async () => {
      const { status } = await call('GET', `/api/v1/vms/${ids['goes-later']}`);
      return status === 'failure';
    });
    const listed = restored.command('operator', 'machines').output;
    for (const name of ['late-1', 'late-2']) assert.match(listed, new RegExp(`${ids[name]}  ${name}  on`));
    const alive = await postgres.query(`select hostname from simulated_machines where power = 'on' order by 1`);
    assert.deepEqual(
      alive.map(({ hostname }) => hostname),
      ['between', 'late-1', 'late-2', 'stays'],
    );
    for (const name of ['stays', 'between']) {
      assert.equal((await call('GET', `/api/v1/vms/${ids[name]}`)).status, 'active', name);
    }
    const gone = await callApi(restored.url, server.first, 'GET', `/api/v1/vms/${ids['goes-before']}`);
    assert.equal(gone.status, 404);
  });

  test('a key that was revoked before is refused; one that was revoked later has to be revoked again', async () => {
    assert.deepEqual([await isKnown('revoked-before'), await isKnown('revoked-later')], [false, true]);
    await revoke('revoked-later');
    assert.equal(await isKnown('revoked-later'), false);
  });

  test('nothing is charged twice: not by the start, and a new machine once', async () => {
    const entries = () => count('balance_entries where balance_micros < 0 or credits_micros < 0');
    const twice = async () =>
      count(
        '(select term_id from balance_entries where term_id is not null group by term_id, reason having count(*) > 1) t',
      );
    const before = await entries();
    assert.equal(before, 4);
    await make('new');
    await settled();
    assert.equal((await call('GET', `/api/v1/vms/${ids.new}`)).status, 'active');
    assert.deepEqual([await entries(), await twice()], [before + 1, 0]);
    const addresses = await postgres.query(
      `select a from simulated_machines m, unnest(m.addresses) a join address_pools p on p.cidr >>= a::inet`,
    );
    const all = addresses.map(({ a }) => a);
    assert.equal(all.length, 5);
    assert.equal(new Set(all).size, all.length, 'no public address is given twice');
  });

  test('who was made later can be adopted', async () => {
    const { account_id, project_id } = server.first;
    assert.ok(restored !== undefined);
    const adopted = restored.command('operator', 'machines', 'adopt', account_id, project_id, ids['late-1'] as string);
    assert.equal(adopted.status, 0, adopted.output);
    assert.equal((await call('GET', `/api/v1/vms/${ids['late-1']}`)).status, 'active');
  });
});
