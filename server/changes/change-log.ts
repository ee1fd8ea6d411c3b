import { randomBytes } from 'node:crypto';
import type { Change } from './events.ts';

/** So many things are remembered; who has been away for more of them reads everything anew. */
const mostThings = 2000;
const idForm = /^([0-9a-f]{16})-([0-9]{1,15})$/;

interface Entry {
  /** The number of the change, from 1 on. */
  readonly at: number;
  readonly change: Change;
}

/** What changed in an account of late, in its order: each thing once, where it changed last. */
export class ChangeLog {
  /** No other log's, also after a restart: its numbers mean nothing there. */
  readonly #name = randomBytes(8).toString('hex');
  readonly #entries = new Map<string, Entry>();
  /** The number of the last change. */
  last = 0;
  /** What changed until there may be forgotten. */
  #forgotten = 0;

  add(change: Change): void {
    const thing = `${change.resource} ${change.id}`;
    this.#entries.delete(thing);
    this.#entries.set(thing, { at: ++this.last, change });
    if (this.#entries.size <= mostThings) return;
    const [[oldest, { at }]] = this.#entries as unknown as [[string, Entry]];
    this.#entries.delete(oldest);
    this.#forgotten = at;
  }

  /** What changed after a change, in order. */
  after(at: number): Change[] {
    return [...this.#entries.values()].filter((entry) => entry.at > at).map(({ change }) => change);
  }

  /** How a caller is told that it has heard all until a change. */
  idOf(at: number): string {
    return `${this.#name}-${at}`;
  }

  /** Until which change a caller has heard all, by what it was told; undefined where what came since is not known any more. */
  heardUntil(id: string): number | undefined {
    const [, name, number] = idForm.exec(id) ?? [];
    const at = Number(number);
    return name === this.#name && at >= this.#forgotten && at <= this.last ? at : undefined;
  }
}
