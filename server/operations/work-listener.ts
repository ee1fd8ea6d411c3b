import type { Logger } from 'pino';
import { HeldConnection } from '../database/held-connection.ts';
import type { Clock } from '../foundation/clock.ts';

const firstWaitMs = 200;
const longestWaitMs = 5000;

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
  #connection: HeldConnection | undefined;
  #before: HeldConnection | undefined;
  #connecting: Promise<void> = Promise.resolve();
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
    this.#connecting = this.#connect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#connecting;
    await this.#connection?.close();
  }

  async #connect(): Promise<void> {
    let connection: HeldConnection | undefined;
    try {
      connection = await HeldConnection.open(this.#url, 'work', this.#before);
      this.#connection = this.#before = connection;
      connection.onNotified(() => this.#told());
      connection.onGone(() => this.#lost(connection));
      await connection.query('listen raffia_work');
    } catch (error) {
      if (this.#failures === 0) this.#log.warn({ err: error }, 'new work is not heard of, and looked for every second');
      void connection?.close();
      this.#lost(connection);
      return;
    }
    if (this.#connection !== connection || this.#isStopped) return;
    this.#failures = 0;
    this.#isListening = true;
    this.#told();
  }

  #lost(connection: HeldConnection | undefined): void {
    if (this.#connection !== connection || this.#isStopped) return;
    this.#connection = undefined;
    this.#isListening = false;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures++);
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#connecting = this.#connect();
    });
    this.#told();
  }
}
