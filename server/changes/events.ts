import type { ChangeKind } from '@raffia/contract/resources.ts';

/** That something changed, not how: who may see it reads it over the API. */
export interface Change {
  readonly resource: ChangeKind;
  readonly id?: string;
  readonly project_id?: string;
}

type Listener = (change: Change) => void;

/** Tells listeners of an account what changed, after it did. In this process: one process serves a database. */
export class Events {
  readonly #listeners = new Map<string, Set<Listener>>();

  tell(accountId: string, change: Change): void {
    for (const listener of this.#listeners.get(accountId) ?? []) listener(change);
  }

  /** Calls back on each change of an account; the answer ends that. */
  listen(accountId: string, listener: Listener): () => void {
    let listeners = this.#listeners.get(accountId);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(accountId, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(accountId) === listeners) this.#listeners.delete(accountId);
    };
  }
}
