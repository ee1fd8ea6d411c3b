import { Logger, type Runner, run } from 'graphile-worker';
import type { Pool } from 'pg';
import type { Logger as PinoLogger } from 'pino';
import type { OperationRunner } from './operation-runner.ts';

const restartMs = 1000;

/** The queue's worker: jobs only say which resource has work; it is started again if it breaks. */
export class Worker {
  readonly #pool: Pool;
  readonly #log: PinoLogger;
  readonly #operations: OperationRunner;
  readonly #concurrency: number;
  #runner: Runner | null = null;
  #stopping = false;

  constructor(pool: Pool, log: PinoLogger, operations: OperationRunner, concurrency: number) {
    this.#pool = pool;
    this.#log = log;
    this.#operations = operations;
    this.#concurrency = concurrency;
  }

  get isRunning(): boolean {
    return this.#runner !== null;
  }

  /** Starts working. Locks of a worker that was killed would hold its jobs for hours: only one process works here, so they go. */
  async start(): Promise<void> {
    const runner = await run({
      pgPool: this.#pool,
      concurrency: this.#concurrency,
      noHandleSignals: true,
      pollInterval: 2000,
      logger: new Logger(() => (level, message) => {
        if (level === 'error' || level === 'warning') this.#log.warn({ from: 'worker' }, message);
      }),
      taskList: {
        work: async (payload) => this.#operations.drain((payload as { resource: string }).resource),
      },
    });
    this.#runner = runner;
    runner.promise.then(
      () => this.#ended(),
      (error) => {
        this.#log.error({ err: error }, 'the worker broke off');
        this.#ended();
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#runner?.stop().catch(() => {});
    this.#runner = null;
  }

  #ended(): void {
    this.#runner = null;
    if (this.#stopping) return;
    setTimeout(() => {
      if (this.#stopping) return;
      this.start().catch((error) => {
        this.#log.error({ err: error }, 'the worker could not be started');
        this.#ended();
      });
    }, restartMs);
  }
}

/** Gives the jobs of dead workers free again. */
export async function releaseJobs(pool: Pool): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker.jobs
      where locked_by is not null having count(*) > 0`,
  );
}
