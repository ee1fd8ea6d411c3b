import type { Role } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';

/** Who gives a key its roles: the server's rules of what they may give, told before they ask. */
export interface Giver {
  readonly isOwner: boolean;
  readonly holds: (permission: string, projectId?: string) => boolean;
}

type Given = Pick<Role, 'id' | 'scope' | 'permissions'>;

/** The account roles that somebody may give a key: none with more than they hold, and Owner is the Owner's. */
export function accountRolesToGive<One extends Given>(roles: readonly One[], { isOwner, holds }: Giver): One[] {
  return roles.filter(
    ({ id, scope, permissions }) =>
      scope === 'account' && (isOwner || (id !== ownerRoleId && permissions.every((name) => holds(name)))),
  );
}

/** Whether somebody may give a key a role on a project. */
export function mayGrantOn(projectId: string, { isOwner, holds }: Giver): boolean {
  return isOwner || holds('account.members.manage') || holds('project.members.manage', projectId);
}

/** The project roles that somebody may give on all of these projects: who manages the account's members any, others what they hold there. */
export function projectRolesToGive<One extends Given>(
  roles: readonly One[],
  projectIds: readonly string[],
  { isOwner, holds }: Giver,
): One[] {
  const givesAny = isOwner || holds('account.members.manage');
  return roles.filter(
    ({ scope, permissions }) =>
      scope === 'project' && (givesAny || projectIds.every((id) => permissions.every((name) => holds(name, id)))),
  );
}
