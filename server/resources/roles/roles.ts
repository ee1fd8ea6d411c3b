import { randomUUIDv7 } from 'node:crypto';
import type { Scope } from '@raffia/contract/enums.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { permissionsOf } from '@raffia/contract/permission-catalogue.ts';
import type { createRole, deleteRole, getRole, listRoles, updateRole } from '@raffia/contract/roles.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { sql } from 'kysely';
import { mayEditRole } from '../../access/role-guards.ts';
import { pageOf } from '../../calls/page.ts';
import type { ChangeById, ReadCall, WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';

type RoleRow = Row<'roles'>;
type RoleAnswer = NonNullable<AnswerOf<typeof getRole>['data']>;

/** System roles in their fixed order, then the account's own. */
export async function listAllRoles({ services, principal, query }: ReadCall<typeof listRoles>) {
  const { limit, offset } = pageOf(query, 50);
  const rows = await services.db
    .selectFrom('roles')
    .selectAll()
    .where((row) => row.or([row('account_id', '=', principal.accountId), row('account_id', 'is', null)]))
    .$if(query.scope !== undefined, (select) => select.where('scope', '=', query.scope as Scope))
    .orderBy(sql`account_id is not null`)
    .orderBy((row) => row.case().when('account_id', 'is', null).then(row.ref('id')).end())
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { success: true, data: rows.map(present) };
}

export async function getOneRole({ services, principal, params }: ReadCall<typeof getRole>) {
  const row = await services.db
    .selectFrom('roles')
    .selectAll()
    .where('id', '=', params.id)
    .where((where) => where.or([where('account_id', '=', principal.accountId), where('account_id', 'is', null)]))
    .executeTakeFirst();
  if (row === undefined) throw notFound('role');
  return { success: true, data: present(row) };
}

/** Creates a custom role of permissions that the caller could give. */
export async function createCustomRole(call: WriteCall<typeof createRole>) {
  const { services, tx, principal, body } = call;
  const permissions = checkPermissions(body.permissions, body.scope);
  await mayEditRole(tx, principal, { scope: body.scope, permissions: [] }, permissions);
  refuseSystemNames(body.name, body.slug);
  const now = new Date(services.clock.now());
  const row = await tx.db
    .insertInto('roles')
    .values({
      id: randomUUIDv7(),
      account_id: principal.accountId,
      name: body.name,
      slug: body.slug,
      description: body.description ?? null,
      scope: body.scope,
      permissions,
      created_by: principal.actorId,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  call.audit.details = { name: row.name, scope: row.scope, permissions };
  return { success: true, data: present(row) };
}

/** Changes a custom role; every member and key that has it is affected from the next request on. */
export async function updateCustomRole(call: WriteCall<typeof updateRole>) {
  const { services, tx, principal, body } = call;
  const role = await lockCustomRole(call, 'edited');
  if (body.name === undefined && body.description === undefined && body.permissions === undefined) {
    throw invalid('At least one field is required: name, description or permissions');
  }
  const permissions =
    body.permissions === undefined ? role.permissions : checkPermissions(body.permissions, role.scope);
  const added = permissions.filter((permission) => !role.permissions.includes(permission));
  await mayEditRole(tx, principal, role, permissions);
  if (body.name !== undefined && body.name !== role.name) refuseSystemNames(body.name, '');
  const row = await tx.db
    .updateTable('roles')
    .set({
      name: body.name ?? role.name,
      description: body.description ?? role.description,
      permissions: [...permissions],
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', role.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const { name = role.name, description = role.description } = body;
  call.audit.details = {
    ...withBefore(role, { name, ...(description === role.description ? {} : { description }) }),
    added,
    removed: role.permissions.filter((permission) => !permissions.includes(permission)),
  };
  return { success: true, data: present(row) };
}

/** Deletes a custom role that no member and no key has. */
export async function deleteCustomRole(call: WriteCall<typeof deleteRole>) {
  const role = await lockCustomRole(call, 'deleted');
  await mayEditRole(call.tx, call.principal, role, []);
  const { rows } = await sql<{ uses: number }>`
    select (select count(*) from members where role_id = ${role.id}) + (select count(*) from api_keys where role_id = ${role.id})
         + (select count(*) from project_members where role_id = ${role.id})
         + (select count(*) from invitations where role_id = ${role.id}) as uses`.execute(call.tx.db);
  if ((rows[0]?.uses ?? 0) > 0) {
    throw invalid('The role is in use by members, invitations or API keys; give them another role first');
  }
  await call.tx.db.deleteFrom('roles').where('id', '=', role.id).execute();
  call.audit.details = { name: role.name };
  return { success: true, message: 'The role was deleted' };
}

async function lockCustomRole(call: ChangeById, verb: string): Promise<RoleRow> {
  const { tx, principal, params } = call;
  const role = await tx.db
    .selectFrom('roles')
    .selectAll()
    .where('id', '=', params.id)
    .where((row) => row.or([row('account_id', '=', principal.accountId), row('account_id', 'is', null)]))
    .forUpdate()
    .executeTakeFirst();
  if (role === undefined) throw notFound('role');
  if (role.account_id === null)
    throw invalid(`System roles cannot be ${verb}; create a custom role with the permissions you want`);
  return role;
}

function checkPermissions(asked: readonly string[], scope: Scope): string[] {
  const known: readonly string[] = permissionsOf(scope);
  const wrong = asked.find((permission) => !known.includes(permission));
  if (wrong !== undefined) {
    throw invalid(
      `permissions names ${wrong}, which is no permission of scope ${scope}; list them with GET /api/v1/permissions`,
    );
  }
  if (asked.length === 0) throw invalid('permissions must name at least one permission');
  return [...new Set(asked)];
}

/** Names and slugs are unique over system and custom roles together. */
function refuseSystemNames(name: string, slug: string): void {
  for (const { id, ...role } of systemRoles) {
    const existing = { existing: { table: 'roles', id } };
    if (role.name.toLowerCase() === name.toLowerCase()) throw new ApiError('nameExists', {}, existing);
    if (role.slug === slug) throw new ApiError('slugExists', {}, existing);
  }
}

function present(role: RoleRow): RoleAnswer {
  return {
    id: role.id,
    ...(role.account_id === null ? {} : { account_id: role.account_id }),
    name: role.name,
    slug: role.slug,
    ...(role.description === null ? {} : { description: role.description }),
    scope: role.scope,
    permissions: role.permissions,
    is_system: role.account_id === null,
    ...(role.created_by === null ? {} : { created_by: role.created_by }),
    created_at: role.created_at.toISOString(),
    updated_at: role.updated_at.toISOString(),
  };
}
