import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Across } from '../backups/account-locks.ts';
import { HeldConnection } from '../database/held-connection.ts';

/** The class of these locks among the database's. */
const lockClass = 7_238_442;
/** So long the database keeps a question for a lock; then it is asked again, so that a connection on which nothing comes is noticed. */
const queuedMs = 2000;
const againMs = 500;

/** PostgreSQL's lock_not_available. */
const isNotYet = (error: unknown) => (error as { code?: string }).code === '55P03';

/**
 * Locks of accounts' repositories over all nodes: each over a connection of its own, since it may be held for as long as a backup takes. One
 * whose connection is gone is taken again, for as long as it is held: what is under way goes on, under the locks that restic has of its own.
 */
export function locksAcross(url: string, log: Logger): Across {
  return async (account, isShared) => {
    const lock = isShared ? 'pg_advisory_lock_shared' : 'pg_advisory_lock';
    let connection: HeldConnection | undefined;
    let isOver = false;
    const take = async () => {
      const taking = await HeldConnection.open(url, 'backups', connection);
      try {
        await taking.query(`set lock_timeout = ${queuedMs}`);
        const isLocked = () => taking.query(`select ${lock}($1, hashtext($2))`, [lockClass, account]).then(() => true);
        const notYet = (error: unknown) => {
          if (isNotYet(error)) return false;
          throw error;
        };
        while (!isOver && !(await isLocked().catch(notYet)));
      } catch (error) {
        await taking.close();
        throw error;
      }
      connection = taking;
      if (isOver) await taking.close();
      else taking.onGone(() => void regain());
    };
    const regain = async () => {
      if (isOver) return;
      log.warn({ accountId: account }, 'the lock of a repository of backups is lost, and taken again');
      while (!isOver) {
        const error = await take().then(
          () => undefined,
          (fault) => fault,
        );
        if (error === undefined) return;
        await wait(againMs);
      }
    };
    await take();
    return async () => {
      isOver = true;
      await connection?.close();
    };
  };
}
