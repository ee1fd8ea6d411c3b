import type { Rule } from '../access/address-limiter.ts';
import type { RateLimiter, Tier } from '../access/rate-limiter.ts';
import type { Company } from './company.ts';
import { limiterKeys } from './keys.ts';
import { type Redis, unlessAway } from './redis.ts';
import { admitScript, roomScript } from './scripts.ts';
import { restOfTier } from './shares.ts';

/** A tier's rule over names that all nodes share, such as clients' addresses; without Redis, each node has its share. */
export class SharedRule implements Rule {
  readonly #redis: Redis;
  readonly #company: Company;
  readonly #prefix: string;
  readonly #own: RateLimiter;

  constructor(redis: Redis, company: Company, prefix: string, own: RateLimiter) {
    this.#redis = redis;
    this.#company = company;
    this.#prefix = prefix;
    this.#own = own;
  }

  async admit(name: string, tier: Tier): Promise<number> {
    return unlessAway(
      () => this.#redis.run<number>(admitScript, ...this.#keys(name), ...restOfTier(tier, this.#company)),
      () => this.#own.admit(name, tier),
    );
  }

  async hasRoom(name: string, tier: Tier): Promise<boolean> {
    return unlessAway(
      async () => (await this.#redis.run(roomScript, ...this.#keys(name), ...restOfTier(tier, this.#company))) === 1,
      () => this.#own.hasRoom(name, tier),
    );
  }

  #keys(name: string): [string, string] {
    return limiterKeys(`${this.#prefix} ${name}`);
  }
}
