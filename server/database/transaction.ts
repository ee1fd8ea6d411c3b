import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, Transaction as KyselyTransaction } from 'kysely';
import { askFor } from './asker.ts';
import type { Tables } from './tables.ts';

/** A transaction in progress: its queries, and what is to be done once its outcome stands. */
export interface Transaction {
  readonly db: KyselyTransaction<Tables>;
  /**
   * Runs `drop` after the commit, the rollback, or a commit whose outcome is unknown, always before the caller goes on: the
   * place for dropping cached values that the transaction may have changed.
   */
  onSettled(drop: () => void): void;
  /** Runs `act` after a commit that is known to have happened. */
  onCommitted(act: () => void): void;
}

const inside = new AsyncLocalStorage<true>();

/** Whether the caller is, however many calls deep, inside `transact`. */
export function isInTransaction(): boolean {
  return inside.getStore() === true;
}

/** Runs `work` in one transaction; whatever it throws rolls back and is thrown on. */
export async function transact<T>(db: Kysely<Tables>, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const settled: (() => void)[] = [];
  const committed: (() => void)[] = [];
  let result: T;
  try {
    result = await db.transaction().execute((transaction) =>
      inside.run(true, () =>
        work({
          db: transaction,
          onSettled: (drop) => settled.push(drop),
          onCommitted: (act) => committed.push(act),
        }),
      ),
    );
  } finally {
    askFor(undefined, () => {
      for (const drop of settled) drop();
    });
  }
  // What is begun here is not the request's any more.
  askFor(undefined, () => {
    for (const act of committed) act();
  });
  return result;
}
