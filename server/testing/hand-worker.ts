import { openEngine } from '../engines/open-engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import { OperationQueue } from '../operations/operation-queue.ts';
import { OperationRunner } from '../operations/operation-runner.ts';
import { machinesOnRecord } from '../resources/vms/machine-spec.ts';
import type { Services } from '../services.ts';
import { workflows } from '../workflows.ts';

/** Does the work of a server that does none by itself: all at once, without the waits between two attempts. */
export class HandWorker {
  readonly #services: Services;
  readonly #queue: OperationQueue;
  readonly #runner: OperationRunner;

  private constructor(services: Services, engine: GuardedEngine) {
    this.#services = services;
    this.#queue = new OperationQueue(services.db, 'by hand');
    this.#runner = new OperationRunner(services, engine, workflows, this.#queue);
  }

  static async of(services: Services): Promise<HandWorker> {
    return new HandWorker(services, await openEngine(services, (ids) => machinesOnRecord(services.db, ids)));
  }

  /**
   * Works until nothing is open.
   *
   * @returns how many operations had a place at most
   * @throws Error where it does not end
   */
  async work(): Promise<number> {
    const { pool, configuration } = this.#services;
    let most = 0;
    for (let round = 0; round < 200; round++) {
      const claimed = await this.#queue.claim(configuration.operations.atOnce, []);
      most = Math.max(most, claimed.length);
      for (const operation of claimed) await this.#runner.run(operation);
      const { rows } = await pool.query('select from operations where finished_at is null limit 1');
      if (rows.length === 0) return most;
      await pool.query('update operations set not_before = null where finished_at is null and not_before is not null');
    }
    throw new Error('the work does not end');
  }
}
