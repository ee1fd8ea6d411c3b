import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { HeldConnection } from '../database/held-connection.ts';

const leaderLock = 7_238_440;
const lookEveryMs = 1000;

/**
 * One of the nodes does what one has to do: it holds a lock of the database over a connection of its own, under a term that is counted.
 * Where that connection breaks it leads no more, and another does; what both may do for a moment changes nothing twice.
 */
export class Leader {
  readonly #url: string;
  readonly #nodeId: string;
  readonly #log: Logger;
  readonly #lead: () => () => Promise<void>;
  #stopLeading: (() => Promise<void>) | undefined;
  #connection: HeldConnection | undefined;
  #before: HeldConnection | undefined;
  #term: number | undefined;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  /** @param lead begins to lead; its answer ends that */
  constructor(url: string, nodeId: string, log: Logger, lead: () => () => Promise<void>) {
    this.#url = url;
    this.#nodeId = nodeId;
    this.#log = log;
    this.#lead = lead;
  }

  get isLeading(): boolean {
    return this.#stopLeading !== undefined;
  }

  /** The term under which it leads; undefined while another does. */
  get term(): number | undefined {
    return this.isLeading ? this.#term : undefined;
  }

  start(): void {
    this.#running = this.#goOn();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    const connection = this.#connection;
    this.#connection = undefined;
    await this.#end();
    await connection?.close();
  }

  async #goOn(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#look();
      } catch (error) {
        this.#log.warn({ err: error }, 'whether this node leads could not be found out');
        const connection = this.#connection;
        this.#connection = undefined;
        void connection?.close();
        await this.#end();
      }
      for (let waited = 0; waited < lookEveryMs && !this.#isStopping; waited += 100) await wait(100);
    }
  }

  async #look(): Promise<void> {
    const connection = this.#connection ?? (await this.#connect());
    if (this.isLeading) return;
    const { rows } = await connection.query<{ leads: boolean }>('select pg_try_advisory_lock($1) as leads', [
      leaderLock,
    ]);
    if (rows[0]?.leads !== true || this.#isStopping) return;
    const term = await connection.query<{ term: number }>(
      'update leadership set term = term + 1, node_id = $1, since = clock_timestamp() returning term::float8 as term',
      [this.#nodeId],
    );
    this.#term = term.rows[0]?.term;
    this.#log.info({ term: this.#term }, 'this node leads');
    this.#stopLeading = this.#lead();
  }

  async #connect(): Promise<HeldConnection> {
    const connection = await HeldConnection.open(this.#url, 'leader', this.#before);
    this.#connection = this.#before = connection;
    connection.onGone(() => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      void this.#end();
    });
    return connection;
  }

  async #end(): Promise<void> {
    const stop = this.#stopLeading;
    this.#stopLeading = undefined;
    if (stop === undefined) return;
    this.#log.info('this node leads no more');
    await stop().catch((error) => this.#log.warn({ err: error }, 'a part of the leader did not stop cleanly'));
  }
}
