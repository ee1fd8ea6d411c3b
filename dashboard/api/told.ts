import { useSyncExternalStore } from 'react';

/** A value that somebody outside of the pages knows, and that they follow. */
export class Told<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  readonly get = (): Value => this.#value;

  tell(value: Value): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** The value as it is. */
export function useTold<Value>({ subscribe, get }: Told<Value>): Value {
  return useSyncExternalStore(subscribe, get);
}
