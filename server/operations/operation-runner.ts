import { sql } from 'kysely';
import { type Transaction, transact } from '../database/transaction.ts';
import { type Engine, EngineError, PassingFault, type Progress } from '../engines/engine.ts';
import type { Services } from '../services.ts';
import type { OperationKind } from './operation-kinds.ts';
import type { OperationRow, Work, Workflow, Workflows } from './workflow.ts';

const leaseMs = 60_000;
const leaseRetryMs = 1000;
const longestBackoffMs = 16_000;
const undoGraceMs = 600_000;

/**
 * Does durable work: for each resource one operation at a time, in the order they were accepted. The row of an operation owns its
 * progress; whoever holds its lease may run it, and every step may be run again. Nothing here is lost by a crash: what is not
 * written down is done again.
 */
export class OperationRunner {
  readonly #services: Services;
  readonly #engine: Engine;
  readonly #workflows: Workflows;
  readonly #draining = new Map<string, { again: boolean; ended: Promise<void> }>();
  readonly #timers = new Map<string, () => void>();
  #stopping = false;

  constructor(services: Services, engine: Engine, workflows: Workflows) {
    this.#services = services;
    this.#engine = engine;
    this.#workflows = workflows;
  }

  /** Works through what a resource has to do; ends when nothing is left or the next step has to wait. */
  drain(resourceId: string): Promise<void> {
    const running = this.#draining.get(resourceId);
    if (running !== undefined) {
      running.again = true;
      return running.ended;
    }
    if (this.#stopping) return Promise.resolve();
    const entry = { again: false, ended: Promise.resolve() };
    this.#draining.set(resourceId, entry);
    entry.ended = this.#drainAll(resourceId, entry).finally(() => this.#draining.delete(resourceId));
    return entry.ended;
  }

  /** Takes up all unfinished work that is due: after a crash, and wherever a wake-up was lost. */
  async resume(): Promise<void> {
    const now = new Date(this.#services.clock.now());
    const rows = await this.#services.db
      .selectFrom('operations')
      .select('resource_id')
      .distinct()
      .where('finished_at', 'is', null)
      .where((row) => row.or([row('not_before', 'is', null), row('not_before', '<=', now)]))
      .execute();
    for (const { resource_id } of rows) this.#drainInBackground(resource_id);
  }

  /** Tries at once what waited for the host: it is back. */
  async hurry(): Promise<void> {
    await this.#services.db
      .updateTable('operations')
      .set({ not_before: null, attempts: 0 })
      .where('waiting_for', 'is not', null)
      .where('finished_at', 'is', null)
      .execute();
    await this.resume();
  }

  /** Gives up all leases: only for the one process that owns the database, before it starts to work. */
  async releaseLeases(): Promise<void> {
    await this.#services.db
      .updateTable('operations')
      .set({ lease_until: null, not_before: null })
      .where('finished_at', 'is', null)
      .execute();
  }

  /** Starts no more steps, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await Promise.allSettled([...this.#draining.values()].map((entry) => entry.ended));
  }

  async #drainAll(resourceId: string, entry: { again: boolean }): Promise<void> {
    do {
      entry.again = false;
      while (!this.#stopping) {
        const operation = await this.#claim(resourceId);
        if (operation === undefined) break;
        const waitMs = await this.#run(operation).catch(async (error) => {
          await this.#release(operation, leaseRetryMs).catch(() => undefined);
          throw error;
        });
        if (waitMs !== null) {
          await this.#release(operation, waitMs);
          break;
        }
      }
    } while (entry.again && !this.#stopping);
  }

  #drainInBackground(resourceId: string): void {
    this.drain(resourceId).catch((error) => {
      this.#services.log.error({ err: error, resourceId }, 'work on a resource broke off; it is taken up again');
    });
  }

  /** The resource's next operation with its lease; undefined where there is none or it is not due. */
  async #claim(resourceId: string): Promise<OperationRow | undefined> {
    const now = this.#services.clock.now();
    return this.#services.db
      .updateTable('operations')
      .set({ status: 'running', lease_until: new Date(now + leaseMs) })
      .where('id', '=', (select) =>
        select
          .selectFrom('operations')
          .select('id')
          .where('resource_id', '=', resourceId)
          .where('finished_at', 'is', null)
          .orderBy('sequence')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .where((row) => row.or([row('lease_until', 'is', null), row('lease_until', '<', new Date(now))]))
      .where((row) => row.or([row('not_before', 'is', null), row('not_before', '<=', new Date(now))]))
      .returningAll()
      .executeTakeFirst();
  }

  /** Gives the lease back and comes again after a while. */
  async #release(operation: OperationRow, waitMs: number): Promise<void> {
    const { clock, db } = this.#services;
    await db
      .updateTable('operations')
      .set({
        lease_until: null,
        // A cancellation that came meanwhile must not wait.
        not_before: sql<Date>`case when cancelled then null else ${new Date(clock.now() + waitMs)}::timestamptz end`,
      })
      .where('id', '=', operation.id)
      .execute();
    this.#timers.get(operation.resource_id)?.();
    const cancel = clock.after(waitMs + 1, () => {
      this.#timers.delete(operation.resource_id);
      this.#drainInBackground(operation.resource_id);
    });
    this.#timers.set(operation.resource_id, cancel);
  }

  /** Runs an operation until it ends (null) or has to wait (milliseconds). */
  async #run(claimed: OperationRow): Promise<number | null> {
    const kind = claimed.kind as OperationKind;
    const workflow = this.#workflows[kind] as Workflow;
    let operation = claimed;
    while (!this.#stopping) {
      const work = this.#workOf(operation);
      if (operation.cancelled) {
        await this.#end(operation, 'failed', 'The VM was deleted', async () => {});
        return null;
      }
      if (operation.error !== null) return this.#undo(workflow, work, operation.error);
      const step = workflow.steps[operation.step];
      if (step === undefined) {
        await this.#end(operation, 'succeeded', null, async () => {});
        return null;
      }
      const progress = await this.#act(operation, () => step.act?.(work) ?? Promise.resolve({ done: true }));
      if (typeof progress === 'string') {
        operation = await this.#markFailed(operation, progress);
      } else if (!progress.done) {
        const untilDeadline = operation.deadline.getTime() - this.#services.clock.now();
        return Math.min(progress.retryInMs, Math.max(0, untilDeadline) + 1);
      } else if (operation.step === workflow.steps.length - 1) {
        await this.#end(operation, 'succeeded', null, async (tx) => step.commit?.(tx, work));
        return null;
      } else {
        operation = await this.#advance(operation, async (tx) => step.commit?.(tx, work));
      }
    }
    return 0;
  }

  /** Runs an act; the answer is its progress, or the sentence with which the operation fails. */
  async #act(operation: OperationRow, act: () => Promise<Progress>): Promise<Progress | string> {
    const { clock, log, db } = this.#services;
    const isLate = clock.now() > operation.deadline.getTime();
    try {
      const progress = await act();
      if (progress.done || !isLate) return progress;
      return 'The operation did not end in time; try it again';
    } catch (error) {
      const isPassing = error instanceof PassingFault;
      if (error instanceof EngineError && (!isPassing || isLate)) {
        log.warn({ err: error, operationId: operation.id, kind: operation.kind }, 'a step failed');
        return error.message;
      }
      log.warn({ err: error, operationId: operation.id, kind: operation.kind }, 'a step failed and is tried again');
      if (isLate) return 'The host of this VM did not answer in time; try it again, or ask the operator of this cloud';
      const { attempts } = await db
        .updateTable('operations')
        .set((row) => ({ attempts: row('attempts', '+', 1), waiting_for: isPassing ? error.message : null }))
        .where('id', '=', operation.id)
        .returning('attempts')
        .executeTakeFirstOrThrow();
      if (isPassing && attempts >= error.attempts) return error.message;
      return { done: false, retryInMs: Math.min(1000 * 2 ** (attempts - 1), longestBackoffMs) };
    }
  }

  async #undo(workflow: Workflow, work: Work, sentence: string): Promise<number | null> {
    const { operation } = work;
    const isHopeless = this.#services.clock.now() > operation.deadline.getTime() + undoGraceMs;
    if (workflow.undo !== undefined && !isHopeless) {
      const progress = await this.#act({ ...operation, deadline: new Date(8.64e15) }, () =>
        (workflow.undo as NonNullable<Workflow['undo']>)(work),
      );
      if (typeof progress === 'string') {
        this.#services.log.error({ operationId: operation.id, reason: progress }, 'an operation could not be undone');
      } else if (!progress.done) return progress.retryInMs;
    }
    await this.#end(operation, 'failed', sentence, (tx) => workflow.failed(tx, work, sentence));
    return null;
  }

  /** Writes down why an operation fails; from here on it is undone. */
  #markFailed(operation: OperationRow, sentence: string): Promise<OperationRow> {
    this.#services.log.warn({ operationId: operation.id, kind: operation.kind, reason: sentence }, 'operation failed');
    return this.#services.db
      .updateTable('operations')
      .set({ error: sentence, attempts: 0 })
      .where('id', '=', operation.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  #advance(operation: OperationRow, commit: (tx: Transaction) => Promise<unknown>): Promise<OperationRow> {
    return this.#change(operation, commit, (now) => ({
      step: operation.step + 1,
      finished_steps: [...operation.finished_steps, new Date(now)],
      attempts: 0,
      waiting_for: null,
      lease_until: new Date(now + leaseMs),
    }));
  }

  async #end(
    operation: OperationRow,
    status: 'succeeded' | 'failed',
    error: string | null,
    commit: (tx: Transaction) => Promise<unknown>,
  ): Promise<void> {
    await this.#change(operation, commit, (now) => ({
      status,
      error,
      sealed_input: null,
      waiting_for: null,
      lease_until: null,
      finished_at: new Date(now),
      ...(status === 'succeeded' ? { finished_steps: [...operation.finished_steps, new Date(now)] } : {}),
    }));
    this.#services.log.info(
      { operationId: operation.id, kind: operation.kind, resourceId: operation.resource_id, status, reason: error },
      'operation ended',
    );
  }

  #change(
    operation: OperationRow,
    commit: (tx: Transaction) => Promise<unknown>,
    changes: (now: number) => object,
  ): Promise<OperationRow> {
    return transact(this.#services.db, async (tx) => {
      tx.onSettled(() => {
        this.#services.vmPages.drop(operation.account_id);
        this.#services.events.tell(operation.account_id, {
          resource: 'vm',
          id: operation.resource_id,
          project_id: operation.project_id,
        });
      });
      await commit(tx);
      return tx.db
        .updateTable('operations')
        .set(changes(this.#services.clock.now()))
        .where('id', '=', operation.id)
        .where('finished_at', 'is', null)
        .returningAll()
        .executeTakeFirstOrThrow();
    });
  }

  #workOf(operation: OperationRow): Work {
    return {
      services: this.#services,
      engine: this.#engine,
      operation,
      input: operation.input as never,
      password:
        operation.sealed_input === null
          ? undefined
          : this.#services.secrets.open(`operation ${operation.id}`, operation.sealed_input),
    };
  }
}
