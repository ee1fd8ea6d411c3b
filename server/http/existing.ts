import { type Resource, resources } from '@raffia/contract/resources.ts';
import type { Pool } from 'pg';
import { holdsAny, type Principal, reaches } from '../access/principal.ts';
import { ApiError, type Existing } from '../foundation/api-error.ts';
import type { UniqueViolation } from './constraint-errors.ts';

/** What lies within something that the path has named: who got that far may know of it. */
const partsOfOthers = new Set(['vm_tags', 'project_members', 'tier_requests']);
/** What nobody is told of: that there is somebody with an address, yes, but not who. */
const untold = new Set(['users']);

const kinds = new Map<string, Resource>(Object.values(resources).map((resource) => [resource.table, resource]));

/**
 * The same error, with the id of what is there already where the caller may see that: whoever lost the answer of a creation can take up
 * what it made, or delete it. The transaction that failed has ended.
 */
export async function withExisting(pool: Pool, principal: Principal, error: unknown): Promise<unknown> {
  if (!(error instanceof ApiError)) return error;
  const { existing, violated } = error;
  const found = existing ?? (violated === undefined ? undefined : await foundBy(pool, violated));
  if (found === undefined || !(await maySee(pool, principal, found))) return error;
  return error.withExisting(found.id);
}

async function foundBy(pool: Pool, { table, constraint, detail }: UniqueViolation): Promise<Existing | undefined> {
  // The last column alone can hold whatever a person wrote.
  const [, columns = '', values = ''] = /\((.+?)\)=\((.*)\)/s.exec(detail) ?? [];
  const names = columns.split(', ');
  const parts = values.split(', ');
  if (columns === '' || parts.length < names.length || untold.has(table)) return undefined;
  const keys = [...parts.slice(0, names.length - 1), parts.slice(names.length - 1).join(', ')];
  const given: string[] = [];
  const conditions = names.map((name, i) => {
    const key = keys[i] as string;
    if (key === 'null' && i < names.length - 1) return `${name} is null`;
    return `${name} = $${given.push(key)}`;
  });
  const { rows: indexes } = await pool.query<{ only: string | null }>(
    'select pg_get_expr(indpred, indrelid) as only from pg_index where indexrelid = $1::regclass',
    [constraint],
  );
  const only = indexes[0]?.only;
  const where = [...conditions, ...(only == null ? [] : [only])].join(' and ');
  const { rows } = await pool.query<{ id: string }>(`select id from ${table} where ${where} limit 1`, given);
  return rows[0] === undefined ? undefined : { table, id: rows[0].id };
}

async function maySee(pool: Pool, principal: Principal, { table, id }: Existing): Promise<boolean> {
  if (partsOfOthers.has(table)) return true;
  const kind = kinds.get(table);
  if (kind === undefined) return false;
  const { rows } = await pool.query<{ project_id: string | null }>(
    `select ${kind.project ?? 'null'} as project_id from ${table} where id = $1`,
    [id],
  );
  const project = rows[0]?.project_id ?? null;
  if (kind.isSeenByAll && (project === null || reaches(principal, project))) return true;
  return holdsAny(principal, kind.view, project);
}
