import { AddressLimiter, clientOf } from './address-limiter.ts';

const lookUpsAtOnce = 1024;

/**
 * Limits look-ups of unknown keys by client address, by the standard tier's rule: guessing keys is refused before the database is
 * asked. A look-up that finds a key does not count, so that many real keys behind one address don't get in each other's way.
 */
export class GuessLimiter {
  readonly #failures: AddressLimiter;
  readonly #pending = new Map<string, number>();

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#failures = new AddressLimiter(clock, 'standard');
  }

  /** Whether a look-up may begin. Ends with {@link found} or {@link failed}. */
  admit(address: string): boolean {
    const client = clientOf(address);
    const pending = this.#pending.get(client) ?? 0;
    if (pending >= lookUpsAtOnce || !this.#failures.hasRoom(address)) return false;
    this.#pending.set(client, pending + 1);
    return true;
  }

  /** The look-up found a key: it does not count. */
  found(address: string): void {
    const client = clientOf(address);
    const pending = (this.#pending.get(client) ?? 1) - 1;
    if (pending <= 0) this.#pending.delete(client);
    else this.#pending.set(client, pending);
  }

  /** The look-up found nothing: it counts. */
  failed(address: string): void {
    this.found(address);
    this.#failures.admit(address);
  }
}
