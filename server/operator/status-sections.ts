import type { Size } from '../engines/engine.ts';
import { type Cloud, cloudParts, lanes } from '../resources/operator/cloud-parts.ts';

/** One thing that `operator status` tells: what is asked for it, as programs get it, and how people read that. */
interface Section<T> {
  readonly ask: (cloud: Cloud) => Promise<T>;
  /** The first stands beside the name, the others below it. */
  readonly lines: (told: T) => readonly string[];
}

/** What one is told does not matter to who only hands it on. */
export type AnySection = Section<unknown>;
const section = <T>(made: Section<T>): AnySection => made as AnySection;

/** The longest lists of one section; what is beyond is counted. */
const mostLines = 12;

/** In the order in which they are told, by their names in JSON. */
export const statusSections: Readonly<Record<string, AnySection>> = {
  nodes: section({
    ask: cloudParts.nodes,
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
    ask: cloudParts.database,
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
    ask: cloudParts.queue,
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
    ask: cloudParts.machines,
    lines: (machines) => {
      const there = Object.entries(machines).filter(([, count]) => count > 0);
      return [there.length === 0 ? 'none' : there.map(([status, count]) => `${count} ${status}`).join(', ')];
    },
  }),
  hosts: section({
    ask: cloudParts.hosts,
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
    ask: cloudParts.addresses,
    lines: (counts) => {
      const lines = counts.map(
        ({ region, family, free, used, reserved, held }) =>
          `${region} ${family}: ${free >= 2 ** 40 ? 'more than enough' : free} free, ${used} used, ${reserved} reserved${held === 0 ? '' : `, ${held} held for found machines`}`,
      );
      return lines.length < 2 ? [lines[0] ?? 'no blocks are configured'] : ['', ...lines];
    },
  }),
  backups: section({
    ask: cloudParts.backups,
    lines: ({ store, ofServer }) => [
      `of machines: ${typeof store === 'string' ? store : notAsked(store.problem)}; of the server: ${ofServer ?? 'none by raffia backup'}`,
    ],
  }),
  mails: section({
    ask: cloudParts.mails,
    lines: ({ waiting, givenUp }) => [`${waiting} waiting, ${givenUp} given up`],
  }),
  found: section({
    ask: cloudParts.found,
    lines: ({ machines, volumes }) => [
      machines + volumes === 0
        ? 'nothing on the hosts that no row knows'
        : `${counted(machines, 'machine')} and ${counted(volumes, 'volume')} that no row knows are quarantined: raffia operator machines, raffia operator volumes`,
    ],
  }),
  certificate: section({
    ask: cloudParts.certificate,
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
    ask: cloudParts.ready,
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
