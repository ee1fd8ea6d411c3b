import type { ChangeKind } from '@raffia/contract/resources.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { EngineError, type MachineState, PassingFault, type Progress } from '../engines/engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import type { Services } from '../services.ts';
import type { TryOutcome } from '../tracing/tracer.ts';
import type { OperationInputs, OperationKind } from './operation-kinds.ts';
import { LeaseLost, longestWaitMs, type OperationQueue } from './operation-queue.ts';
import { type OperationRow, type Step, stepIndex, type Work, type Workflow, type Workflows } from './workflow.ts';

const brokenRetryMs = 1000;
const undoGraceMs = 600_000;
const lateSentence = 'The operation did not end in time; try it again';

/** What came of an act: its progress, or the sentence with which the operation fails. */
type Outcome = (Progress & { readonly isFault?: boolean }) | string;

/** What is written down of an operation, at a time in milliseconds since 1970. */
type Changes = (now: number) => Parameters<OperationQueue['write']>[2];

/** What a change brings about beside the operation's own row. */
const nothing = async () => {};

/** What came of a try of a step: it waits, or the operation goes on, or has ended. */
interface Tried {
  readonly outcome: TryOutcome;
  readonly wait?: { readonly ms: number; readonly keepsPlace: boolean };
  readonly hasEnded?: true;
}

/** A claimed operation while it is run. */
interface Run {
  operation: OperationRow;
  /** Aborted when it is not to go on. */
  readonly signal: AbortSignal;
  readonly workflow: Workflow;
  /** Milliseconds of work so far, waits between the steps included: by a clock that nobody sets. */
  readonly elapsedMs: () => number;
}

/**
 * Does durable work. The row of an operation owns its progress; whoever holds its lease may run it, and every step may be run again.
 * Nothing here is lost by a crash: what is not written down is done again. Deadlines count the time that was worked and waited for
 * the host: neither a clock that jumps nor a server that was away brings them nearer.
 */
export class OperationRunner {
  readonly #services: Services;
  readonly #engine: GuardedEngine;
  readonly #workflows: Workflows;
  readonly #queue: OperationQueue;
  readonly #running = new Map<string, AbortController>();
  #stopping = false;

  constructor(services: Services, engine: GuardedEngine, workflows: Workflows, queue: OperationQueue) {
    this.#services = services;
    this.#engine = engine;
    this.#workflows = workflows;
    this.#queue = queue;
  }

  /** Starts no more steps, and breaks off what takes long: it is done again. */
  stop(): void {
    this.#stopping = true;
    for (const running of this.#running.values()) running.abort();
  }

  /** Somebody else has taken an operation up: what is done here for it is not to go on. */
  breakOff({ lease_token }: OperationRow): void {
    this.#running.get(lease_token as string)?.abort();
  }

  /**
   * Runs a claimed operation until it ends or has to wait; its lease is given back then.
   *
   * @returns milliseconds to wait; null where it has ended
   */
  async run(operation: OperationRow): Promise<number | null> {
    const { clock } = this.#services;
    const began = clock.monotonic();
    const controller = new AbortController();
    const run: Run = {
      operation,
      signal: controller.signal,
      workflow: this.#workflows[operation.kind as OperationKind] as Workflow,
      elapsedMs: () => Math.round(operation.elapsed_ms + clock.monotonic() - began),
    };
    this.#running.set(operation.lease_token as string, controller);
    try {
      const wait = await this.#steps(run);
      if (wait === null) return null;
      const waitMs = Math.min(wait.ms, longestWaitMs);
      await this.#queue.release(run.operation, waitMs, run.elapsedMs() + Math.ceil(waitMs), wait.keepsPlace);
      return waitMs;
    } catch (error) {
      if (!(error instanceof LeaseLost)) await this.#breakOff(run).catch(() => undefined);
      throw error;
    } finally {
      this.#running.delete(operation.lease_token as string);
    }
  }

  /** What cannot be written down is tried again, until it is late: then the operation fails. */
  async #breakOff(run: Run): Promise<void> {
    const { operation, workflow } = run;
    if (this.#isLate(run) && operation.error === null) {
      // Of a step that this version lacks nobody knows what it did: all others are undone.
      const step = workflow.steps[stepIndex(workflow, operation.step)] ?? (workflow.steps.at(-1) as Step);
      await this.#markFailed(run, lateSentence, step);
    }
    await this.#queue.release(run.operation, brokenRetryMs, run.elapsedMs() + brokenRetryMs, false);
  }

  #isLate(run: Run): boolean {
    return run.elapsedMs() > this.#services.configuration.operations.deadlineMs;
  }

  async #steps(run: Run): Promise<{ ms: number; keepsPlace: boolean } | null> {
    while (!this.#stopping) {
      const { operation } = run;
      const work = this.#workOf(run);
      if (operation.cancelled) {
        await this.#end(run, 'failed', 'The VM was deleted', nothing);
        return null;
      }
      const { step, index } = this.#stepOf(run);
      const { error } = operation;
      const { wait, hasEnded } = await this.#traced(run, step, () =>
        error === null ? this.#forward(run, work, step, index) : this.#unwind(run, work, step, index, error),
      );
      if (hasEnded) return null;
      if (wait !== undefined) return wait;
    }
    return { ms: 0, keepsPlace: true };
  }

  /** A try of a step, or of undoing it, told to whoever traces; what is written down of it belongs to it. */
  async #traced({ operation }: Run, { name }: Step, tryIt: () => Promise<Tried>): Promise<Tried> {
    const span = this.#services.tracer?.stepBegan(operation, name, operation.error !== null);
    if (span === undefined) return tryIt();
    let outcome: TryOutcome = 'broken off';
    try {
      const tried = await span.run(tryIt);
      outcome = tried.outcome;
      return tried;
    } finally {
      span.end(outcome);
    }
  }

  async #forward(run: Run, work: Work, step: Step, index: number): Promise<Tried> {
    const { steps } = run.workflow;
    this.#services.meters?.stepBegan(run.operation);
    const outcome = await this.#act(run, () => step.act?.(work) ?? Promise.resolve({ done: true }));
    if (typeof outcome === 'string') {
      await this.#markFailed(run, outcome, step);
      return { outcome: 'failed' };
    }
    if (!outcome.done) {
      const untilDeadline = this.#services.configuration.operations.deadlineMs - run.elapsedMs();
      return waits(outcome, {
        ms: Math.min(outcome.retryInMs, Math.max(0, untilDeadline) + 1),
        keepsPlace: outcome.isFault !== true && step.waitsForGuest !== true,
      });
    }
    if (index === steps.length - 1) {
      const commit = async (tx: Transaction) => step.commit?.(tx, work);
      await this.#end(run, 'succeeded', null, commit, (now) => finished(run.operation, step, now), step);
      return { outcome: 'done', hasEnded: true };
    }
    await this.#advance(run, step, steps[index + 1] as Step, async (tx) => step.commit?.(tx, work));
    return { outcome: 'done' };
  }

  async #act(run: Run, act: () => Promise<Progress>, neverLate = false): Promise<Outcome> {
    const { log } = this.#services;
    const { operation } = run;
    const isLate = !neverLate && this.#isLate(run);
    try {
      const progress = await act();
      if (progress.done || !isLate) return progress;
      return lateSentence;
    } catch (error) {
      if (run.signal.aborted) {
        if (this.#stopping) return { done: false, retryInMs: 0 };
        throw new LeaseLost(operation.id);
      }
      const isPassing = error instanceof PassingFault;
      if (error instanceof EngineError && (!isPassing || isLate)) {
        log.warn({ err: error, operationId: operation.id, kind: operation.kind }, 'a step failed');
        return error.message;
      }
      log.warn({ err: error, operationId: operation.id, kind: operation.kind }, 'a step failed and is tried again');
      if (isLate) return 'The host of this VM did not answer in time; try it again, or ask the operator of this cloud';
      const { attempts } = await this.#queue.write(this.#services.db, operation, {
        attempts: operation.attempts + 1,
        waiting_for: isPassing ? error.message : null,
      });
      if (isPassing && attempts >= error.attempts) return error.message;
      this.#services.meters?.stepEnded(operation, this.#stepOf(run).step.name, 'retried');
      return { done: false, retryInMs: Math.min(1000 * 2 ** (attempts - 1), longestWaitMs), isFault: true };
    }
  }

  /** @throws Error where this version's workflow lacks the step that another one wrote down */
  #stepOf({ operation, workflow }: Run): { step: Step; index: number } {
    const name = operation.undoing ?? operation.step;
    const index = stepIndex(workflow, name);
    const step = workflow.steps[index];
    if (step === undefined) throw new Error(`this version has no step "${name}" in ${operation.kind}`);
    return { step, index };
  }

  /** Undoes the step at hand and goes one back; before the first there is nothing left to undo, and the failure is written down. */
  async #unwind(run: Run, work: Work, { name, undo }: Step, index: number, sentence: string): Promise<Tried> {
    const { operation, workflow } = run;
    let undone: TryOutcome = 'undone';
    const names = { undone_names: [...operation.undone_names] };
    const isHopeless = run.elapsedMs() > this.#services.configuration.operations.deadlineMs + undoGraceMs;
    if (undo !== undefined && !isHopeless) {
      const outcome = await this.#act(run, () => undo(work), true);
      if (typeof outcome === 'string') {
        this.#services.log.error({ operationId: operation.id, reason: outcome }, 'an operation could not be undone');
        undone = 'failed';
      } else if (!outcome.done) {
        return waits(outcome, { ms: outcome.retryInMs, keepsPlace: outcome.isFault !== true });
      } else {
        names.undone_names.push(name);
        this.#services.meters?.stepEnded(operation, name, 'undone');
      }
    }
    const before = workflow.steps[index - 1];
    if (before !== undefined) {
      await this.#change(run, nothing, () => ({ ...names, undoing: before.name, attempts: 0 }));
      return { outcome: undone };
    }
    // What a machine has is worked on in the machine's order.
    const found = await this.#look(operation.queue);
    await this.#end(
      run,
      'failed',
      sentence,
      (tx) => workflow.failed(tx, work, sentence, found),
      () => names,
    );
    return { outcome: undone, hasEnded: true };
  }

  /** How the machine is now, asked before the transaction that writes it down: nobody's rows wait for a host. */
  async #look(id: string): Promise<MachineState | 'gone' | 'unknown'> {
    try {
      return (await this.#engine.machines.inspect(id)) ?? 'gone';
    } catch {
      return 'unknown';
    }
  }

  /** Writes down why an operation fails; from here on its steps are undone, this one first. */
  async #markFailed(run: Run, sentence: string, { name }: Step): Promise<void> {
    const { id, kind } = run.operation;
    this.#services.log.warn({ operationId: id, kind, step: name, reason: sentence }, 'operation failed');
    await this.#change(run, nothing, (now) => ({ error: sentence, step: name, failed_at: new Date(now), attempts: 0 }));
    this.#services.meters?.stepEnded(run.operation, name, 'failed');
  }

  async #advance(run: Run, step: Step, next: Step, commit: (tx: Transaction) => Promise<unknown>): Promise<void> {
    await this.#change(run, commit, (now) => ({
      step: next.name,
      ...finished(run.operation, step, now),
      attempts: 0,
      waiting_for: null,
      elapsed_ms: run.elapsedMs(),
    }));
    this.#services.meters?.stepEnded(run.operation, step.name, 'done');
  }

  async #end(
    run: Run,
    status: 'succeeded' | 'failed',
    error: string | null,
    commit: (tx: Transaction) => Promise<unknown>,
    changes: Changes = () => ({}),
    last?: Step,
  ): Promise<void> {
    const { operation } = run;
    await this.#change(run, commit, (now) => ({
      status,
      error,
      sealed_input: null,
      waiting_for: null,
      has_place: false,
      lease_owner: null,
      lease_token: null,
      lease_until: null,
      elapsed_ms: run.elapsedMs(),
      finished_at: new Date(now),
      ...changes(now),
    }));
    const { log, meters, tracer } = this.#services;
    if (last !== undefined) meters?.stepEnded(operation, last.name, 'done');
    tracer?.operationEnded(run.operation);
    meters?.operationEnded(operation, status, run.operation.elapsed_ms / 1000);
    log.info(
      { operationId: operation.id, kind: operation.kind, resourceId: operation.resource_id, status, reason: error },
      'operation ended',
    );
  }

  async #change(run: Run, commit: (tx: Transaction) => Promise<unknown>, changes: Changes): Promise<void> {
    const { operation } = run;
    run.operation = await transact(this.#services.db, async (tx) => {
      if (operation.account_id !== null) {
        const kind = operation.resource_kind as ChangeKind;
        this.#services.changes.said(tx, {
          kind,
          accountId: operation.account_id,
          id: String(operation.resource_number ?? operation.resource_id),
          projectId: operation.project_id,
        });
      }
      await commit(tx);
      return this.#queue.write(tx.db, operation, changes(this.#services.clock.now()));
    });
  }

  #workOf(run: Run): Work {
    const { operation, signal } = run;
    return {
      signal,
      services: this.#services,
      engine: this.#engine,
      operation,
      elapsedMs: run.elapsedMs(),
      input: operation.input as OperationInputs[OperationKind],
      password:
        operation.sealed_input === null
          ? undefined
          : this.#services.secrets.open(`operation ${operation.id}`, operation.sealed_input),
    };
  }
}

function waits({ isFault }: { readonly isFault?: boolean }, wait: NonNullable<Tried['wait']>): Tried {
  return { outcome: isFault === true ? 'retried' : 'waits', wait };
}

function finished({ finished_names, finished_steps }: OperationRow, { name }: Step, now: number) {
  return { finished_names: [...finished_names, name], finished_steps: [...finished_steps, new Date(now)] };
}
