import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../http/api-error.ts';

/** What a request would add to the account's use. */
export interface Growth {
  readonly vms: number;
  readonly cpu: number;
  readonly ram: number;
}

/**
 * Refuses what would go over the account's quotas. Use is counted from the machines themselves (all but deleted and failed ones), so
 * it cannot leak; the account's row is locked, so two requests cannot both take the last place.
 *
 * @throws ApiError 400 naming the limit
 */
export async function checkQuota(tx: Transaction, accountId: string, growth: Growth): Promise<void> {
  const account = await tx.db
    .selectFrom('accounts')
    .select(['vm_quota', 'vcpu_quota', 'ram_quota'])
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const used = await tx.db
    .selectFrom('vms')
    .select((row) => [
      row.fn.countAll<number>().as('vms'),
      row.fn.coalesce(row.fn.sum<number>('cpu'), row.lit(0)).as('cpu'),
      row.fn.coalesce(row.fn.sum<number>('ram'), row.lit(0)).as('ram'),
    ])
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .where('status', '<>', 'failure')
    .executeTakeFirstOrThrow();
  if (growth.vms > 0 && used.vms + growth.vms > account.vm_quota)
    throw new ApiError('tooManyVms', { limit: account.vm_quota });
  if (account.vcpu_quota !== null && growth.cpu > 0 && used.cpu + growth.cpu > account.vcpu_quota) {
    throw new ApiError('vcpuQuota', { limit: account.vcpu_quota });
  }
  if (account.ram_quota !== null && growth.ram > 0 && used.ram + growth.ram > account.ram_quota) {
    throw new ApiError('ramQuota', { limit: account.ram_quota });
  }
}
