import { tiers } from '@raffia/contract/tiers.ts';
import type { Tier } from './rate-limiter.ts';

/** The rule of docs/limits.md written down as plainly as it reads: what the real limiter is tested against. */
export class RateLimiterOracle {
  readonly #ms: number;
  #sustained: number[] = [];
  #burstUsed = 0;
  #burstBegan = Number.NEGATIVE_INFINITY;

  /** @param ms how many of its units of time a millisecond has */
  constructor(ms = 1) {
    this.#ms = ms;
  }

  /** @returns what remains, or -1 for a refusal */
  admit(t: number, tier: Tier): number {
    const { perSecond, burst } = tiers[tier];
    this.#sustained = this.#sustained.filter((time) => time > t - 1000 * this.#ms);
    if (this.#sustained.length < perSecond) {
      this.#sustained.push(t);
      return perSecond - this.#sustained.length;
    }
    if (t - this.#burstBegan >= 60_000 * this.#ms) this.#burstUsed = 0;
    if (this.#burstUsed < burst) {
      if (this.#burstUsed === 0) this.#burstBegan = t;
      this.#burstUsed++;
      return 0;
    }
    return -1;
  }
}
