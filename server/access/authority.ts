import { sql } from 'kysely';
import type { Transaction } from '../database/transaction.ts';

/** The class of these locks among the database's; the triggers of migration 0007 have it too. */
const lockClass = 7_238_433;

/**
 * Takes hold of the authority that a write stands on: of the account, and of the person where one is asking. What is read of keys,
 * sessions, roles and members after this stands until the transaction ends, since whoever takes something of it away waits
 * (triggers see to that), and is waited for. These locks are fair: no stream of writes keeps a change from getting its turn.
 *
 * @param changes whether this write takes authority away itself: it then excludes the others from its start on
 */
export async function holdAuthority(
  tx: Transaction,
  { accountId, personId, changes }: { accountId: string; personId: string | null; changes: boolean },
): Promise<void> {
  const lock = sql.raw(changes ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared');
  const person =
    personId === null ? sql`` : sql`, pg_advisory_xact_lock_shared(${sql.lit(lockClass)}, hashtext(${personId}))`;
  await sql`select ${lock}(${sql.lit(lockClass)}, hashtext(${accountId}))${person}`.execute(tx.db);
}

/** The same where no account is asked: of the person alone. */
export async function holdPersonAuthority(tx: Transaction, personId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${sql.lit(lockClass)}, hashtext(${personId}))`.execute(tx.db);
}

/** For transactions that no request of the account made: takes what a change of its authority needs, before any row is locked. */
export async function changeAuthority(tx: Transaction, accountId: string): Promise<void> {
  await holdAuthority(tx, { accountId, personId: null, changes: true });
}
