import { randomUUIDv7 } from 'node:crypto';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type {
  addProjectMember,
  getProjectMember,
  listProjectMembers,
  removeProjectMember,
  updateProjectMember,
} from '@raffia/contract/project-members.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { isSameId, mayGiveProjectRole, roleOf } from '../../access/role-guards.ts';
import { pageOf } from '../../calls/page.ts';
import type { Admitted, Change, ReadCall, WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { cancelWaiting, changeWaiting, lockWaiting, refuseInvited } from '../invitations/waiting.ts';
import {
  type Db,
  type Membership,
  membershipOf,
  membershipsOf,
  type Place,
  presentMembership,
  standingIn,
} from '../members/memberships.ts';

type MemberAnswer = NonNullable<AnswerOf<typeof getProjectMember>['data']>;

/** Who has a role on the project: users, API keys, and invitations that wait; newest first. */
export async function listMembers(call: ReadCall<typeof listProjectMembers>) {
  const { services, query } = call;
  const page = { ...pageOf(query, 50), status: query.status };
  const { rows, total } = await membershipsOf(services.db, services.clock.now(), placeOf(call), page);
  return { success: true, data: rows.map(present), total };
}

export async function getMember(call: ReadCall<typeof getProjectMember>) {
  return { success: true, data: await shown(call, call.params.member_id) };
}

/** Gives a user of the account, or one of its keys, a role on the project. */
export async function addMember(call: WriteCall<typeof addProjectMember>) {
  const { services, tx, principal, params, body } = call;
  const { target_user_id: userId, api_key_id: keyId } = body;
  if ((userId === undefined) === (keyId === undefined)) {
    throw invalid('Pass exactly one of target_user_id and api_key_id');
  }
  const role = await roleOf(tx, principal.accountId, body.role_id, 'project');
  mayGiveProjectRole(principal, params.id, role);
  if (isSameId(keyId ?? userId, principal.id))
    throw new ApiError('conflict', { detail: "You can't give yourself a role; ask another Owner or Admin" });
  if (userId !== undefined) {
    await checkUser(call, userId);
    await refuseInvited(call, placeOf(call), userId);
  }
  if (keyId !== undefined) await checkKey(call, keyId);
  const id = randomUUIDv7();
  await tx.db
    .insertInto('project_members')
    .values({
      id,
      account_id: principal.accountId,
      project_id: params.id,
      user_id: userId ?? null,
      api_key_id: keyId ?? null,
      role_id: role.id,
      invited_by: principal.actorId,
      created_at: new Date(services.clock.now()),
    })
    .execute();
  call.audit.resourceId = id;
  call.audit.details = { projectId: params.id, userId, keyId, roleId: role.id };
  return { success: true, data: await shown(call, id, tx.db) };
}

/** Changes the role or suspends; works from the next request on. Of who waits: the role. */
export async function updateMember(call: WriteCall<typeof updateProjectMember>) {
  const { tx, principal, params, body } = call;
  const waiting = await lockWaiting(call, placeOf(call), params.member_id);
  const member = waiting === undefined ? await lockMember(call) : undefined;
  if (body.role_id === undefined && body.status === undefined)
    throw invalid('At least one field is required: role_id or status');
  if (body.role_id !== undefined) {
    mayGiveProjectRole(principal, params.id, await roleOf(tx, principal.accountId, body.role_id, 'project'));
  }
  if (waiting !== undefined) await changeWaiting(call, waiting, body);
  else if (member !== undefined) {
    await tx.db
      .updateTable('project_members')
      .set({ role_id: body.role_id ?? member.role_id, status: body.status ?? member.status })
      .where('id', '=', member.id)
      .execute();
  }
  call.audit.resourceId = params.member_id;
  call.audit.details = {
    projectId: params.id,
    ...(waiting === undefined
      ? { userId: member?.user_id, keyId: member?.api_key_id, ...withBefore(member ?? {}, body) }
      : { email: waiting.email, ...withBefore(waiting, body) }),
  };
  return { success: true, data: await shown(call, params.member_id, tx.db) };
}

/** Takes the role on this project away; everything else the member has stays. Who waits is not invited any more. */
export async function removeMember(call: WriteCall<typeof removeProjectMember>) {
  const { tx, params } = call;
  call.audit.resourceId = params.member_id;
  const waiting = await lockWaiting(call, placeOf(call), params.member_id);
  if (waiting !== undefined) {
    await cancelWaiting(call, waiting);
    call.audit.details = { projectId: params.id, email: waiting.email };
    return { success: true, message: 'The invitation was cancelled' };
  }
  const member = await lockMember(call);
  await tx.db.deleteFrom('project_members').where('id', '=', member.id).execute();
  call.audit.details = { projectId: params.id, userId: member.user_id, keyId: member.api_key_id };
  return { success: true, message: 'The project member was removed' };
}

async function checkUser({ tx, principal }: WriteCall<typeof addProjectMember>, userId: string): Promise<void> {
  const standing = await standingIn(tx.db, principal.accountId, userId);
  if (standing === undefined) throw invalid('target_user_id names no member of this account');
  if (standing === 'owner') throw invalid('The Owner has access to every project already');
}

async function checkKey({ tx, principal }: WriteCall<typeof addProjectMember>, keyId: string): Promise<void> {
  const key = await tx.db
    .selectFrom('api_keys')
    .select('role_id')
    .where('id', '=', keyId)
    .where('account_id', '=', principal.accountId)
    .forShare()
    .executeTakeFirst();
  if (key === undefined) throw invalid('api_key_id names no API key of this account');
  if (key.role_id === ownerRoleId) throw invalid('A key with the Owner role has access to every project already');
}

async function lockMember(
  call: Change & { readonly params: { readonly id: string; readonly member_id: string } },
): Promise<Row<'project_members'>> {
  const { tx, principal, params } = call;
  const member = await tx.db
    .selectFrom('project_members')
    .selectAll()
    .where('id', '=', params.member_id)
    .where('project_id', '=', params.id)
    .forUpdate()
    .executeTakeFirst();
  if (member === undefined) throw notFound('project member');
  if ((member.api_key_id ?? member.user_id) === principal.id) {
    throw new ApiError('conflict', { detail: "You can't change or remove your own role; ask another Owner or Admin" });
  }
  // Who could not give the role cannot take it either.
  mayGiveProjectRole(principal, params.id, await roleOf(tx, principal.accountId, member.role_id, 'project'));
  return member;
}

function placeOf({ principal, params }: Admitted & { readonly params: { readonly id: string } }): Place {
  return { accountId: principal.accountId, projectId: params.id };
}

async function shown(
  call: Admitted & { readonly params: { readonly id: string } },
  id: string,
  db: Db = call.services.db,
): Promise<MemberAnswer> {
  const row = await membershipOf(db, call.services.clock.now(), placeOf(call), id);
  if (row === undefined) throw notFound('project member');
  return present(row);
}

function present(row: Membership): MemberAnswer {
  return { ...presentMembership(row), ...(row.project_id === null ? {} : { project_id: row.project_id }) };
}
