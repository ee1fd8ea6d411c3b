import { tiers } from '@raffia/contract/tiers.ts';
import type { Clock } from '../foundation/clock.ts';
import type { RateLimiter, Tier } from './rate-limiter.ts';

/** A key that waits where another is refused. */
export interface Patient {
  readonly id: string;
  readonly accountId: string;
  readonly tier: Tier;
  /** How long a request of it waits at most, in milliseconds. */
  readonly waitMs: number;
}

/** Requests that wait at once, of all keys of an account: each holds a connection. */
const mostOfAccount = 1000;

interface Waiter {
  readonly until: number;
  readonly decide: (remaining: number) => void;
}

/**
 * Requests over the limit of a patient key, in the order in which they came. Each is admitted as soon as the limiter has room, counted
 * like any other, and refused when its patience ends. No more wait of a key than could be admitted in that time.
 */
export class WaitingLine {
  readonly #limiter: RateLimiter;
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #lines = new Map<string, { waiters: Waiter[]; cancel: () => void }>();
  readonly #ofAccounts = new Map<string, number>();

  constructor(limiter: RateLimiter, clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#limiter = limiter;
    this.#clock = clock;
  }

  /** How many requests of a key wait. */
  length(key: string): number {
    return this.#lines.get(key)?.waiters.length ?? 0;
  }

  /**
   * Decides on one request, now or later. Whoever comes while others of the key wait waits behind them.
   *
   * @param decide called once, with what {@link RateLimiter.admit} answers
   * @returns gives the place up, without a decision: the client has gone
   */
  enter(key: Patient, decide: (remaining: number) => void): () => void {
    const waiting = this.length(key.id);
    const remaining = waiting === 0 ? this.#limiter.admit(key.id, key.tier) : -1;
    const most = Math.ceil((tiers[key.tier].perSecond * key.waitMs) / 1000);
    const isRefused = waiting >= most || (this.#ofAccounts.get(key.accountId) ?? 0) >= mostOfAccount;
    if (remaining >= 0 || isRefused) {
      decide(remaining);
      return () => {};
    }
    const waiter: Waiter = {
      until: this.#clock.monotonic() + key.waitMs,
      decide: (found) => {
        this.#count(key.accountId, -1);
        decide(found);
      },
    };
    this.#count(key.accountId, 1);
    let line = this.#lines.get(key.id);
    if (line === undefined) {
      line = { waiters: [], cancel: () => {} };
      this.#lines.set(key.id, line);
    }
    line.waiters.push(waiter);
    this.#wait(key);
    return () => {
      const index = line.waiters.indexOf(waiter);
      if (index < 0) return;
      line.waiters.splice(index, 1);
      this.#count(key.accountId, -1);
      this.#wait(key);
    };
  }

  /** Admits whoever there is room for, and refuses whoever has waited long enough. */
  #look(key: Patient): void {
    const line = this.#lines.get(key.id);
    if (line === undefined) return;
    const decided: [Waiter, number][] = [];
    const now = this.#clock.monotonic();
    for (let head = line.waiters[0]; head !== undefined; head = line.waiters[0]) {
      const remaining = this.#limiter.admit(key.id, key.tier);
      if (remaining < 0) break;
      decided.push([head, remaining]);
      line.waiters.shift();
    }
    line.waiters = line.waiters.filter((waiter) => {
      if (waiter.until > now) return true;
      decided.push([waiter, -1]);
      return false;
    });
    this.#wait(key);
    for (const [waiter, remaining] of decided) waiter.decide(remaining);
  }

  /** Looks again when there is room, or when somebody's patience ends. */
  #wait(key: Patient): void {
    const line = this.#lines.get(key.id);
    if (line === undefined) return;
    line.cancel();
    if (line.waiters.length === 0) {
      this.#lines.delete(key.id);
      return;
    }
    const patience = Math.min(...line.waiters.map(({ until }) => until)) - this.#clock.monotonic();
    const ms = Math.max(0, Math.min(this.#limiter.roomInMs(key.id, key.tier), patience));
    // A timer may be a fraction early.
    line.cancel = this.#clock.after(Math.ceil(ms), () => this.#look(key));
  }

  #count(accountId: string, change: 1 | -1): void {
    const count = (this.#ofAccounts.get(accountId) ?? 0) + change;
    if (count === 0) this.#ofAccounts.delete(accountId);
    else this.#ofAccounts.set(accountId, count);
  }
}
