import pg from 'pg';
import { type Asker, currentAsker } from './asker.ts';
import { NoTurn, Turns } from './turns.ts';
import { Unavailable } from './unavailable.ts';

/** The server's own work is one asker, which waits as long as it takes. */
const own = 'the server itself';

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: unknown) => void,
) => void;

/**
 * A pool whose connections are taken in turns: reads, writes and the server's own work have connections of their own, and one account
 * holds only its share of them. Everything that asks the database comes by here, so nothing can go round it. A request that finds the
 * line full is refused at once, and a write whose client has gone is not begun.
 */
export class FairPool extends pg.Pool {
  readonly #turns: Readonly<Record<Asker['lane'] | 'own', Turns>>;
  readonly #holders = new WeakMap<object, { turns: Turns; account: string; asker: Asker | undefined }>();

  constructor(options: pg.PoolConfig & { max: number }) {
    super(options);
    const each = Math.max(1, Math.floor(options.max / 3));
    const share = Math.max(1, Math.ceil(each / 2));
    this.#turns = {
      read: new Turns({ atOnce: each, share, waiting: 512, waitMs: 5000 }),
      write: new Turns({ atOnce: each, share, waiting: 128, waitMs: 5000 }),
      own: new Turns({
        // A pool that small serves no requests.
        atOnce: options.max < 6 ? options.max : options.max - 2 * each,
        share: options.max,
        waiting: Number.POSITIVE_INFINITY,
        waitMs: 60_000,
      }),
    };
    this.on('release', (_error: Error, client: pg.PoolClient) => this.#leave(client));
  }

  /** Whether a request of this account would be refused: asked before its body is read. */
  isFull(account: string, lane: Asker['lane']): boolean {
    return this.#turns[lane].isFull(account);
  }

  /** How many have a turn. */
  running(lane: Asker['lane'] | 'own'): number {
    return this.#turns[lane].running;
  }

  /** How many may have one at once. */
  atOnce(lane: Asker['lane'] | 'own'): number {
    return this.#turns[lane].atOnce;
  }

  /** How many wait for a turn. */
  waiting(lane: Asker['lane'] | 'own'): number {
    return this.#turns[lane].waiting;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (error ? reject(error) : resolve(client as pg.PoolClient)));
      });
    }
    const asker = currentAsker();
    // Whoever holds a connection of the writes and needs a second one must not wait for another writer.
    const lane = asker === undefined ? 'own' : asker.held > 0 ? 'read' : asker.lane;
    const turns = this.#turns[lane];
    const account = asker?.account ?? own;
    const isWrite = asker !== undefined && lane === 'write';
    const refuse = (error: NoTurn) => callback(new Unavailable('busy', { cause: error }), undefined, () => {});
    if (isWrite && asker.isGone()) return refuse(new NoTurn('gone')) as undefined;
    let forget: (() => void) | undefined;
    const go = () => {
      forget?.();
      if (asker !== undefined) asker.held++;
      super.connect((error, client, release) => {
        if (client === undefined || error) {
          if (asker !== undefined) asker.held--;
          turns.leave(account);
        } else this.#holders.set(client, { turns, account, asker });
        callback(error, client, release);
      });
    };
    let isWaiting = true;
    const giveBack = turns.enter(
      account,
      () => {
        isWaiting = false;
        go();
      },
      (error) => {
        isWaiting = false;
        forget?.();
        refuse(error);
      },
    );
    if (isWrite && isWaiting) forget = asker.onGone(giveBack);
    return undefined;
  }

  #leave(client: pg.PoolClient): void {
    const holder = this.#holders.get(client);
    if (holder === undefined) return;
    this.#holders.delete(client);
    if (holder.asker !== undefined) holder.asker.held--;
    holder.turns.leave(holder.account);
  }
}
