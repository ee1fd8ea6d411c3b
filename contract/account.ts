import {
  actorKinds,
  billingModes,
  imageStatuses,
  operationStatuses,
  stepStatuses,
  tierRequestStatuses,
} from './enums.ts';
import { operationsOf } from './operation.ts';
import { type QuotaAnswer, quotaAnswer, quotaNames } from './quotas.ts';
import { kindsOfWork, viewersOf } from './resources.ts';
import {
  anyId,
  byId,
  count,
  named,
  nearPage,
  page,
  promised,
  promisedWithCountedPage,
  promisedWithPage,
  prose,
  rows,
  SuccessResponse,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';

/** Our own operations about the account: settings, audit log, operations, events, key usage, requests for the high tier. */

const quota = Type.Object({
  used: Type.Integer(),
  limit: Type.Union([Type.Integer(), Type.Null()]),
});

const quotaAnswers = Object.fromEntries(quotaNames.map((name) => [quotaAnswer(name), quota])) as Record<
  QuotaAnswer,
  typeof quota
>;

export const Account = named(
  'Account',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 64 }),
    owner_id: uuid(),
    owner_email: Type.String({ maxLength: 254 }),
    quota: Type.Object(quotaAnswers),
    high_tier_keys: quota,
    billing_mode: word(billingModes),
    balance: Type.Optional(Type.String({ description: 'US dollars; for who may see billing' })),
    credits: Type.Optional(
      Type.String({ description: 'US dollars that are spent before the balance; for who may see billing' }),
    ),
    created_at: time(),
  }),
);

export const AuditEntry = named(
  'AuditEntry',
  Type.Object({
    id: Type.Integer(),
    verb: Type.String({ maxLength: 64 }),
    actor_kind: word(actorKinds),
    actor_id: Type.Optional(uuid()),
    actor_name: Type.String(),
    project_id: Type.Optional(uuid()),
    resource_id: Type.Optional(Type.String()),
    details: Type.Record(Type.String(), Type.Unknown()),
    request_id: Type.Optional(Type.String()),
    created_at: time(),
  }),
);

export const OperationView = named(
  'Operation',
  Type.Object({
    id: uuid(),
    kind: Type.String(),
    status: word(operationStatuses),
    resource_id: Type.String({ description: 'Of what is numbered, such as a snapshot, the number' }),
    resource_name: Type.Optional(Type.String()),
    project_id: uuid(),
    error: Type.Optional(Type.String()),
    waiting_for: Type.Optional(Type.String()),
    created_by: uuid(),
    created_at: time(),
    finished_at: Type.Optional(time()),
    steps: Type.Array(
      Type.Object({
        name: Type.String(),
        status: word(stepStatuses),
        started_at: Type.Optional(time()),
        finished_at: Type.Optional(time()),
      }),
    ),
  }),
);

export const SavedImage = named(
  'SavedImage',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 128 }),
    version: Type.String({ description: 'The version of the system that was saved' }),
    system: Type.Optional(
      Type.String({ description: 'The system that was saved, such as Ubuntu; missing where that is not known' }),
    ),
    description: Type.Optional(prose()),
    project_id: uuid(),
    region: Type.String(),
    os_type: Type.String(),
    is_windows: Type.Boolean(),
    storage: Type.Integer({ description: 'GB of disk that a machine needs at least' }),
    cpu: Type.Integer({ description: 'vCPUs that a machine needs at least' }),
    ram: Type.Integer({ description: 'GB of memory that a machine needs at least' }),
    status: word(imageStatuses),
    created_at: time(),
  }),
);

/** The longest that a key may be told to wait, in milliseconds. */
export const longestWaitMs = 5000;
const waitMs = () =>
  Type.Integer({
    minimum: 0,
    maximum: longestWaitMs,
    description: 'How long a request over the limit waits for room, in milliseconds; 0: it is refused at once',
  });

/** What was counted of a key's requests. One over the limit is refused before anything is asked of its permissions. */
const counted = {
  requests: Type.Integer({ description: 'Requests within the limit' }),
  refused: Type.Integer({ description: 'Requests over the limit, answered with 429' }),
  denied: Type.Integer({
    description: 'Requests that were not allowed: 401, for the key was suspended or had expired, or 403',
  }),
};

export const KeyUsage = named(
  'KeyUsage',
  Type.Object({
    last_used_from: Type.Optional(Type.String()),
    addresses: Type.Array(Type.Object({ address: Type.String(), last_used_at: time() }), {
      description: 'Where its secret came from, refused requests too: the latest five, of 90 days, the latest first',
    }),
    limit: Type.Integer({ description: 'Requests per second of the tier' }),
    wait_ms: waitMs(),
    burst: Type.Integer({ description: 'The burst budget of the tier' }),
    burst_remaining: Type.Integer({ description: 'What is left of it now' }),
    minutes: Type.Array(
      Type.Object({
        minute: time(),
        ...counted,
        burst_used: Type.Integer(),
      }),
    ),
  }),
);

export const KeyHours = named(
  'KeyHours',
  Type.Object({ hours: Type.Array(Type.Object({ hour: time(), ...counted })) }),
);

export const KeyDay = named(
  'KeyDay',
  Type.Object({
    api_key_id: uuid(),
    last_used_from: Type.Optional(Type.String()),
    ...counted,
    hourly: Type.Array(Type.Integer(), {
      description: 'Requests within the limit in each of the last 24 hours, that of now last',
    }),
  }),
);

export const TierRequest = named(
  'TierRequest',
  Type.Object({
    id: uuid(),
    api_key_id: uuid(),
    api_key_name: Type.String({ maxLength: 128 }),
    workload: Type.String({ maxLength: 2000 }),
    peak_rps: Type.Integer({ minimum: 1, maximum: 100_000 }),
    status: word(tierRequestStatuses),
    answer: Type.Optional(Type.String()),
    created_at: time(),
    decided_at: Type.Optional(time()),
  }),
);

const ofAccount = operationsOf({ tag: 'Raffia: account', project: 'account', projectHeader: 'unused' });
const acrossProjects = operationsOf({
  tag: 'Raffia: account',
  project: 'readable',
  projectHeader: 'optional',
});
const ofResource = operationsOf({
  tag: 'Raffia: account',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'resource',
  projectHeader: 'unused',
});

/** Shows the account with its quota. */
export const getAccount = ofAccount({
  id: 'getAccount',
  method: 'GET',
  path: '/api/raffia/v1/account',
  summary: 'Shows the account, its quota and what of it is used',
  access: { who: 'key' },
  answer: promised(Account),
});

/** Renames the account. */
export const updateAccount = ofAccount({
  id: 'updateAccount',
  method: 'PATCH',
  path: '/api/raffia/v1/account',
  summary: 'Renames the account',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) }),
  answer: promised(Account),
  audit: 'account.update',
});

/** Who did what, newest first. */
export const listAuditEntries = ofAccount({
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
      Type.String({
        maxLength: 254,
        description:
          'The actor’s name or its beginning, in upper or lower case; or its id, which tells it from others of the same name and finds it under each name that it had',
      }),
    ),
    resource_id: Type.Optional(anyId()),
    since: Type.Optional(time()),
    until: Type.Optional(time()),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only entries older than the one with this id: the way to go on beyond a page',
      }),
    ),
    ...nearPage(50),
  }),
  answer: promisedWithCountedPage(AuditEntry),
});

/** Durable work with its steps, newest first. */
export const listOperations = acrossProjects({
  id: 'listOperations',
  method: 'GET',
  path: '/api/raffia/v1/operations',
  summary: 'Lists the work on resources with its steps, newest first',
  access: viewersOf(...kindsOfWork),
  query: Type.Object({
    project_id: Type.Optional(uuid()),
    resource_id: Type.Optional(anyId()),
    status: Type.Optional(word([...operationStatuses, 'open'], { description: 'open: what is pending or running' })),
    before: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'Only work older than the one with this id: the way to go on beyond a page',
      }),
    ),
    ...nearPage(50),
  }),
  answer: promisedWithCountedPage(OperationView),
});

/** What was saved from machines, and can be chosen instead of a template. */
export const listImages = acrossProjects({
  id: 'listImages',
  method: 'GET',
  path: '/api/raffia/v1/images',
  summary: 'Lists saved images, newest first; their ids work as template_id',
  access: viewersOf('image'),
  query: Type.Object({ project_id: Type.Optional(uuid()), ...page(50) }),
  answer: promisedWithPage(SavedImage),
});

/** Deletes a saved image. */
export const deleteImage = ofResource({
  id: 'deleteImage',
  method: 'DELETE',
  path: '/api/raffia/v1/images/{id}',
  summary: 'Deletes a saved image; machines that were made of it stay',
  ...byId('image'),
  answer: SuccessResponse,
  audit: 'image.delete',
});

/** Server-sent events: `change` with what changed, as often as it does. */
export const streamEvents = ofAccount({
  id: 'streamEvents',
  method: 'GET',
  path: '/api/raffia/v1/events',
  summary: 'Streams what changes, as server-sent events',
  description:
    'An event named change has as data {resource, id, project_id}. Only what changed is told, not how: read it over the API. Of each kind of resource hears who may see one there; resource is session where it is what the caller itself may do. Events have ids: who sends the last one as Last-Event-ID hears what it missed meanwhile, or, by an event named gap, that nobody knows that any more, so that everything is to be read anew. A comment comes every 15 seconds. The stream ends when the caller’s access does, with an event named end: whoever asks again is told why.',
  access: { who: 'key' },
  answer: Type.Object({
    event: word(['change', 'gap', 'end']),
    data: Type.String({ contentMediaType: 'application/json' }),
  }),
  stream: true,
});

/** How a key is used. */
export const getApiKeyUsage = ofAccount({
  id: 'getApiKeyUsage',
  method: 'GET',
  path: '/api/raffia/v1/api-keys/{id}/usage',
  summary: 'Shows requests, refusals and burst of a key over time',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  ...byId('apiKey'),
  query: Type.Object({ minutes: Type.Optional(count(1, { default: 60 })) }),
  answer: promised(KeyUsage),
});

/** The same over weeks. */
export const getApiKeyHours = ofAccount({
  id: 'getApiKeyHours',
  method: 'GET',
  path: '/api/raffia/v1/api-keys/{id}/hours',
  summary: 'Shows requests and refusals of a key by hour, of 31 days at most',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  ...byId('apiKey'),
  query: Type.Object({ hours: Type.Optional(count(1, { default: 24 })) }),
  answer: promised(KeyHours),
});

/** All keys beside each other. */
export const listApiKeyDays = ofAccount({
  id: 'listApiKeyDays',
  method: 'GET',
  path: '/api/raffia/v1/api-keys/last-day',
  summary: 'Lists what the API keys of the account did in the last 24 hours, in the order of listApiKeys',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  query: Type.Object({ ...page(50) }),
  answer: promisedWithPage(KeyDay),
});

/** Tells a key to wait where it would be refused. */
export const setApiKeyPatience = ofAccount({
  id: 'setApiKeyPatience',
  method: 'PUT',
  path: '/api/raffia/v1/api-keys/{id}/patience',
  summary: 'Tells a key to wait for room, for so long, where a request over its limit would be refused',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  ...byId('apiKey'),
  body: Type.Object({ wait_ms: waitMs() }),
  answer: promised(Type.Object({ wait_ms: waitMs() })),
  audit: 'apikey.patience',
});

/** Asks the operator for the high tier. */
export const requestHighTier = ofAccount({
  id: 'requestHighTier',
  method: 'POST',
  path: '/api/raffia/v1/api-keys/{id}/tier-requests',
  summary: 'Asks the operator to move a key to the high tier',
  access: { who: 'permission', anyOf: ['account.apikeys.manage'] },
  ...byId('apiKey'),
  body: Type.Object({
    workload: Type.String({ minLength: 1, maxLength: 2000 }),
    peak_rps: Type.Integer({ minimum: 1, maximum: 100_000 }),
  }),
  status: 201,
  answer: promised(TierRequest),
  audit: 'apikey.tier-request',
});

/** What was asked for, and what the operator answered. */
export const listTierRequests = ofAccount({
  id: 'listTierRequests',
  method: 'GET',
  path: '/api/raffia/v1/tier-requests',
  summary: 'Lists requests for the high tier and their answers',
  access: { who: 'permission', anyOf: ['account.apikeys.view'] },
  query: Type.Object({ api_key_id: Type.Optional(uuid()) }),
  answer: promised(rows(TierRequest)),
});

/** Shows a machine's generated password, once. */
export const revealVMPassword = ofResource({
  id: 'revealVMPassword',
  method: 'POST',
  path: '/api/raffia/v1/vms/{id}/password',
  summary: 'Shows a generated password once, where no mail is configured',
  ...byId('vm'),
  answer: promised(Type.Object({ password: Type.String() })),
  audit: 'vm.password-reveal',
  secret: true,
});

/** Takes the account role of a member away and leaves the roles on projects. */
export const removeAccountRole = ofAccount({
  id: 'removeAccountRole',
  method: 'DELETE',
  path: '/api/raffia/v1/members/{id}/role',
  summary: 'Takes a member’s account role away and leaves the roles on projects',
  access: { who: 'permission', anyOf: ['account.members.manage'] },
  ...byId('member'),
  answer: SuccessResponse,
  audit: 'member.role-remove',
  changesAuthority: true,
});
