import { hourlyPrice } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getVolume } from '@raffia/contract/volumes.ts';
import type { Row } from '../../database/tables.ts';

export type Volume = Row<'volumes'>;
type VolumeAnswer = NonNullable<AnswerOf<typeof getVolume>['data']>;

/** A volume in the contract's shape. One that no machine has, or is to have, has no `product_vm`: clients read an id there, or nothing. */
export function presentVolume(row: Volume): VolumeAnswer {
  return {
    id: row.id,
    account_id: row.account_id,
    project_id: row.project_id,
    ...(row.vm_id === null ? {} : { product_vm: row.vm_id }),
    name: row.name,
    volume_type: 'nvme',
    size: row.size,
    status: row.status,
    price_per_hour: hourlyPrice(row.price_month_micros),
    region: row.region as NonNullable<VolumeAnswer['region']>,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
