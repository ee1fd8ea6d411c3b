import { type Attempt, type Attempts, countsOf, type SignInLimiter, windowMs } from '../access/sign-in-limiter.ts';
import { attemptsKey } from './keys.ts';
import { type Redis, unlessAway } from './redis.ts';
import { attemptScript } from './scripts.ts';

/** Attempts to sign in on all nodes; without Redis, each node counts by itself. */
export class SharedAttempts implements Attempts {
  readonly #redis: Redis;
  readonly #own: SignInLimiter;
  readonly #node: string;
  #count = 0;

  constructor(redis: Redis, own: SignInLimiter, node: string) {
    this.#redis = redis;
    this.#own = own;
    this.#node = node;
  }

  async admit(email: string, address: string, isKnownAddress: boolean): Promise<Attempt | number> {
    const counts = countsOf(email, address, isKnownAddress);
    const keys = counts.map(({ key }) => attemptsKey(key));
    const member = `${this.#node} ${++this.#count}`;
    const most = counts.map((count) => String(count.most));
    return unlessAway<Attempt | number>(
      async () => {
        const waitMs = await this.#redis.run<number>(attemptScript, ...keys, String(windowMs), member, ...most);
        return waitMs === 0 ? { keys, time: 0, member } : Math.max(1, Math.ceil(waitMs / 1000));
      },
      () => this.#own.admit(email, address, isKnownAddress),
    );
  }

  async withdraw(attempt: Attempt): Promise<void> {
    const { keys, member } = attempt;
    if (member === undefined) return this.#own.withdraw(attempt);
    // What cannot be taken back runs out.
    await Promise.all(keys.map((key) => this.#redis.command('ZREM', key, member))).catch(() => undefined);
  }
}
