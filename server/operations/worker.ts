import { setTimeout } from 'node:timers/promises';
import type { Services } from '../services.ts';
import { LeaseLost, leaseMs, type OperationQueue } from './operation-queue.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { WorkListener } from './work-listener.ts';
import type { OperationRow } from './workflow.ts';

/** How often it looks by itself: as long as it hears of new work, for what another process left; else for all. */
const pollMs = { listening: 5000, deaf: 1000 };
const retryMs = 500;
/** Between two looks: work that ends meanwhile is looked for together. The first look after a pause is at once. */
const looksEveryMs = 20;

/**
 * The one scheduler: claims operations from the queue and has them run, as many at once as there are places. It hears of each commit
 * that brought work; it also looks by itself, in case one was not heard of.
 */
export class Worker {
  readonly #services: Services;
  readonly #queue: OperationQueue;
  readonly #runner: OperationRunner;
  readonly #listener: WorkListener;
  readonly #inHand = new Map<string, { operation: OperationRow; ended: Promise<void> }>();
  readonly #timers = new Set<() => void>();
  #looking: Promise<void> | null = null;
  #cancelPoll: () => void = () => {};
  #lookedAt = Number.NEGATIVE_INFINITY;
  #again = false;
  #started = false;
  #isCutOff = false;
  #stopping = false;

  constructor(services: Services, queue: OperationQueue, runner: OperationRunner, listener: WorkListener) {
    this.#services = services;
    this.#queue = queue;
    this.#runner = runner;
    this.#listener = listener;
  }

  /** Whether operations are being taken up. */
  get isRunning(): boolean {
    return this.#started && !this.#stopping && !this.#isCutOff;
  }

  start(): void {
    this.#started = true;
    this.#poll();
    this.#listener.start(() => this.#poll());
    this.#renew();
  }

  /** Looks for work now. */
  wake(): void {
    if (this.#stopping || !this.#started) return;
    if (this.#looking !== null) {
      this.#again = true;
      return;
    }
    const pauseMs = looksEveryMs - (performance.now() - this.#lookedAt);
    this.#looking = (pauseMs > 0 ? setTimeout(pauseMs) : Promise.resolve())
      .then(() => {
        this.#lookedAt = performance.now();
        return this.#stopping ? undefined : this.#look();
      })
      .finally(() => {
        this.#looking = null;
        if (this.#again) this.wake();
      });
  }

  /** Tries at once what waited for the host: it is back. */
  async hurry(): Promise<void> {
    await this.#queue.hurry();
    this.wake();
  }

  /** Starts no more steps, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#runner.stop();
    await this.#listener.stop();
    await this.#looking;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    await Promise.all([...this.#inHand.values()].map(({ ended }) => ended));
  }

  async #look(): Promise<void> {
    this.#again = false;
    try {
      const operations = await this.#queue.claim(this.#services.configuration.operations.atOnce, [
        ...this.#inHand.keys(),
      ]);
      this.#isCutOff = false;
      for (const operation of operations) this.#begin(operation);
    } catch (error) {
      if (!this.#isCutOff) this.#services.log.error({ err: error }, 'work cannot be taken up; it is tried again');
      this.#isCutOff = true;
      this.#after(retryMs, () => this.wake());
    }
  }

  #begin(operation: OperationRow): void {
    const ended = this.#runner.run(operation).then(
      (waitMs) => this.#end(operation, waitMs ?? 0),
      (error) => {
        const isLost = error instanceof LeaseLost;
        this.#services.log[isLost ? 'warn' : 'error'](
          { err: error, operationId: operation.id },
          'work on an operation broke off; it is taken up again',
        );
        this.#end(operation, retryMs);
      },
    );
    this.#inHand.set(operation.id, { operation, ended });
  }

  /** Looks again at once for others, and for this one when it is due. */
  #end(operation: OperationRow, waitMs: number): void {
    this.#inHand.delete(operation.id);
    this.wake();
    if (waitMs > 0) this.#after(waitMs + 1, () => this.wake());
  }

  /** Looks now, and again after a while in which nothing was heard of. */
  #poll(): void {
    this.wake();
    this.#cancelPoll();
    this.#cancelPoll = this.#after(this.#listener.isListening ? pollMs.listening : pollMs.deaf, () => this.#poll());
  }

  #renew(): void {
    this.#after(leaseMs / 3, () => {
      this.#queue
        .renew([...this.#inHand.values()].map(({ operation }) => operation))
        .then((lost) => {
          for (const operation of lost) this.#runner.breakOff(operation);
        })
        .catch((error) => this.#services.log.warn({ err: error }, 'leases were not renewed'))
        .finally(() => this.#renew());
    });
  }

  /** The answer cancels it. */
  #after(ms: number, call: () => void): () => void {
    if (this.#stopping) return () => {};
    const end = this.#services.clock.after(ms, () => {
      this.#timers.delete(cancel);
      call();
    });
    const cancel = () => {
      this.#timers.delete(cancel);
      end();
    };
    this.#timers.add(cancel);
    return cancel;
  }
}
