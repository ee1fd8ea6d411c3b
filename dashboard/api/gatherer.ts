/** How long what is wanted after a quiet time waits for what comes beside it. */
const momentMs = 100;
/** From one read to the next: a list whose rows come and go all the time costs few requests. */
const spacingMs = 6000;

/** Asks together for what is wanted one by one within a moment, as the rows of a list do that come into view. */
export class Gatherer<Item> {
  readonly #read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>;
  readonly #later: (call: () => void, ms: number) => void;
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #next: { readonly ids: Set<string>; readonly items: Promise<ReadonlyMap<string, Item>> } | undefined;

  /** @param later calls back when a moment is over */
  constructor(
    read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>,
    later: (call: () => void, ms: number) => void = (call, ms) => setTimeout(call, ms),
    now: () => number = Date.now,
  ) {
    this.#read = read;
    this.#later = later;
    this.#now = now;
  }

  /** @returns undefined where there is none */
  async want(id: string): Promise<Item | undefined> {
    this.#next ??= this.#gather();
    this.#next.ids.add(id);
    return (await this.#next.items).get(id);
  }

  #gather() {
    const ids = new Set<string>();
    const waitMs = Math.max(momentMs, this.#lastAt + spacingMs - this.#now());
    const items = new Promise<void>((resolve) => this.#later(resolve, waitMs)).then(() => {
      this.#next = undefined;
      this.#lastAt = this.#now();
      return this.#read([...ids]);
    });
    return { ids, items };
  }
}
