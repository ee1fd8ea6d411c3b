import pg from 'pg';
import type { Across } from '../backups/account-locks.ts';

/** The class of these locks among the database's. */
const lockClass = 7_238_442;

/** Locks of accounts' repositories over all nodes: each over a connection of its own, since it may be held for as long as a backup takes. */
export function locksAcross(url: string): Across {
  return async (account, isShared) => {
    const client = new pg.Client({ connectionString: url, application_name: 'raffia backups', keepAlive: true });
    client.on('error', () => {});
    await client.connect();
    const lock = isShared ? 'pg_advisory_lock_shared' : 'pg_advisory_lock';
    await client.query(`select ${lock}($1, hashtext($2))`, [lockClass, account]).catch(async (error) => {
      await client.end().catch(() => undefined);
      throw error;
    });
    return () => client.end().catch(() => undefined);
  };
}
