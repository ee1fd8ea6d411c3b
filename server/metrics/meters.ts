import type { ErrorCode } from '@raffia/contract/errors.ts';

/** How a call of the engine, or of the store of backups, came out. */
export type CallOutcome =
  /** It answered. */
  | 'answered'
  /** It answered that it cannot be done: for good. */
  | 'refused'
  /** It failed for now, and is tried again: the host does not answer, for one. */
  | 'fault'
  /** Anything else: nobody expected it. */
  | 'error';

/** How a try of a step came out: `retried` ones are done again. */
export type StepOutcome = 'done' | 'failed' | 'retried' | 'undone';

/** The operation that a step is of. */
export interface MeteredOperation {
  readonly id: string;
  readonly kind: string;
}

/**
 * What the parts tell while they work, each from the one place where it happens. There is one only where metrics are on: everywhere
 * else nothing is told. Times are in seconds.
 */
export interface Meters {
  /** Of one operation of the API, asked for once: called with each of its answers; without a time where that says nothing. */
  answersOf(operation: string): (status: number, seconds?: number) => void;
  /** A request was refused, or failed. */
  refused(code: ErrorCode): void;
  /** The limiter decided on a request. */
  limited(tier: string, isAdmitted: boolean): void;
  /** A step is begun, or gone on with. */
  stepBegan(operation: MeteredOperation): void;
  stepEnded(operation: MeteredOperation, step: string, outcome: StepOutcome): void;
  /** @param seconds of work, waits for the host included */
  operationEnded(operation: MeteredOperation, status: 'succeeded' | 'failed', seconds: number): void;
  /** @param path of the verb, such as `engine.machines.apply` */
  called(path: string, outcome: CallOutcome, seconds: number): void;
  /** Spans that no collector of traces got: too many waited for it, or it did not take them. */
  spansDropped(reason: 'full' | 'failed', spans: number): void;
  /** Redis answered one question. */
  redisAnswered(seconds: number): void;
  /** The engine was compared with the database. */
  reconciled(isDone: boolean, seconds: number): void;
}
