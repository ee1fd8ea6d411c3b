import type { ResourceName } from '@raffia/contract/operation.ts';
import type { Pool } from 'pg';

interface Located {
  readonly projectId: string | null;
}

interface Locator {
  /** The word of the 404. */
  readonly label: string;
  /** Finds a resource within an account; `id` must be a well-formed UUID. */
  find(pool: Pool, accountId: string, id: string): Promise<Located | undefined>;
}

function locator(label: string, name: ResourceName, text: string): Locator {
  return {
    label,
    async find(pool, accountId, id) {
      const { rows } = await pool.query<{ project_id: string | null }>({
        name: `locate-${name}`,
        text,
        values: [id, accountId],
      });
      const row = rows[0];
      return row === undefined ? undefined : { projectId: row.project_id };
    },
  };
}

/** How the pipeline finds what a path's `{id}` names, and which project it lies in. */
export const locate: Record<ResourceName, Locator> = {
  vm: locator('VM', 'vm', 'select project_id from vms where id = $1 and account_id = $2 and deleted_at is null'),
  project: locator('project', 'project', 'select id as project_id from projects where id = $1 and account_id = $2'),
  sshKey: locator('SSH key', 'sshKey', 'select null as project_id from ssh_keys where id = $1 and account_id = $2'),
  apiKey: locator('API key', 'apiKey', 'select null as project_id from api_keys where id = $1 and account_id = $2'),
  role: locator(
    'role',
    'role',
    'select null as project_id from roles where id = $1 and (account_id = $2 or account_id is null)',
  ),
  member: locator(
    'member',
    'member',
    `select null as project_id from members where id = $1 and account_id = $2
      union all select null from invitations where id = $1 and account_id = $2 and project_id is null`,
  ),
  image: locator(
    'image',
    'image',
    'select project_id from images where id = $1 and account_id = $2 and deleted_at is null',
  ),
  invitation: locator(
    'invitation',
    'invitation',
    'select project_id from invitations where id = $1 and account_id = $2',
  ),
};
