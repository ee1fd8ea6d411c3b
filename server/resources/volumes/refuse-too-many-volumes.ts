import type { Transaction } from '../../database/transaction.ts';
import { invalid } from '../../foundation/api-error.ts';

/** A guest names its disks by letters, and `a` is its own. */
const volumesPerVm = 25;

/** @throws ApiError 400 where a machine has as many as it can have. Its row must be locked. */
export async function refuseTooManyVolumes(tx: Transaction, vmId: string): Promise<void> {
  const { count } = await tx.db
    .selectFrom('volumes')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('vm_id', '=', vmId)
    .executeTakeFirstOrThrow();
  if (count >= volumesPerVm) throw invalid(`A VM can have at most ${volumesPerVm} volumes; detach one first`);
}
