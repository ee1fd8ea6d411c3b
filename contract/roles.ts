import { scopes } from './enums.ts';
import { operationsOf } from './operation.ts';
import {
  answered,
  byId,
  named,
  page,
  permissionNames,
  prose,
  rows,
  SuccessResponse,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';

export const Role = named(
  'Role',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    name: Type.String({ maxLength: 64 }),
    slug: Type.String({ maxLength: 64 }),
    description: Type.Optional(prose()),
    scope: word(scopes),
    permissions: permissionNames(),
    is_system: Type.Boolean(),
    created_by: Type.Optional(uuid()),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

export const CreateRoleRequest = named(
  'CreateRoleRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    slug: Type.String({ maxLength: 64, pattern: '^[a-z0-9-]+$' }),
    description: Type.Optional(prose()),
    scope: word(scopes),
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

const ofRole = operationsOf({
  tag: 'Roles',
  project: 'account',
  projectHeader: 'unused',
  ...byId('role'),
});
const ofRoles = operationsOf({
  tag: 'Roles',
  project: 'account',
  projectHeader: 'unused',
});

/** Lists system and custom roles. */
export const listRoles = ofRoles({
  id: 'listRoles',
  method: 'GET',
  path: '/api/v1/roles',
  summary: 'Lists system and custom roles',
  access: { who: 'permission', anyOf: ['account.roles.view'] },
  query: Type.Object({
    scope: Type.Optional(word(scopes)),
    ...page(50),
  }),
  answer: answered(rows(Role)),
});

/** Creates a custom role. */
export const createRole = ofRoles({
  id: 'createRole',
  method: 'POST',
  path: '/api/v1/roles',
  quota: ['roles'],
  summary: 'Creates a custom role',
  access: { who: 'permission', anyOf: ['account.roles.create'] },
  body: CreateRoleRequest,
  status: 201,
  answer: answered(Role),
  audit: 'role.create',
});

/** Shows a role. */
export const getRole = ofRole({
  id: 'getRole',
  method: 'GET',
  path: '/api/v1/roles/{id}',
  summary: 'Shows a role',
  access: { who: 'permission', anyOf: ['account.roles.view'] },
  answer: answered(Role),
});

/** Changes a custom role, for everyone who has it. */
export const updateRole = ofRole({
  id: 'updateRole',
  method: 'PATCH',
  path: '/api/v1/roles/{id}',
  summary: 'Changes a custom role, for everyone who has it',
  access: { who: 'permission', anyOf: ['account.roles.manage'] },
  body: UpdateRoleRequest,
  answer: answered(Role),
  audit: 'role.update',
  changesAuthority: true,
});

/** Deletes a custom role that nobody has. */
export const deleteRole = ofRole({
  id: 'deleteRole',
  method: 'DELETE',
  path: '/api/v1/roles/{id}',
  summary: 'Deletes a custom role that nobody has',
  access: { who: 'permission', anyOf: ['account.roles.delete'] },
  answer: SuccessResponse,
  audit: 'role.delete',
  changesAuthority: true,
});
