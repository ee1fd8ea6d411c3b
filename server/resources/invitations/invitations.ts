import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type {
  cancelInvitation,
  createAccountInvitation,
  createProjectInvitation,
} from '@raffia/contract/invitations.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { sql } from 'kysely';
import { hashToken } from '../../access/people.ts';
import { mayGiveAccountRole, mayGiveProjectRole, mayInvite, roleOf } from '../../access/role-guards.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { mailInvitation } from './mail-invitation.ts';
import { cancelWaiting } from './waiting.ts';

/** How long an invitation can be accepted (identity.md §7: a few days). */
const validDays = 7;

export async function inviteToAccount(call: WriteCall<typeof createAccountInvitation>) {
  const { email, role_id: roleId } = call.body;
  return answered(await invite(call, { email, roleId, projectId: null }));
}

export async function inviteToProject(call: WriteCall<typeof createProjectInvitation>) {
  const { email, role_id: roleId } = call.body;
  return answered(await invite(call, { email, roleId, projectId: call.params.id }));
}

/** Cancels; the link is dead from this answer on. */
export async function cancel(call: WriteCall<typeof cancelInvitation>) {
  const { tx, principal, params } = call;
  const invitation = await tx.db
    .selectFrom('invitations')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (invitation === undefined) throw notFound('invitation');
  mayInvite(principal, invitation.project_id);
  await cancelWaiting(call, invitation);
  call.audit.details = { email: invitation.email };
  return { success: true, message: 'The invitation was cancelled' };
}

/**
 * Invites a person by mail. Where no mail is configured, the link is for the inviter to hand over.
 *
 * @throws ApiError 400 for a role of another scope, a member, or an address that is invited already; 403 for a role above one's own
 */
export async function invite(
  call: Change,
  { email, roleId, projectId }: { email: string; roleId: string; projectId: string | null },
) {
  const { services, tx, principal } = call;
  const role = await roleOf(tx, principal.accountId, roleId, projectId === null ? 'account' : 'project');
  if (role.id === ownerRoleId)
    throw invalid('There is one Owner; ask the operator of this cloud to transfer the account');
  if (projectId === null) mayGiveAccountRole(principal, role);
  else mayGiveProjectRole(principal, projectId, role);
  await refuseMember(call, email, projectId);
  const now = services.clock.now();
  // One that has run out makes room for a new one.
  await tx.db
    .deleteFrom('invitations')
    .where('account_id', '=', principal.accountId)
    .where('expires_at', '<=', new Date(now))
    .execute();
  const token = randomBytes(32).toString('base64url');
  const row = await tx.db
    .insertInto('invitations')
    .values({
      id: randomUUIDv7(),
      account_id: principal.accountId,
      project_id: projectId,
      email,
      role_id: role.id,
      token_hash: hashToken(token),
      invited_by: principal.actorId,
      inviter_kind: principal.kind,
      inviter_id: principal.id,
      invited_by_name: principal.name,
      is_mailed: services.outbox.isConfigured,
      expires_at: new Date(now + validDays * 86_400_000),
      created_at: new Date(now),
      updated_at: new Date(now),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const names = await namesOf(call, row.id);
  call.audit.resourceId = row.id;
  call.audit.details = { email, roleId: role.id, projectId };
  const link = `${call.origin}/invitation#${token}`;
  if (services.outbox.isConfigured)
    await mailInvitation(call, { ...names, id: row.id, to: email.toLowerCase(), days: validDays, link });
  return {
    invitation: row,
    names,
    inviterEmail: principal.kind === 'user' ? principal.name : null,
    link: services.outbox.isConfigured ? undefined : link,
  };
}

function answered({ invitation, names, inviterEmail, link }: Awaited<ReturnType<typeof invite>>) {
  return {
    success: true,
    data: {
      id: invitation.id,
      type: invitation.project_id === null ? ('account' as const) : ('project' as const),
      account_id: invitation.account_id,
      account_name: names.account_name,
      ...(invitation.project_id === null
        ? {}
        : { project_id: invitation.project_id, project_name: names.project_name as string }),
      email: invitation.email,
      role_id: invitation.role_id,
      role_name: names.role_name,
      ...(invitation.invited_by === null ? {} : { invited_by_id: invitation.invited_by }),
      ...(inviterEmail === null ? {} : { invited_by_email: inviterEmail }),
      invited_by_name: invitation.invited_by_name,
      expires_at: invitation.expires_at.toISOString(),
      created_at: invitation.created_at.toISOString(),
      ...(link === undefined ? {} : { accept_url: link }),
    },
  };
}

async function refuseMember({ tx, principal }: Change, email: string, projectId: string | null): Promise<void> {
  // The Owner has a membership of the account as well, and needs none of a project.
  const { rows } = await sql<{ table: string; id: string }>`
    select 'members' as table, m.id from users u join members m on m.user_id = u.id join accounts a on a.id = m.account_id
     where u.email = lower(${email}) and a.id = ${principal.accountId} and (${projectId}::uuid is null or a.owner_id = u.id)
     union all
    select 'project_members', m.id from users u join project_members m on m.user_id = u.id
     where u.email = lower(${email}) and m.project_id = ${projectId}`.execute(tx.db);
  if (rows[0] !== undefined) throw new ApiError('alreadyMember', {}, { existing: rows[0] });
}

async function namesOf({ tx }: Change, id: string) {
  return tx.db
    .selectFrom('invitations as i')
    .innerJoin('accounts as a', 'a.id', 'i.account_id')
    .innerJoin('roles as r', 'r.id', 'i.role_id')
    .leftJoin('projects as p', 'p.id', 'i.project_id')
    .select(['a.name as account_name', 'r.name as role_name', 'p.name as project_name'])
    .where('i.id', '=', id)
    .executeTakeFirstOrThrow();
}
