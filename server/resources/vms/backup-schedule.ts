import type { BodyOf } from '@raffia/contract/operation.ts';
import { isBackupTime, weekdays } from '@raffia/contract/vm-rules.ts';
import type { createVM } from '@raffia/contract/vms.ts';
import type { Transaction } from '../../database/transaction.ts';
import { invalid } from '../../foundation/api-error.ts';

/** Backups kept by a schedule made with a machine: the number that is free of charge. */
const keptBackups = 3;

/**
 * Writes the schedule that `backup_type` asks for. Times are UTC.
 *
 * @throws ApiError 400 for a time or day that cannot be read
 */
export async function createBackupSchedule(
  tx: Transaction,
  vmId: string,
  body: BodyOf<typeof createVM>,
): Promise<void> {
  const type = body.backup_type ?? 'none';
  if (type === 'none') return;
  const time = body.backup_time ?? '8am';
  if (!isBackupTime(time)) throw invalid('backup_time must be a time of day such as 8am, 8:30pm or 20:30');
  let day: string | null = null;
  if (type === 'weekly') {
    day = weekdays.find((name) => name.toLowerCase() === body.backup_date?.toLowerCase()) ?? null;
    if (day === null)
      throw invalid(`backup_date is required for weekly backups and must be one of: ${weekdays.join(', ')}`);
  }
  await tx.db
    .insertInto('backup_schedules')
    .values({ vm_id: vmId, type, time, day_of_week: day, keep_count: keptBackups })
    .execute();
}
