import type { getBackup } from '@raffia/contract/backups.ts';
import { hourlyPrice } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { inMegabytes } from './backup-size.ts';
import type { BackupView } from './backup-view.ts';

type BackupAnswer = NonNullable<AnswerOf<typeof getBackup>['data']>;

/** A backup in the contract's shape. */
export function presentBackup(row: BackupView): BackupAnswer {
  return {
    id: row.id,
    account_id: row.account_id,
    project_id: row.project_id,
    created_by: row.created_by,
    region: row.region as BackupAnswer['region'],
    product_vm: row.vm_id,
    name: row.name,
    storage_size: inMegabytes(row.kept_bytes ?? 0),
    status: row.state,
    ...(row.failure_reason === null ? {} : { status_reason: row.failure_reason }),
    price_per_hour: hourlyPrice(row.month_micros),
    ...(row.expires === null ? {} : { expire_date: row.expires.toISOString() }),
    ...(row.increment === null ? {} : { increment_id: row.increment }),
    created_at: row.created_at.toISOString(),
  };
}
