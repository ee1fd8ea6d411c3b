import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import type { Pool } from 'pg';

interface Located {
  readonly projectId: string | null;
}

/** What else a member's id may be: who was invited to the account is a member that waits. */
const orElse: Partial<Record<ResourceName, string>> = {
  member: 'union all select null from invitations where id = $1 and account_id = $2 and project_id is null',
};

const statements = Object.fromEntries(
  Object.entries(resources).map(([name, resource]) => [
    name,
    `${statementOf(resource)} ${orElse[name as ResourceName] ?? ''}`,
  ]),
) as Record<ResourceName, string>;

function statementOf({ table, project, account: named, isShared, hiddenBy }: Resource): string {
  const account = named ?? 'account_id';
  const ofAccount = isShared ? `(${account} = $2 or ${account} is null)` : `${account} = $2`;
  const isThere = hiddenBy === undefined ? '' : ` and ${hiddenBy} is null`;
  return `select ${project ?? 'null'} as project_id from ${table} where id = $1 and ${ofAccount}${isThere}`;
}

/**
 * Finds what a path's `{id}` names within an account, and which project it lies in.
 *
 * @param id a well-formed UUID, or a number where the kind is numbered
 */
export async function locate(
  pool: Pool,
  name: ResourceName,
  accountId: string,
  id: string | number,
): Promise<Located | undefined> {
  const { rows } = await pool.query<{ project_id: string | null }>({
    name: `locate-${name}`,
    text: statements[name],
    values: [id, accountId],
  });
  const row = rows[0];
  return row === undefined ? undefined : { projectId: row.project_id };
}
