import { sql } from 'kysely';
import { mayGiveAccountRole, mayGiveProjectRole, mayInvite, roleOf } from '../../access/role-guards.ts';
import type { Change } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { aboutInvitation } from '../../mail/mails.ts';
import type { Place } from '../members/memberships.ts';

type Invitation = Row<'invitations'>;

/** Locks a membership that waits; undefined where there is none of this id. */
export async function lockWaiting(
  { services, tx }: Change,
  { accountId, projectId }: Place,
  id: string,
): Promise<Invitation | undefined> {
  return tx.db
    .selectFrom('invitations')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('project_id', 'is not distinct from', projectId)
    .where('expires_at', '>', new Date(services.clock.now()))
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Changes the role of a membership that waits. Whoever does stands for it from now on in the inviter's place, and must be allowed to
 * invite: an invitation does not outlive what allowed it.
 *
 * @throws ApiError 403 without the permission to invite, or for a role above one's own, the one of before included; 409 for a status
 */
export async function changeWaiting(
  { services, tx, principal }: Change,
  invitation: Invitation,
  change: { readonly role_id?: string; readonly status?: string },
): Promise<void> {
  if (change.status !== undefined) {
    throw new ApiError('conflict', {
      detail:
        'This member was invited and has not accepted yet: there is nothing to suspend or to enable. Change role_id alone, or cancel the invitation with DELETE',
    });
  }
  if (change.role_id === undefined) throw invalid('role_id is required');
  const { project_id: projectId } = invitation;
  mayInvite(principal, projectId);
  const scope = projectId === null ? 'account' : 'project';
  for (const id of [invitation.role_id, change.role_id]) {
    const role = await roleOf(tx, invitation.account_id, id, scope);
    if (projectId === null) mayGiveAccountRole(principal, role);
    else mayGiveProjectRole(principal, projectId, role);
  }
  await tx.db
    .updateTable('invitations')
    .set({
      role_id: change.role_id,
      inviter_kind: principal.kind,
      inviter_id: principal.id,
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', invitation.id)
    .execute();
}

/** Ends a membership that waits: its link is dead from this answer on. */
export async function cancelWaiting({ services, tx }: Change, invitation: Invitation): Promise<void> {
  await tx.db.deleteFrom('invitations').where('id', '=', invitation.id).execute();
  await services.outbox.withdraw(tx, aboutInvitation(invitation.id));
}

/**
 * A person is one member of a place: who waits already is not added beside.
 *
 * @throws ApiError 400
 */
export async function refuseInvited({ services, tx }: Change, place: Place, userId: string): Promise<void> {
  const waiting = await tx.db
    .selectFrom('invitations as i')
    .innerJoin('users as u', (join) => join.on(sql<boolean>`lower(i.email) = u.email`))
    .select('i.id')
    .where('u.id', '=', userId)
    .where('i.account_id', '=', place.accountId)
    .where('i.project_id', 'is not distinct from', place.projectId)
    .where('i.expires_at', '>', new Date(services.clock.now()))
    .executeTakeFirst();
  if (waiting !== undefined) {
    throw new ApiError('alreadyInvited', {}, { existing: { table: 'invitations', id: waiting.id } });
  }
}
