import type { Pool } from 'pg';
import type { Configuration } from './configuration/configuration.ts';
import type { Clock } from './foundation/clock.ts';
import { recount } from './quotas/usage.ts';
import type { Services } from './services.ts';

interface Outlived {
  readonly table: string;
  /** SQL of the rows that may go; `$1` is the time before which they have to be from. */
  readonly rows: string;
  /** For how many days they are kept after that time; 0 of a setting: for ever. */
  readonly days: (retention: Configuration['retention']) => number;
  readonly isForEverAtNone?: boolean;
}

const asTold = (name: keyof Configuration['retention']) => ({
  days: (retention: Configuration['retention']) => retention[name],
  isForEverAtNone: true,
});
/** What has run out can do nothing any more. */
const runOut = (table: string) => ({ table, rows: 'expires_at < $1', days: () => 0 });

/** Everything that grows by use and is not deleted by whom it belongs to, and how long it is kept. */
export const outlived: readonly Outlived[] = [
  { table: 'operations', rows: 'finished_at < $1', ...asTold('operationDays') },
  { table: 'audit_log', rows: 'created_at < $1', ...asTold('auditDays') },
  { table: 'balance_entries', rows: 'created_at < $1', ...asTold('balanceDays') },
  { table: 'terms', rows: 'until < $1', ...asTold('balanceDays') },
  { table: 'tier_requests', rows: 'decided_at < $1', ...asTold('auditDays') },
  { table: 'idempotency_keys', rows: 'created_at < $1', days: () => 1 },
  { table: 'api_key_usage', rows: 'minute < $1', days: () => 8 },
  // A day after the first attempt a mail is given up; then the operator has a week to look at it.
  { table: 'mails', rows: 'created_at < $1', days: () => 8 },
  { table: 'mailed_invitations', rows: 'created_at < $1', days: () => 1 },
  runOut('sessions'),
  runOut('one_time_links'),
  runOut('verifications'),
  runOut('invitations'),
];

const batch = 5000;
const everyMs = 3_600_000;
const firstMs = 60_000;
const dayMs = 86_400_000;

/**
 * Deletes what has been kept long enough, some thousand rows at a time, so that nobody waits for it; and verifies the counters of what
 * accounts have. Once an hour.
 */
export class Housekeeping {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #services: Services;
  #cancel: () => void = () => {};
  #running: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(services: Services) {
    this.#services = services;
    this.#pool = services.pool;
    this.#clock = services.clock;
  }

  start(): void {
    this.#next(firstMs);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel();
    await this.#running;
  }

  /**
   * Deletes now.
   *
   * @returns how many rows went, by table
   */
  async tidy(): Promise<Record<string, number>> {
    const gone: Record<string, number> = {};
    for (const { table, rows, days, isForEverAtNone } of outlived) {
      const kept = days(this.#services.configuration.retention);
      if (kept === 0 && isForEverAtNone) continue;
      const before = new Date(this.#clock.now() - kept * dayMs);
      gone[table] = 0;
      for (let deleted = batch; deleted === batch && !this.#isStopping; ) {
        const { rowCount } = await this.#pool.query(
          `delete from ${table} where ctid = any (array(select ctid from ${table} where ${rows} limit ${batch}))`,
          [before],
        );
        deleted = rowCount ?? 0;
        gone[table] += deleted;
      }
    }
    return gone;
  }

  #next(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      this.#running = this.#hour().finally(() => {
        if (!this.#isStopping) this.#next(everyMs);
      });
    });
  }

  async #hour(): Promise<void> {
    const { log, db } = this.#services;
    try {
      const gone = await this.tidy();
      if (Object.values(gone).some((count) => count > 0)) log.info({ gone }, 'what was kept long enough is deleted');
      const wrong = await recount(db);
      if (wrong.length > 0) log.warn({ counters: wrong.slice(0, 20) }, 'counters were wrong and are mended');
    } catch (error) {
      log.warn({ err: error }, 'housekeeping broke off; it goes on in an hour');
    }
  }
}
