import { isInTransaction } from '../database/transaction.ts';
import type { CallOutcome, Meters } from '../metrics/meters.ts';
import { type Engine, EngineError, PassingFault } from './engine.ts';

declare const guarded: unique symbol;

/** Something whose every verb refuses to be asked inside a transaction; whoever works with one takes no other. */
export type Guarded<T extends object> = T & { readonly [guarded]: true };

export type GuardedEngine = Guarded<Engine>;

type Calls = Pick<Meters, 'called'>;

/**
 * An engine, or what else is slow, that refuses to be asked inside a transaction: rows and a connection would wait for a host, which may
 * take its time, and everybody else for them. Where metrics are on it tells of every call.
 *
 * @param path what its verbs are called by, as in `engine.machines.apply`
 */
export function outsideTransactions<T extends object>(verbs: T, meters?: Calls, path = 'engine'): Guarded<T> {
  return guard(verbs, meters, path) as Guarded<T>;
}

/** The verbs of an object, and of the objects in it. */
function guard<T extends object>(verbs: T, meters: Calls | undefined, path: string): T {
  return new Proxy(verbs, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const here = `${path}.${String(name)}`;
      if (typeof value === 'object' && value !== null) return guard(value, meters, here);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (isInTransaction()) throw new Error(`${here} was called inside a transaction`);
        if (meters === undefined) return value.apply(target, args);
        const began = performance.now();
        const answer: unknown = value.apply(target, args);
        if (answer instanceof Promise) {
          const tell = (outcome: CallOutcome) => meters.called(here, outcome, (performance.now() - began) / 1000);
          answer.then(
            () => tell('answered'),
            (error) => tell(outcomeOf(error)),
          );
        }
        return answer;
      };
    },
  });
}

function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof PassingFault) return 'fault';
  return error instanceof EngineError ? 'refused' : 'error';
}
