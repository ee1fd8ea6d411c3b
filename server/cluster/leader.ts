import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

const leaderLock = 7_238_440;
const lookEveryMs = 1000;
const answerMs = 2000;

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
  #client: pg.Client | undefined;
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

  start(): void {
    this.#running = this.#goOn();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const client = this.#client;
    this.#client = undefined;
    await this.#running;
    await this.#end();
    await client?.end().catch(() => undefined);
  }

  async #goOn(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#look();
      } catch (error) {
        this.#log.warn({ err: error }, 'whether this node leads could not be found out');
        const client = this.#client;
        this.#client = undefined;
        void client?.end().catch(() => undefined);
        await this.#end();
      }
      for (let waited = 0; waited < lookEveryMs && !this.#isStopping; waited += 100) await wait(100);
    }
  }

  /** Also asks while it leads: a connection that hangs is as good as broken. */
  async #look(): Promise<void> {
    const client = this.#client ?? (await this.#connect());
    if (this.isLeading) {
      await client.query('select 1');
      return;
    }
    const { rows } = await client.query<{ leads: boolean }>('select pg_try_advisory_lock($1) as leads', [leaderLock]);
    if (rows[0]?.leads !== true || this.#isStopping) return;
    const term = await client.query<{ term: number }>(
      'update leadership set term = term + 1, node_id = $1, since = clock_timestamp() returning term::float8 as term',
      [this.#nodeId],
    );
    this.#log.info({ term: term.rows[0]?.term }, 'this node leads');
    this.#stopLeading = this.#lead();
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'raffia leader',
      keepAlive: true,
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
    });
    client.on('error', () => {});
    await client.connect();
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      void this.#end();
    });
    this.#client = client;
    return client;
  }

  async #end(): Promise<void> {
    const stop = this.#stopLeading;
    this.#stopLeading = undefined;
    if (stop === undefined) return;
    this.#log.info('this node leads no more');
    await stop().catch((error) => this.#log.warn({ err: error }, 'a part of the leader did not stop cleanly'));
  }
}
