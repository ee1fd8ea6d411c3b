import { listNodes } from '../cluster/list-nodes.ts';
import type { Size } from '../engines/engine.ts';
import { lastBackupAt } from '../foundation/last-backup.ts';
import { countMails } from '../mail/outbox.ts';
import type { QueueState } from '../metrics/stored-state.ts';
import { countFound } from '../operations/found-machines.ts';
import { countAddresses } from '../resources/ips/count-addresses.ts';
import type { OperatorContext } from './operator-command.ts';

/** One thing that `operator status` tells: what is asked for it, as programs get it, and how people read that. */
interface Section<T> {
  readonly ask: (context: OperatorContext) => Promise<T>;
  /** The first stands beside the name, the others below it. */
  readonly lines: (told: T) => readonly string[];
}

/** What one is told does not matter to who only hands it on. */
export type AnySection = Section<unknown>;
const section = <T>(made: Section<T>): AnySection => made as AnySection;

/** The longest lists of one section; what is beyond is counted. */
const mostLines = 12;

interface Waits {
  readonly what: string;
  readonly count: number;
}

const lanes = ['read', 'write', 'own'] as const;
const queueStates: readonly QueueState[] = ['waiting', 'running', 'blocked', 'undoing'];

/** In the order in which they are told, by their names in JSON. None asks for more than what is counted or bounded already. */
export const statusSections: Readonly<Record<string, AnySection>> = {
  nodes: section({
    ask: async ({ services: { configuration }, stored }) =>
      configuration.redisUrl === null ? null : await listNodes(stored),
    lines: (nodes) => {
      if (nodes === null) return ['this one alone'];
      return [
        counted(nodes.length, 'node'),
        ...cut(
          nodes.map(({ name, version, roles, address, startedAt, silentSeconds, state, isLeader }) => {
            const how = {
              live: 'live',
              alone: 'without Redis',
              silent: `not heard of for ${inTimeUnits(silentSeconds)}`,
            }[state];
            return `${name}: ${how}${isLeader ? ', leads' : ''}, ${version}, ${roles.join(' ')}, ${address}, since ${startedAt}`;
          }),
        ),
      ];
    },
  }),
  database: section({
    ask: async ({ services: { pool, storage }, stored }) => {
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
    lines: ({ bytes, freeBytes, connections: { open, limit, ofThisServer }, lanes: use }) => {
      const waiting = lanes.reduce((sum, lane) => sum + use[lane].waiting, 0);
      const inUse = lanes.map((lane) => `${lane} ${use[lane].inUse} of ${use[lane].limit}`).join(', ');
      return [
        `${inBytes(bytes)}${freeBytes === null ? '' : `, ${inBytes(freeBytes)} free on its disk`}; ` +
          `${open} of ${limit} connections, ${ofThisServer} of them ours; in use: ${inUse}; ${waiting === 0 ? 'nobody waits for one' : `${waiting} wait for one`}`,
      ];
    },
  }),
  queue: section({
    ask: async ({ stored }) => {
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
    lines: ({ waiting, running, blocked, undoing, oldestSeconds, kinds, waitsFor }) => {
      if (kinds.length === 0) return ['nothing is open'];
      const names = [...new Set(kinds.map(({ kind }) => kind))].sort();
      const byKind = names.map((name) => {
        const ofIt = kinds.filter(({ kind }) => kind === name).map(({ state, count }) => `${count} ${state}`);
        return `${name}: ${ofIt.join(', ')}`;
      });
      return [
        `${waiting} waiting, ${running} running, ${blocked} blocked, ${undoing} undoing; the oldest was asked for ${inTimeUnits(oldestSeconds)} ago`,
        ...cut(byKind),
        ...cut(waitsFor.map(({ what, count }) => `${count} ${count === 1 ? 'waits' : 'wait'}: ${what}`)),
      ];
    },
  }),
  machines: section({
    ask: async ({ stored }) => Object.fromEntries(known(await stored.now()).machines),
    lines: (machines) => {
      const there = Object.entries(machines).filter(([, count]) => count > 0);
      return [there.length === 0 ? 'none' : there.map(([status, count]) => `${count} ${status}`).join(', ')];
    },
  }),
  hosts: section({
    ask: async ({ engine, services: { configuration } }) => {
      const { overcommit, reservedRam } = configuration.incus;
      return {
        overcommit: configuration.engine === 'incus' ? { ...overcommit, reservedRam } : null,
        members: await engine.hosts.list(),
      };
    },
    lines: ({ overcommit, members }) => [
      overcommit === null
        ? 'simulated'
        : `sold is each processor ${overcommit.cpu} times, the memory but ${overcommit.reservedRam} GB ${overcommit.ram} times, the disk ${overcommit.disk} times`,
      ...members.map(({ name, state, message, machines, given, has, offers }) => {
        const of = (part: keyof Size, unit: string) => {
          const sold = Math.round(given?.[part] ?? 0);
          if (offers === undefined) return `${sold}${unit}`;
          const there = has === undefined || has[part] === offers[part] ? '' : ` (${Math.floor(has[part])} there)`;
          return `${sold} of ${Math.floor(offers[part])}${unit}${there}`;
        };
        const sold =
          given === undefined
            ? ''
            : `; sold: vCPU ${of('cpu', '')}, RAM ${of('ram', ' GB')}, disk ${of('disk', ' GB')}`;
        return `${name}: ${state}, ${counted(machines, 'machine')}${sold}${message === '' ? '' : `; ${message}`}`;
      }),
    ],
  }),
  addresses: section({
    ask: ({ services: { configuration }, stored }) =>
      countAddresses(
        stored,
        configuration.addressPools.flatMap(({ cidrs }) => cidrs),
      ),
    lines: (counts) => {
      const lines = counts.map(
        ({ region, family, free, used, reserved, held }) =>
          `${region} ${family}: ${free >= 2 ** 40 ? 'more than enough' : free} free, ${used} used, ${reserved} reserved${held === 0 ? '' : `, ${held} held for found machines`}`,
      );
      return lines.length < 2 ? [lines[0] ?? 'no blocks are configured'] : ['', ...lines];
    },
  }),
  backups: section({
    ask: async ({ services: { backupStore, configuration } }) => {
      const own = await lastBackupAt(configuration.dataDirectory);
      const ofServer = own === undefined ? null : new Date(own).toISOString();
      const store = await backupStore.check().catch((error: Error) => ({ problem: error.message }));
      return { store, ofServer };
    },
    lines: ({ store, ofServer }) => [
      `of machines: ${typeof store === 'string' ? store : notAsked(store.problem)}; of the server: ${ofServer ?? 'none by raffia backup'}`,
    ],
  }),
  mails: section({
    ask: ({ stored }) => countMails(stored),
    lines: ({ waiting, givenUp }) => [`${waiting} waiting, ${givenUp} given up`],
  }),
  found: section({
    ask: ({ stored }) => countFound(stored),
    lines: ({ machines, volumes }) => [
      machines + volumes === 0
        ? 'nothing on the hosts that no row knows'
        : `${counted(machines, 'machine')} and ${counted(volumes, 'volume')} that no row knows are quarantined: raffia operator machines, raffia operator volumes`,
    ],
  }),
  certificate: section({
    ask: async ({ services: { certificate, clock } }) =>
      certificate === undefined ? null : { ...endOf(certificate.endsAt, clock.now()), failures: certificate.failures },
    lines: (told) => {
      if (told === null) return ['none: TLS does not end in this server'];
      const { endsAt, leftSeconds, failures } = told;
      const failed =
        failures === 0 ? [] : [`no other was got or taken, ${counted(failures, 'time')} in a row: the log says why`];
      if (endsAt === null || leftSeconds === null) return ['none yet', ...failed];
      return [
        `ends ${endsAt}, ${leftSeconds > 0 ? `in ${inTimeUnits(leftSeconds)}` : 'so its time is over'}`,
        ...failed,
      ];
    },
  }),
  ready: section({
    ask: ({ readiness }) => readiness.now(),
    lines: ({ status, parts }) => [
      status,
      ...Object.entries(parts).map(
        ([name, part]) =>
          `${name}: ${part.status}${'message' in part && part.message !== undefined ? `, ${part.message}` : ''}`,
      ),
    ],
  }),
};

/** What people read of a part that could not be asked. */
export function notAsked(problem: string): string {
  return `could not be asked: ${problem}`;
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('the database did not say in time');
  return found;
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines - 1), `and ${lines.length - mostLines + 1} more`];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function inBytes(bytes: number): string {
  const gigabytes = bytes / 1e9;
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

/** Seconds as the largest unit that there are two of. */
export function inTimeUnits(seconds: number): string {
  const units = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ] as const;
  const [length, unit] = units.find(([length]) => seconds >= 2 * length) ?? ([1, 'seconds'] as const);
  return `${Math.floor(seconds / length)} ${unit}`;
}

/** Both null where there is no certificate yet. */
function endOf(endsAt: number | undefined, now: number): { endsAt: string | null; leftSeconds: number | null } {
  if (endsAt === undefined) return { endsAt: null, leftSeconds: null };
  return { endsAt: new Date(endsAt).toISOString(), leftSeconds: Math.floor((endsAt - now) / 1000) };
}
