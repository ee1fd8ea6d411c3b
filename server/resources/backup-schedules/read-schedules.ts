import type { getBackupSchedule, listBackupSchedules } from '@raffia/contract/backup-schedules.ts';
import type { Kysely, Transaction } from 'kysely';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import { notFound } from '../../foundation/api-error.ts';
import { presentSchedule } from './present-schedule.ts';
import { besideSchedules, type ScheduleView } from './schedule-view.ts';

/** The schedules of the projects that the caller may see; of one machine where it is named. */
export async function listAllSchedules({ visible, query }: ListCall<typeof listBackupSchedules>) {
  let seen = visible.from('backupSchedule');
  if (query.vm_id !== undefined) seen = seen.where('vm_id', '=', query.vm_id);
  const { rows, total } = await visible.page(
    seen,
    pageOf(query, 50),
    (schedules) => schedules.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
    besideSchedules,
  );
  return { success: true, data: rows.map(presentSchedule), total };
}

export async function getOneSchedule({ services, principal, params }: ReadCall<typeof getBackupSchedule>) {
  return { success: true, data: await presentOne(services.db, principal.accountId, params.id) };
}

const { kept_mb, month_micros } = besideSchedules.columns;

/** @throws ApiError 404 where it is gone */
export async function presentOne(db: Kysely<Tables> | Transaction<Tables>, accountId: string, id: number) {
  const row: ScheduleView | undefined = await db
    .selectFrom('backup_schedules')
    .selectAll()
    .select([kept_mb.as('kept_mb'), month_micros.as('month_micros')])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('backupSchedule');
  return presentSchedule(row);
}
