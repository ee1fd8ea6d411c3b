import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../foundation/api-error.ts';

/**
 * Refuses a paid operation where the account's standing does not allow it (behaviour/billing.md §7), in the documented order.
 * Nothing is locked: quotas and names are held by counters and indexes of their own, the balance by whoever charges, and requests of
 * one account don't wait for each other.
 *
 * @throws ApiError 403 with a reason
 */
export async function checkStanding(tx: Transaction, accountId: string): Promise<void> {
  const account = await tx.db
    .selectFrom('accounts')
    .select(['is_suspended', 'payment_state'])
    .where('id', '=', accountId)
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

/**
 * Refuses what is counted now and paid later to an account that pays ahead and has nothing left to pay it from. With pay-as-you-go all is
 * paid later.
 *
 * @throws ApiError 402
 */
export async function refuseWithoutFunds(tx: Transaction, accountId: string): Promise<void> {
  const { billing_mode, balance_micros, credits_micros } = await tx.db
    .selectFrom('accounts')
    .select(['billing_mode', 'balance_micros', 'credits_micros'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  if (billing_mode === 'subscription' && balance_micros + credits_micros <= 0) {
    throw new ApiError('insufficientBalance');
  }
}

export function accountSuspended(): ApiError {
  return refusal('banned', 'This account is suspended. Ask the operator of this cloud to lift it.');
}

function refusal(reason: string, message: string): ApiError {
  return new ApiError('billing', { message }, { reason });
}
