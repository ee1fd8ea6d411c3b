import { isInTransaction } from '../database/transaction.ts';
import type { CallOutcome, Meters } from '../metrics/meters.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { type Engine, EngineError, PassingFault } from './engine.ts';

declare const guarded: unique symbol;

/** Something whose every verb refuses to be asked inside a transaction; whoever works with one takes no other. */
export type Guarded<T extends object> = T & { readonly [guarded]: true };

export type GuardedEngine = Guarded<Engine>;

/** Who is told of calls: nobody where metrics and tracing are off. */
export interface Watchers {
  readonly meters?: Pick<Meters, 'called'> | undefined;
  readonly tracer?: Pick<Tracer, 'callBegan'> | undefined;
}

/**
 * An engine, or what else is slow, that refuses to be asked inside a transaction: rows and a connection would wait for a host, which may
 * take its time, and everybody else for them. Where metrics or tracing are on it tells of every call.
 *
 * @param path what its verbs are called by, as in `engine.machines.apply`
 */
export function outsideTransactions<T extends object>(verbs: T, watchers: Watchers = {}, path = 'engine'): Guarded<T> {
  return guard(verbs, watchers, path) as Guarded<T>;
}

/** The verbs of an object, and of the objects in it. */
function guard<T extends object>(verbs: T, watchers: Watchers, path: string): T {
  const { meters, tracer } = watchers;
  return new Proxy(verbs, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const here = `${path}.${String(name)}`;
      if (typeof value === 'object' && value !== null) return guard(value, watchers, here);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (isInTransaction()) throw new Error(`${here} was called inside a transaction`);
        const call = () => value.apply(target, args) as unknown;
        const span = tracer?.callBegan(here);
        if (meters === undefined && span === undefined) return call();
        const began = performance.now();
        const answer = span === undefined ? call() : span.run(call);
        if (answer instanceof Promise) {
          const tell = (outcome: CallOutcome, error?: unknown) => {
            meters?.called(here, outcome, (performance.now() - began) / 1000);
            span?.end({ outcome, error });
          };
          answer.then(
            () => tell('answered'),
            (error) => tell(outcomeOf(error), error),
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
