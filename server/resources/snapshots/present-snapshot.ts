import { hourlyPrice } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getSnapshot } from '@raffia/contract/snapshots.ts';
import type { Row } from '../../database/tables.ts';

type SnapshotAnswer = NonNullable<AnswerOf<typeof getSnapshot>['data']>;

/**
 * A snapshot in the contract's shape. It is counted with the size of the disk that it was taken of: what it keeps of that by itself grows
 * while the disk changes, and not every host can tell.
 */
export function presentSnapshot(row: Row<'snapshots'>): SnapshotAnswer {
  const size = `${row.size} GB`;
  return {
    id: row.id,
    account_id: row.account_id,
    project_id: row.project_id,
    created_by: row.created_by,
    type: row.type,
    name: row.name,
    size,
    target_size: size,
    status: row.state === 'active' ? 'active' : '',
    ...(row.vm_id === null ? {} : { product_vm: row.vm_id }),
    ...(row.volume_id === null ? {} : { volume_id: row.volume_id }),
    price_per_hour: hourlyPrice(row.price_month_micros),
    created_at: row.created_at.toISOString(),
  };
}
