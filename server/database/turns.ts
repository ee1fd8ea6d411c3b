/** Why somebody who asked for a turn got none. */
export class NoTurn extends Error {
  readonly reason: 'full' | 'late' | 'gone';

  constructor(reason: 'full' | 'late' | 'gone') {
    super(`no turn: ${reason}`);
    this.name = 'NoTurn';
    this.reason = reason;
  }
}

export interface TurnLimits {
  /** Turns at once. */
  readonly atOnce: number;
  /** Turns at once of one account. */
  readonly share: number;
  /** Who waits at most, all accounts together. */
  readonly waiting: number;
  /** How long somebody waits at most, in milliseconds. */
  readonly waitMs: number;
}

interface Waiter {
  readonly go: () => void;
  readonly refuse: (error: NoTurn) => void;
  readonly since: number;
}

interface Line {
  running: number;
  readonly waiters: Waiter[];
}

/**
 * Turns for work of many accounts: a bounded number at once, of which one account has only its share; who waits is served in
 * rounds, an account after the other. Where too many wait, the one who came last of the account with most waiters is refused, at
 * once: a flood of one account costs that account.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #lines = new Map<string, Line>();
  /** Accounts of which somebody waits, in the order of their next turn. */
  readonly #round = new Set<string>();
  #running = 0;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many wait in the longest line, until that changes: in a flood it is asked at each refusal. */
  #most: number | undefined;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  get atOnce(): number {
    return this.#limits.atOnce;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Whether somebody of an account would be refused now: before anything is done for the request. */
  isFull(account: string): boolean {
    if (this.#waiting < this.#limits.waiting) return false;
    this.#most ??= this.#longest()?.[1].waiters.length ?? 0;
    return (this.#lines.get(account)?.waiters.length ?? 0) + 1 >= this.#most;
  }

  /**
   * Asks for a turn. `go` is called with it, at once or later; whoever got it gives it back with `leave`. Otherwise `refuse` is called.
   *
   * @returns gives the place in the line back, with the reason `gone`; does nothing once the turn came
   */
  enter(account: string, go: () => void, refuse: (error: NoTurn) => void): () => void {
    let line = this.#lines.get(account);
    if (line === undefined) {
      line = { running: 0, waiters: [] };
      this.#lines.set(account, line);
    }
    if (line.waiters.length === 0 && this.#running < this.#limits.atOnce && line.running < this.#limits.share) {
      this.#running++;
      line.running++;
      go();
      return () => {};
    }
    if (this.#waiting >= this.#limits.waiting) {
      const longest = this.#longest();
      if (longest === undefined || line.waiters.length + 1 >= (longest[1].waiters.length as number)) {
        this.#tidy(account, line);
        refuse(new NoTurn('full'));
        return () => {};
      }
      this.#drop(longest[0], longest[1].waiters.at(-1) as Waiter, 'full');
    }
    const waiter: Waiter = { go, refuse, since: performance.now() };
    line.waiters.push(waiter);
    this.#count(1);
    this.#round.add(account);
    this.#timer ??= setTimeout(() => this.#refuseLate(), this.#limits.waitMs).unref();
    return () => this.#drop(account, waiter, 'gone');
  }

  /** Gives a turn back; the next in the round goes on. */
  leave(account: string): void {
    const line = this.#lines.get(account) as Line;
    line.running--;
    this.#running--;
    this.#tidy(account, line);
    for (const next of this.#round) {
      if (this.#running >= this.#limits.atOnce) return;
      const entry = this.#lines.get(next) as Line;
      if (entry.running >= this.#limits.share) continue;
      const waiter = entry.waiters.shift() as Waiter;
      this.#count(-1);
      this.#round.delete(next);
      if (entry.waiters.length > 0) this.#round.add(next);
      entry.running++;
      this.#running++;
      waiter.go();
      return;
    }
  }

  #count(change: 1 | -1): void {
    this.#waiting += change;
    this.#most = undefined;
  }

  #longest(): [string, Line] | undefined {
    let found: [string, Line] | undefined;
    for (const account of this.#round) {
      const line = this.#lines.get(account) as Line;
      if (found === undefined || line.waiters.length > found[1].waiters.length) found = [account, line];
    }
    return found;
  }

  #drop(account: string, waiter: Waiter, reason: NoTurn['reason']): void {
    const line = this.#lines.get(account);
    const index = line?.waiters.indexOf(waiter) ?? -1;
    if (line === undefined || index === -1) return;
    line.waiters.splice(index, 1);
    this.#count(-1);
    if (line.waiters.length === 0) this.#round.delete(account);
    this.#tidy(account, line);
    waiter.refuse(new NoTurn(reason));
  }

  #refuseLate(): void {
    this.#timer = undefined;
    const since = performance.now() - this.#limits.waitMs;
    let next = Number.POSITIVE_INFINITY;
    for (const account of [...this.#round]) {
      const { waiters } = this.#lines.get(account) as Line;
      while (waiters[0] !== undefined && waiters[0].since <= since) this.#drop(account, waiters[0], 'late');
      next = Math.min(next, waiters[0]?.since ?? Number.POSITIVE_INFINITY);
    }
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#refuseLate(), Math.max(1, Math.ceil(next - since))).unref();
  }

  #tidy(account: string, line: Line): void {
    if (line.running === 0 && line.waiters.length === 0) this.#lines.delete(account);
  }
}
