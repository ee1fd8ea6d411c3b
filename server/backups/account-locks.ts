interface Waiting {
  readonly isShared: boolean;
  readonly go: () => void;
}

/** Takes the same lock over all nodes; the answer gives it back. */
export type Across = (account: string, isShared: boolean) => Promise<() => Promise<void>>;

/** Who may be at an account's repository at once: any number that share it, or one that has it alone; in turn, as they came. */
export class AccountLocks {
  readonly #across: Across | undefined;
  readonly #accounts = new Map<string, { inside: number; isShared: boolean; waiting: Waiting[] }>();

  /** @param across left out where one process serves alone */
  constructor(across?: Across) {
    this.#across = across;
  }

  shared<T>(account: string, act: () => Promise<T>): Promise<T> {
    return this.#run(account, true, act);
  }

  alone<T>(account: string, act: () => Promise<T>): Promise<T> {
    return this.#run(account, false, act);
  }

  /** @returns what ends the share */
  async share(account: string): Promise<() => void> {
    const giveBack = await this.#enterAll(account, true);
    let isOver = false;
    return () => {
      if (!isOver) void giveBack();
      isOver = true;
    };
  }

  async #run<T>(account: string, isShared: boolean, act: () => Promise<T>): Promise<T> {
    const giveBack = await this.#enterAll(account, isShared);
    try {
      return await act();
    } finally {
      await giveBack();
    }
  }

  async #enterAll(account: string, isShared: boolean): Promise<() => Promise<void>> {
    await this.#enter(account, isShared);
    try {
      const giveBack = await this.#across?.(account, isShared);
      return async () => {
        await giveBack?.();
        this.#leave(account);
      };
    } catch (error) {
      this.#leave(account);
      throw error;
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
