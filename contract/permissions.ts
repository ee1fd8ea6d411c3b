import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named } from './schemas.ts';

export const Permission = named(
  'Permission',
  Type.Object({
    name: Type.String(),
    description: Type.Optional(Type.String()),
    scope: Type.Enum(['account', 'project'], { type: 'string' }),
    category: Type.String(),
  }),
);

/** Lists all permissions. */
export const listPermissions = defineOperation({
  id: 'listPermissions',
  method: 'GET',
  path: '/api/v1/permissions',
  tag: 'Permissions',
  summary: 'Lists all permissions',
  access: { who: 'key' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({ scope: Type.Optional(Type.Enum(['account', 'project'], { type: 'string' })) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Type.Array(Permission)),
  }),
  errors: [],
});
