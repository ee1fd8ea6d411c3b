import { listNodes } from '../../cluster/list-nodes.ts';
import type { GuardedEngine } from '../../engines/outside-transactions.ts';
import { inTime } from '../../foundation/in-time.ts';
import { installation } from '../../foundation/installation.ts';
import { lastBackupAt } from '../../foundation/last-backup.ts';
import { countMails } from '../../mail/outbox.ts';
import type { QueueState, StoredState } from '../../metrics/stored-state.ts';
import { countFound } from '../../operations/found-machines.ts';
import type { Services } from '../../services.ts';
import type { Readiness } from '../health/readiness.ts';
import { countAddresses } from '../ips/count-addresses.ts';

/** Whom to ask how this cloud is. */
export interface Cloud {
  readonly services: Services;
  readonly engine: GuardedEngine;
  readonly readiness: Readiness;
  readonly stored: StoredState;
}

/** This server itself. */
export function aboutServer({ services: { configuration } }: Cloud) {
  const upSeconds = Math.floor(process.uptime());
  return {
    version: installation.version,
    startedAt: new Date(Date.now() - upSeconds * 1000).toISOString(),
    engine: configuration.engine,
    upSeconds,
  };
}

interface Waits {
  readonly what: string;
  readonly count: number;
}

export const lanes = ['read', 'write', 'own'] as const;
const queueStates: readonly QueueState[] = ['waiting', 'running', 'blocked', 'undoing'];

/** How this cloud is, part by part: the command and the page ask the same. None asks for more than what is counted or bounded already. */
export const cloudParts = {
  /** Null where one process serves alone. */
  nodes: async ({ services: { configuration }, stored }: Cloud) =>
    configuration.redisUrl === null ? null : await listNodes(stored),

  database: async ({ services: { pool, storage }, stored }: Cloud) => {
    const { rows } = await stored.query<{ bytes: number; open: number; limit: number }>(
      `select pg_database_size(current_database())::float8 as bytes, current_setting('max_connections')::integer as limit,
              (select sum(numbackends)::integer from pg_stat_database) as open`,
    );
    const { bytes, open, limit } = rows[0] as { bytes: number; open: number; limit: number };
    const use = lanes.map((lane) => [
      lane,
      { inUse: pool.running(lane), limit: pool.atOnce(lane), waiting: pool.waiting(lane) },
    ]);
    return {
      bytes,
      freeBytes: storage.freeBytes ?? null,
      connections: { open, limit, ofThisServer: pool.totalCount },
      lanes: Object.fromEntries(use) as Record<
        (typeof lanes)[number],
        { inUse: number; limit: number; waiting: number }
      >,
    };
  },

  queue: async ({ stored }: Cloud) => {
    const state = known(await stored.now());
    const { rows } = await stored.query<{ what: string; count: number }>(
      `select waiting_for as what, count(*)::integer as count from operations
        where finished_at is null and waiting_for is not null group by 1 order by 2 desc, 1 limit 100`,
    );
    const sum = (wanted: QueueState) =>
      state.queue.reduce((all, entry) => all + (entry.state === wanted ? entry.count : 0), 0);
    return {
      ...(Object.fromEntries(queueStates.map((wanted) => [wanted, sum(wanted)])) as Record<QueueState, number>),
      oldestSeconds: state.oldestSeconds,
      kinds: state.queue,
      waitsFor: rows as readonly Waits[],
    };
  },

  machines: async ({ stored }: Cloud) => Object.fromEntries(known(await stored.now()).machines),

  hosts: async ({ engine, services: { configuration } }: Cloud) => {
    const { overcommit, reservedRam } = configuration.incus;
    return {
      overcommit: configuration.engine === 'incus' ? { ...overcommit, reservedRam } : null,
      members: await engine.hosts.list(),
    };
  },

  addresses: ({ services: { configuration }, stored }: Cloud) =>
    countAddresses(
      stored,
      configuration.addressPools.flatMap(({ cidrs }) => cidrs),
    ),

  backups: async ({ services: { backupStore, configuration } }: Cloud) => {
    const own = await lastBackupAt(configuration.dataDirectory);
    const ofServer = own === undefined ? null : new Date(own).toISOString();
    const store = await backupStore.check().catch((error: Error) => ({ problem: error.message }));
    return { store, ofServer };
  },

  mails: ({ stored }: Cloud) => countMails(stored),

  found: ({ stored }: Cloud) => countFound(stored),

  /** Null where TLS does not end in this server. */
  certificate: async ({ services: { certificate, clock } }: Cloud) =>
    certificate === undefined ? null : { ...endOf(certificate.endsAt, clock.now()), failures: certificate.failures },

  ready: ({ readiness }: Cloud) => readiness.now(),
};

/** What a part told, or why it did not. */
export type Told<T> = { readonly told: T } | { readonly problem: string };

/** How long one part may take; what is slower keeps nothing else from being told. */
const patienceMs = 6000;

/** Asks a part, however it fails. */
export async function askPart<T>(cloud: Cloud, ask: (cloud: Cloud) => Promise<T>): Promise<Told<T>> {
  const late = () => {
    throw new Error(`no answer within ${patienceMs / 1000} seconds`);
  };
  try {
    return { told: await inTime(ask(cloud), patienceMs, late) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('the database did not say in time');
  return found;
}

/** Both null where there is no certificate yet. */
function endOf(endsAt: number | undefined, now: number): { endsAt: string | null; leftSeconds: number | null } {
  if (endsAt === undefined) return { endsAt: null, leftSeconds: null };
  return { endsAt: new Date(endsAt).toISOString(), leftSeconds: Math.floor((endsAt - now) / 1000) };
}
