import type { Row } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';
import type { Principal } from './principal.ts';
import { mayGiveAccountRole, mayGiveProjectRole, mayInvite, roleOf } from './role-guards.ts';

type Invitation = Pick<
  Row<'invitations'>,
  'account_id' | 'project_id' | 'role_id' | 'inviter_kind' | 'inviter_id' | 'invited_by'
>;

/**
 * Whether who invited, or changed the role since, could invite to the same now: an invitation does not outlive what allowed it. In a transaction that holds the
 * account's authority.
 */
export async function stillMayGive(services: Services, tx: Transaction, invitation: Invitation): Promise<boolean> {
  const inviter = await inviterOf(services, tx, invitation);
  if (inviter === undefined || !inviter.isActive || inviter.expiresAt <= services.clock.now()) return false;
  if (inviter.accountId !== invitation.account_id || inviter.isAccountSuspended) return false;
  const { project_id: projectId } = invitation;
  const role = await roleOf(tx, invitation.account_id, invitation.role_id, projectId === null ? 'account' : 'project');
  try {
    if (projectId === null) mayGiveAccountRole(inviter, role);
    else mayGiveProjectRole(inviter, projectId, role);
    mayInvite(inviter, projectId);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

async function inviterOf(
  { principals, people }: Services,
  tx: Transaction,
  { account_id, inviter_kind, inviter_id, invited_by }: Invitation,
): Promise<Principal | undefined> {
  if (inviter_kind === 'key') return principals.standingById(tx, inviter_id as string);
  const person = inviter_id ?? invited_by;
  return person === null ? undefined : people.standingById(tx, person, account_id);
}
