import type { Scope } from '@raffia/contract/enums.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { sql } from 'kysely';
import type { Row } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError, invalid } from '../foundation/api-error.ts';
import { holds, holdsAny, type Principal } from './principal.ts';

type Role = { id: string; scope: string; permissions: string[] };

/** The role of an id, of the account or of the system; 400 where there is none of that scope. */
export async function roleOf(tx: Transaction, accountId: string, roleId: string, scope: Scope): Promise<Role> {
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

/**
 * Who invites, and who takes an invitation back or changes it.
 *
 * @throws ApiError 403
 */
export function mayInvite(principal: Principal, projectId: string | null): void {
  const anyOf =
    projectId === null
      ? (['account.members.invite'] as const)
      : (['project.members.invite', 'account.members.invite'] as const);
  if (!holdsAny(principal, anyOf, projectId)) {
    throw new ApiError('permissionDenied', { permission: anyOf.join(' or ') });
  }
}

/**
 * Whoever changes what a role gives must hold all that it gives and all that it shall give, wherever it is given: otherwise a weaker
 * one could strip the stronger. A project's role that nobody has: on every project where the caller has a role.
 *
 * @throws ApiError 403 naming the first permission that is missing
 */
export async function mayEditRole(
  tx: Transaction,
  principal: Principal,
  role: Pick<Row<'roles'>, 'scope' | 'permissions'> & { id?: string },
  permissions: readonly string[],
): Promise<void> {
  if (principal.isOwner) return;
  const needed = [...new Set([...role.permissions, ...permissions])];
  const refuseWithout = (held: ReadonlySet<string> | undefined) => {
    const missing = needed.find((permission) => held?.has(permission) !== true);
    if (missing !== undefined) throw new ApiError('permissionDenied', { permission: missing });
  };
  if (role.scope === 'account') return refuseWithout(principal.accountPermissions);
  if (holds(principal, 'account.members.manage', null)) return;
  const projects = new Set(principal.projectPermissions.keys());
  if (projects.size === 0) refuseWithout(undefined);
  if (role.id !== undefined) {
    const { rows } = await sql<{ project_id: string }>`
      select distinct project_id from project_members where role_id = ${role.id}
      union select project_id from invitations where role_id = ${role.id} and project_id is not null`.execute(tx.db);
    for (const { project_id } of rows) projects.add(project_id);
  }
  for (const project of projects) refuseWithout(principal.projectPermissions.get(project));
}

/**
 * When a key may end that a caller makes, prolongs or wakes: not after the caller itself, so that nothing outlives what allowed it.
 *
 * @param expiresAt what was asked for; null for a key without an end
 * @throws ApiError 403 where the caller ends before
 */
export function mayLastUntil(principal: Principal, expiresAt: Date | null): void {
  if ((expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) <= principal.expiresAt) return;
  throw new ApiError('forbidden', {
    detail: `This key ends at ${new Date(principal.expiresAt).toISOString()}, and cannot make, prolong or renew a key that ends later; use one that lasts longer`,
  });
}

/** Whether two ids are the same, in whatever form they were written. */
export function isSameId(one: string | null | undefined, other: string | null | undefined): boolean {
  return one != null && other != null && one.toLowerCase() === other.toLowerCase();
}

/** Whoever gets hold of a key's new secret, or brings a key back to life, must be allowed to make such a key. */
export async function mayHandle(tx: Transaction, principal: Principal, key: Row<'api_keys'>): Promise<void> {
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
