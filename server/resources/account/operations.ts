import type { listOperations } from '@raffia/contract/account.ts';
import { operationStatuses } from '@raffia/contract/enums.ts';
import { type RawBuilder, sql } from 'kysely';
import { countedAtMost, pageOf } from '../../calls/page.ts';
import type { ListCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import { type OperationRow, stepIndex, type Workflow } from '../../operations/workflow.ts';
import { vmWorkflows } from '../vms/vm-workflows.ts';

type Row = OperationRow & { resource_name: string | null };

/** The work on resources that the caller may see, with its steps. */
export async function listWork({ visible, query }: ListCall<typeof listOperations>) {
  const { limit, offset } = pageOf(query, 50);
  const { db, accountId, projectIds: projects } = visible.byHand('vm');
  if (projects !== null && projects.length === 0) return { success: true, data: [], total: 0 };
  const conditions = [sql`o.account_id = ${accountId}`];
  if (query.resource_id !== undefined) conditions.push(sql`o.resource_id = ${query.resource_id}`);
  if (query.before !== undefined) {
    conditions.push(sql`o.sequence < (select sequence from operations
                         where id = ${query.before} and account_id = ${accountId})`);
  }
  if (query.status !== undefined) conditions.push(sql`o.status = ${query.status}`);
  const resource = query.resource_id !== undefined;
  if (projects !== null)
    conditions.push(resource ? sql`o.project_id = any (${projects}::uuid[])` : sql`o.project_id = b.project_id`);
  // Each project, and in it each status, has its work in order in the index.
  const hasBranches = projects !== null && !resource;
  if (hasBranches && query.status === undefined) conditions.push(sql`o.status = b.status`);
  const branches = sql`(select p.id as project_id, s.name as status from unnest(${projects ?? []}::uuid[]) p (id)
                        cross join unnest(${query.status === undefined ? operationStatuses : [query.status]}::text[]) s (name)) b`;
  const found = (columns: RawBuilder<unknown>, rest: RawBuilder<unknown>) => {
    const one = sql`select ${columns} from operations o where ${sql.join(conditions, sql` and `)} ${rest}`;
    return hasBranches ? sql`select o.* from ${branches} cross join lateral (${one}) o` : one;
  };
  const newest = sql`order by o.sequence desc`;
  const { rows, total, isCapped } = await readPage<Row>(
    db,
    found(sql`1`, sql`${newest} limit ${countedAtMost + 1}`),
    sql<Row>`select w.*, v.name as resource_name
      from (select o.sequence from (${found(sql`o.sequence`, sql`${newest} limit ${limit + offset}`)}) o
             ${newest} limit ${limit} offset ${offset}) o
      join operations w on w.sequence = o.sequence left join vms v on v.id = w.resource_id ${newest}`,
    countedAtMost,
  );
  return { success: true, data: rows.map(present), total, ...(isCapped ? { total_is_capped: true } : {}) };
}

function present(row: Row) {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    resource_id: row.resource_id,
    ...(row.resource_name === null ? {} : { resource_name: row.resource_name }),
    project_id: row.project_id,
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.waiting_for === null ? {} : { waiting_for: row.waiting_for }),
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    ...(row.finished_at === null ? {} : { finished_at: row.finished_at.toISOString() }),
    steps: stepsOf(row),
  };
}

/** The steps as this version has them, with what is known of each under whatever name it was done. */
function stepsOf(row: OperationRow) {
  const workflow = vmWorkflows[row.kind as keyof typeof vmWorkflows] as Workflow | undefined;
  if (workflow === undefined) return [];
  const finished = new Map(row.finished_names.map((name, i) => [stepIndex(workflow, name), row.finished_steps[i]]));
  const current = stepIndex(workflow, row.step);
  return workflow.steps.map(({ name }, index) => {
    const at = finished.get(index);
    if (at !== undefined || row.status === 'succeeded') {
      return { name, status: 'done' as const, ...(at === undefined ? {} : { finished_at: at.toISOString() }) };
    }
    if (index !== current || row.status === 'pending') return { name, status: 'waiting' as const };
    return { name, status: row.status === 'failed' || row.error !== null ? ('failed' as const) : ('running' as const) };
  });
}
