import { scopes } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answered, named, word } from './schemas.ts';
import { Type } from './type.ts';

export const Permission = named(
  'Permission',
  Type.Object({
    name: Type.String(),
    description: Type.Optional(Type.String()),
    scope: word(scopes),
    category: Type.String(),
  }),
);

const ofPermissions = operationsOf({
  tag: 'Permissions',
  project: 'account',
  projectHeader: 'unused',
});

/** Lists all permissions. */
export const listPermissions = ofPermissions({
  id: 'listPermissions',
  method: 'GET',
  path: '/api/v1/permissions',
  summary: 'Lists all permissions',
  access: { who: 'key' },
  query: Type.Object({ scope: Type.Optional(word(scopes)) }),
  answer: answered(Type.Array(Permission)),
});
