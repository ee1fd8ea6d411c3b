import { billingModes, tierRequestStatuses } from './enums.ts';
import { operationsOf } from './operation.ts';
import { type QuotaAnswer, quotaAnswer, quotaNames } from './quotas.ts';
import { count, largestWholeList, named, page, promised, promisedWithPage, rows, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { vmStatuses } from './vm-states.ts';

/**
 * Our own operations for whoever runs this cloud: people whom the host's command has made operators. They belong to no account, take a
 * session and never a key.
 */
const forOperator = operationsOf({
  tag: 'Raffia: operator',
  access: { who: 'operator' },
  project: 'account',
  projectHeader: 'unused',
});

/** What one part of the cloud told, or why it did not: that keeps nothing else from being told. */
const part = <Told extends Parameters<typeof Type.Optional>[0]>(told: Told) =>
  Type.Object({
    told: Type.Optional(told),
    problem: Type.Optional(Type.String({ description: 'Why it could not be asked; then nothing is told of it' })),
  });

const size = () => Type.Object({ cpu: Type.Number(), ram: Type.Number(), disk: Type.Number() });

export const nodeStates = ['live', 'alone', 'silent'] as const;
export const hostStates = ['online', 'offline', 'draining', 'drained', 'returning'] as const;
export const workStates = ['waiting', 'running', 'blocked', 'undoing'] as const;
const readinessWords = ['ready', 'degraded', 'down'] as const;

export const CloudStatus = named(
  'CloudStatus',
  Type.Object({
    version: Type.String(),
    started_at: time(),
    engine: Type.String(),
    nodes: part(
      rows(
        Type.Object({
          name: Type.String(),
          version: Type.String(),
          roles: Type.Array(Type.String()),
          address: Type.String(),
          started_at: time(),
          silent_seconds: Type.Number({ description: 'Since it was heard of' }),
          state: word(nodeStates, { description: 'alone: it has no Redis; silent: it is taken for dead' }),
          is_leader: Type.Boolean(),
        }),
        { description: 'None where one process serves alone' } as object,
      ),
    ),
    queue: part(
      Type.Object({
        waiting: Type.Integer(),
        running: Type.Integer(),
        blocked: Type.Integer(),
        undoing: Type.Integer(),
        oldest_seconds: Type.Number({ description: 'Since the oldest that is open was asked for; 0 where none is' }),
        kinds: Type.Array(Type.Object({ kind: Type.String(), state: word(workStates), count: Type.Integer() })),
        waits_for: rows(Type.Object({ what: Type.String(), count: Type.Integer() })),
      }),
    ),
    machines: part(Type.Array(Type.Object({ status: word(vmStatuses), count: Type.Integer() }))),
    hosts: part(
      Type.Object({
        overcommit: Type.Optional(
          Type.Object({
            cpu: Type.Number(),
            ram: Type.Number(),
            disk: Type.Number(),
            reserved_ram: Type.Number({ description: 'GB of each host that no machine gets' }),
          }),
        ),
        members: Type.Array(
          Type.Object({
            name: Type.String(),
            state: word(hostStates),
            message: Type.String({ description: "The engine's own words, where something is amiss" }),
            machines: Type.Integer(),
            has: Type.Optional(size()),
            offers: Type.Optional(size()),
            given: Type.Optional(size()),
          }),
        ),
      }),
    ),
    addresses: part(
      Type.Array(
        Type.Object({
          region: Type.String(),
          family: word(['IPv4', 'IPv6']),
          free: Type.Number({ description: 'Of IPv6 never more than 2 ** 40' }),
          used: Type.Number(),
          reserved: Type.Number(),
          held: Type.Number({ description: 'Given to nobody, since a machine has them that no row knows' }),
        }),
      ),
    ),
    database: part(
      Type.Object({
        bytes: Type.Number(),
        free_bytes: Type.Optional(Type.Number()),
        connections: Type.Integer(),
        most_connections: Type.Integer(),
      }),
    ),
    backups: part(
      Type.Object({
        store: Type.Optional(Type.String()),
        problem: Type.Optional(Type.String()),
        of_server_at: Type.Optional(time()),
      }),
    ),
    mails: part(Type.Object({ waiting: Type.Integer(), given_up: Type.Integer() })),
    found: part(Type.Object({ machines: Type.Integer(), volumes: Type.Integer() })),
    certificate: part(
      Type.Object({
        is_here: Type.Boolean({ description: 'False where TLS does not end in this server' }),
        ends_at: Type.Optional(time()),
        failures: Type.Optional(Type.Integer()),
      }),
    ),
    ready: part(
      Type.Object({
        status: word(readinessWords),
        parts: Type.Array(
          Type.Object({
            name: Type.String(),
            status: word(readinessWords),
            message: Type.Optional(Type.String()),
          }),
        ),
      }),
    ),
  }),
);

const quota = () => Type.Object({ used: Type.Integer(), limit: Type.Union([Type.Integer(), Type.Null()]) });

/** How much an account may have of something: so much, as much as it wants, or what the settings say for all. */
export const quotaRules = ['number', 'none', 'default'] as const;

export const quotaAnswers = quotaNames.map(quotaAnswer) as readonly QuotaAnswer[];

const summary = {
  id: uuid(),
  name: Type.String({ maxLength: 64 }),
  owner_email: Type.String({ maxLength: 254 }),
  billing_mode: word(billingModes),
  balance: Type.String({ description: 'US dollars' }),
  is_suspended: Type.Boolean(),
  created_at: time(),
};

export const AccountSummary = named(
  'AccountSummary',
  Type.Object({ ...summary, vms: quota(), vcpus: quota(), ram_gb: quota() }),
);

export const AccountForOperator = named(
  'AccountForOperator',
  Type.Object({
    ...summary,
    high_tier_keys: quota(),
    quotas: Type.Array(
      Type.Object({
        name: word(quotaAnswers),
        used: Type.Integer(),
        limit: Type.Union([Type.Integer(), Type.Null()]),
        default_limit: Type.Union([Type.Integer(), Type.Null()]),
        is_own: Type.Boolean({ description: 'Whether it was set for this account' }),
      }),
    ),
    projects: Type.Array(Type.Object({ id: uuid(), name: Type.String({ maxLength: 64 }) }), {
      maxItems: largestWholeList,
    }),
  }),
);

export const TierRequestForOperator = named(
  'TierRequestForOperator',
  Type.Object({
    id: uuid(),
    account_id: uuid(),
    account_name: Type.String({ maxLength: 64 }),
    api_key_id: uuid(),
    api_key_name: Type.String({ maxLength: 128 }),
    workload: Type.String({ maxLength: 2000 }),
    peak_rps: Type.Integer({ minimum: 1, maximum: 100_000 }),
    status: word(tierRequestStatuses),
    answer: Type.Optional(Type.String({ maxLength: 500 })),
    created_at: time(),
    decided_at: Type.Optional(time()),
  }),
);

export const FoundMachine = named(
  'FoundMachine',
  Type.Object({
    id: uuid(),
    name: Type.Optional(Type.String()),
    is_running: Type.Boolean(),
    is_being_deleted: Type.Boolean(),
    cpu: Type.Optional(Type.Integer()),
    ram: Type.Optional(Type.Integer()),
    disk: Type.Optional(Type.Integer()),
    addresses: Type.Array(Type.String()),
    found_at: time(),
  }),
);

/** How this cloud is: the one answer of `raffia operator status`. */
export const getCloudStatus = forOperator({
  id: 'getCloudStatus',
  method: 'GET',
  path: '/api/raffia/v1/operator/status',
  summary: 'Tells how this cloud is: nodes, queue, hosts, addresses, backups, mails',
  answer: promised(CloudStatus),
});

/** All accounts. */
export const listAccountsForOperator = forOperator({
  id: 'listAccountsForOperator',
  method: 'GET',
  path: '/api/raffia/v1/operator/accounts',
  summary: 'Lists all accounts, oldest first',
  query: Type.Object({
    ...page(50),
    search: Type.Optional(Type.String({ maxLength: 254, description: "Part of a name, or of the Owner's address" })),
  }),
  answer: promisedWithPage(AccountSummary),
});

/** One account with its quotas. */
export const getAccountForOperator = forOperator({
  id: 'getAccountForOperator',
  method: 'GET',
  path: '/api/raffia/v1/operator/accounts/{account_id}',
  summary: 'Shows an account with its quotas and projects',
  params: Type.Object({ account_id: uuid() }),
  answer: promised(AccountForOperator),
});

/** Sets how much an account may have of one thing. */
export const setAccountQuota = forOperator({
  id: 'setAccountQuota',
  method: 'PUT',
  path: '/api/raffia/v1/operator/accounts/{account_id}/quotas',
  summary: 'Sets how much an account may have of something',
  params: Type.Object({ account_id: uuid() }),
  body: Type.Object({
    quota: word(quotaAnswers),
    rule: word(quotaRules, { description: 'number: up to limit; none: no limit; default: what the settings say' }),
    limit: Type.Optional(count(0)),
  }),
  answer: promised(AccountForOperator),
  audit: 'account.quota',
});

/** Who asked for the high tier, those first that wait. */
export const listTierRequestsForOperator = forOperator({
  id: 'listTierRequestsForOperator',
  method: 'GET',
  path: '/api/raffia/v1/operator/tier-requests',
  summary: 'Lists requests for the high tier: those that wait, then the latest',
  query: Type.Object(page(50)),
  answer: promisedWithPage(TierRequestForOperator),
});

const answering = {
  method: 'POST',
  params: Type.Object({ request_id: uuid() }),
  body: Type.Object({
    text: Type.Optional(Type.String({ maxLength: 500, description: 'What whoever asked is told' })),
  }),
  bodyIsOptional: true,
  answer: promised(TierRequestForOperator),
} as const;

/** Gives the account one more high key, and moves this one. */
export const approveTierRequest = forOperator({
  ...answering,
  id: 'approveTierRequest',
  path: '/api/raffia/v1/operator/tier-requests/{request_id}/approve',
  summary: 'Approves a request for the high tier',
  audit: 'apikey.tier-approved',
});

/** Leaves the key as it is. */
export const declineTierRequest = forOperator({
  ...answering,
  id: 'declineTierRequest',
  path: '/api/raffia/v1/operator/tier-requests/{request_id}/decline',
  summary: 'Declines a request for the high tier',
  audit: 'apikey.tier-declined',
});

/** Machines on the hosts that no row knows. */
export const listFoundMachines = forOperator({
  id: 'listFoundMachines',
  method: 'GET',
  path: '/api/raffia/v1/operator/found-machines',
  summary: 'Lists machines on the hosts that no row knows',
  query: Type.Object(page(50)),
  answer: promisedWithPage(FoundMachine),
});

/** Makes a VM of one. */
export const adoptFoundMachine = forOperator({
  id: 'adoptFoundMachine',
  method: 'POST',
  path: '/api/raffia/v1/operator/found-machines/{machine_id}/adopt',
  summary: 'Makes a VM of a machine that no row knows, from what its host knows of it',
  params: Type.Object({ machine_id: uuid() }),
  body: Type.Object({ account_id: uuid(), project_id: uuid() }),
  answer: promised(
    Type.Object({
      id: uuid(),
      name: Type.String({ maxLength: 64 }),
      unknown_addresses: Type.Array(Type.String(), { description: 'Of whose networks nothing is known' }),
    }),
  ),
  audit: 'vm.adopt',
});

/** Removes one from its host, for good. */
export const deleteFoundMachine = forOperator({
  id: 'deleteFoundMachine',
  method: 'DELETE',
  path: '/api/raffia/v1/operator/found-machines/{machine_id}',
  summary: 'Removes a machine that no row knows from its host, for good',
  description: 'It is removed at the next comparison with the host.',
  params: Type.Object({ machine_id: uuid() }),
  answer: promised(Type.Object({ id: uuid() })),
  audit: 'person.machine-delete',
});
