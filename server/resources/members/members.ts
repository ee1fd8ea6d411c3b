import { randomUUIDv7 } from 'node:crypto';
import type { removeAccountRole } from '@raffia/contract/account.ts';
import type { addMember, getMember, listMembers, removeMember, updateMember } from '@raffia/contract/members.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { holds } from '../../access/principal.ts';
import { isSameId, mayGiveAccountRole, mayInvite, roleOf } from '../../access/role-guards.ts';
import { pageOf } from '../../calls/page.ts';
import type { Admitted, Change, ChangeById, ReadCall, WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { invite } from '../invitations/invitations.ts';
import { cancelWaiting, changeWaiting, lockWaiting, refuseInvited } from '../invitations/waiting.ts';
import {
  type Db,
  type Membership,
  membershipOf,
  membershipsOf,
  type Place,
  presentMembership,
  standingIn,
} from './memberships.ts';

type MemberAnswer = NonNullable<AnswerOf<typeof getMember>['data']>;
type Member = Omit<Row<'members'>, 'role_id'> & { role_id: string };

const oneOwner = () => invalid('There is one Owner; ask the operator of this cloud to transfer the account');

/** The Owner, the members, keys that are members, and the invitations that wait; newest first. */
export async function listAllMembers(call: ReadCall<typeof listMembers>) {
  const { services, query } = call;
  const page = { ...pageOf(query, 50), status: query.status };
  const { rows, total } = await membershipsOf(services.db, services.clock.now(), placeOf(call), page);
  return { success: true, data: rows.map(present), total };
}

export async function getOneMember(call: ReadCall<typeof getMember>) {
  return { success: true, data: await shown(call, call.params.id) };
}

/** Invites by e-mail, or gives somebody known, or a key without one, a role on the account. */
export async function addAccountMember(call: WriteCall<typeof addMember>) {
  const { services, tx, principal, body } = call;
  const { email, target_user_id: userId, api_key_id: keyId, role_id: roleId } = body;
  if ([email, userId, keyId].filter((one) => one !== undefined).length !== 1) {
    throw invalid('Pass exactly one of email, target_user_id and api_key_id');
  }
  if (roleId === undefined) throw invalid('role_id is required');
  if (email !== undefined) {
    mayInvite(principal, null);
    const { invitation, link } = await invite(call, { email, roleId, projectId: null });
    const answer = await shown(call, invitation.id, tx.db);
    return { success: true, data: { ...answer, ...(link === undefined ? {} : { accept_url: link }) } };
  }
  if (!holds(principal, 'account.members.manage', null)) {
    throw new ApiError('permissionDenied', { permission: 'account.members.manage' });
  }
  const role = await roleOf(tx, principal.accountId, roleId, 'account');
  mayGiveAccountRole(principal, role);
  if (isSameId(userId ?? keyId, principal.id))
    throw new ApiError('conflict', { detail: "You can't give yourself a role; ask another Owner or Admin" });
  if (keyId === undefined) {
    if (role.id === ownerRoleId) throw oneOwner();
    await checkPerson(call, userId as string);
    await refuseInvited(call, placeOf(call), userId as string);
  } else await giveKeyRole(call, keyId, role.id);
  const now = new Date(services.clock.now());
  const id = randomUUIDv7();
  await tx.db
    .insertInto('members')
    .values({
      id,
      account_id: principal.accountId,
      ...(keyId === undefined ? { user_id: userId as string, role_id: role.id } : { api_key_id: keyId }),
      invited_by: principal.actorId,
      accepted_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  call.audit.details = { userId, keyId, roleId };
  return { success: true, data: await shown(call, id, tx.db) };
}

/** Changes a member's role, or suspends and re-enables; works from the next request on. Of who waits: the role. */
export async function updateAccountMember(call: WriteCall<typeof updateMember>) {
  const { services, tx, principal, params, body } = call;
  const { role_id: roleId, status } = body;
  const waiting = await lockWaiting(call, placeOf(call), params.id);
  const member = waiting === undefined ? await lockMember(call) : undefined;
  if (roleId === undefined && status === undefined) throw invalid('At least one field is required: role_id or status');
  const who = member?.user_id === null ? 'key' : 'person';
  if (roleId !== undefined) {
    const role = await roleOf(tx, principal.accountId, roleId, 'account');
    if (role.id === ownerRoleId && who === 'person') throw oneOwner();
    mayGiveAccountRole(principal, role);
  }
  if (waiting !== undefined) {
    await changeWaiting(call, waiting, body);
    call.audit.details = { email: waiting.email, ...withBefore(waiting, body) };
  } else if (member !== undefined) {
    if (roleId !== undefined && who === 'key') await setKeyRole(call, member, roleId);
    await tx.db
      .updateTable('members')
      .set({
        ...(roleId === undefined || who === 'key' ? {} : { role_id: roleId }),
        ...(status === undefined ? {} : { status }),
        updated_at: new Date(services.clock.now()),
      })
      .where('id', '=', member.id)
      .execute();
    call.audit.details = { userId: member.user_id, keyId: member.api_key_id, ...withBefore(member, body) };
  }
  return { success: true, data: await shown(call, params.id, tx.db) };
}

/**
 * Full removal of a person: the account role and all roles on projects. What the person made stays, keys too. Of a key its account role
 * ends: what it may do in projects are memberships of their own. Who waits is not invited any more.
 */
export async function removeAccountMember(call: WriteCall<typeof removeMember>) {
  const { tx, principal, params } = call;
  const waiting = await lockWaiting(call, placeOf(call), params.id);
  if (waiting !== undefined) {
    await cancelWaiting(call, waiting);
    call.audit.details = { email: waiting.email };
    return { success: true, message: 'The invitation was cancelled' };
  }
  const member = await lockMember(call);
  const { email } = await shown(call, member.id, tx.db);
  await endAccountRole(call, member);
  if (member.user_id !== null) {
    await tx.db
      .deleteFrom('project_members')
      .where('account_id', '=', principal.accountId)
      .where('user_id', '=', member.user_id)
      .execute();
  }
  call.audit.details = { userId: member.user_id, keyId: member.api_key_id, email };
  return { success: true, message: 'The member was removed' };
}

/** Only the account role; the person stays where he has a role on a project. */
export async function removeRole(call: WriteCall<typeof removeAccountRole>) {
  if ((await lockWaiting(call, placeOf(call), call.params.id)) !== undefined) {
    throw new ApiError('conflict', {
      detail: `This member was invited and has not accepted yet; cancel the invitation with DELETE /api/v1/members/${call.params.id}`,
    });
  }
  const member = await lockMember(call);
  await endAccountRole(call, member);
  call.audit.details = { userId: member.user_id, keyId: member.api_key_id };
  return { success: true, message: 'The account role was removed' };
}

/** Locks a member for a change that the guard rails allow: not the Owner, not oneself, nobody who may do more than the caller. */
async function lockMember({ tx, principal, params }: ChangeById): Promise<Member> {
  const member = await tx.db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .leftJoin('api_keys as k', 'k.id', 'm.api_key_id')
    .selectAll('m')
    .select((row) => ['a.owner_id', row.fn.coalesce('m.role_id', 'k.role_id').as('role_id')])
    .where('m.id', '=', params.id)
    .where('m.account_id', '=', principal.accountId)
    .forUpdate('m')
    .executeTakeFirst();
  if (member === undefined) throw notFound('member');
  if (member.user_id === member.owner_id) {
    throw new ApiError('conflict', {
      detail:
        'The Owner cannot be removed, suspended or given another role; ask the operator of this cloud to transfer the account first',
    });
  }
  if ((member.user_id ?? member.api_key_id) === principal.id) {
    throw new ApiError('conflict', { detail: "You can't change or remove yourself; ask another Owner or Admin" });
  }
  const roleId = member.role_id as string;
  mayGiveAccountRole(principal, await roleOf(tx, principal.accountId, roleId, 'account'));
  return { ...member, role_id: roleId };
}

async function endAccountRole(call: Change, member: Member): Promise<void> {
  await call.tx.db.deleteFrom('members').where('id', '=', member.id).execute();
  await setKeyRole(call, member, null);
}

async function setKeyRole({ tx }: Change, { api_key_id: id }: Member, roleId: string | null): Promise<void> {
  if (id !== null) await tx.db.updateTable('api_keys').set({ role_id: roleId }).where('id', '=', id).execute();
}

/** A key that was made with an account role keeps it and is no member; what a member has is changed with the member (identity.md §8.6). */
async function giveKeyRole({ tx, principal }: Change, keyId: string, roleId: string): Promise<void> {
  const key = await tx.db
    .selectFrom('api_keys as k')
    .leftJoin('members as m', 'm.api_key_id', 'k.id')
    .select(['k.role_id', 'm.id as member_id'])
    .where('k.id', '=', keyId)
    .where('k.account_id', '=', principal.accountId)
    .forUpdate('k')
    .executeTakeFirst();
  if (key === undefined) throw invalid('api_key_id names no API key of this account');
  if (key.member_id !== null) {
    throw invalid(`This API key is a member already; change its role with PATCH /api/v1/members/${key.member_id}`);
  }
  if (key.role_id !== null) {
    throw invalid('This API key was made with an account role, which is never changed; make another key');
  }
  await tx.db.updateTable('api_keys').set({ role_id: roleId }).where('id', '=', keyId).execute();
}

async function checkPerson({ tx, principal }: Change, userId: string): Promise<void> {
  const standing = await standingIn(tx.db, principal.accountId, userId);
  if (standing === undefined)
    throw invalid('target_user_id names no member of this account; invite the person by email');
  if (standing === 'owner') throw invalid('The Owner has every permission already');
}

function placeOf({ principal }: Admitted): Place {
  return { accountId: principal.accountId, projectId: null };
}

async function shown(call: Admitted, id: string, db: Db = call.services.db): Promise<MemberAnswer> {
  const row = await membershipOf(db, call.services.clock.now(), placeOf(call), id);
  if (row === undefined) throw notFound('member');
  return present(row);
}

function present(row: Membership): MemberAnswer {
  return {
    ...presentMembership(row),
    account_id: row.account_id,
    ...(row.updated_at === null ? {} : { updated_at: row.updated_at.toISOString() }),
  };
}
