import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named, page, permissionNames, prose, rows, SuccessResponse } from './schemas.ts';

export const Role = named(
  'Role',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    account_id: Type.Optional(Type.String({ format: 'uuid' })),
    name: Type.String({ maxLength: 64 }),
    slug: Type.String({ maxLength: 64 }),
    description: Type.Optional(prose()),
    scope: Type.Enum(['account', 'project'], { type: 'string' }),
    permissions: permissionNames(),
    is_system: Type.Boolean(),
    created_by: Type.Optional(Type.String({ format: 'uuid' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
    updated_at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
);

export const CreateRoleRequest = named(
  'CreateRoleRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    slug: Type.String({ maxLength: 64, pattern: '^[a-z0-9-]+$' }),
    description: Type.Optional(prose()),
    scope: Type.Enum(['account', 'project'], { type: 'string' }),
    permissions: permissionNames({ minItems: 1 }),
  }),
);

export const UpdateRoleRequest = named(
  'UpdateRoleRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    description: Type.Optional(prose()),
    permissions: Type.Optional(permissionNames()),
  }),
);

/** Lists system and custom roles. */
export const listRoles = defineOperation({
  id: 'listRoles',
  method: 'GET',
  path: '/api/v1/roles',
  tag: 'Roles',
  summary: 'Lists system and custom roles',
  access: { who: 'permission', anyOf: ['account.roles.view'] },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    scope: Type.Optional(Type.Enum(['account', 'project'], { type: 'string' })),
    ...page(50),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(Role)),
  }),
  errors: [401],
});

/** Creates a custom role. */
export const createRole = defineOperation({
  id: 'createRole',
  method: 'POST',
  path: '/api/v1/roles',
  quota: ['roles'],
  tag: 'Roles',
  summary: 'Creates a custom role',
  access: { who: 'permission', anyOf: ['account.roles.create'] },
  project: 'account',
  projectHeader: 'unused',
  body: CreateRoleRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Role),
  }),
  errors: [400],
  audit: 'role.create',
});

/** Shows a role. */
export const getRole = defineOperation({
  id: 'getRole',
  method: 'GET',
  path: '/api/v1/roles/{id}',
  tag: 'Roles',
  summary: 'Shows a role',
  access: { who: 'permission', anyOf: ['account.roles.view'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'role',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Role),
  }),
  errors: [404],
});

/** Changes a custom role, for everyone who has it. */
export const updateRole = defineOperation({
  id: 'updateRole',
  method: 'PATCH',
  path: '/api/v1/roles/{id}',
  tag: 'Roles',
  summary: 'Changes a custom role, for everyone who has it',
  access: { who: 'permission', anyOf: ['account.roles.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'role',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: UpdateRoleRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Role),
  }),
  errors: [400, 404],
  audit: 'role.update',
  changesAuthority: true,
});

/** Deletes a custom role that nobody has. */
export const deleteRole = defineOperation({
  id: 'deleteRole',
  method: 'DELETE',
  path: '/api/v1/roles/{id}',
  tag: 'Roles',
  summary: 'Deletes a custom role that nobody has',
  access: { who: 'permission', anyOf: ['account.roles.delete'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'role',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 404],
  audit: 'role.delete',
  changesAuthority: true,
});
