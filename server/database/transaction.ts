import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, Transaction as KyselyTransaction } from 'kysely';
import { askFor } from './asker.ts';
import { isOutdated } from './preparing-client.ts';
import type { Tables } from './tables.ts';

/** What became of a transaction; unknown where its commit was sent and nothing came back. */
export type Outcome = 'committed' | 'rolledBack' | 'unknown';

/** A transaction in progress: its queries, and what is to be done once its outcome stands. */
export interface Transaction {
  readonly db: KyselyTransaction<Tables>;
  /** Waits for `done` before the commit; where that fails, the transaction does. */
  beforeCommit(done: () => Promise<unknown>): void;
  /**
   * Runs `drop` after the commit, the rollback, or a commit whose outcome is unknown, always before the caller goes on: the
   * place for dropping cached values that the transaction may have changed.
   */
  onSettled(drop: (outcome: Outcome) => void): void;
  /** Runs `act` after a commit that is known to have happened. */
  onCommitted(act: () => void): void;
}

const inside = new AsyncLocalStorage<true>();

/** Whether the caller is, however many calls deep, inside `transact`. */
export function isInTransaction(): boolean {
  return inside.getStore() === true;
}

/** More than a migration changes tables while one transaction tries. */
const mostTries = 5;

/**
 * Runs a transaction, and again where it failed since a node of the next version has just changed a table: nothing of it stands then, and
 * the next try knows the table as it is.
 */
export async function inStepWithSchema<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === mostTries || !isOutdated(error)) throw error;
    }
  }
}

/** Runs `work` in one transaction, twice where {@link inStepWithSchema} does; whatever it throws rolls back and is thrown on. */
export function transact<T>(db: Kysely<Tables>, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inStepWithSchema(() => transactOnce(db, work));
}

async function transactOnce<T>(db: Kysely<Tables>, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const before: (() => Promise<unknown>)[] = [];
  const settled: ((outcome: Outcome) => void)[] = [];
  const committed: (() => void)[] = [];
  let outcome: Outcome = 'rolledBack';
  let result: T;
  try {
    result = await db.transaction().execute((transaction) =>
      inside.run(true, async () => {
        const worked = await work({
          db: transaction,
          beforeCommit: (done) => before.push(done),
          onSettled: (drop) => settled.push(drop),
          onCommitted: (act) => committed.push(act),
        });
        for (const done of before) await done();
        outcome = 'unknown';
        return worked;
      }),
    );
    outcome = 'committed';
  } finally {
    askFor(undefined, () => {
      for (const drop of settled) drop(outcome);
    });
  }
  // What is begun here is not the request's any more.
  askFor(undefined, () => {
    for (const act of committed) act();
  });
  return result;
}
