import { BackupStoreAway } from './backups/backup-store.ts';
import type { Configuration } from './configuration/configuration.ts';
import { recountCapacity } from './engines/capacity.ts';
import { done } from './engines/engine.ts';
import type { Schedule } from './operations/scheduler.ts';
import type { Workflow } from './operations/workflow.ts';
import { recount } from './quotas/usage.ts';
import { lookAfterStore } from './resources/backups/look-after-store.ts';
import { metricTiers } from './resources/vms/usage-recorder.ts';
import type { Services } from './services.ts';

declare module './operations/operation-kinds.ts' {
  interface OperationInputs {
    'cloud.tidy': Record<never, never>;
  }
}

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
  // One that failed says why as long as the work on it does.
  { table: 'backups', rows: "state = 'failed' and deleted_at is null and created_at < $1", ...asTold('operationDays') },
  { table: 'audit_log', rows: 'created_at < $1', ...asTold('auditDays') },
  { table: 'balance_entries', rows: 'created_at < $1', ...asTold('balanceDays') },
  { table: 'terms', rows: 'until < $1', ...asTold('balanceDays') },
  { table: 'tier_requests', rows: 'decided_at < $1', ...asTold('auditDays') },
  { table: 'idempotency_keys', rows: 'created_at < $1', days: () => 1 },
  { table: 'api_key_usage', rows: 'minute < $1', days: () => 8 },
  // The reader's last 30 days, with today.
  { table: 'api_key_hours', rows: 'hour < $1', days: () => 31 },
  { table: 'api_key_addresses', rows: 'last_used_at < $1', days: () => 90 },
  // A day after the first attempt a mail is given up; then the operator has a week to look at it.
  { table: 'mails', rows: 'created_at < $1', days: () => 8 },
  { table: 'mailed_invitations', rows: 'created_at < $1', days: () => 1 },
  ...metricTiers.map(({ every, keptSeconds }) => ({
    table: 'vm_metrics',
    rows: `every = ${every} and at < $1`,
    days: () => keptSeconds / 86_400,
  })),
  runOut('sessions'),
  runOut('one_time_links'),
  runOut('console_tickets'),
  runOut('verifications'),
  runOut('invitations'),
];

const batch = 5000;
/** How long one act may take, so that whoever stops the server waits no longer. */
const actMs = 2000;
const dayMs = 86_400_000;

/**
 * Deletes what has been kept long enough, some thousand rows at a time, so that nobody waits for it.
 *
 * @param untilMs when to break off, by the monotonic clock
 * @returns how many rows went, by table, and whether those were all
 */
export async function tidy(
  { pool, clock, configuration }: Services,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<{ gone: Record<string, number>; isDone: boolean }> {
  const gone: Record<string, number> = {};
  for (const { table, rows, days, isForEverAtNone } of outlived) {
    const kept = days(configuration.retention);
    if (kept === 0 && isForEverAtNone) continue;
    const before = new Date(clock.now() - kept * dayMs);
    gone[table] ??= 0;
    for (let deleted = batch; deleted === batch; ) {
      if (clock.monotonic() > untilMs) return { gone, isDone: false };
      const { rowCount } = await pool.query(
        `delete from ${table} where ctid = any (array(select ctid from ${table} where ${rows} limit ${batch}))`,
        [before],
      );
      deleted = rowCount ?? 0;
      gone[table] += deleted;
    }
  }
  return { gone, isDone: true };
}

/** What is kept as rows change is counted anew, and mended where it was wrong: after a restored backup, or rows written by hand. */
export async function verifyCounters({ db, log }: Pick<Services, 'db' | 'log'>): Promise<void> {
  const counters = await recount(db);
  const capacity = await recountCapacity(db);
  if (counters.length > 0 || capacity !== undefined)
    log.warn({ counters: counters.slice(0, 20), capacity }, 'counters were wrong and are mended');
}

export const housekeepingSchedule: Schedule = { firstMs: 60_000, everyMs: 3_600_000 };

/** Deletes what has been kept long enough, verifies the counters of what accounts have, and compares backups with where they are kept. */
export const housekeeping: Workflow<'cloud.tidy'> = {
  steps: [
    {
      name: 'delete what was kept long enough',
      act: async ({ services }) => {
        const { gone, isDone } = await tidy(services, services.clock.monotonic() + actMs);
        if (Object.values(gone).some((count) => count > 0)) {
          services.log.info({ gone }, 'what was kept long enough is deleted');
        }
        return isDone ? done : { done: false, retryInMs: 0 };
      },
    },
    {
      name: 'verify the counters',
      act: async ({ services }) => {
        await verifyCounters(services);
        return done;
      },
    },
    {
      name: 'look after the backups',
      act: async ({ services, signal }) => {
        try {
          await lookAfterStore(services, signal);
        } catch (error) {
          // Where it is away, backups that are asked for say so; the next turn does what this one did not.
          if (signal.aborted || !(error instanceof BackupStoreAway)) throw error;
          services.log.warn({ err: error }, 'the place where backups are kept could not be looked at');
        }
        return done;
      },
    },
  ],
  // The next turn does what this one did not.
  failed: async () => {},
};
