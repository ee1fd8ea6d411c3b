import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';

/**
 * In whose order work on a snapshot is done: its machine's, so that a start that follows a restore finds the restored disk; of a volume,
 * the machine's that has it, or else the volume's own.
 */
export async function snapshotQueue(
  tx: Transaction,
  { vm_id, volume_uid, uid }: Pick<Row<'snapshots'>, 'uid' | 'vm_id' | 'volume_uid'>,
): Promise<string> {
  if (volume_uid === null) return vm_id ?? uid;
  const volume = await tx.db.selectFrom('volumes').select('vm_id').where('uid', '=', volume_uid).executeTakeFirst();
  return volume?.vm_id ?? volume_uid;
}

/** What its work is told of a volume, which it finds under no other id. */
export function ofVolume({ volume_uid }: Pick<Row<'snapshots'>, 'volume_uid'>): { volumeUid?: string } {
  return volume_uid === null ? {} : { volumeUid: volume_uid };
}
