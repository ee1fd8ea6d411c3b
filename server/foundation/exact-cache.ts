interface Kept<V> {
  readonly value: V;
  readonly group: string;
  readonly weight: number;
}

/** A value that is being read: whoever asks for it meanwhile waits for the same. */
interface Reading<V> {
  readonly promise: Promise<V | undefined>;
  /** Undefined where only the value will tell. */
  readonly group: string | undefined;
}

/**
 * Values in memory by their name, never stale: whoever changes what one was read from drops it before the change is answered. A value
 * that was being read at the drop goes to who asked for it before, and is not kept. All share one bound; what was not asked for longest
 * goes first. Where another process may write to the database, nothing is kept and nothing is shared.
 */
export class ExactCache<V> {
  readonly #most: number;
  readonly #weigh: (name: string, value: V) => number;
  /** In the order of their last use, once the bound is half reached. */
  readonly #kept = new Map<string, Kept<V>>();
  readonly #groups = new Map<string, Set<string>>();
  readonly #reading = new Map<string, Reading<V>>();
  #weight = 0;
  #isSole = true;

  /**
   * @param most what all values may weigh together
   * @param weigh what one weighs; each is 1 if left out
   */
  constructor(most: number, weigh: (name: string, value: V) => number = () => 1) {
    this.#most = most;
    this.#weigh = weigh;
  }

  /** What all values weigh. */
  get weight(): number {
    return this.#weight;
  }

  /** The value of a name, if it is in memory. */
  get(name: string): V | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    if (this.#weight > this.#most / 2) {
      this.#kept.delete(name);
      this.#kept.set(name, kept);
    }
    return kept.value;
  }

  /**
   * Reads the value of a name, once for all who ask at the same time; undefined is not kept.
   *
   * @param group what it is dropped with, such as its account; a function where only the value tells
   */
  load<R extends V | undefined>(
    name: string,
    group: string | ((value: V) => string),
    read: () => Promise<R>,
  ): Promise<R> {
    if (!this.#isSole) return read();
    const shared = this.#reading.get(name);
    if (shared !== undefined) return shared.promise as Promise<R>;
    const reading: Reading<V> = {
      group: typeof group === 'string' ? group : undefined,
      promise: read()
        .then((value) => {
          if (value !== undefined && this.#reading.get(name) === reading) {
            this.#keep(name, value, typeof group === 'string' ? group : group(value));
          }
          return value;
        })
        .finally(() => {
          if (this.#reading.get(name) === reading) this.#reading.delete(name);
        }),
    };
    this.#reading.set(name, reading);
    return reading.promise as Promise<R>;
  }

  /** Forgets one name. */
  drop(name: string): void {
    this.#reading.delete(name);
    this.#forget(name);
  }

  /** Forgets what belongs to a group, or those of its values that `which` says. */
  dropGroup(group: string, which: (value: V) => boolean = () => true): void {
    for (const [name, reading] of this.#reading) {
      if (reading.group === undefined || reading.group === group) this.#reading.delete(name);
    }
    for (const name of this.#groups.get(group) ?? []) {
      if (which((this.#kept.get(name) as Kept<V>).value)) this.#forget(name);
    }
  }

  /** Keeps nothing while another process may be writing to the database. */
  setSole(isSole: boolean): void {
    this.#isSole = isSole;
    this.#reading.clear();
    this.#kept.clear();
    this.#groups.clear();
    this.#weight = 0;
  }

  #keep(name: string, value: V, group: string): void {
    this.#forget(name);
    const weight = this.#weigh(name, value);
    this.#kept.set(name, { value, group, weight });
    const names = this.#groups.get(group);
    if (names === undefined) this.#groups.set(group, new Set([name]));
    else names.add(name);
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#most) break;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    this.#kept.delete(name);
    this.#weight -= kept.weight;
    const names = this.#groups.get(kept.group);
    names?.delete(name);
    if (names?.size === 0) this.#groups.delete(kept.group);
  }
}
