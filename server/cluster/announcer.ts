import { randomUUID } from 'node:crypto';
import type { Change, Relay } from '../changes/changes.ts';
import type { Events, Change as Told } from '../changes/events.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Droppers } from './in-step.ts';
import { accountKey, changesChannel } from './keys.ts';
import type { Nodes } from './nodes.ts';
import { type Redis, unlessAway } from './redis.ts';
import { announceScript, settleScript } from './scripts.ts';

/** By then a transaction has ended, whatever became of who began it: it has a time limit of half of that at most. */
const endedMs = 120_000;

interface Announced {
  readonly name: string;
  readonly kinds: Set<'authority' | 'pages'>;
  readonly tell: Told[];
  promise: Promise<unknown>;
}

interface Message {
  readonly node: string;
  readonly accountId: string;
  readonly hasTaken: boolean;
  readonly tell: readonly Told[];
}

/**
 * Tells the other nodes of changes. What they keep is marked as out of date before the transaction's end, and kept by nobody until it has
 * ended; where Redis cannot be told, the transaction waits until nobody keeps anything. Once it stands, open pages everywhere hear of it.
 */
export class Announcer implements Relay {
  readonly #redis: Redis;
  readonly #nodes: Pick<Nodes, 'id' | 'fence'>;
  readonly #ofTransactions = new WeakMap<Transaction, Map<string, Announced>>();

  constructor(redis: Redis, nodes: Pick<Nodes, 'id' | 'fence'>, events: Events, droppers: Droppers) {
    this.#redis = redis;
    this.#nodes = nodes;
    redis.listen(changesChannel, (text) => {
      const message = JSON.parse(text) as Message;
      if (message.node === nodes.id) return;
      if (message.hasTaken) droppers.authority(message.accountId);
      for (const change of message.tell) events.tell(message.accountId, change);
    });
  }

  said(tx: Transaction, { accountId }: Change, kinds: readonly ('authority' | 'pages')[], told: Told): void {
    let ofTransaction = this.#ofTransactions.get(tx);
    if (ofTransaction === undefined) {
      ofTransaction = new Map();
      this.#ofTransactions.set(tx, ofTransaction);
    }
    let announced = ofTransaction.get(accountId);
    if (announced === undefined) {
      announced = { name: randomUUID(), kinds: new Set(), tell: [], promise: Promise.resolve() };
      ofTransaction.set(accountId, announced);
      const made = announced;
      tx.beforeCommit(() => made.promise);
      // Where nobody knows what became of it, it ends with its time.
      tx.onSettled((outcome) => {
        if (outcome !== 'unknown') this.#settle(accountId, made, outcome === 'committed');
      });
    }
    announced.tell.push(told);
    const isNew = kinds.filter((kind) => !announced.kinds.has(kind));
    if (isNew.length === 0) return;
    for (const kind of isNew) announced.kinds.add(kind);
    const before = announced.promise;
    const next = this.#announce(accountId, announced.name, isNew);
    announced.promise = Promise.all([before, next]);
    // It is waited for before the commit; a transaction that fails earlier does not ask.
    announced.promise.catch(() => {});
  }

  async #announce(accountId: string, name: string, kinds: readonly string[]): Promise<void> {
    await unlessAway<unknown>(
      () => this.#redis.run(announceScript, accountKey(accountId), name, String(endedMs), ...kinds),
      () => this.#nodes.fence(),
    );
  }

  /** Not waited for: until it is known, the others keep nothing. */
  #settle(accountId: string, { name, kinds, tell }: Announced, isCommitted: boolean): void {
    const message: Message = { node: this.#nodes.id, accountId, hasTaken: kinds.has('authority'), tell };
    const told = isCommitted ? [JSON.stringify(message)] : [];
    this.#redis.run(settleScript, accountKey(accountId), name, changesChannel, ...told).catch(() => undefined);
  }
}
