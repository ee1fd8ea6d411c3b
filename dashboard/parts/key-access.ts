import type { APIKey } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';

/** What a key may do, in few words: `Operator · 2 projects`. */
export function keyAccess({ role_id, role_name, project_accesses = [] }: APIKey): { role: string; where: string } {
  if (role_id === ownerRoleId) return { role: 'Owner', where: 'everything' };
  const roles = [...new Set(project_accesses.map((access) => access.role_name ?? 'a role'))];
  const where =
    project_accesses.length === 0
      ? 'no project'
      : project_accesses.length === 1
        ? (project_accesses[0]?.project_name ?? '1 project')
        : `${project_accesses.length} projects`;
  const names = [...(role_name === undefined ? [] : [role_name]), ...roles];
  if (names.length === 0) return { role: 'No access', where: '' };
  return { role: names.slice(0, 2).join(', ') + (names.length > 2 ? ` and ${names.length - 2} more` : ''), where };
}
