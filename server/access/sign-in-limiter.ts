const windowMs = 600_000;
const perAddress = 30;
const perPerson = 10;
const kept = 50_000;

/**
 * Limits failed attempts to sign in, in ten minutes: 30 from one address, 10 for one person. An address from which the person signed
 * in before has its own ten: strangers who guess cannot lock the real person out.
 */
export class SignInLimiter {
  readonly #clock: () => number;
  readonly #failures = new Map<string, number[]>();

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Seconds to wait before the next attempt; 0 where it may be made. */
  waitFor(email: string, address: string, isKnownAddress: boolean): number {
    return Math.max(
      this.#wait(`address ${address}`, perAddress),
      this.#wait(personKey(email, address, isKnownAddress), perPerson),
    );
  }

  /** Counts a failed attempt. */
  failed(email: string, address: string, isKnownAddress: boolean): void {
    if (this.#failures.size > kept) this.#failures.clear();
    for (const key of [`address ${address}`, personKey(email, address, isKnownAddress)]) {
      this.#failures.set(key, [...this.#recent(key), this.#clock()]);
    }
  }

  /** Forgets a person's failures at an address: it was the person. */
  succeeded(email: string, address: string): void {
    this.#failures.delete(personKey(email, address, true));
  }

  #wait(key: string, limit: number): number {
    const recent = this.#recent(key);
    if (recent.length < limit) return 0;
    const frees = (recent[recent.length - limit] as number) + windowMs;
    return Math.max(1, Math.ceil((frees - this.#clock()) / 1000));
  }

  #recent(key: string): number[] {
    const since = this.#clock() - windowMs;
    const recent = (this.#failures.get(key) ?? []).filter((time) => time > since);
    if (recent.length === 0) this.#failures.delete(key);
    return recent;
  }
}

function personKey(email: string, address: string, isKnownAddress: boolean): string {
  return isKnownAddress ? `known ${email.toLowerCase()} ${address}` : `person ${email.toLowerCase()}`;
}
