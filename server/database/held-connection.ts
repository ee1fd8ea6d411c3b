import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { inTime } from '../foundation/in-time.ts';

const connectMs = 5000;
/** An answer takes milliseconds; who waits for so long has none. */
const answerMs = 3000;
const askEveryMs = 1000;
/** When the database takes a connection from which it hears nothing for gone: what it held is free for others. */
const silentMs = 15_000;

/**
 * A connection of its own for what a process holds for as long as it lives: a lock, its row, what it listens to. It serves no request, so
 * that nobody is before it.
 *
 * It is asked every second whether it is there. One on which nothing comes, as where a network drops what is sent, is gone within seconds,
 * like one that broke; the database lets go of what that one held when the next one is opened in its place, or else after 15 seconds.
 */
export class HeldConnection {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  #pid = 0;
  #isBusy = false;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(client: pg.Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
  }

  /**
   * @param purpose by which it is known among the database's connections, the same for each one in its place
   * @param before the one in whose place it comes, which is gone
   */
  static async open(url: string, purpose: string, before?: HeldConnection): Promise<HeldConnection> {
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: url,
      application_name: `raffia ${purpose}`,
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
      query_timeout: answerMs,
    });
    client.on('error', () => {});
    const connection = new HeldConnection(client, socket);
    try {
      await client.connect();
      await connection.#prepare(before);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    const ask = () => {
      // Whatever is asked already finds out as well.
      if (!connection.#isBusy) connection.query('select').catch(() => undefined);
    };
    const asking = setInterval(ask, askEveryMs);
    asking.unref();
    client.once('end', () => clearInterval(asking));
    return connection;
  }

  /**
   * Asks one question after the other.
   *
   * @throws Error where the answer takes longer than three seconds: then the connection is gone
   */
  query<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<R>> {
    const answer = this.#last.then(() => this.#send<R>(text, values));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Calls when it is gone, in whatever way. */
  onGone(call: () => void): void {
    this.#client.once('end', call);
  }

  /** Calls with each notification in the channels that it listens to. */
  onNotified(call: () => void): void {
    this.#client.on('notification', call);
  }

  async close(): Promise<void> {
    await inTime(this.#client.end(), answerMs, () => this.#socket.destroy()).catch(() => undefined);
  }

  async #prepare(before: HeldConnection | undefined): Promise<void> {
    // PostgreSQL 13 has no such setting.
    const { rows } = await this.#client.query<{ pid: number }>(
      `select pg_backend_pid() as pid, (select set_config(name, $1, false) from pg_settings where name = 'idle_session_timeout')`,
      [String(silentMs)],
    );
    this.#pid = rows[0]?.pid ?? 0;
    const pid = before === undefined ? 0 : before.#pid;
    const ended = async () =>
      (
        await this.#client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where pid = $1 and application_name = current_setting('application_name') and datname = current_database()`,
          [pid],
        )
      ).rowCount === 0;
    for (let tries = 0; pid !== 0 && tries < 50 && !(await ended()); tries++) await wait(20);
  }

  async #send<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<pg.QueryResult<R>> {
    this.#isBusy = true;
    try {
      return await this.#client.query<R>(text, values);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.#socket.destroy();
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }
}
