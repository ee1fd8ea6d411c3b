import type { getBackupSchedule } from '@raffia/contract/backup-schedules.ts';
import { spokenSlots } from '@raffia/contract/backup-slots.ts';
import { hourlyPrice } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { spokenSize } from '../backups/backup-size.ts';
import type { ScheduleView } from './schedule-view.ts';

type ScheduleAnswer = NonNullable<AnswerOf<typeof getBackupSchedule>['data']>;

/** A schedule in the contract's shape. */
export function presentSchedule(row: ScheduleView): ScheduleAnswer {
  return {
    id: row.id,
    account_id: row.account_id,
    project_id: row.project_id,
    created_by: row.created_by,
    region: row.region as ScheduleAnswer['region'],
    product_vm: row.vm_id,
    name: `bkp-${row.uid.slice(0, 8)}-${row.type[0]}`,
    type: row.type,
    runtime: spokenSlots(row),
    keep_count: row.keep_count,
    price_per_hour: hourlyPrice(row.month_micros),
    size: spokenSize(row.kept_mb),
    created_at: row.created_at.toISOString(),
  };
}
