import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../http/api-error.ts';

/**
 * Refuses a paid operation where the account's standing does not allow it (behaviour/billing.md §7), in the documented order, and
 * locks the account's row until the transaction ends: quotas, names and balance are then checked one request at a time. The lock is
 * the one that foreign keys don't conflict with: rows that refer to the account may have been written already.
 *
 * @throws ApiError 403 with a reason
 */
export async function checkStanding(tx: Transaction, accountId: string): Promise<void> {
  const account = await tx.db
    .selectFrom('accounts')
    .select(['is_suspended', 'payment_state'])
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (account.is_suspended) throw accountSuspended();
  if (account.payment_state === 'failed') {
    throw refusal('failed', 'Payment failed. Please update your payment method.');
  }
  if (account.payment_state === 'none') {
    throw refusal(
      'no_billing_customer',
      'Billing is not set up for this account. Ask the operator of this cloud to set it up.',
    );
  }
}

export function accountSuspended(): ApiError {
  return refusal('banned', 'This account is suspended. Ask the operator of this cloud to lift it.');
}

function refusal(reason: string, message: string): ApiError {
  return new ApiError('billing', { message }, { reason });
}
