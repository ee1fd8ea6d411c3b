import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { done, type Images, type MachineRef, type Progress, SnapshotGone } from '../engine.ts';
import { existingMachine, type Machine } from './existing-machine.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Saved images as rows; of templates every one is there. */
export class SimulatedImages implements Images {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;

  constructor(db: Kysely<Tables>, time: SimulatedTime) {
    this.#db = db;
    this.#time = time;
  }

  async save({ id, name }: MachineRef, imageId: string, snapshotId?: string): Promise<Progress> {
    const { disk, contents } = await this.#source(id, snapshotId);
    const image = await this.#db
      .selectFrom('simulated_images')
      .select(['ready_at', 'wait_ms'])
      .where('id', '=', imageId)
      .executeTakeFirst();
    if (image !== undefined) return this.#time.until(image);
    const delay = await this.#time.begin('image', name);
    await this.#db
      .insertInto('simulated_images')
      .values({ id: imageId, disk, contents, ...this.#time.in(delay) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return { done: false, retryInMs: delay };
  }

  async #source(machineId: string, snapshotId: string | undefined): Promise<Pick<Machine, 'disk' | 'contents'>> {
    const machine = await existingMachine(this.#db, machineId);
    if (snapshotId === undefined) return machine;
    const snapshot = await this.#db
      .selectFrom('simulated_snapshots')
      .select(['disk', 'contents'])
      .where('id', '=', snapshotId)
      .executeTakeFirst();
    if (snapshot === undefined) throw new SnapshotGone();
    return snapshot;
  }

  async delete(imageId: string): Promise<Progress> {
    await this.#db.deleteFrom('simulated_images').where('id', '=', imageId).execute();
    return done;
  }

  async templatesWithoutImage(): Promise<readonly string[]> {
    return [];
  }
}
