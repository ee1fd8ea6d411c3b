import { sql } from 'kysely';
import type { MachineUsage } from '../../engines/engine.ts';
import type { GuardedEngine } from '../../engines/outside-transactions.ts';
import type { Services } from '../../services.ts';

/** How far points lie apart, from which finer ones they are made, and how long they are kept: longer than anybody can ask for. */
export const metricTiers = [
  { every: 15, of: undefined, keptSeconds: 5400 },
  { every: 300, of: 15, keptSeconds: 2 * 86_400 },
  { every: 3600, of: 300, keptSeconds: 31 * 86_400 },
] as const;

const [measured] = metricTiers;
const counters = ['received', 'sent', 'read', 'written'] as const;
const gauges = ['cpu', 'memory', ...counters] as const;
/** Whoever waited longer for its turn knows no more how things went meanwhile. */
const longestGapSeconds = 60;

interface Reading {
  readonly usage: MachineUsage;
  /** Seconds of the monotonic clock. */
  readonly at: number;
}

type Point = { readonly vm_id: string; readonly cpu: number } & {
  readonly [gauge in (typeof gauges)[number]]?: number;
};

/**
 * Writes down what machines use: asks the engine every 15 seconds, once for all of them, and makes averages over longer spans from what it
 * wrote. Two that do so at once write the same moments once.
 */
export class UsageRecorder {
  readonly #services: Services;
  readonly #engine: GuardedEngine;
  #last = new Map<string, Reading>();
  /** Up to when averages are made, in seconds since 1970. */
  readonly #averaged = new Map<number, number>();
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(services: Services, engine: GuardedEngine) {
    this.#services = services;
    this.#engine = engine;
  }

  start(): void {
    const { log } = this.#services;
    this.#running = this.record()
      .catch((error) => log.info({ err: error }, 'what machines use could not be measured or written down'))
      .then(() => {
        if (this.#isStopping) return;
        const stepMs = measured.every * 1000;
        this.#cancel = this.#services.clock.after(stepMs - (this.#services.clock.now() % stepMs), () => this.start());
      });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel();
    await this.#running;
  }

  /** One round: measures, writes, and makes the averages that are due. */
  async record(): Promise<void> {
    const { clock } = this.#services;
    const usages = await this.#engine.machines.usage();
    const at = clock.monotonic() / 1000;
    const now = clock.now() / 1000;
    const last = this.#last;
    this.#last = new Map(usages.map((usage) => [usage.id, { usage, at }]));
    const points = usages.flatMap((usage) => pointOf(last.get(usage.id), { usage, at }) ?? []);
    if (points.length > 0) await this.#write(slotOf(now, measured.every), points);
    for (const { every, of } of metricTiers) if (of !== undefined) await this.#average(every, of, now);
  }

  async #write(slot: number, points: readonly Point[]): Promise<void> {
    await sql`
      insert into vm_metrics (every, at, vm_id, cpu, memory, received, sent, read, written)
      select ${measured.every}, to_timestamp(${slot}), p.*
        from jsonb_to_recordset(${JSON.stringify(points)}::jsonb)
             as p (vm_id uuid, cpu real, memory real, received real, sent real, read real, written real)
      on conflict do nothing`.execute(this.#services.db);
  }

  /** Averages of every span that has ended since the last one, at a start since the last that is written down. */
  async #average(every: number, of: number, now: number): Promise<void> {
    const end = slotOf(now, every);
    if (this.#averaged.get(every) === end) return;
    const averages = sql.join(gauges.map((name) => sql`avg(${sql.ref(name)})`));
    await sql`
      with since as (
        select greatest(coalesce(max(at) + ${every} * interval '1 second', '-infinity'), to_timestamp(${end}) - interval '1 day') as at
          from vm_metrics where every = ${every})
      insert into vm_metrics (every, at, vm_id, cpu, memory, received, sent, read, written)
      select ${every}, date_bin(${every} * interval '1 second', m.at, 'epoch'), vm_id, ${averages}
        from vm_metrics m
       where m.every = ${of} and m.at >= (select at from since) and m.at < to_timestamp(${end})
       group by 2, 3
      on conflict do nothing`.execute(this.#services.db);
    this.#averaged.set(every, end);
  }
}

const slotOf = (seconds: number, every: number) => Math.floor(seconds / every) * every;

/** What was used between two readings; undefined where that cannot be said: the first, or the machine was started anew between them. */
function pointOf(before: Reading | undefined, { usage, at }: Reading): Point | undefined {
  if (before === undefined) return undefined;
  const seconds = at - before.at;
  if (seconds <= 0 || seconds > longestGapSeconds) return undefined;
  const rate = (is: number | undefined, was: number | undefined) =>
    is === undefined || was === undefined || is < was ? undefined : (is - was) / seconds;
  const cpu = rate(usage.cpuSeconds, before.usage.cpuSeconds);
  if (cpu === undefined) return undefined;
  const rates = Object.fromEntries(counters.map((name) => [name, rate(usage[name], before.usage[name])]));
  return { vm_id: usage.id, cpu, ...(usage.memory === undefined ? {} : { memory: usage.memory }), ...rates };
}
