import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../foundation/api-error.ts';
import { type MoneyMoved, moneyMoved } from '../metrics/money-moved.ts';

/** What a charge took from where, in micro-dollars. */
export interface Charge {
  readonly credits: number;
  readonly balance: number;
}

/** What an entry is for. */
export interface Entry {
  readonly reason: string;
  readonly resourceId: string;
  readonly termId: string;
}

/**
 * Takes an amount from an account: credits first, then balance. The account's row is locked until the transaction ends.
 *
 * @param micros micro-dollars, not negative
 * @throws ApiError 402 where both together are too little
 */
export async function charge(tx: Transaction, accountId: string, micros: number, entry: Entry): Promise<Charge> {
  const account = await tx.db
    .selectFrom('accounts')
    .select(['balance_micros', 'credits_micros'])
    .where('id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const credits = Math.min(account.credits_micros, micros);
  const balance = micros - credits;
  if (balance > 0 && account.balance_micros < balance) throw new ApiError('insufficientBalance');
  await book(tx, 'charged', accountId, -balance, -credits, entry);
  return { credits, balance };
}

/** Takes a charge back, to where it came from: the account is as before. */
export async function takeBack(
  tx: Transaction,
  accountId: string,
  { balance, credits }: Charge,
  entry: Entry,
): Promise<void> {
  await book(tx, 'taken back', accountId, balance, credits, entry);
}

/** Adds an amount to an account's balance. */
export async function credit(tx: Transaction, accountId: string, micros: number, entry: Entry): Promise<void> {
  if (micros > 0) await book(tx, 'credited', accountId, micros, 0, entry);
}

async function book(
  tx: Transaction,
  kind: MoneyMoved['kind'],
  accountId: string,
  balance: number,
  credits: number,
  entry: Entry,
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
      reason: entry.reason,
      resource_id: entry.resourceId,
      term_id: entry.termId,
    })
    .execute();
  if (!moneyMoved.hasSubscribers) return;
  const moved: MoneyMoved = { kind, balance, credits };
  tx.onCommitted(() => moneyMoved.publish(moved));
}
