import { sql } from 'kysely';
import { transact } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { enqueueOwn } from './enqueue.ts';
import { type CloudKind, cloudId } from './operation-kinds.ts';

/** When work of a kind comes up, in milliseconds: for the first time after a start, and again after each turn. */
export interface Schedule {
  readonly firstMs: number;
  readonly everyMs: number;
}

export type Schedules = Readonly<Record<CloudKind, Schedule>>;

/**
 * Begins what is due of things that know by themselves when that is.
 *
 * @returns whether more is due
 */
export type Turn = (services: Services) => Promise<boolean>;

/** A turn begins at most this late; however far away it is, since somebody may set the clock. */
const looksEveryMs = 30_000;
/** The same while something is due that waits for others. */
const looksAgainMs = 1000;

/**
 * Turns what is due into operations. A schedule is a row; its operation and the time of its next turn are written in one transaction, so
 * that of any number of servers one begins it, and a turn that was missed is made up for once. Times are the server's clock's, and
 * none further away than one turn is believed.
 */
export class Scheduler {
  readonly #services: Services;
  readonly #schedules: Schedules;
  readonly #turns: readonly Turn[];
  #cancel: () => void = () => {};
  #looking: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(services: Services, schedules: Schedules, turns: readonly Turn[] = []) {
    this.#services = services;
    this.#schedules = schedules;
    this.#turns = turns;
  }

  start(): void {
    this.#looking = this.#enterAndLook().then((isMore) => {
      if (this.#isStopping) return;
      this.#cancel = this.#services.clock.after(isMore ? looksAgainMs : looksEveryMs, () => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel();
    await this.#looking;
  }

  /**
   * Begins what is due now.
   *
   * @returns the kinds of the operations that were written down
   */
  async look(): Promise<CloudKind[]> {
    const { db, clock } = this.#services;
    return transact(db, async (tx) => {
      const now = clock.now();
      const { rows } = await sql<{ kind: CloudKind; resource_id: string; due_at: Date; is_open: boolean }>`
        select s.kind, s.resource_id, s.due_at,
               exists (select from operations o where o.queue = s.resource_id and o.kind = s.kind and o.finished_at is null) as is_open
          from schedules s order by s.due_at for update of s skip locked`.execute(tx.db);
      const begun: CloudKind[] = [];
      for (const { kind, resource_id, due_at, is_open } of rows) {
        const schedule = this.#schedules[kind];
        // Of another version: it is left as it is.
        if (schedule === undefined) continue;
        const next = now + schedule.everyMs;
        const isDue = due_at.getTime() <= now;
        if (!isDue && due_at.getTime() <= next) continue;
        await tx.db
          .updateTable('schedules')
          .set({ due_at: new Date(next) })
          .where('kind', '=', kind)
          .where('resource_id', '=', resource_id)
          .execute();
        if (!isDue || is_open) continue;
        await enqueueOwn(this.#services, tx, kind);
        begun.push(kind);
      }
      return begun;
    });
  }

  /** Every kind has its row, also after an upgrade; the time that one has stays. */
  async enter(): Promise<void> {
    const now = this.#services.clock.now();
    await this.#services.db
      .insertInto('schedules')
      .values(
        Object.entries(this.#schedules).map(([kind, { firstMs }]) => ({
          kind,
          resource_id: cloudId,
          due_at: new Date(now + firstMs),
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async #enterAndLook(): Promise<boolean> {
    const own = async () => {
      await this.enter();
      await this.look();
      return false;
    };
    let isMore = false;
    for (const turn of [own, ...this.#turns]) {
      try {
        isMore = (await turn(this.#services)) || isMore;
      } catch (error) {
        this.#services.log.warn({ err: error }, 'what is due could not be begun; it is tried again');
      }
    }
    return isMore;
  }
}
