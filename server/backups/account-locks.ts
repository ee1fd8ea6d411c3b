interface Waiting {
  readonly isShared: boolean;
  readonly go: () => void;
}

/** Who may be at an account's repository at once: any number that share it, or one that has it alone; in turn, as they came. */
export class AccountLocks {
  readonly #accounts = new Map<string, { inside: number; isShared: boolean; waiting: Waiting[] }>();

  shared<T>(account: string, act: () => Promise<T>): Promise<T> {
    return this.#run(account, true, act);
  }

  alone<T>(account: string, act: () => Promise<T>): Promise<T> {
    return this.#run(account, false, act);
  }

  /** @returns what ends the share */
  async share(account: string): Promise<() => void> {
    await this.#enter(account, true);
    let isOver = false;
    return () => {
      if (!isOver) this.#leave(account);
      isOver = true;
    };
  }

  async #run<T>(account: string, isShared: boolean, act: () => Promise<T>): Promise<T> {
    await this.#enter(account, isShared);
    try {
      return await act();
    } finally {
      this.#leave(account);
    }
  }

  #enter(account: string, isShared: boolean): Promise<void> | undefined {
    const lock = this.#accounts.get(account);
    if (lock === undefined) {
      this.#accounts.set(account, { inside: 1, isShared, waiting: [] });
      return undefined;
    }
    if (isShared && lock.isShared && lock.waiting.length === 0) {
      lock.inside++;
      return undefined;
    }
    return new Promise((go) => lock.waiting.push({ isShared, go }));
  }

  #leave(account: string): void {
    const lock = this.#accounts.get(account);
    if (lock === undefined || --lock.inside > 0) return;
    const first = lock.waiting.shift();
    if (first === undefined) {
      this.#accounts.delete(account);
      return;
    }
    lock.isShared = first.isShared;
    const group = [first];
    while (first.isShared && lock.waiting[0]?.isShared === true) group.push(lock.waiting.shift() as Waiting);
    lock.inside = group.length;
    for (const { go } of group) go();
  }
}
