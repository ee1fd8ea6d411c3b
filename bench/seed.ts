import { hash } from 'node:crypto';
import type { Pool } from 'pg';

/** The key of a number; not a made one, but the server looks every key up. */
export function benchKey(number: number): string {
  return `raff_${hash('sha256', `bench ${number}`, 'hex')}`;
}

/** Owner keys of the first account, by SQL: a million take some seconds. */
export async function seedKeys(pool: Pool, count: number): Promise<void> {
  // A million keys are more than an account may have; what it has is counted anew at the next start. Older versions counted none.
  const { rows } = await pool.query(`select from pg_trigger where tgname = 'api_keys_use'`);
  if (rows.length > 0) await pool.query('alter table api_keys disable trigger api_keys_use');
  await pool.query(
    `with made as (
       select n, 'raff_' || encode(sha256(('bench ' || n)::bytea), 'hex') as secret from generate_series(1, $1::integer) n)
     insert into api_keys (id, account_id, name, key_hash, key_prefix, rate_limit_tier, issued_at, role_id, created_by)
     select gen_random_uuid(), k.account_id, 'bench', encode(sha256(m.secret::bytea), 'hex'), left(m.secret, 13), 'standard', now(),
            k.role_id, k.created_by
       from made m cross join (select * from api_keys order by created_at limit 1) k`,
    [count],
  );
  if (rows.length > 0) await pool.query('alter table api_keys enable trigger api_keys_use');
  await pool.query('vacuum analyze api_keys');
}

/** Copies of the oldest machine with all that belongs to it, older than it, so that the first page stays the same. */
export async function seedVms(pool: Pool, count: number): Promise<void> {
  await pool.query('alter table vms disable trigger vms_use');
  await pool.query(`create temporary table copies as
    select v.id as original, gen_random_uuid() as id, n
      from (select id from vms order by created_at limit 1) v cross join generate_series(1, ${Number(count)}) n`);
  await pool.query(`
    insert into vms select (jsonb_populate_record(null::vms, to_jsonb(v) || jsonb_build_object('id', c.id, 'name', 'copy-' || c.n,
           'created_at', v.created_at - c.n * interval '1 second'))).*
      from copies c join vms v on v.id = c.original`);
  await pool.query(`
    insert into simulated_machines select (jsonb_populate_record(null::simulated_machines, to_jsonb(m) || jsonb_build_object('id', c.id))).*
      from copies c join simulated_machines m on m.id = c.original`);
  await pool.query(`
    insert into public_addresses (address, region, state, id, account_id, project_id)
    select '198.18.64.0'::inet + c.n, 'us-east', 'attached', c.id, v.account_id, v.project_id
      from copies c join vms v on v.id = c.id`);
  await pool.query(`
    insert into nics (vm_id, nic_id, type, address, mac)
    select c.id, 0, 'public', '198.18.64.0'::inet + c.n, '02:00:00:00:00:01' from copies c`);
  await pool.query('drop table copies');
  await pool.query('alter table vms enable trigger vms_use');
  await pool.query('vacuum analyze');
}

/**
 * Years of history, in equal parts of all accounts: machines that are copies of the newest with all that belongs to them, each in a
 * network of its own, and their operations and audit entries.
 */
export async function seedHistory(
  pool: Pool,
  accounts: readonly { readonly account_id: string; readonly project_id: string }[],
  rows: { readonly vms: number; readonly operations: number; readonly audit: number },
): Promise<void> {
  const ids = `('{${accounts.map(({ account_id }) => account_id).join(',')}}'::uuid[])[1 + n % ${accounts.length}]`;
  const projects = `('{${accounts.map(({ project_id }) => project_id).join(',')}}'::uuid[])[1 + n % ${accounts.length}]`;
  for (const table of ['vms', 'vpcs']) await pool.query(`alter table ${table} disable trigger ${table}_use`);
  await pool.query(`
    create temporary table history as
    select n, gen_random_uuid() as id, gen_random_uuid() as vpc, ${ids} as account_id, ${projects} as project_id,
           '198.18.16.0'::inet + n as public, (n / ${accounts.length}) as number from generate_series(1, ${rows.vms}) n`);
  await pool.query(`
    insert into vms select (jsonb_populate_record(null::vms, to_jsonb(v) || jsonb_build_object('id', h.id, 'name', 'copy-' || h.n,
           'account_id', h.account_id, 'project_id', h.project_id, 'status', 'active',
           'created_at', v.created_at - h.n * interval '1 second'))).*
      from history h, (select * from vms order by created_at desc limit 1) v`);
  await pool.query(`
    insert into simulated_machines select (jsonb_populate_record(null::simulated_machines, to_jsonb(m) || jsonb_build_object('id', h.id))).*
      from history h, (select * from simulated_machines limit 1) m`);
  await pool.query(`
    insert into vpcs (id, account_id, project_id, name, cidr, region)
    select vpc, account_id, project_id, 'vpc-copy-' || n, '10.' || number / 256 || '.' || number % 256 || '.0/24', 'us-east' from history`);
  await pool.query(
    `insert into public_addresses (address, region, state, id, account_id, project_id)
     select public, 'us-east', 'attached', id, account_id, project_id from history on conflict do nothing`,
  );
  await pool.query(`
    insert into nics (vm_id, nic_id, type, address, mac, vpc_id)
    select id, 0, 'public', public, '02:00:00:00:00:01'::macaddr, null from history
    union all
    select id, 1, 'vpc', ('10.' || number / 256 || '.' || number % 256 || '.2')::inet, '02:00:00:00:00:02', vpc from history`);
  await pool.query(`update address_pools set next_offset = greatest(next_offset, ${16 * 256 + rows.vms + 1})`);
  await pool.query('drop table history');
  for (const table of ['vms', 'vpcs']) await pool.query(`alter table ${table} enable trigger ${table}_use`);
  await pool.query(
    `insert into operations (id, account_id, project_id, resource_id, queue, kind, status, created_by, created_at, finished_at)
     select gen_random_uuid(), ${ids}, ${projects}, gen_random_uuid(), gen_random_uuid(), 'vm.start', 'succeeded', gen_random_uuid(),
            now() - n * interval '1 second', now() from generate_series(${rows.operations}, 1, -1) n`,
  );
  await pool.query(
    `insert into audit_log (account_id, project_id, verb, actor_kind, actor_name, resource_id, created_at)
     select ${ids}, ${projects}, 'vm.create', 'key', 'Actor ' || n % 30, gen_random_uuid()::text, now() - n * interval '1 second'
       from generate_series(${rows.audit}, 1, -1) n`,
  );
  await pool.query('vacuum analyze');
}
