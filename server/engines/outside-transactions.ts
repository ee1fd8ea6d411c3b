import { isInTransaction } from '../database/transaction.ts';
import type { Engine } from './engine.ts';

declare const guarded: unique symbol;

/** Something whose every verb refuses to be asked inside a transaction; whoever works with one takes no other. */
export type Guarded<T extends object> = T & { readonly [guarded]: true };

export type GuardedEngine = Guarded<Engine>;

/**
 * An engine, or what else is slow, that refuses to be asked inside a transaction: rows and a connection would wait for a host, which may
 * take its time, and everybody else for them.
 */
export function outsideTransactions<T extends object>(verbs: T, path = 'engine'): Guarded<T> {
  return guard(verbs, path) as Guarded<T>;
}

/** The verbs of an object, and of the objects in it. */
function guard<T extends object>(verbs: T, path: string): T {
  return new Proxy(verbs, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const here = `${path}.${String(name)}`;
      if (typeof value === 'object' && value !== null) return guard(value, here);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (isInTransaction()) throw new Error(`${here} was called inside a transaction`);
        return value.apply(target, args);
      };
    },
  });
}
