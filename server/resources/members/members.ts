import { randomUUIDv7 } from 'node:crypto';
import type { removeAccountRole } from '@raffia/contract/account.ts';
import type { addMember, getMember, listMembers, removeMember, updateMember } from '@raffia/contract/members.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { holds } from '../../access/principal.ts';
import { isSameId, mayGiveAccountRole, roleOf } from '../../access/role-guards.ts';
import type { MembersTable, Tables } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../http/api-error.ts';
import { pageOf } from '../../http/page.ts';
import type { ChangeById, ReadCall, WriteCall } from '../../http/route.ts';
import { invite } from '../invitations/invitations.ts';

type MemberAnswer = NonNullable<AnswerOf<typeof getMember>['data']>;
type Db = Kysely<Tables> | Transaction<Tables>;

interface MemberView {
  id: string;
  account_id: string;
  user_id: string | null;
  email: string;
  role_id: string | null;
  role_name: string | null;
  role_slug: string | null;
  status: 'pending' | 'active' | 'suspended';
  invited_by: string | null;
  invited_at: Date | null;
  accepted_at: Date | null;
  invitation_id: string | null;
  invitation_expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
  total: number;
}

/** The Owner, the members, and the invitations that wait; newest first. */
export async function listAllMembers({ services, principal, query }: ReadCall<typeof listMembers>) {
  const { limit, offset } = pageOf(query, 50);
  const rows = await views(services.db, principal.accountId, { status: query.status ?? null, limit, offset });
  const total =
    rows[0]?.total ??
    (await views(services.db, principal.accountId, { status: query.status ?? null, limit: 1, offset: 0 }))[0]?.total ??
    0;
  return { success: true, data: rows.map(present), total };
}

export async function getOneMember({ services, principal, params }: ReadCall<typeof getMember>) {
  return { success: true, data: await shown(services.db, principal.accountId, params.id) };
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
    if (!holds(principal, 'account.members.invite', null)) {
      throw new ApiError('permissionDenied', { permission: 'account.members.invite' });
    }
    const { invitation } = await invite(call, { email, roleId, projectId: null });
    call.audit.resourceId = invitation.id;
    return { success: true, data: await shown(tx.db, principal.accountId, invitation.id) };
  }
  if (!holds(principal, 'account.members.manage', null)) {
    throw new ApiError('permissionDenied', { permission: 'account.members.manage' });
  }
  const role = await roleOf(tx, principal.accountId, roleId, 'account');
  mayGiveAccountRole(principal, role);
  if (isSameId(userId ?? keyId, principal.id))
    throw new ApiError('conflict', { detail: 'Nobody can give himself a role' });
  const now = new Date(services.clock.now());
  call.audit.details = { userId, keyId, roleId };
  tx.onSettled(() => services.principals.dropAccount(principal.accountId));
  if (keyId !== undefined) return { success: true, data: await giveKeyRole(call, keyId, role) };
  if (role.id === ownerRoleId)
    throw invalid('There is one Owner; ask the operator of this cloud to transfer the account');
  await checkPerson(call, userId as string);
  const id = randomUUIDv7();
  await tx.db
    .insertInto('members')
    .values({
      id,
      account_id: principal.accountId,
      user_id: userId as string,
      role_id: role.id,
      invited_by: principal.actorId,
      accepted_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  call.audit.resourceId = id;
  return { success: true, data: await shown(tx.db, principal.accountId, id) };
}

/** Changes a member's role, or suspends and re-enables; works from the next request on. */
export async function updateAccountMember(call: WriteCall<typeof updateMember>) {
  const { services, tx, principal, body } = call;
  const member = await lockMember(call);
  if (body.role_id === undefined && body.status === undefined) {
    throw invalid('At least one field is required: role_id or status');
  }
  if (body.role_id !== undefined) {
    const role = await roleOf(tx, principal.accountId, body.role_id, 'account');
    if (role.id === ownerRoleId)
      throw invalid('There is one Owner; ask the operator of this cloud to transfer the account');
    mayGiveAccountRole(principal, role);
  }
  await tx.db
    .updateTable('members')
    .set({
      role_id: body.role_id ?? member.role_id,
      status: body.status ?? member.status,
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', member.id)
    .execute();
  call.audit.details = { userId: member.user_id, ...body };
  return { success: true, data: await shown(tx.db, principal.accountId, member.id) };
}

/** Full removal: the account role and all roles on projects. What the person made stays, keys too. */
export async function removeAccountMember(call: WriteCall<typeof removeMember>) {
  const { tx, principal } = call;
  const member = await lockMember(call);
  const { email } = await shown(tx.db, principal.accountId, member.id);
  await tx.db.deleteFrom('members').where('id', '=', member.id).execute();
  await tx.db
    .deleteFrom('project_members')
    .where('account_id', '=', principal.accountId)
    .where('user_id', '=', member.user_id)
    .execute();
  call.audit.details = { userId: member.user_id, email };
  return { success: true, message: 'The member was removed' };
}

/** Only the account role; the person stays where he has a role on a project. */
export async function removeRole(call: WriteCall<typeof removeAccountRole>) {
  const member = await lockMember(call);
  await call.tx.db.deleteFrom('members').where('id', '=', member.id).execute();
  call.audit.details = { userId: member.user_id };
  return { success: true, message: 'The account role was removed' };
}

/**
 * Locks a member for a change that the guard rails allow: not the Owner, not oneself, nobody who may do more than the caller.
 * An invitation that waits is cancelled, not changed.
 */
async function lockMember({ services, tx, principal, params }: ChangeById): Promise<Selectable<MembersTable>> {
  const member = await tx.db
    .selectFrom('members')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (member === undefined) {
    const isPending = await tx.db
      .selectFrom('invitations')
      .select('id')
      .where('id', '=', params.id)
      .where('account_id', '=', principal.accountId)
      .executeTakeFirst();
    if (isPending === undefined) throw notFound('member');
    throw new ApiError('conflict', {
      detail: `This is an invitation that waits; cancel it with DELETE /api/v1/invitations/${params.id}`,
    });
  }
  const { owner_id } = await tx.db
    .selectFrom('accounts')
    .select('owner_id')
    .where('id', '=', principal.accountId)
    .executeTakeFirstOrThrow();
  if (member.user_id === owner_id) {
    throw new ApiError('conflict', { detail: 'The Owner cannot be removed, suspended or given another role' });
  }
  if (member.user_id === principal.id) {
    throw new ApiError('conflict', { detail: 'Nobody can change or remove himself; ask somebody else' });
  }
  mayGiveAccountRole(principal, await roleOf(tx, principal.accountId, member.role_id, 'account'));
  tx.onSettled(() => services.principals.dropAccount(principal.accountId));
  return member;
}

/** A key gets its account role once; which one it has is never changed (identity.md §8.6). */
async function giveKeyRole(
  { tx, principal, audit }: WriteCall<typeof addMember>,
  keyId: string,
  role: { id: string },
): Promise<MemberAnswer> {
  const key = await tx.db
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', keyId)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (key === undefined) throw invalid('api_key_id names no API key of this account');
  if (key.role_id !== null) throw invalid('This API key has an account role, which is never changed; make another key');
  await tx.db.updateTable('api_keys').set({ role_id: role.id }).where('id', '=', key.id).execute();
  audit.resourceId = key.id;
  const view = await tx.db.selectFrom('roles').selectAll().where('id', '=', role.id).executeTakeFirstOrThrow();
  return {
    id: key.id,
    account_id: principal.accountId,
    user_id: null,
    email: `key-${key.id}@apikeys.invalid`,
    role: view.slug,
    role_id: view.id,
    role_name: view.name,
    status: 'active',
    created_at: key.created_at.toISOString(),
  };
}

async function checkPerson({ tx, principal }: WriteCall<typeof addMember>, userId: string): Promise<void> {
  const { rows } = await sql<{ is_owner: boolean }>`
    select a.owner_id = ${userId} as is_owner from accounts a
     where a.id = ${principal.accountId}
       and (a.owner_id = ${userId}
            or exists (select 1 from members m where m.account_id = a.id and m.user_id = ${userId})
            or exists (select 1 from project_members m where m.account_id = a.id and m.user_id = ${userId}))`.execute(
    tx.db,
  );
  if (rows[0] === undefined) throw invalid('target_user_id names nobody of this account; invite the person by email');
  if (rows[0].is_owner) throw invalid('The Owner has every permission already');
}

async function shown(db: Db, accountId: string, id: string): Promise<MemberAnswer> {
  const [row] = await views(db, accountId, { id, status: null, limit: 1, offset: 0 });
  if (row === undefined) throw notFound('member');
  return present(row);
}

async function views(
  db: Db,
  accountId: string,
  page: { id?: string; status: string | null; limit: number; offset: number },
): Promise<MemberView[]> {
  const { rows } = await sql<MemberView>`
    select *, count(*) over ()::integer as total from (
      select m.id, m.account_id, m.user_id, u.email, m.role_id, r.name as role_name, r.slug as role_slug, m.status,
             m.invited_by, m.invited_at, m.accepted_at, null::uuid as invitation_id, null::timestamptz as invitation_expires_at,
             m.created_at, m.updated_at
        from members m join users u on u.id = m.user_id join roles r on r.id = m.role_id
       where m.account_id = ${accountId}
      union all
      select i.id, i.account_id, null, i.email, i.role_id, r.name, r.slug, 'pending', i.invited_by, i.created_at, null,
             i.id, i.expires_at, i.created_at, i.created_at
        from invitations i join roles r on r.id = i.role_id
       where i.account_id = ${accountId} and i.project_id is null and i.expires_at > now()
    ) as all_members
     where (${page.id ?? null}::uuid is null or id = ${page.id ?? null}) and (${page.status}::text is null or status = ${page.status})
     order by created_at desc, id desc limit ${page.limit} offset ${page.offset}`.execute(db);
  return rows;
}

function present(row: MemberView): MemberAnswer {
  const time = (name: string, value: Date | null) => (value === null ? {} : { [name]: value.toISOString() });
  return {
    id: row.id,
    account_id: row.account_id,
    user_id: row.user_id,
    email: row.email,
    ...(row.role_id === null
      ? {}
      : { role: row.role_slug as string, role_id: row.role_id, role_name: row.role_name as string }),
    status: row.status,
    ...(row.invited_by === null ? {} : { invited_by: row.invited_by }),
    ...time('invited_at', row.invited_at),
    ...time('accepted_at', row.accepted_at),
    ...(row.invitation_id === null ? {} : { invitation_id: row.invitation_id }),
    ...time('invitation_expires_at', row.invitation_expires_at),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
