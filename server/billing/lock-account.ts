import type { BillingMode } from '@raffia/contract/enums.ts';
import type { Transaction } from '../database/transaction.ts';

/** Locks an account, as comes before all else where money moves: whoever takes locks in one order waits for nobody who waits for him. */
export async function lockAccount(tx: Transaction, accountId: string): Promise<{ billingMode: BillingMode }> {
  const { billing_mode } = await tx.db
    .selectFrom('accounts')
    .select('billing_mode')
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  return { billingMode: billing_mode };
}
