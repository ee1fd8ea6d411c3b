import { isIPv6 } from 'node:net';
import { RateLimiter, type Tier } from './rate-limiter.ts';

const keptAddresses = 10_000;

/** The rule of a tier by client address. What is remembered is bounded: the address known the longest is forgotten first. */
export class AddressLimiter {
  readonly tier: Tier;
  readonly #limiter: RateLimiter;

  /**
   * @param clock milliseconds that never go back
   * @param kept the most addresses that are remembered
   */
  constructor(clock: () => number, tier: Tier, kept = keptAddresses) {
    this.tier = tier;
    this.#limiter = new RateLimiter(clock, kept);
  }

  /** Counts one more of this address; false where that is one too many, and then it is not counted. */
  admit(address: string): boolean {
    return this.#limiter.admit(clientOf(address), this.tier) >= 0;
  }

  /** Whether the next would be admitted; counts nothing. */
  hasRoom(address: string): boolean {
    return this.#limiter.hasRoom(clientOf(address), this.tier);
  }
}

/** An IPv4 address, or the /64 of an IPv6 address: one client has a whole one. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  if (address.startsWith('::ffff:')) return address.slice(7);
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === '' ? 0 : tail.split(':').length;
  while (address.includes('::') && groups.length + after < 8) groups.push('0');
  return groups.slice(0, 4).join(':');
}
