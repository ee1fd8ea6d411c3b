import { clientOf } from './address-limiter.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Many people may sit behind one address. */
export const visitTier = 'high';

const keptAddresses = 10_000;

/** Limits requests that need no key by client address, by the high tier's rule: what anybody may send costs little. */
export class VisitLimiter {
  readonly #clock: () => number;
  #visits: RateLimiter;

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#visits = new RateLimiter(clock);
  }

  /** Whether a request of this address may go on. */
  admit(address: string): boolean {
    if (this.#visits.size > keptAddresses) this.#visits = new RateLimiter(this.#clock);
    return this.#visits.admit(clientOf(address), visitTier) >= 0;
  }
}
