import type { listOperations } from '@raffia/contract/account.ts';
import { type OperationStatus, operationStatuses } from '@raffia/contract/enums.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { kindsOfWork, resources } from '@raffia/contract/resources.ts';
import { type RawBuilder, sql } from 'kysely';
import type { ByHand } from '../../access/visible.ts';
import { countedAtMost, pageOf } from '../../calls/page.ts';
import type { ListCall } from '../../calls/route.ts';
import { type Newest, readNewest } from '../../database/read-newest.ts';
import { isUuid } from '../../foundation/canonical-form.ts';
import { type AccountOperation, type OperationRow, stepIndex, type Workflow } from '../../operations/workflow.ts';
import { allWorkflows } from '../all-workflows.ts';

type Row = AccountOperation & { resource_name: string | null };

/** Of work that has not ended. */
const openStatuses: readonly OperationStatus[] = ['pending', 'running'];

/** Kinds of resources, by their nouns, that are seen in the same projects; null stands for all of the account. */
interface Scope {
  readonly nouns: string[];
  readonly projectIds: readonly string[] | null;
}

/** The work on resources that the caller may see, with its steps. */
export async function listWork({ visible, query }: ListCall<typeof listOperations>) {
  const { db, accountId, projectsOf } = visible.byHand();
  const where = [sql`r.account_id = ${accountId}`];
  if (query.resource_id !== undefined) where.push(isAbout(query.resource_id));
  if (query.before !== undefined) {
    where.push(sql`r.sequence < (select sequence from operations
                    where id = ${query.before} and account_id = ${accountId})`);
  }
  const { rows, total, isCapped } = await readNewest<Row>(
    db,
    { table: 'operations', order: ['sequence'], ...seen(scopesOf(projectsOf), query, where) },
    pageOf(query, 50),
    sql`r.*, ${nameOfResource} as resource_name`,
    countedAtMost,
  );
  return { success: true, data: rows.map(present), total, ...(isCapped ? { total_is_capped: true } : {}) };
}

/** Work on what has an id; of numbered kinds several may have the same. */
function isAbout(id: string): RawBuilder<unknown> {
  return isUuid(id) ? sql`r.resource_id = ${id} and r.resource_number is null` : sql`r.resource_number = ${id}::bigint`;
}

/** What is to be seen: each kind in a project, and of it each status, is a part that the index has in order. */
function seen(
  scopes: readonly Scope[],
  { resource_id, status }: { readonly resource_id?: string; readonly status?: OperationStatus | 'open' },
  where: readonly RawBuilder<unknown>[],
): Pick<Newest, 'where' | 'by' | 'parts'> {
  const statuses: readonly OperationStatus[] =
    status === undefined ? operationStatuses : status === 'open' ? openStatuses : [status];
  // All of an account is in order as it is, and little work is about one resource.
  if (resource_id !== undefined || scopes.some(({ projectIds }) => projectIds === null)) {
    const isSeen = sql`(${sql.join([sql`false`, ...scopes.map((scope) => isIn(scope, scopes))], sql` or `)})`;
    // Each has an index in the list's order: one status, and what has not ended.
    const isIt =
      status === undefined ? [] : [status === 'open' ? sql`r.finished_at is null` : sql`r.status = ${status}`];
    return { where: [...where, isSeen, ...isIt], by: [], parts: [[]] };
  }
  const parts = scopes.flatMap(({ nouns, projectIds }) =>
    (projectIds ?? []).flatMap((id) => nouns.flatMap((noun) => statuses.map((name) => [id, noun, name]))),
  );
  return { where, by: partedBy, parts };
}

const partedBy: Newest['by'] = [
  { value: sql`r.project_id`, type: 'uuid' },
  { value: sql`r.resource_kind`, type: 'text' },
  { value: sql`r.status`, type: 'text' },
];

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
  const isOfKind = scopes.length === 1 ? sql`true` : sql`r.resource_kind = any (${nouns})`;
  return projectIds === null ? isOfKind : sql`(${isOfKind} and r.project_id = any (${[...projectIds]}::uuid[]))`;
}

/** What the operation `r` is about, by its name, for as long as it is there. */
const nameOfResource = sql`case r.resource_kind ${sql.join(
  kindsOfWork.map(
    (kind) => sql`
      when ${sql.lit(resources[kind].noun)} then (select name from ${sql.table(resources[kind].table)}
        where ${sql.ref('isNumbered' in resources[kind] ? 'uid' : 'id')} = r.resource_id)`,
  ),
  sql` `,
)} end`;

function present(row: Row) {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    resource_id: String(row.resource_number ?? row.resource_id),
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

type StepView = AnswerOf<typeof listOperations>['data'][number]['steps'][number];

/** The steps as this version has them, each with its own state, by what is known of it under whatever name it was done. */
export function stepsOf(row: OperationRow): StepView[] {
  const workflow = allWorkflows[row.kind as keyof typeof allWorkflows] as Workflow | undefined;
  if (workflow === undefined) return [];
  const finished = new Map(row.finished_names.map((name, i) => [stepIndex(workflow, name), row.finished_steps[i]]));
  const undone = new Set(row.undone_names.map((name) => stepIndex(workflow, name)));
  const current = stepIndex(workflow, row.step);
  const stateOf = (index: number): StepView['status'] => {
    if (finished.has(index)) return undone.has(index) ? 'undone' : 'done';
    if (row.status === 'succeeded') return 'done';
    // What was waited for when work failed is not done any more.
    if (row.error !== null) return index === current ? 'failed' : 'skipped';
    return index === current && row.status === 'running' ? 'running' : 'waiting';
  };
  let began: Date | undefined = row.created_at;
  return workflow.steps.map(({ name }, index) => {
    const status = stateOf(index);
    const hasBegun = status !== 'waiting' && status !== 'skipped';
    const ended = finished.get(index) ?? (status === 'failed' ? (row.failed_at ?? row.finished_at) : undefined);
    const started = hasBegun ? began : undefined;
    if (hasBegun) began = ended ?? undefined;
    return {
      name,
      status,
      ...(started === undefined ? {} : { started_at: started.toISOString() }),
      ...(ended === undefined || ended === null ? {} : { finished_at: ended.toISOString() }),
    };
  });
}
