import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../http/api-error.ts';

const monthHours = 720;
const hourMs = 3_600_000;

/** What a charge took from where, in micro-dollars. */
export interface Charge {
  readonly credits: number;
  readonly balance: number;
}

/**
 * Takes an amount from an account: credits first, then balance. The account's row is locked until the transaction ends.
 *
 * @param micros micro-dollars, not negative
 * @throws ApiError 402 where both together are too little
 */
export async function charge(
  tx: Transaction,
  accountId: string,
  micros: number,
  reason: string,
  resourceId: string,
): Promise<Charge> {
  const account = await tx.db
    .selectFrom('accounts')
    .select(['balance_micros', 'credits_micros'])
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const credits = Math.min(account.credits_micros, micros);
  const balance = micros - credits;
  if (balance > 0 && account.balance_micros < balance) throw new ApiError('insufficientBalance');
  await book(tx, accountId, -balance, -credits, reason, resourceId);
  return { credits, balance };
}

/** Takes a charge back, to where it came from: the account is as before. */
export async function takeBack(
  tx: Transaction,
  accountId: string,
  { balance, credits }: Charge,
  reason: string,
  resourceId: string,
): Promise<void> {
  await book(tx, accountId, balance, credits, reason, resourceId);
}

/** Adds an amount to an account's balance. */
export async function credit(
  tx: Transaction,
  accountId: string,
  micros: number,
  reason: string,
  resourceId: string,
): Promise<void> {
  if (micros > 0) await book(tx, accountId, micros, 0, reason, resourceId);
}

async function book(
  tx: Transaction,
  accountId: string,
  balance: number,
  credits: number,
  reason: string,
  resourceId: string,
): Promise<void> {
  if (balance === 0 && credits === 0) return;
  await tx.db
    .updateTable('accounts')
    .set((row) => ({
      balance_micros: row('balance_micros', '+', balance),
      credits_micros: row('credits_micros', '+', credits),
    }))
    .where('id', '=', accountId)
    .execute();
  await tx.db
    .insertInto('balance_entries')
    .values({
      account_id: accountId,
      balance_micros: balance,
      credits_micros: credits,
      reason,
      resource_id: resourceId,
    })
    .execute();
}

/**
 * The part of a month's price that is left of a term of 720 hours, by the hour (billing.md §4).
 *
 * @param now milliseconds since 1970
 */
export function unusedPart(monthMicros: number, termStartedAt: Date, now: number): number {
  const elapsedHours = Math.ceil(Math.max(0, now - termStartedAt.getTime()) / hourMs);
  const leftHours = Math.max(0, monthHours - elapsedHours);
  return Math.round((monthMicros * leftHours) / monthHours);
}
