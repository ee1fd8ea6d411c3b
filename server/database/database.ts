import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { FairPool } from './fair-pool.ts';
import { PreparingClient } from './preparing-client.ts';
import type { Tables } from './tables.ts';

export interface Database {
  readonly pool: FairPool;
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

const INT8 = 20;

/** How long the database works on one thing before it gives up, in milliseconds; 0 has no limit. */
export interface TimeLimits {
  readonly statementMs: number;
  readonly lockMs: number;
  readonly transactionMs: number;
}

/** Migrations and what is done once at the start take the time they need. */
export const maintenance: TimeLimits = { statementMs: 0, lockMs: 0, transactionMs: 0 };

/**
 * Opens the connection pool. 64-bit integers come as numbers: all of ours (micro-dollars, counts, sequences) stay below 2^53.
 *
 * @param url a PostgreSQL connection URL
 * @param poolSize connections at most
 * @param onError told about idle connections that broke; the pool replaces them by itself
 * @param limits how long the database works on one thing
 */
export function openDatabase(
  url: string,
  poolSize: number,
  onError: (error: Error) => void,
  limits: TimeLimits = maintenance,
): Database {
  const pool = new FairPool({
    connectionString: url,
    max: poolSize,
    Client: PreparingClient,
    connectionTimeoutMillis: 10_000,
    application_name: 'raffia',
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.transactionMs,
    // PostgreSQL before 17 does not have it, and would refuse the connection.
    onConnect: async (client) => {
      await client.query(
        `select set_config('transaction_timeout', $1, false) from pg_settings where name = 'transaction_timeout'`,
        [String(limits.transactionMs)],
      );
    },
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
    },
  });
  pool.on('error', onError);
  // A connection in use tells whoever uses it; without a listener here it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { pool, db, close: () => db.destroy() };
}
