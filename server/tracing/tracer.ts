import type { CallOutcome } from '../metrics/meters.ts';

/** Something that takes its time, from when it was begun to its end. */
export interface OpenSpan<End> {
  /** Runs work in it: what begins there is below it, and operations that are asked for there remember it. */
  run<T>(work: () => T): T;
  end(how: End): void;
}

/** What a request asks for. */
export interface TracedRequest {
  readonly id: string;
  readonly method: string;
  /** The operation of the API, such as `createVM`. */
  readonly operation: string;
  /** Its path as it is declared, such as `/api/v1/vms/{id}`: never with what somebody asked for. */
  readonly route: string;
  /** As it came. */
  readonly traceparent: string | undefined;
}

/** How a request ended. */
export interface RequestEnd {
  /** Undefined where no answer was begun: the client has gone. */
  readonly status: number | undefined;
  /** Undefined where nobody knows whose it was. */
  readonly accountId: string | undefined;
}

/** How a try of a step came out; `waits`: its host has it, and is asked again later. */
export type TryOutcome = 'done' | 'waits' | 'retried' | 'failed' | 'undone' | 'broken off';

/** How a call of a host came out, and with what error. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly error?: unknown;
}

/** What an operation's row says of its trace. */
export interface TracedOperation {
  readonly id: string;
  readonly kind: string;
  readonly account_id: string | null;
  /** Faults of the step at hand before this try. */
  readonly attempts: number;
  readonly trace_parent: string | null;
}

/** The same of one that has ended. */
export interface EndedOperation extends TracedOperation {
  readonly status: string;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

/**
 * What the parts tell of their time, each from the one place where it passes. There is one only where tracing is on: everywhere else
 * nothing is told, and no clock is read for it. Attributes are names that the code has and ids, never what somebody wrote.
 */
export interface Tracer {
  requestBegan(request: TracedRequest): OpenSpan<RequestEnd>;
  /** What an operation that is asked for now remembers, as a `traceparent`; null where nothing asks for it but the server itself. */
  readonly parent: string | null;
  /** @param isUndone whether the step is taken back */
  stepBegan(operation: TracedOperation, step: string, isUndone: boolean): OpenSpan<TryOutcome>;
  /** From when it was asked for, waits for its turn included. */
  operationEnded(operation: EndedOperation): void;
  /**
   * @param path of the verb, such as `engine.machines.apply`
   * @returns undefined where no request and no step asks: the server's own looks at the host are no part of a trace
   */
  callBegan(path: string): OpenSpan<CallEnd> | undefined;
}
