import { isIPv6 } from 'node:net';
import { RateLimiter } from './rate-limiter.ts';

/**
 * Limits look-ups of unknown keys by client address, by the standard tier's rule: guessing keys is refused before the database is
 * asked. A look-up that finds a key is taken back, so that many real keys behind one address don't get in each other's way.
 */
export class AddressLimiter {
  readonly #clock: () => number;
  #failures: RateLimiter;
  readonly #pending = new Map<string, number>();

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#failures = new RateLimiter(clock);
  }

  /** Whether a look-up may begin. Ends with {@link found} or {@link failed}. */
  admit(address: string): boolean {
    const client = clientOf(address);
    const pending = this.#pending.get(client) ?? 0;
    if (pending >= lookUpsAtOnce || this.#blocked.has(client)) {
      const until = this.#blocked.get(client) ?? Number.POSITIVE_INFINITY;
      if (pending >= lookUpsAtOnce || this.#clock() < until) return false;
      this.#blocked.delete(client);
    }
    this.#pending.set(client, pending + 1);
    return true;
  }

  /** The look-up found a key: it does not count. */
  found(address: string): void {
    this.#leave(clientOf(address));
  }

  /** The look-up found nothing: it counts; when the limit is reached, the address has to wait a second. */
  failed(address: string): void {
    const client = clientOf(address);
    this.#leave(client);
    if (this.#failures.size > keptAddresses) this.#failures = new RateLimiter(this.#clock);
    if (this.#failures.admit(client, 'standard') >= 0) return;
    if (this.#blocked.size > keptAddresses) this.#blocked.clear();
    this.#blocked.set(client, this.#clock() + 1000);
  }

  readonly #blocked = new Map<string, number>();

  #leave(client: string): void {
    const pending = (this.#pending.get(client) ?? 1) - 1;
    if (pending <= 0) this.#pending.delete(client);
    else this.#pending.set(client, pending);
  }
}

const keptAddresses = 10_000;
const lookUpsAtOnce = 1024;

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
