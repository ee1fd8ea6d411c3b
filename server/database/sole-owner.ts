import type pg from 'pg';
import { HeldConnection } from './held-connection.ts';
import { reachable } from './reachable.ts';

/** Held alone by a server that serves alone, and shared by nodes. */
export const soleOwnerLock = 7_238_431;
const waitMs = 10_000;

/**
 * Holds the database for this one server process: what it keeps in memory (keys, pages, limits) is exact only while nobody else
 * writes. A second server waits for some seconds, as in a rolling restart, then gives up with a sentence.
 */
export class SoleOwner {
  readonly #url: string;
  readonly #lost: (reason: string) => void;
  readonly #changed: (isSole: boolean) => void;
  #connection: HeldConnection | undefined;
  #released = false;
  #isLost = false;

  /**
   * @param lost called when another process got the database while this one was cut off from it
   * @param changed told when the lock is gone, and when it is back
   */
  constructor(url: string, lost: (reason: string) => void, changed: (isSole: boolean) => void) {
    this.#url = url;
    this.#lost = lost;
    this.#changed = changed;
  }

  /** @throws Error where another server keeps holding it */
  async acquire(): Promise<void> {
    const deadline = Date.now() + waitMs;
    while (!(await this.#tryLock().catch((error) => Promise.reject(reachable(this.#url, error))))) {
      if (Date.now() > deadline) {
        throw new Error(
          'Another Raffia server uses this database. Stop it first: one process serves a database, so that keys and limits stay exact.',
        );
      }
      await new Promise((again) => setTimeout(again, 250));
    }
  }

  /** Asks over the connection that holds the lock: it serves no request, so nobody is before this. */
  async query<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<R>> {
    if (this.#connection === undefined || this.#isLost) throw new Error('The connection to the database is lost');
    return this.#connection.query<R>(text, values);
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#connection?.close();
  }

  async #tryLock(): Promise<boolean> {
    const connection = await HeldConnection.open(this.#url, 'owner', this.#connection);
    const locked = await connection
      .query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [soleOwnerLock])
      .then(({ rows }) => rows[0]?.locked === true)
      .catch(async (error) => {
        await connection.close();
        throw error;
      });
    if (!locked || this.#released) {
      await connection.close();
      return locked;
    }
    connection.onGone(() => this.#regain());
    this.#connection = connection;
    this.#isLost = false;
    return true;
  }

  /** The connection broke: the database may come back, and then the lock has to be ours again. */
  #regain(): void {
    if (this.#released) return;
    this.#isLost = true;
    this.#changed(false);
    const again = () => {
      if (this.#released) return;
      this.#tryLock().then(
        (locked) => {
          if (locked) this.#changed(true);
          else this.#lost('another server took over the database');
        },
        () => setTimeout(again, 500),
      );
    };
    again();
  }
}
