import type { Slots } from '@raffia/contract/backup-slots.ts';
import type { BodyOf } from '@raffia/contract/operation.ts';
import { parseTimeOfDay, type Weekday, weekdays } from '@raffia/contract/vm-rules.ts';
import type { createVM } from '@raffia/contract/vms.ts';
import { invalid } from '../../foundation/api-error.ts';

/**
 * The times of the schedule that `backup_type` asks for; undefined where none is.
 *
 * @throws ApiError 400 for a time or day that cannot be read
 */
export function slotsOfVm(body: BodyOf<typeof createVM>): Slots | undefined {
  const type = body.backup_type ?? 'none';
  if (type === 'none') return undefined;
  const time = body.backup_time ?? '8am';
  if (parseTimeOfDay(time) === null) throw invalid('backup_time must be a time of day such as 8am, 8:30pm or 20:30');
  let day: Weekday | null = null;
  if (type === 'weekly') {
    day = weekdays.find((name) => name.toLowerCase() === body.backup_date?.toLowerCase()) ?? null;
    if (day === null)
      throw invalid(`backup_date is required for weekly backups and must be one of: ${weekdays.join(', ')}`);
  }
  return { type, time, day_of_week: day };
}
