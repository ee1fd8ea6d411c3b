import { ApiError } from '../foundation/api-error.ts';
import { clientOf, type Soon } from './address-limiter.ts';

export const windowMs = 600_000;
const perAddress = 30;
const perPerson = 10;
const kept = 50_000;

/** An attempt that was admitted: it counts as failed until it is known to be the person's own. */
export interface Attempt {
  readonly keys: readonly string[];
  readonly time: number;
  /** Its name where it is counted for all nodes. */
  readonly member?: string;
}

/** Limits attempts to sign in: of one process, or of all nodes together. */
export interface Attempts {
  /** Admits an attempt, or answers the seconds, 1 or more, to wait before the next. */
  admit(email: string, address: string, isKnownAddress: boolean): Soon<Attempt | number>;
  /** Takes an attempt back: it was the person, or the server's own failure. */
  withdraw(attempt: Attempt): Soon<void>;
}

/** What an attempt counts for, and how many of each there may be in ten minutes. */
export function countsOf(email: string, address: string, isKnownAddress: boolean): { key: string; most: number }[] {
  const client = clientOf(address);
  const person = email.toLowerCase();
  return [
    { key: `address ${client}`, most: perAddress },
    { key: isKnownAddress ? `known ${person} ${client}` : `person ${person}`, most: perPerson },
  ];
}

/**
 * Limits attempts to sign in, in ten minutes: 30 from one address, 10 for one person. An address from which the person signed in before
 * has its own ten: strangers who guess cannot lock the real person out. An attempt counts from its start: many at once are still ten.
 */
export class SignInLimiter implements Attempts {
  readonly #clock: () => number;
  readonly #attempts = new Map<string, number[]>();

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  admit(email: string, address: string, isKnownAddress: boolean): Attempt | number {
    const counts = countsOf(email, address, isKnownAddress);
    const seconds = Math.max(...counts.map(({ key, most }) => this.#wait(key, most)));
    if (seconds > 0) return seconds;
    const keys = counts.map(({ key }) => key);
    const time = this.#clock();
    this.#makeRoom();
    for (const key of keys) this.#attempts.set(key, [...(this.#attempts.get(key) ?? []), time]);
    return { keys, time };
  }

  withdraw({ keys, time }: Attempt): void {
    for (const key of keys) {
      const times = this.#attempts.get(key) ?? [];
      const index = times.indexOf(time);
      if (index !== -1) this.#keep(key, times.toSpliced(index, 1));
    }
  }

  #wait(key: string, limit: number): number {
    const since = this.#clock() - windowMs;
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > since);
    this.#keep(key, recent);
    if (recent.length < limit) return 0;
    return Math.max(1, Math.ceil(((recent[recent.length - limit] as number) - since) / 1000));
  }

  #keep(key: string, times: number[]): void {
    if (times.length === 0) this.#attempts.delete(key);
    else this.#attempts.set(key, times);
  }

  /** What is remembered is bounded: the longest known is forgotten first. */
  #makeRoom(): void {
    for (const key of this.#attempts.keys()) {
      if (this.#attempts.size <= kept) return;
      this.#attempts.delete(key);
    }
  }
}

/** @throws ApiError 429 where an attempt was not admitted */
export function admitted(attempt: Attempt | number): Attempt {
  if (typeof attempt !== 'number') return attempt;
  throw new ApiError('tooManyAttempts', { seconds: attempt }, { headers: { 'Retry-After': String(attempt) } });
}
