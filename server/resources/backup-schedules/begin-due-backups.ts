import { nextSlot, periodMs } from '@raffia/contract/backup-slots.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { sql } from 'kysely';
import { checkStanding, refuseWithoutFunds } from '../../billing/standing.ts';
import type { Row } from '../../database/tables.ts';
import { type Transaction, transact } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { refuseOverQuota } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';
import { beginBackup, defaultName } from '../backups/take-backup.ts';

type Schedule = Row<'backup_schedules'>;

interface Candidate {
  readonly id: number;
  readonly vm_id: string;
}

/** So many are looked at together. */
const batch = 100;

/**
 * Begins the backups that are due, and works out when the next are. However many are due at the same moment, of the places for work no
 * more than a quarter is ever taken by them: the others wait in their schedules, in turn between accounts, and whatever else an account asks
 * for comes before. What is stopped is left out; a time that has passed, however often, is made up for once.
 *
 * @returns whether more are due
 */
export async function beginDueBackups(services: Services): Promise<boolean> {
  await mend(services);
  const most = Math.max(1, Math.floor(services.configuration.operations.atOnce / 4));
  let places = most - (await underWay(services));
  for (let isMoving = true; isMoving && places > 0; ) {
    isMoving = false;
    for (const candidate of await candidates(services)) {
      if (places === 0) break;
      const came = await turn(services, candidate).catch((error) => {
        services.log.warn({ err: error, ...candidate }, 'a schedule of backups had no turn; it is tried again');
        return 'nothing' as const;
      });
      if (came === 'a backup') places--;
      isMoving ||= came !== 'nothing';
    }
  }
  return await isAnyDue(services);
}

/** A time that is further away than the next one is not believed: the clock was set back, or it was never worked out. */
async function mend({ db, clock }: Services): Promise<void> {
  const now = clock.now();
  for (const type of ['daily', 'weekly'] as const) {
    const far = await db
      .selectFrom('backup_schedules')
      .selectAll()
      .where('type', '=', type)
      .where('due_at', '>', new Date(now + periodMs[type]))
      .execute();
    for (const schedule of far) {
      await db
        .updateTable('backup_schedules')
        .set({ due_at: nextSlot(schedule, now) })
        .where('id', '=', schedule.id)
        .where('due_at', '=', schedule.due_at)
        .execute();
    }
  }
}

/** Of operations: a scheduled backup that is being taken, or is about to be. */
const isUnderWay = sql`finished_at is null and kind = 'backup.create' and input->>'isScheduled' = 'true'`;

async function underWay({ db }: Services): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from operations
     where ${isUnderWay}`.execute(db);
  return rows[0]?.count ?? 0;
}

const isDue = (now: number) => sql`type in ('daily', 'weekly') and due_at <= ${new Date(now)}`;

async function isAnyDue({ db, clock }: Services): Promise<boolean> {
  const { rows } = await sql`select from backup_schedules where ${isDue(clock.now())} limit 1`.execute(db);
  return rows.length > 0;
}

/** Those that are due, in turn between accounts: of whom the fewest are under way comes first. */
async function candidates({ db, clock }: Services): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    with busy as (
      select account_id, count(*) as count from operations
       where ${isUnderWay} group by 1)
    select s.id, s.vm_id from backup_schedules s left join busy b on b.account_id = s.account_id
     where ${isDue(clock.now())}
     order by coalesce(b.count, 0) + row_number() over (partition by s.account_id order by s.due_at, s.id), s.due_at, s.id
     limit ${batch}`.execute(db);
  return rows;
}

/**
 * The turn of one schedule. It and its next time are written in one transaction, on a row that is locked: of any number of servers one
 * begins it.
 *
 * @returns what came of it; nothing where another server has it
 */
async function turn(services: Services, { id, vm_id }: Candidate): Promise<'a backup' | 'no backup' | 'nothing'> {
  const now = services.clock.now();
  return transact(services.db, async (tx) => {
    const vm = await tx.db
      .selectFrom('vms')
      .selectAll()
      .where('id', '=', vm_id)
      .where('deleted_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const schedule = await tx.db
      .selectFrom('backup_schedules')
      .selectAll()
      .where('id', '=', id)
      .where('due_at', '<=', new Date(now))
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (schedule === undefined) return 'nothing';
    const due_at = nextSlot(schedule, now);
    await tx.db.updateTable('backup_schedules').set({ due_at }).where('id', '=', id).execute();
    // What runs or is about to, as for a snapshot.
    if (vm === undefined || !vmActions.runs('snapshot', vm.status) || (await isOpen(tx, schedule))) {
      return 'no backup';
    }
    const failure = await refusalOf(tx, schedule);
    await beginBackup(services, tx, vm, {
      now,
      name: defaultName(schedule.type, now),
      createdBy: schedule.created_by,
      schedule,
      ...(failure === undefined ? {} : { failure }),
    });
    const { account_id: accountId, project_id: projectId } = schedule;
    services.changes.said(tx, { kind: 'vm', accountId, id: vm.id, projectId });
    return failure === undefined ? 'a backup' : 'no backup';
  });
}

/** While the backup of its last turn is not taken yet, a turn is left out. */
async function isOpen(tx: Transaction, { id }: Schedule): Promise<boolean> {
  const open = await tx.db
    .selectFrom('backups')
    .select('id')
    .where('schedule_id', '=', id)
    .where('state', 'in', ['pending', 'creating'])
    .executeTakeFirst();
  return open !== undefined;
}

/** Why the account may have no backup now, as if somebody had asked for one. */
async function refusalOf(tx: Transaction, { account_id }: Schedule): Promise<string | undefined> {
  try {
    await checkStanding(tx, account_id);
    await refuseWithoutFunds(tx, account_id);
    await refuseOverQuota(tx, account_id, { backups: 1 });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
