import { isIPv6 } from 'node:net';
import { RateLimiter, type Tier } from './rate-limiter.ts';

/** Now where memory knows it, later where it has to be asked of others. */
export type Soon<T> = T | Promise<T>;

/** What decides by the rule of a tier: a {@link RateLimiter}, or what all nodes share. */
export interface Rule {
  admit(name: string, tier: Tier): Soon<number>;
  hasRoom(name: string, tier: Tier): Soon<boolean>;
}

const keptAddresses = 10_000;
const isAdmitted = (remaining: number) => remaining >= 0;

/** The rule of a tier by client address. What is remembered is bounded: the address known the longest is forgotten first. */
export class AddressLimiter {
  readonly tier: Tier;
  readonly #rule: Rule;

  /** @param rule milliseconds that never go back, for a rule in this process's memory; or one that is shared */
  constructor(rule: (() => number) | Rule, tier: Tier, kept = keptAddresses) {
    this.tier = tier;
    this.#rule = typeof rule === 'function' ? new RateLimiter(rule, kept) : rule;
  }

  /** Counts one more of this address; false where that is one too many, and then it is not counted. */
  admit(address: string): Soon<boolean> {
    const remaining = this.#rule.admit(clientOf(address), this.tier);
    return remaining instanceof Promise ? remaining.then(isAdmitted) : isAdmitted(remaining);
  }

  /** Whether the next would be admitted; counts nothing. */
  hasRoom(address: string): Soon<boolean> {
    return this.#rule.hasRoom(clientOf(address), this.tier);
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
