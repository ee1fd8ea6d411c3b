import type { listOperations } from '@raffia/contract/account.ts';
import { operationStatuses } from '@raffia/contract/enums.ts';
import { kindsOfWork, resources } from '@raffia/contract/resources.ts';
import { type RawBuilder, sql } from 'kysely';
import type { ByHand } from '../../access/visible.ts';
import { countedAtMost, pageOf } from '../../calls/page.ts';
import type { ListCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import { type AccountOperation, type OperationRow, stepIndex, type Workflow } from '../../operations/workflow.ts';
import { allWorkflows } from '../all-workflows.ts';

type Row = AccountOperation & { resource_name: string | null };

/** Kinds of resources, by their nouns, that are seen in the same projects; null stands for all of the account. */
interface Scope {
  readonly nouns: string[];
  readonly projectIds: readonly string[] | null;
}

/** The work on resources that the caller may see, with its steps. */
export async function listWork({ visible, query }: ListCall<typeof listOperations>) {
  const { limit, offset } = pageOf(query, 50);
  const { db, accountId, projectsOf } = visible.byHand();
  const scopes = scopesOf(projectsOf);
  const conditions = [sql`o.account_id = ${accountId}`];
  if (query.resource_id !== undefined) conditions.push(sql`o.resource_id = ${query.resource_id}`);
  if (query.before !== undefined) {
    conditions.push(sql`o.sequence < (select sequence from operations
                         where id = ${query.before} and account_id = ${accountId})`);
  }
  if (query.status !== undefined) conditions.push(sql`o.status = ${query.status}`);
  // Each project, and in it each status, has its work in order in the index.
  const hasBranches = query.resource_id === undefined && scopes.every(({ projectIds }) => projectIds !== null);
  if (hasBranches) conditions.push(sql`o.project_id = b.project_id and o.status = b.status`);
  else conditions.push(sql`(${sql.join([sql`false`, ...scopes.map((scope) => isIn(scope, scopes))], sql` or `)})`);
  if (hasBranches && scopes.length > 1) conditions.push(sql`o.resource_kind = any (b.nouns)`);
  const branches = sql`(select p.id as project_id, p.nouns, s.name as status
                          from json_to_recordset(${JSON.stringify(kindsByProject(scopes))}) p (id uuid, nouns text[])
                          cross join unnest(${query.status === undefined ? operationStatuses : [query.status]}::text[]) s (name)) b`;
  const found = (columns: RawBuilder<unknown>, rest: RawBuilder<unknown>) => {
    const one = sql`select ${columns} from operations o where ${sql.join(conditions, sql` and `)} ${rest}`;
    return hasBranches ? sql`select o.* from ${branches} cross join lateral (${one}) o` : one;
  };
  const newest = sql`order by o.sequence desc`;
  const { rows, total, isCapped } = await readPage<Row>(
    db,
    found(sql`1`, sql`${newest} limit ${countedAtMost + 1}`),
    sql<Row>`select w.*, ${nameOfResource} as resource_name
      from (select o.sequence from (${found(sql`o.sequence`, sql`${newest} limit ${limit + offset}`)}) o
             ${newest} limit ${limit} offset ${offset}) o
      join operations w on w.sequence = o.sequence ${newest}`,
    countedAtMost,
  );
  return { success: true, data: rows.map(present), total, ...(isCapped ? { total_is_capped: true } : {}) };
}

/** Where the caller may see work: on what of each kind it may see. */
function scopesOf(projectsOf: ByHand['projectsOf']): Scope[] {
  const scopes = new Map<string, Scope>();
  for (const kind of kindsOfWork) {
    const projectIds = projectsOf(kind);
    const same = scopes.get(String(projectIds));
    if (same === undefined) scopes.set(String(projectIds), { nouns: [resources[kind].noun], projectIds });
    else same.nouns.push(resources[kind].noun);
  }
  return [...scopes.values()];
}

/** Where all kinds are seen alike, theirs is all work. */
function isIn({ nouns, projectIds }: Scope, scopes: readonly Scope[]) {
  const isOfKind = scopes.length === 1 ? sql`true` : sql`o.resource_kind = any (${nouns})`;
  return projectIds === null ? isOfKind : sql`(${isOfKind} and o.project_id = any (${[...projectIds]}::uuid[]))`;
}

/** Each project, with the kinds that are seen there. */
function kindsByProject(scopes: readonly Scope[]) {
  const nouns = new Map<string, string[]>();
  for (const scope of scopes) {
    for (const id of scope.projectIds ?? []) nouns.set(id, [...(nouns.get(id) ?? []), ...scope.nouns]);
  }
  return [...nouns].map(([id, seen]) => ({ id, nouns: seen }));
}

/** What the operation `w` is about, by its name, for as long as it is there. */
const nameOfResource = sql`case w.resource_kind ${sql.join(
  kindsOfWork.map(
    (kind) => sql`
      when ${sql.lit(resources[kind].noun)} then (select name from ${sql.table(resources[kind].table)} where id = w.resource_id)`,
  ),
  sql` `,
)} end`;

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
  const workflow = allWorkflows[row.kind as keyof typeof allWorkflows] as Workflow | undefined;
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
