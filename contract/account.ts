import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { count, named, page, prose, rows, SuccessResponse, total } from './schemas.ts';

/** Our own operations about the account: settings, audit log, operations, events, key usage, requests for the high tier. */
const uuid = Type.String({ format: 'uuid' });
const time = Type.String({ format: 'date-time' });
const { limit, offset } = page(50);
/** What grows without a bound is paged by `before`; an offset goes as far as is counted. */
const nearOffset = Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: 0 }));
const countedTotal = {
  total: Type.Integer({ minimum: 0, maximum: 10_000, description: 'How many match, counted up to 10,000' }),
  total_is_capped: Type.Optional(Type.Boolean({ description: 'True where more match than were counted' })),
};
const byId = Type.Object({ id: uuid });

const quota = Type.Object({
  used: Type.Integer(),
  limit: Type.Union([Type.Integer(), Type.Null()]),
});

export const Account = named(
  'Account',
  Type.Object({
    id: uuid,
    name: Type.String({ maxLength: 64 }),
    owner_id: uuid,
    owner_email: Type.String({ maxLength: 254 }),
    quota: Type.Object({
      vms: quota,
      vcpus: quota,
      ram_gb: quota,
      images: quota,
      vpcs: quota,
      volumes: quota,
      ssh_keys: quota,
      api_keys: quota,
      projects: quota,
      roles: quota,
      invitations: quota,
      note_bytes: quota,
      streams: quota,
    }),
    high_tier_keys: quota,
    billing_mode: Type.Enum(['payg', 'subscription'], { type: 'string' }),
    balance: Type.Optional(Type.String({ description: 'US dollars; for who may see billing' })),
    created_at: time,
  }),
);

export const AuditEntry = named(
  'AuditEntry',
  Type.Object({
    id: Type.Integer(),
    verb: Type.String({ maxLength: 64 }),
    actor_kind: Type.Enum(['key', 'user', 'operator', 'system'], { type: 'string' }),
    actor_id: Type.Optional(uuid),
    actor_name: Type.String(),
    project_id: Type.Optional(uuid),
    resource_id: Type.Optional(Type.String()),
    details: Type.Record(Type.String(), Type.Unknown()),
    request_id: Type.Optional(Type.String()),
    created_at: time,
  }),
);

export const OperationView = named(
  'Operation',
  Type.Object({
    id: uuid,
    kind: Type.String(),
    status: Type.Enum(['pending', 'running', 'succeeded', 'failed'], { type: 'string' }),
    resource_id: uuid,
    resource_name: Type.Optional(Type.String()),
    project_id: uuid,
    error: Type.Optional(Type.String()),
    waiting_for: Type.Optional(Type.String()),
    created_by: uuid,
    created_at: time,
    finished_at: Type.Optional(time),
    steps: Type.Array(
      Type.Object({
        name: Type.String(),
        status: Type.Enum(['done', 'running', 'waiting', 'failed'], { type: 'string' }),
        finished_at: Type.Optional(time),
      }),
    ),
  }),
);

export const SavedImage = named(
  'SavedImage',
  Type.Object({
    id: uuid,
    name: Type.String({ maxLength: 128 }),
    version: Type.String({ description: 'The version of the system that was saved' }),
    description: Type.Optional(prose()),
    project_id: uuid,
    region: Type.String(),
    os_type: Type.String(),
    is_windows: Type.Boolean(),
    storage: Type.Integer({ description: 'GB of disk that a machine needs at least' }),
    cpu: Type.Integer({ description: 'vCPUs that a machine needs at least' }),
    ram: Type.Integer({ description: 'GB of memory that a machine needs at least' }),
    status: Type.Enum(['saving', 'ready', 'failed'], { type: 'string' }),
    created_at: time,
  }),
);

export const KeyUsage = named(
  'KeyUsage',
  Type.Object({
    last_used_from: Type.Optional(Type.String()),
    limit: Type.Integer({ description: 'Requests per second of the tier' }),
    burst: Type.Integer({ description: 'The burst budget of the tier' }),
    burst_remaining: Type.Integer({ description: 'What is left of it now' }),
    minutes: Type.Array(
      Type.Object({
        minute: time,
        requests: Type.Integer(),
        refused: Type.Integer({ description: 'Requests answered with 429' }),
        burst_used: Type.Integer(),
      }),
    ),
  }),
);

export const TierRequest = named(
  'TierRequest',
  Type.Object({
    id: uuid,
    api_key_id: uuid,
    api_key_name: Type.String({ maxLength: 128 }),
    workload: Type.String({ maxLength: 2000 }),
    peak_rps: Type.Integer({ minimum: 1, maximum: 100_000 }),
    status: Type.Enum(['pending', 'approved', 'declined'], { type: 'string' }),
    answer: Type.Optional(Type.String()),
    created_at: time,
    decided_at: Type.Optional(time),
  }),
);

const own = { tag: 'Raffia: account', project: 'account', projectHeader: 'unused' } as const;

/** Shows the account with its quota. */
export const getAccount = defineOperation({
  ...own,
  id: 'getAccount',
  method: 'GET',
  path: '/api/raffia/v1/account',
  summary: 'Shows the account, its quota and what of it is used',
  access: { who: 'key' },
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: Account }),
  errors: [401],
});

/** Renames the account. */
export const updateAccount = defineOperation({
  ...own,
  id: 'updateAccount',
  method: 'PATCH',
  path: '/api/raffia/v1/account',
  summary: 'Renames the account',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) }),
  bodyRequired: true,
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: Account }),
  errors: [400, 401],
  audit: 'account.update',
});

/** Who did what, newest first. */
export const listAuditEntries = defineOperation({
  ...own,
  id: 'listAuditEntries',
  method: 'GET',
  path: '/api/raffia/v1/audit',
  summary: 'Lists who did what, newest first',
  access: { who: 'permission', anyOf: ['account.audit.view'] },
  query: Type.Object({
    verb: Type.Optional(
      Type.String({ maxLength: 64, description: 'The verb or its beginning, such as vm or vm.create' }),
    ),
    actor: Type.Optional(
      Type.String({ maxLength: 254, description: 'The actor’s name or its beginning, in upper or lower case' }),
    ),
    resource_id: Type.Optional(uuid),
    since: Type.Optional(time),
    until: Type.Optional(time),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only entries older than the one with this id: the way to go on beyond a page',
      }),
    ),
    limit,
    offset: nearOffset,
  }),
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: rows(AuditEntry), ...countedTotal }),
  errors: [400, 401],
});

/** Durable work with its steps, newest first. */
export const listOperations = defineOperation({
  id: 'listOperations',
  method: 'GET',
  path: '/api/raffia/v1/operations',
  tag: 'Raffia: account',
  summary: 'Lists the work on resources with its steps, newest first',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'readable',
  projectHeader: 'optional',
  query: Type.Object({
    project_id: Type.Optional(uuid),
    resource_id: Type.Optional(uuid),
    status: Type.Optional(Type.Enum(['pending', 'running', 'succeeded', 'failed'], { type: 'string' })),
    before: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'Only work older than the one with this id: the way to go on beyond a page',
      }),
    ),
    limit,
    offset: nearOffset,
  }),
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: rows(OperationView), ...countedTotal }),
  errors: [400, 401],
});

/** What was saved from machines, and can be chosen instead of a template. */
export const listImages = defineOperation({
  id: 'listImages',
  method: 'GET',
  path: '/api/raffia/v1/images',
  tag: 'Raffia: account',
  summary: 'Lists saved images, newest first; their ids work as template_id',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'readable',
  projectHeader: 'optional',
  query: Type.Object({ project_id: Type.Optional(uuid), limit, offset }),
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: rows(SavedImage), total: total() }),
  errors: [400, 401],
});

/** Deletes a saved image. */
export const deleteImage = defineOperation({
  id: 'deleteImage',
  method: 'DELETE',
  path: '/api/raffia/v1/images/{id}',
  tag: 'Raffia: account',
  summary: 'Deletes a saved image; machines that were made of it stay',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'resource',
  projectHeader: 'unused',
  resource: 'image',
  params: byId,
  status: 200,
  answer: SuccessResponse,
  errors: [404, 409],
  audit: 'image.delete',
});

/** Server-sent events: `change` with what changed, as often as it does. */
export const streamEvents = defineOperation({
  ...own,
  id: 'streamEvents',
  method: 'GET',
  path: '/api/raffia/v1/events',
  summary: 'Streams what changes, as server-sent events',
  description:
    'Each event is named change; its data is {resource, id, project_id}. Only what changed is told, not how: read it over the API. A comment comes every 15 seconds; the stream ends when the caller’s access does.',
  access: { who: 'key' },
  status: 200,
  answer: Type.Object({
    event: Type.Enum(['change'], { type: 'string' }),
    data: Type.String({ contentMediaType: 'application/json' }),
  }),
  stream: true,
  errors: [401, 429],
});

/** How a key is used. */
export const getApiKeyUsage = defineOperation({
  ...own,
  id: 'getApiKeyUsage',
  method: 'GET',
  path: '/api/raffia/v1/api-keys/{id}/usage',
  summary: 'Shows requests, refusals and burst of a key over time',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  resource: 'apiKey',
  params: byId,
  query: Type.Object({ minutes: Type.Optional(count(1, { default: 60 })) }),
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: KeyUsage }),
  errors: [401, 404],
});

/** Asks the operator for the high tier. */
export const requestHighTier = defineOperation({
  ...own,
  id: 'requestHighTier',
  method: 'POST',
  path: '/api/raffia/v1/api-keys/{id}/tier-requests',
  summary: 'Asks the operator to move a key to the high tier',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  resource: 'apiKey',
  params: byId,
  body: Type.Object({
    workload: Type.String({ minLength: 1, maxLength: 2000 }),
    peak_rps: Type.Integer({ minimum: 1, maximum: 100_000 }),
  }),
  bodyRequired: true,
  status: 201,
  answer: Type.Object({ success: Type.Boolean(), data: TierRequest }),
  errors: [400, 404],
  audit: 'apikey.tier-request',
});

/** What was asked for, and what the operator answered. */
export const listTierRequests = defineOperation({
  ...own,
  id: 'listTierRequests',
  method: 'GET',
  path: '/api/raffia/v1/tier-requests',
  summary: 'Lists requests for the high tier and their answers',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  query: Type.Object({ api_key_id: Type.Optional(uuid) }),
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: rows(TierRequest) }),
  errors: [401],
});

/** Shows a machine's generated password, once. */
export const revealVMPassword = defineOperation({
  id: 'revealVMPassword',
  method: 'POST',
  path: '/api/raffia/v1/vms/{id}/password',
  tag: 'Raffia: account',
  summary: 'Shows a generated password once, where no mail is configured',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'resource',
  projectHeader: 'unused',
  resource: 'vm',
  params: byId,
  status: 200,
  answer: Type.Object({ success: Type.Boolean(), data: Type.Object({ password: Type.String() }) }),
  errors: [400, 404],
  audit: 'vm.password-reveal',
  secret: true,
});

/** Takes the account role of a member away and leaves the roles on projects. */
export const removeAccountRole = defineOperation({
  ...own,
  id: 'removeAccountRole',
  method: 'DELETE',
  path: '/api/raffia/v1/members/{id}/role',
  summary: 'Takes a member’s account role away and leaves the roles on projects',
  access: { who: 'permission', anyOf: ['account.members.manage'] },
  resource: 'member',
  params: byId,
  status: 200,
  answer: SuccessResponse,
  errors: [404],
  audit: 'member.role-remove',
  changesAuthority: true,
});
