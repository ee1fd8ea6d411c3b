import { AddressLimiter, clientOf, type Rule, type Soon } from './address-limiter.ts';

const lookUpsAtOnce = 1024;

/**
 * Limits look-ups of unknown keys by client address, by the standard tier's rule: guessing keys is refused before the database is
 * asked. A look-up that finds a key does not count, so that many real keys behind one address don't get in each other's way.
 */
export class GuessLimiter {
  readonly #failures: AddressLimiter;
  readonly #pending = new Map<string, number>();

  /** @param rule as an {@link AddressLimiter} has it */
  constructor(rule: (() => number) | Rule) {
    this.#failures = new AddressLimiter(rule, 'standard');
  }

  /** Whether a look-up may begin. Ends with {@link found} or {@link failed}. */
  admit(address: string): Soon<boolean> {
    const client = clientOf(address);
    const pending = this.#pending.get(client) ?? 0;
    if (pending >= lookUpsAtOnce) return false;
    this.#pending.set(client, pending + 1);
    const decided = (hasRoom: boolean) => {
      if (!hasRoom) this.found(address);
      return hasRoom;
    };
    const hasRoom = this.#failures.hasRoom(address);
    return hasRoom instanceof Promise ? hasRoom.then(decided) : decided(hasRoom);
  }

  /** The look-up found a key: it does not count. */
  found(address: string): void {
    const client = clientOf(address);
    const pending = (this.#pending.get(client) ?? 1) - 1;
    if (pending <= 0) this.#pending.delete(client);
    else this.#pending.set(client, pending);
  }

  /** The look-up found nothing: it counts. */
  async failed(address: string): Promise<void> {
    this.found(address);
    await this.#failures.admit(address);
  }
}
