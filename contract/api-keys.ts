import { rateLimitTiers } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answered, answeredWithPage, byId, named, page, SuccessResponse, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

export const APIKeyProjectAccess = named(
  'APIKeyProjectAccess',
  Type.Object({
    project_id: Type.Optional(uuid()),
    project_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_id: Type.Optional(uuid()),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_slug: Type.Optional(Type.String({ maxLength: 64 })),
  }),
);

export const APIKey = named(
  'APIKey',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    name: Type.String({ maxLength: 128 }),
    key_prefix: Type.String(),
    scope: Type.Optional(word(['public'])),
    rate_limit_tier: Type.Optional(word(rateLimitTiers)),
    expires_at: Type.Optional(time()),
    last_used_at: Type.Optional(time()),
    is_active: Type.Boolean(),
    role_id: Type.Optional(uuid()),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    role_slug: Type.Optional(Type.String({ maxLength: 64 })),
    project_accesses: Type.Optional(Type.Array(APIKeyProjectAccess)),
    created_by: Type.Optional(uuid()),
    created_at: Type.Optional(time()),
  }),
);

export const APIKeyWithSecret = named('APIKeyWithSecret', Type.Object({ ...APIKey.properties, secret: Type.String() }));

export const CreateAPIKeyRequest = named(
  'CreateAPIKeyRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    rate_limit_tier: Type.Optional(word(rateLimitTiers, { default: 'standard' })),
    expires_at: Type.Optional(time()),
    role_id: Type.Optional(uuid()),
  }),
);

export const UpdateAPIKeyRequest = named(
  'UpdateAPIKeyRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    rate_limit_tier: Type.Optional(word(rateLimitTiers)),
    expires_at: Type.Optional(time()),
    is_active: Type.Optional(Type.Boolean()),
  }),
);

const ofKey = operationsOf({
  tag: 'API Keys',
  project: 'account',
  projectHeader: 'unused',
  ...byId('apiKey'),
});
const ofKeys = operationsOf({
  tag: 'API Keys',
  project: 'account',
  projectHeader: 'unused',
});

/** Lists the API keys of the account. */
export const listApiKeys = ofKeys({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api/v1/api-keys',
  summary: 'Lists the API keys of the account',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  query: Type.Object({
    scope: Type.Optional(word(['public'])),
    ...page(50),
  }),
  answer: answeredWithPage(APIKey),
});

/** Creates an API key; its secret is shown once. */
export const createApiKey = ofKeys({
  id: 'createApiKey',
  method: 'POST',
  path: '/api/v1/api-keys',
  quota: ['apiKeys'],
  summary: 'Creates an API key; its secret is shown once',
  description:
    'Nobody can create a key with more permissions than their own. Project access is given afterwards through the project members.',
  access: { who: 'permission', anyOf: ['account.apikeys.create'] },
  body: CreateAPIKeyRequest,
  status: 201,
  answer: answered(APIKeyWithSecret),
  audit: 'apikey.create',
  secret: true,
});

/** Shows an API key. */
export const getApiKey = ofKey({
  id: 'getApiKey',
  method: 'GET',
  path: '/api/v1/api-keys/{id}',
  summary: 'Shows an API key',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  answer: answered(APIKey),
});

/** Changes, suspends or re-enables an API key. */
export const updateApiKey = ofKey({
  id: 'updateApiKey',
  method: 'PATCH',
  path: '/api/v1/api-keys/{id}',
  summary: 'Changes, suspends or re-enables an API key',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  body: UpdateAPIKeyRequest,
  answer: answered(APIKey),
  audit: 'apikey.update',
  changesAuthority: true,
});

/** Revokes an API key for good. */
export const revokeApiKey = ofKey({
  id: 'revokeApiKey',
  method: 'DELETE',
  path: '/api/v1/api-keys/{id}',
  summary: 'Revokes an API key for good',
  access: { who: 'permission', anyOf: ['account.apikeys.revoke'] },
  answer: SuccessResponse,
  audit: 'apikey.delete',
  changesAuthority: true,
});

/** Gives an API key a new secret; the old one ends at once. */
export const regenerateApiKey = ofKey({
  id: 'regenerateApiKey',
  method: 'POST',
  path: '/api/v1/api-keys/{id}/regenerate',
  summary: 'Gives an API key a new secret; the old one ends at once',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  answer: answered(APIKeyWithSecret),
  audit: 'apikey.regenerate',
  changesAuthority: true,
  secret: true,
});
