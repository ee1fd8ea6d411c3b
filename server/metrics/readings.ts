import type { Services } from '../services.ts';
import type { Stored } from './stored-state.ts';

/** What there is at the moment of a look. What could not be found out is undefined. */
export interface Look {
  readonly services: Services;
  readonly stored: Stored | undefined;
  /** The parts of `/ready`, by name. */
  readonly parts: Readonly<Record<string, { readonly status: string }>> | undefined;
  /** Times in milliseconds since 1970. */
  readonly reconciledAt: number | undefined;
  readonly backedUpAt: number | undefined;
  readonly version: string;
  /** Undefined where one process serves alone. */
  readonly node: NodeStanding | undefined;
}

/** How a node stands among the others, as it knows. */
export interface NodeStanding {
  /** How many nodes there are: `alone` ones are without Redis, `silent` ones ended without a word and did not come back. */
  readonly nodes: Readonly<Record<'live' | 'alone' | 'silent', number>>;
  /** The term under which it leads; undefined where another does. */
  readonly term: number | undefined;
  readonly isRedisUp: boolean;
  /** Whether it answers from memory. */
  readonly isTogether: boolean;
  /** What of each limit it admits by itself, 0 to 1; 0 while Redis counts for all. */
  readonly localShare: number;
  /** How far the database's clock is before this host's, in milliseconds. */
  readonly clockOffsetMs: number;
}

/** A gauge: its name without `raffia_`, and what it shows. Where that is undefined, or no row, there is no series. */
interface Reading {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** A number; with labels a row for each series, their values first. */
  readonly of: (look: Look) => number | undefined | readonly (readonly [...string[], number])[];
}

const lanes = ['read', 'write', 'own'] as const;
const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

/** All that is read when somebody looks, and counted nowhere. What begins with `cloud` is the same on every node. */
export const readings: readonly Reading[] = [
  {
    name: 'build_info',
    help: 'Always 1: what runs here',
    labels: ['version', 'node', 'engine'],
    of: ({ version, services }) => [[version, process.version, services.configuration.engine, 1]],
  },
  {
    name: 'part_ready',
    help: 'Whether a part of /ready is ready; 0 where it is degraded or down',
    labels: ['part'],
    of: ({ parts = {} }) => Object.entries(parts).map(([part, { status }]) => [part, status === 'ready' ? 1 : 0]),
  },
  {
    name: 'database_up',
    help: 'Whether the database answered this scrape; what it alone knows is left out where it did not',
    of: ({ stored }) => (stored === undefined ? 0 : 1),
  },
  {
    name: 'database_pool_in_use',
    help: 'Connections in use, by what they serve',
    labels: ['lane'],
    of: ({ services }) => lanes.map((lane) => [lane, services.pool.running(lane)]),
  },
  {
    name: 'database_pool_limit',
    help: 'Connections that may be in use at once',
    labels: ['lane'],
    of: ({ services }) => lanes.map((lane) => [lane, services.pool.atOnce(lane)]),
  },
  {
    name: 'database_pool_waiting',
    help: 'Who waits for a connection',
    labels: ['lane'],
    of: ({ services }) => lanes.map((lane) => [lane, services.pool.waiting(lane)]),
  },
  {
    name: 'database_pool_connections',
    help: 'Connections that are open',
    of: ({ services }) => services.pool.totalCount,
  },
  {
    name: 'database_disk_free_bytes',
    help: 'What is free on the disk of the embedded database',
    of: ({ services }) => services.storage.freeBytes,
  },
  {
    name: 'database_disk_reserve_bytes',
    help: 'With less than this free, changes are refused',
    of: ({ services }) =>
      services.storage.freeBytes === undefined ? undefined : services.configuration.diskReserveBytes,
  },
  {
    name: 'rate_limiter_keys',
    help: 'Keys and people that the limiter remembers',
    of: ({ services }) => services.limits.size,
  },
  {
    name: 'event_streams',
    help: 'Streams of events that are open',
    of: ({ services }) => services.streams.size,
  },
  {
    name: 'consoles',
    help: 'Consoles of machines that are open',
    of: ({ services }) => services.streams.consoles,
  },
  {
    name: 'reconciliation_last_success_timestamp_seconds',
    help: 'When this process last compared the engine with the database',
    of: ({ reconciledAt }) => seconds(reconciledAt),
  },
  {
    name: 'tls_certificate_end_timestamp_seconds',
    help: 'When the certificate ends that new connections get; none where TLS does not end in the server',
    of: ({ services }) => seconds(services.certificate?.endsAt),
  },
  {
    name: 'tls_certificate_begin_timestamp_seconds',
    help: 'When it began: of a short life less is left before another comes',
    of: ({ services }) => seconds(services.certificate?.beginsAt),
  },
  {
    name: 'tls_certificate_failures',
    help: 'How often in a row another certificate could not be got, or not be used',
    of: ({ services }) => services.certificate?.failures,
  },
  {
    name: 'backup_last_success_timestamp_seconds',
    help: 'When raffia backup was last done for this data directory',
    of: ({ backedUpAt }) => seconds(backedUpAt),
  },
  {
    name: 'nodes',
    help: 'Nodes that this one knows of: live, live but without Redis, or silent since they ended without a word; none where one process serves alone',
    labels: ['state'],
    of: ({ node }) => node && Object.entries(node.nodes).map(([state, count]) => [state, count]),
  },
  {
    name: 'node_leads',
    help: 'Whether this node leads',
    of: ({ node }) => node && Number(node.term !== undefined),
  },
  {
    name: 'node_leader_term',
    help: 'The term under which this node leads; none where another does',
    of: ({ node }) => node?.term,
  },
  {
    name: 'node_answers_from_memory',
    help: 'Whether this node keeps keys and pages in memory; 0 while any node is without Redis',
    of: ({ node }) => node && Number(node.isTogether),
  },
  {
    name: 'node_clock_offset_seconds',
    help: 'How far the clock of the database is ahead of that of this host',
    of: ({ node }) => seconds(node?.clockOffsetMs),
  },
  {
    name: 'redis_up',
    help: 'Whether Redis answers this node',
    of: ({ node }) => node && Number(node.isRedisUp),
  },
  {
    name: 'rate_limiter_local_share_ratio',
    help: 'What of each limit this node admits by itself, without Redis; 0 while Redis counts for all nodes',
    of: ({ node }) => node?.localShare,
  },
  {
    name: 'cloud_operations_open',
    help: 'Operations that have not ended: waiting for their turn, running, blocked by a fault of the host, undoing',
    labels: ['kind', 'state'],
    of: ({ stored }) => stored?.queue.map(({ kind, state, count }) => [kind, state, count]),
  },
  {
    name: 'cloud_operations_oldest_seconds',
    help: 'Since the oldest of them was asked for; 0 where there is none',
    of: ({ stored }) => stored?.oldestSeconds,
  },
  {
    name: 'cloud_machines',
    help: 'Machines, by status',
    labels: ['status'],
    of: ({ stored }) => (stored === undefined ? undefined : [...stored.machines]),
  },
];
