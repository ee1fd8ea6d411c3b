import pg from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../foundation/clock.ts';

const firstWaitMs = 200;
const longestWaitMs = 5000;
const connectMs = 10_000;

/**
 * Hears from the database that a commit has brought work, whichever process made it: a trigger on `operations` tells. Its connection is
 * its own, so that it waits for no request and no request for it. One that breaks is made again; what came meanwhile was not heard, so
 * it tells of that as well.
 */
export class WorkListener {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #told: () => void = () => {};
  #client: pg.Client | null = null;
  #isListening = false;
  #failures = 0;
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(url: string, clock: Clock, log: Logger) {
    this.#url = url;
    this.#clock = clock;
    this.#log = log;
  }

  /** Whether a commit would be heard of. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** @param told called when there may be work, when it begins to listen, and when it no longer does */
  start(told: () => void): void {
    this.#told = told;
    void this.#connect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'raffia work',
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
    });
    this.#client = client;
    client.on('error', () => {});
    client.on('notification', () => this.#told());
    client.once('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query('listen raffia_work');
    } catch (error) {
      if (this.#failures === 0) this.#log.warn({ err: error }, 'new work is not heard of, and looked for every second');
      void client.end().catch(() => {});
      this.#lost(client);
      return;
    }
    if (this.#client !== client) return;
    this.#failures = 0;
    this.#isListening = true;
    this.#told();
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#isStopped) return;
    this.#client = null;
    this.#isListening = false;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures++);
    this.#cancel = this.#clock.after(waitMs, () => void this.#connect());
    this.#told();
  }
}
