import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import type { Selectable } from 'kysely';
import { holds, type Principal } from '../../access/principal.ts';
import type { ApiKeysTable } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, invalid } from '../../http/api-error.ts';

type Role = { id: string; scope: string; permissions: string[] };

/** The role of an id, of the account or of the system; 400 where there is none of that scope. */
export async function roleOf(
  tx: Transaction,
  accountId: string,
  roleId: string,
  scope: 'account' | 'project',
): Promise<Role> {
  const role = await tx.db
    .selectFrom('roles')
    .select(['id', 'scope', 'permissions'])
    .where('id', '=', roleId)
    .where((row) => row.or([row('account_id', '=', accountId), row('account_id', 'is', null)]))
    .forShare()
    .executeTakeFirst();
  if (role === undefined) throw invalid('role_id names no role; list roles with GET /api/v1/roles');
  if (role.scope !== scope)
    throw invalid(`role_id names a role of scope ${role.scope}; this needs one of scope ${scope}`);
  return role;
}

/**
 * Nobody makes a key that can do more than himself: the Owner role is the Owner's to give, any other role at most what the caller
 * holds.
 *
 * @throws ApiError 403 naming the first permission that is missing
 */
export function mayGiveAccountRole(principal: Principal, role: Role): void {
  if (principal.isOwner) return;
  if (role.id === ownerRoleId) {
    throw new ApiError('forbidden', { detail: 'Only the Owner can give the Owner role to an API key' });
  }
  const missing = role.permissions.find((permission) => !principal.accountPermissions.has(permission));
  if (missing !== undefined) throw new ApiError('permissionDenied', { permission: missing });
}

/** The same for a project's role: who may manage the account's members may give any, others at most what they hold there. */
export function mayGiveProjectRole(principal: Principal, projectId: string, role: Role): void {
  if (principal.isOwner || holds(principal, 'account.members.manage', null)) return;
  const held = principal.projectPermissions.get(projectId);
  const missing = role.permissions.find((permission) => held?.has(permission) !== true);
  if (missing !== undefined) throw new ApiError('permissionDenied', { permission: missing });
}

/** Whoever gets hold of a key's new secret, or brings a key back to life, must be allowed to make such a key. */
export async function mayHandle(tx: Transaction, principal: Principal, key: Selectable<ApiKeysTable>): Promise<void> {
  if (principal.isOwner) return;
  if (key.role_id !== null) mayGiveAccountRole(principal, await roleOf(tx, key.account_id, key.role_id, 'account'));
  const grants = await tx.db
    .selectFrom('project_members as g')
    .innerJoin('roles as r', 'r.id', 'g.role_id')
    .select(['g.project_id', 'r.id', 'r.scope', 'r.permissions'])
    .where('g.api_key_id', '=', key.id)
    .execute();
  for (const { project_id, ...role } of grants) mayGiveProjectRole(principal, project_id, role);
}

/**
 * The high tier is the operator's to allow: an account has an allowance of high keys (authentication.txt: no self-service upgrade).
 *
 * @throws ApiError 400 where it is used up
 */
export async function mayBeHigh(tx: Transaction, accountId: string): Promise<void> {
  const account = await tx.db
    .selectFrom('accounts')
    .select('high_tier_allowance')
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const { used } = await tx.db
    .selectFrom('api_keys')
    .select((row) => row.fn.countAll<number>().as('used'))
    .where('account_id', '=', accountId)
    .where('rate_limit_tier', '=', 'high')
    .executeTakeFirstOrThrow();
  if (used >= account.high_tier_allowance) {
    throw invalid(
      'The tier high needs the approval of the operator of this cloud; tell them the workload and its peak requests per second',
    );
  }
}
