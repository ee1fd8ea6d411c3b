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
import type { Selectable } from 'kysely';
import { type Kysely, sql, type Transaction } from 'kysely';
import { isSameId, mayGiveProjectRole, roleOf } from '../../access/role-guards.ts';
import type { ProjectMembersTable, Tables } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../http/api-error.ts';
import { pageOf } from '../../http/page.ts';
import type { Change, ReadCall, WriteCall } from '../../http/route.ts';

type MemberAnswer = NonNullable<AnswerOf<typeof getProjectMember>['data']>;
type Db = Kysely<Tables> | Transaction<Tables>;

interface MemberView extends Omit<Selectable<ProjectMembersTable>, 'status'> {
  status: 'pending' | 'active' | 'suspended';
  email: string | null;
  role_name: string;
  role_slug: string;
  invitation_id: string | null;
  invitation_expires_at: Date | null;
  total: number;
}

/** Who has a role on the project: users, API keys, and invitations that wait; newest first. */
export async function listMembers({ services, params, query }: ReadCall<typeof listProjectMembers>) {
  const { limit, offset } = pageOf(query, 50);
  const status = query.status ?? null;
  const rows = await memberViews(services.db, params.id, { status, limit, offset });
  const [first] = rows.length > 0 ? rows : await memberViews(services.db, params.id, { status, limit: 1, offset: 0 });
  return { success: true, data: rows.map(present), total: first?.total ?? 0 };
}

export async function getMember({ services, params }: ReadCall<typeof getProjectMember>) {
  const [row] = await memberViews(services.db, params.id, { id: params.member_id, status: null, limit: 1, offset: 0 });
  if (row === undefined) throw notFound('project member');
  return { success: true, data: present(row) };
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
    throw new ApiError('conflict', { detail: 'Nobody can give himself a role' });
  if (userId !== undefined) await checkUser(call, userId);
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
  tx.onSettled(() => services.principals.dropAccount(principal.accountId));
  call.audit.resourceId = id;
  call.audit.details = { projectId: params.id, userId, keyId, roleId: role.id };
  return { success: true, data: await shown(tx.db, params.id, id) };
}

/** Changes the role or suspends; works from the next request on. */
export async function updateMember(call: WriteCall<typeof updateProjectMember>) {
  const { tx, principal, params, body } = call;
  const member = await lockMember(call);
  if (body.role_id === undefined && body.status === undefined)
    throw invalid('At least one field is required: role_id or status');
  if (body.role_id !== undefined) {
    mayGiveProjectRole(principal, params.id, await roleOf(tx, principal.accountId, body.role_id, 'project'));
  }
  await tx.db
    .updateTable('project_members')
    .set({ role_id: body.role_id ?? member.role_id, status: body.status ?? member.status })
    .where('id', '=', member.id)
    .execute();
  call.audit.resourceId = member.id;
  call.audit.details = { projectId: params.id, ...body };
  return { success: true, data: await shown(tx.db, params.id, member.id) };
}

/** Takes the role on this project away; everything else the member has stays. */
export async function removeMember(call: WriteCall<typeof removeProjectMember>) {
  const member = await lockMember(call);
  await call.tx.db.deleteFrom('project_members').where('id', '=', member.id).execute();
  call.audit.resourceId = member.id;
  call.audit.details = { projectId: call.params.id, userId: member.user_id, keyId: member.api_key_id };
  return { success: true, message: 'The project member was removed' };
}

async function checkUser({ tx, principal }: WriteCall<typeof addProjectMember>, userId: string): Promise<void> {
  const { rows } = await sql<{ is_owner: boolean }>`
    select a.owner_id = ${userId} as is_owner from accounts a
     where a.id = ${principal.accountId}
       and (a.owner_id = ${userId}
            or exists (select 1 from members m where m.account_id = a.id and m.user_id = ${userId})
            or exists (select 1 from project_members m where m.account_id = a.id and m.user_id = ${userId}))`.execute(
    tx.db,
  );
  if (rows[0] === undefined) throw invalid('target_user_id names no member of this account');
  if (rows[0].is_owner) throw invalid('The Owner has access to every project already');
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
): Promise<Selectable<ProjectMembersTable>> {
  const { services, tx, principal, params } = call;
  const member = await tx.db
    .selectFrom('project_members')
    .selectAll()
    .where('id', '=', params.member_id)
    .where('project_id', '=', params.id)
    .forUpdate()
    .executeTakeFirst();
  if (member === undefined) throw notFound('project member');
  if ((member.api_key_id ?? member.user_id) === principal.id) {
    throw new ApiError('conflict', { detail: 'Nobody can change or remove his own role; ask somebody else' });
  }
  // Who could not give the role cannot take it either.
  mayGiveProjectRole(principal, params.id, await roleOf(tx, principal.accountId, member.role_id, 'project'));
  tx.onSettled(() => services.principals.dropAccount(principal.accountId));
  return member;
}

async function shown(db: Db, projectId: string, id: string): Promise<MemberAnswer> {
  const [row] = await memberViews(db, projectId, { id, status: null, limit: 1, offset: 0 });
  if (row === undefined) throw new Error('the member is not there');
  return present(row);
}

async function memberViews(
  db: Db,
  projectId: string,
  page: { id?: string; status: string | null; limit: number; offset: number },
): Promise<MemberView[]> {
  const { rows } = await sql<MemberView>`
    select *, count(*) over ()::integer as total from (
      select m.id, m.account_id, m.project_id, m.user_id, m.api_key_id, m.role_id, m.status, m.invited_by, m.invited_at,
             m.accepted_at, m.created_at, u.email, r.name as role_name, r.slug as role_slug, null::uuid as invitation_id,
             null::timestamptz as invitation_expires_at
        from project_members m left join users u on u.id = m.user_id join roles r on r.id = m.role_id
       where m.project_id = ${projectId}
      union all
      select i.id, i.account_id, i.project_id, null, null, i.role_id, 'pending', i.invited_by, i.created_at, null,
             i.created_at, i.email, r.name, r.slug, i.id, i.expires_at
        from invitations i join roles r on r.id = i.role_id
       where i.project_id = ${projectId} and i.expires_at > now()
    ) as all_members
     where (${page.id ?? null}::uuid is null or id = ${page.id ?? null}) and (${page.status}::text is null or status = ${page.status})
     order by created_at desc, id desc limit ${page.limit} offset ${page.offset}`.execute(db);
  return rows;
}

/** Keys have no e-mail, but clients need a valid one in the place (client-expectations.md §4.4): it is made of the key's id. */
function present(member: MemberView): MemberAnswer {
  return {
    id: member.id,
    project_id: member.project_id,
    user_id: member.user_id,
    email: member.email ?? `key-${member.api_key_id}@apikeys.invalid`,
    role: member.role_slug,
    role_id: member.role_id,
    role_name: member.role_name,
    status: member.status,
    ...(member.invited_by === null ? {} : { invited_by: member.invited_by }),
    ...(member.invited_at === null ? {} : { invited_at: member.invited_at.toISOString() }),
    ...(member.accepted_at === null ? {} : { accepted_at: member.accepted_at.toISOString() }),
    ...(member.invitation_id === null ? {} : { invitation_id: member.invitation_id }),
    ...(member.invitation_expires_at === null
      ? {}
      : { invitation_expires_at: member.invitation_expires_at.toISOString() }),
    created_at: member.created_at.toISOString(),
  };
}
