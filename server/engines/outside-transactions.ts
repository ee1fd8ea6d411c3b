import { isInTransaction } from '../database/transaction.ts';
import type { Engine } from './engine.ts';

declare const guarded: unique symbol;

/** An engine whose every verb refuses to be asked inside a transaction; whoever works with one takes no other. */
export type GuardedEngine = Engine & { readonly [guarded]: true };

/**
 * An engine that refuses to be asked inside a transaction: rows and a connection would wait for a host, which may take its time, and
 * everybody else for them.
 */
export function outsideTransactions(engine: Engine): GuardedEngine {
  return guard(engine, 'engine') as GuardedEngine;
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
