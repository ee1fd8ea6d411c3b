import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { Beside } from '../../database/read-page.ts';
import type { Row, Tables } from '../../database/tables.ts';

export type Vm = Row<'vms'>;

/** A machine with what the API shows beside its own columns. */
export type VmView = Vm & {
  public_ipv4: string | null;
  private_ipv4: string | null;
  backup_type: string | null;
  added_storage: number;
  is_saving: boolean;
  tags: { id: string; name: string; priority: number; created_at: string }[];
};

type Queryable = Kysely<Tables> | Transaction<Tables>;

/** What the API shows of a machine `v` beside its own columns. */
const besideColumns: Readonly<Record<keyof Omit<VmView, keyof Vm>, string>> = {
  public_ipv4: `(select host(n.address) from nics n
    where n.vm_id = v.id and n.type = 'public' and n.state <> 'detaching' order by n.nic_id limit 1)`,
  private_ipv4: `(select host(n.address) from nics n
    where n.vm_id = v.id and n.type = 'vpc' and n.state <> 'detaching' order by n.nic_id limit 1)`,
  backup_type: '(select b.type from backup_schedules b where b.vm_id = v.id order by b.created_at, b.id limit 1)',
  added_storage: '(select coalesce(sum(d.size), 0)::integer from volumes d where d.vm_id = v.id)',
  is_saving: `exists (select 1 from operations o
    where o.queue = v.id and o.kind = 'vm.save-image' and o.finished_at is null)`,
  tags: `(select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'priority', t.priority, 'created_at', t.created_at)
                                  order by t.priority, t.position), '[]') from vm_tags t where t.vm_id = v.id)`,
};
const viewColumns = ['v.*', ...Object.entries(besideColumns).map(([name, column]) => `${column} as ${name}`)].join(
  ', ',
);

/** The same for a list that takes its rows from `visible.page`. */
export const vmViews = {
  as: 'v',
  columns: Object.fromEntries(Object.entries(besideColumns).map(([name, column]) => [name, sql.raw(column)])),
} as unknown as Beside<Omit<VmView, keyof Vm>>;

/** One machine of an account as the API shows it; undefined where it is gone. */
export async function findVmView(db: Queryable, accountId: string, id: string): Promise<VmView | undefined> {
  const { rows } = await sql<VmView>`
    select ${sql.raw(viewColumns)} from vms v
     where v.id = ${id} and v.account_id = ${accountId} and v.deleted_at is null`.execute(db);
  return rows[0];
}

/** One machine's row as it is now; undefined where it is gone. */
export async function findVm(db: Queryable, accountId: string, id: string): Promise<Vm | undefined> {
  return db
    .selectFrom('vms')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** The statuses of machines that are there, by their ids. */
export async function statusesOf(db: Queryable, ids: readonly string[]): Promise<Map<string, VmStatus>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('vms')
    .select(['id', 'status'])
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** One machine's row, locked until the transaction ends. */
export async function lockVm(db: Transaction<Tables>, accountId: string, id: string): Promise<Vm | undefined> {
  return db
    .selectFrom('vms')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** What a list is narrowed to; null does not narrow. */
export interface VmFilter {
  accountId: string;
  projectIds: readonly string[] | null;
  region: string | null;
  status: VmStatus | null;
  limit: number;
  offset: number;
}

/** From where on a page is looked for among all machines of the account: before, so many of each kind are read and sorted. */
const deepOffset = 1000;

/**
 * A page of machines, newest first, and how many match in all. The counts tell the total, and which kinds of machines there are: each
 * kind, and all of the account, lie in order in an index, and only the page's rows are looked at.
 */
export async function listVmViews(pool: Pool, filter: VmFilter): Promise<{ rows: VmView[]; total: number }> {
  const { accountId, projectIds, region, status, limit, offset } = filter;
  const matches = `account_id = $1 and ($2::text is null or region = $2) and ($3::text is null or status = $3)
    and ($4::uuid[] is null or project_id = any ($4))`;
  const newest = 'order by created_at desc, id desc';
  const isNarrow = projectIds !== null || region !== null || status !== null;
  const ofAccount = `select created_at, id from vms
    where ${matches} and deleted_at is null and $6 < (select sum(vms) from kinds)`;
  const ofKinds = `select v.created_at, v.id from kinds k cross join lateral (
      select created_at, id from vms
       where account_id = $1 and project_id = k.project_id and region = k.region and status = k.status and deleted_at is null
       ${newest} limit $5::bigint + $6::bigint) v`;
  const isByKind = isNarrow && offset < deepOffset;
  const { rows } = await pool.query<VmView & { page_total: number; id: string | null }>({
    name: `list-vms-${isByKind ? 'by-kind' : 'of-account'}`,
    text: `
      with kinds as materialized (
        select project_id, region, status, sum(vms) as vms from vm_counts where ${matches}
         group by project_id, region, status having sum(vms) > 0
      ), page as materialized (${isByKind ? ofKinds : ofAccount} ${newest} limit $5 offset $6)
      select t.page_total, v.* from (select coalesce(sum(vms), 0)::bigint as page_total from kinds) t
        left join lateral (select ${viewColumns} from page p join vms v on v.id = p.id) v on true
       ${newest}`,
    values: [accountId, region, status, projectIds, limit, offset],
  });
  return { rows: rows.filter((row) => row.id !== null), total: rows[0]?.page_total ?? 0 };
}

export async function vmTags(db: Queryable, vmId: string) {
  return db
    .selectFrom('vm_tags')
    .select(['id', 'name', 'priority', 'created_at'])
    .where('vm_id', '=', vmId)
    .orderBy('priority')
    .orderBy('position')
    .execute();
}
