/** Asks together for what is wanted one by one within a moment, as the rows of a list do that come into view. */
export class Gatherer<Item> {
  readonly #read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>;
  readonly #later: (call: () => void) => void;
  #next: { readonly ids: Set<string>; readonly items: Promise<ReadonlyMap<string, Item>> } | undefined;

  /** @param later calls back when the moment is over */
  constructor(
    read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>,
    later: (call: () => void) => void = (call) => setTimeout(call, 100),
  ) {
    this.#read = read;
    this.#later = later;
  }

  /** @returns undefined where there is none */
  async want(id: string): Promise<Item | undefined> {
    this.#next ??= this.#gather();
    this.#next.ids.add(id);
    return (await this.#next.items).get(id);
  }

  #gather() {
    const ids = new Set<string>();
    const items = new Promise<void>((resolve) => this.#later(resolve)).then(() => {
      this.#next = undefined;
      return this.#read([...ids]);
    });
    return { ids, items };
  }
}
