import type { listOperations } from '@raffia/contract/account.ts';
import { sql } from 'kysely';
import { projectsWith } from '../../access/principal.ts';
import { pageOf } from '../../http/page.ts';
import type { ReadCall } from '../../http/route.ts';
import type { OperationRow } from '../../operations/workflow.ts';
import { vmWorkflows } from '../vms/vm-workflows.ts';

/** The work on resources that the caller may see, with its steps. */
export async function listWork({ services, principal, projectId, query }: ReadCall<typeof listOperations>) {
  const { limit, offset } = pageOf(query, 50);
  const projects = projectId === null ? projectsWith(principal, 'vm.view') : [projectId];
  if (projects !== null && projects.length === 0) return { success: true, data: [], total: 0 };
  const { rows } = await sql<OperationRow & { resource_name: string | null; total: number }>`
    select o.*, v.name as resource_name, count(*) over ()::integer as total
      from operations o left join vms v on v.id = o.resource_id
     where o.account_id = ${principal.accountId}
       and (${projects}::uuid[] is null or o.project_id = any(${projects}::uuid[]))
       and (${query.resource_id ?? null}::uuid is null or o.resource_id = ${query.resource_id ?? null}::uuid)
       and (${query.status ?? null}::text is null or o.status = ${query.status ?? null})
     order by o.sequence desc limit ${limit} offset ${offset}`.execute(services.db);
  return { success: true, data: rows.map(present), total: rows[0]?.total ?? 0 };
}

function present(row: OperationRow & { resource_name: string | null }) {
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

function stepsOf(row: OperationRow) {
  const steps = vmWorkflows[row.kind as keyof typeof vmWorkflows]?.steps ?? [];
  return steps.map(({ name }, index) => {
    const finished = row.finished_steps[index];
    if (finished !== undefined || row.status === 'succeeded') {
      return {
        name,
        status: 'done' as const,
        ...(finished === undefined ? {} : { finished_at: finished.toISOString() }),
      };
    }
    if (index !== row.step || row.status === 'pending') return { name, status: 'waiting' as const };
    return { name, status: row.status === 'failed' || row.error !== null ? ('failed' as const) : ('running' as const) };
  });
}
