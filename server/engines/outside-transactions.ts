import { isInTransaction } from '../database/transaction.ts';
import type { Engine } from './engine.ts';

/**
 * An engine that refuses to be asked inside a transaction: rows and a connection would wait for a host, which may take its time, and
 * everybody else for them.
 */
export function outsideTransactions(engine: Engine): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (isInTransaction()) throw new Error(`engine.${String(name)} was called inside a transaction`);
        return value.apply(target, args);
      };
    },
  });
}
