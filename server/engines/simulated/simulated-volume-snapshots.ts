import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import {
  done,
  EngineError,
  type Progress,
  SnapshotGone,
  type VolumeRef,
  type VolumeSnapshots,
  type VolumeSpec,
} from '../engine.ts';
import { findMachine } from './existing-machine.ts';
import { existingVolume, newestSnapshot, type SimulatedVolume } from './existing-volume.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Snapshots of volumes as rows, beside those of machines. */
export class SimulatedVolumeSnapshots implements VolumeSnapshots {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;

  constructor(db: Kysely<Tables>, time: SimulatedTime) {
    this.#db = db;
    this.#time = time;
  }

  async take({ id, name }: VolumeRef, snapshotId: string): Promise<Progress> {
    const { size, contents } = await existingVolume(this.#db, id);
    const snapshot = await this.#find(snapshotId);
    if (snapshot !== undefined) return this.#time.until(snapshot);
    const delay = await this.#time.begin('snapshot', name);
    await this.#db
      .insertInto('simulated_snapshots')
      .values({ id: snapshotId, volume_id: id, disk: size, contents, ...this.#time.in(delay) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return { done: false, retryInMs: delay };
  }

  async restore({ id, name }: VolumeSpec, snapshotId: string): Promise<Progress> {
    const volume = await existingVolume(this.#db, id);
    const snapshot = await this.#find(snapshotId);
    if (snapshot === undefined || !this.#time.until(snapshot).done) throw new SnapshotGone();
    await this.#refuseRunning(volume);
    if (volume.restoring !== snapshotId) {
      const delay = await this.#time.begin('restore', name);
      if (delay > 0) {
        await this.#update(id, { restoring: snapshotId, ...this.#time.in(delay) });
        return { done: false, retryInMs: delay };
      }
    } else {
      const progress = this.#time.until(volume);
      if (!progress.done) return progress;
    }
    await this.#update(id, { restoring: null, contents: snapshot.contents });
    return done;
  }

  async delete({ id }: VolumeRef, snapshotId: string): Promise<Progress> {
    await this.#db.deleteFrom('simulated_snapshots').where('id', '=', snapshotId).execute();
    if ((await newestSnapshot(this.#db, id)) === undefined) {
      await sql`delete from simulated_volumes where id = ${id} and is_deleted`.execute(this.#db);
    }
    return done;
  }

  async #refuseRunning({ machine_id }: SimulatedVolume): Promise<void> {
    if (machine_id !== null && (await findMachine(this.#db, machine_id))?.power === 'on') {
      throw new EngineError('A VM that runs has this volume; stop it, then restore again');
    }
  }

  #find(id: string) {
    return this.#db.selectFrom('simulated_snapshots').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async #update(
    id: string,
    changes: Partial<Pick<SimulatedVolume, 'restoring' | 'contents' | 'ready_at' | 'wait_ms'>>,
  ): Promise<void> {
    await this.#db.updateTable('simulated_volumes').set(changes).where('id', '=', id).execute();
  }
}
