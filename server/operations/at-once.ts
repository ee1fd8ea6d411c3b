/**
 * Runs an act for each key, a few at once and one for each key; who asks again while it runs gets one more run behind it.
 */
export class AtOnce {
  readonly #most: number;
  readonly #act: (key: string) => Promise<void>;
  readonly #running = new Map<string, { again: Promise<void> | null; ended: Promise<void> }>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(most: number, act: (key: string) => Promise<void>) {
    this.#most = most;
    this.#act = act;
  }

  run(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.again ??= running.ended.catch(() => undefined).then(() => this.run(key));
      return running.again;
    }
    const entry = { again: null, ended: this.#take(key) };
    this.#running.set(key, entry);
    return entry.ended;
  }

  async #take(key: string): Promise<void> {
    if (this.#busy >= this.#most) await new Promise<void>((free) => this.#waiting.push(free));
    else this.#busy++;
    try {
      await this.#act(key);
    } finally {
      this.#running.delete(key);
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}
