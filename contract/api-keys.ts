import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named, page, rows, SuccessResponse, total } from './schemas.ts';

export const APIKeyProjectAccess = named(
  'APIKeyProjectAccess',
  Type.Object({
    project_id: Type.Optional(Type.String({ format: 'uuid' })),
    project_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_slug: Type.Optional(Type.String({ maxLength: 64 })),
  }),
);

export const APIKey = named(
  'APIKey',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    account_id: Type.Optional(Type.String({ format: 'uuid' })),
    name: Type.String({ maxLength: 128 }),
    key_prefix: Type.String(),
    scope: Type.Optional(Type.Enum(['public'], { type: 'string' })),
    rate_limit_tier: Type.Optional(Type.Enum(['standard', 'high'], { type: 'string' })),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    last_used_at: Type.Optional(Type.String({ format: 'date-time' })),
    is_active: Type.Boolean(),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_slug: Type.Optional(Type.String({ maxLength: 64 })),
    project_accesses: Type.Optional(Type.Array(APIKeyProjectAccess)),
    created_by: Type.Optional(Type.String({ format: 'uuid' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
);

export const APIKeyWithSecret = named(
  'APIKeyWithSecret',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    account_id: Type.Optional(Type.String({ format: 'uuid' })),
    name: Type.String({ maxLength: 128 }),
    key_prefix: Type.String(),
    scope: Type.Optional(Type.Enum(['public'], { type: 'string' })),
    rate_limit_tier: Type.Optional(Type.Enum(['standard', 'high'], { type: 'string' })),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    last_used_at: Type.Optional(Type.String({ format: 'date-time' })),
    is_active: Type.Boolean(),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_slug: Type.Optional(Type.String({ maxLength: 64 })),
    project_accesses: Type.Optional(Type.Array(APIKeyProjectAccess)),
    created_by: Type.Optional(Type.String({ format: 'uuid' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
    secret: Type.String(),
  }),
);

export const CreateAPIKeyRequest = named(
  'CreateAPIKeyRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    rate_limit_tier: Type.Optional(Type.Enum(['standard', 'high'], { type: 'string', default: 'standard' })),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
  }),
);

export const UpdateAPIKeyRequest = named(
  'UpdateAPIKeyRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    rate_limit_tier: Type.Optional(Type.Enum(['standard', 'high'], { type: 'string' })),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    is_active: Type.Optional(Type.Boolean()),
  }),
);

/** Lists the API keys of the account. */
export const listApiKeys = defineOperation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api/v1/api-keys',
  tag: 'API Keys',
  summary: 'Lists the API keys of the account',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    scope: Type.Optional(Type.Enum(['public'], { type: 'string' })),
    ...page(50),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(APIKey)),
    total: Type.Optional(total()),
  }),
  errors: [401],
});

/** Creates an API key; its secret is shown once. */
export const createApiKey = defineOperation({
  id: 'createApiKey',
  method: 'POST',
  path: '/api/v1/api-keys',
  quota: ['apiKeys'],
  tag: 'API Keys',
  summary: 'Creates an API key; its secret is shown once',
  description:
    'Nobody can create a key with more permissions than their own. Project access is given afterwards through the project members.',
  access: { who: 'permission', anyOf: ['account.apikeys.create'] },
  project: 'account',
  projectHeader: 'unused',
  body: CreateAPIKeyRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(APIKeyWithSecret),
  }),
  errors: [400],
  audit: 'apikey.create',
  secret: true,
});

/** Shows an API key. */
export const getApiKey = defineOperation({
  id: 'getApiKey',
  method: 'GET',
  path: '/api/v1/api-keys/{id}',
  tag: 'API Keys',
  summary: 'Shows an API key',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'apiKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(APIKey),
  }),
  errors: [404],
});

/** Changes, suspends or re-enables an API key. */
export const updateApiKey = defineOperation({
  id: 'updateApiKey',
  method: 'PATCH',
  path: '/api/v1/api-keys/{id}',
  tag: 'API Keys',
  summary: 'Changes, suspends or re-enables an API key',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'apiKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: UpdateAPIKeyRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(APIKey),
  }),
  errors: [404],
  audit: 'apikey.update',
  changesAuthority: true,
});

/** Revokes an API key for good. */
export const revokeApiKey = defineOperation({
  id: 'revokeApiKey',
  method: 'DELETE',
  path: '/api/v1/api-keys/{id}',
  tag: 'API Keys',
  summary: 'Revokes an API key for good',
  access: { who: 'permission', anyOf: ['account.apikeys.revoke'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'apiKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [404],
  audit: 'apikey.delete',
  changesAuthority: true,
});

/** Gives an API key a new secret; the old one ends at once. */
export const regenerateApiKey = defineOperation({
  id: 'regenerateApiKey',
  method: 'POST',
  path: '/api/v1/api-keys/{id}/regenerate',
  tag: 'API Keys',
  summary: 'Gives an API key a new secret; the old one ends at once',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'apiKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(APIKeyWithSecret),
  }),
  errors: [404],
  audit: 'apikey.regenerate',
  changesAuthority: true,
  secret: true,
});
