import type { Principal } from '../access/principal.ts';
import { OwnStreamPlaces } from '../changes/own-stream-places.ts';
import type { MostStreams, StreamPlace, StreamPlaces } from '../changes/stream-places.ts';
import type { Company } from './company.ts';
import { type Counted, openKeys } from './keys.ts';
import { type Redis, unlessAway } from './redis.ts';
import { countStreamsScript, holdStreamsScript, openStreamScript } from './scripts.ts';
import { restOf, shareOf } from './shares.ts';

/** A place that nobody renewed for so long is free: its node was killed, or is cut off. */
const leaseMs = 15_000;
/** So many are renewed in one question: Redis does nothing else meanwhile. */
const batchSize = 200;

interface Held extends StreamPlace {
  readonly keys: readonly [credential: string, account: string];
}

/**
 * The places of all nodes together, each on a lease in Redis that its node renews while the stream is open. Without Redis each node has its
 * share, in which what it has open already counts; once it is back, each says what it has open.
 */
export class SharedStreamPlaces implements StreamPlaces {
  readonly #redis: Redis;
  readonly #node: string;
  readonly #company: Pick<Company, 'live' | 'cutOff'>;
  readonly #counted: Counted;
  readonly #leaseMs: number;
  readonly #own = new OwnStreamPlaces();
  /** What this node has open, by what it is called in Redis. */
  readonly #held = new Map<string, Held>();
  readonly #renewal: NodeJS.Timeout;
  #number = 0;

  /** @param ms how long a lease is, in milliseconds */
  constructor(
    redis: Redis,
    node: string,
    company: Pick<Company, 'live' | 'cutOff'>,
    counted: Counted = 'streams',
    ms = leaseMs,
  ) {
    this.#redis = redis;
    this.#node = node;
    this.#company = company;
    this.#counted = counted;
    this.#leaseMs = ms;
    this.#renewal = setInterval(() => void this.renew(), ms / 3);
    this.#renewal.unref();
  }

  async take(
    caller: Pick<Principal, 'credential' | 'accountId'>,
    most: MostStreams,
  ): Promise<StreamPlace | keyof MostStreams> {
    const keys = openKeys(this.#counted, caller.credential, caller.accountId);
    const name = `${this.#node}:${++this.#number}`;
    const own = await unlessAway(
      async () => {
        const limits = [this.#rest(most.credential), this.#rest(most.account)];
        const full = await this.#redis.run<string>(openStreamScript, ...keys, name, String(this.#leaseMs), ...limits);
        return full === '' ? this.#own.take(caller, { credential: null, account: null }) : (full as keyof MostStreams);
      },
      () => this.#own.take(caller, { credential: this.#share(most.credential), account: this.#share(most.account) }),
    );
    if (typeof own === 'string') return own;
    const leave = () => {
      if (!this.#held.delete(name)) return;
      own.leave();
      // What cannot be said now ends with its lease.
      for (const key of keys) this.#redis.command('ZREM', key, name).catch(() => undefined);
    };
    this.#held.set(name, { keys, leave });
    return { leave };
  }

  /** Without Redis: on this node. */
  async ofAccount(accountId: string): Promise<number> {
    const [, key] = openKeys(this.#counted, '', accountId);
    return unlessAway(
      () => this.#redis.run<number>(countStreamsScript, key),
      () => this.#own.ofAccount(accountId),
    );
  }

  /** Says what this node has open: in time, and to a Redis that is back before anything else is asked of it. */
  async renew(): Promise<void> {
    const held = [...this.#held].map(([name, { keys }]) => [...keys, name]);
    const asked: Promise<unknown>[] = [];
    // All are sent at once: who leaves meanwhile says so after that.
    while (held.length > 0) {
      const some = held.splice(0, batchSize).flat();
      asked.push(this.#redis.run(holdStreamsScript, String(this.#leaseMs), ...some));
    }
    await Promise.all(asked).catch(() => undefined);
  }

  close(): void {
    clearInterval(this.#renewal);
  }

  /** Null: as many as it wants. */
  #share(count: number | null): number | null {
    return count === null ? null : shareOf(count, this.#company.live);
  }

  #rest(count: number | null): string {
    return String(count === null ? -1 : restOf(count, this.#company));
  }
}
