import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { outlived, tidy } from './housekeeping.ts';
import { TestServer } from './testing/test-server.ts';
import { until } from './testing/until.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_RETENTION_OPERATION_DAYS: '10', RAFFIA_RETENTION_AUDIT_DAYS: '20' });
});
after(() => server.stop());

const count = async (table: string, where = 'true') => {
  const { rows } = await server.server.services.pool.query(`select count(*) from ${table} where ${where}`);
  return Number(rows[0].count);
};

/** Rows of an age in days, as many as asked. */
async function plant(days: number, howMany: number): Promise<void> {
  const { pool } = server.server.services;
  const { account_id, project_id } = server.first;
  const at = `now() - interval '${days} days'`;
  await pool.query(`insert into operations (id, account_id, project_id, resource_id, queue, kind, status, created_by, created_at, finished_at)
    select gen_random_uuid(), '${account_id}', '${project_id}', gen_random_uuid(), gen_random_uuid(), 'planted', 'succeeded', '${account_id}', ${at}, ${at}
      from generate_series(1, ${howMany})`);
  await pool.query(`insert into audit_log (account_id, verb, actor_kind, actor_name, created_at)
    select '${account_id}', 'planted', 'system', 'nobody', ${at} from generate_series(1, ${howMany})`);
  await pool.query(`insert into balance_entries (account_id, balance_micros, credits_micros, reason, created_at)
    select '${account_id}', 0, 0, 'planted', ${at} from generate_series(1, ${howMany})`);
  await pool.query(`insert into verifications (id, identifier, value, expires_at)
    select gen_random_uuid(), 'planted', 'x', ${at} from generate_series(1, ${howMany})`);
}

test('what was kept as long as the settings say goes, in as many batches as it takes; everything else stays', async () => {
  await plant(25, 12_000);
  await plant(15, 100);
  await plant(5, 100);
  const vm = await server.vm('kept');
  await server.settled();
  const { gone, isDone } = await tidy(server.server.services);
  assert.ok(isDone);
  assert.equal(gone.operations, 12_100);
  assert.equal(gone.audit_log, 12_000);
  assert.equal(gone.verifications, 12_200);
  assert.equal(gone.balance_entries, undefined);
  assert.equal(await count('operations', "kind = 'planted'"), 100);
  assert.equal(await count('audit_log', "verb = 'planted'"), 200);
  assert.equal(await count('balance_entries', "reason = 'planted'"), 12_200);
  assert.ok((await count('operations', `resource_id = '${vm}'`)) > 0);
  assert.equal((await server.call(server.owner, 'GET', `/api/v1/vms/${vm}`)).status, 200);
});

test('work that has not ended stays, however old', async () => {
  const { pool } = server.server.services;
  const { account_id, project_id } = server.first;
  await pool.query(
    `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at, not_before)
     values (gen_random_uuid(), $1, $2, gen_random_uuid(), gen_random_uuid(), 'planted', $1, now() - interval '400 days', now() + interval '1 day')`,
    [account_id, project_id],
  );
  await tidy(server.server.services);
  assert.equal(await count('operations', 'finished_at is null'), 1);
});

test('a server that starts does the housekeeping that is due, as work of its own in the queue', async () => {
  const { pool } = server.server.services;
  assert.equal(await count('schedules', "kind = 'cloud.tidy'"), 1);
  await plant(25, 100);
  await pool.query(`update schedules set due_at = now() - interval '3 hours'`);
  await server.restart();
  await until(
    'it is done',
    async () => (await count('operations', "kind = 'cloud.tidy' and status = 'succeeded'")) === 1,
  );
  assert.equal(await count('verifications', "identifier = 'planted'"), 0);
  assert.equal(await count('operations', "kind = 'cloud.tidy' and account_id is null"), 1);
  // It is nobody's: no account sees it.
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/operations?limit=100');
  assert.ok(body.data.length > 0);
  assert.equal(body.data.filter(({ kind }: { kind: string }) => kind.startsWith('cloud.')).length, 0);
});

/** Rows of these belong to something that somebody deletes, or are as many as there are things. */
const others = new Set([
  'accounts',
  'found_machines',
  'found_volumes',
  'machine_deletions',
  'address_pools',
  'api_keys',
  'backup_schedules',
  'capacity_taken',
  'credentials',
  'images',
  'leadership',
  'members',
  'nic_security_groups',
  'nics',
  // One that was not heard of for an hour is deleted by the others.
  'nodes',
  'operators',
  // A person has 20 at most.
  'passkeys',
  'project_members',
  'projects',
  'public_addresses',
  'quotas',
  'schedules',
  'raffia_migrations',
  'raffia_migrations_lock',
  'roles',
  'sealed_passwords',
  'security_groups',
  'second_factors',
  'simulated_faults',
  'simulated_images',
  'simulated_machines',
  'simulated_snapshots',
  'simulated_volumes',
  'snapshots',
  'ssh_keys',
  'usage',
  'users',
  'vm_counts',
  'vm_notes',
  'vm_tags',
  'vms',
  'volumes',
  'vpcs',
]);

test('every table is either tidied or known to be bounded by what it belongs to', async () => {
  const { rows } = await server.server.services.pool.query(
    `select tablename from pg_tables where schemaname = 'public' order by 1`,
  );
  const tidied = new Set(outlived.map(({ table }) => table));
  const unknown = rows.map((row) => row.tablename).filter((name) => !tidied.has(name) && !others.has(name));
  assert.deepEqual(unknown, [], 'say in server/housekeeping.ts how long its rows are kept, or here what bounds them');
  assert.ok(rows.length >= 35, `${rows.length} tables`);
});
