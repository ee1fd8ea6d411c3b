import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import {
  done,
  EngineError,
  type Progress,
  VolumeGone,
  type VolumeRef,
  type VolumeSpec,
  type VolumeState,
  type Volumes,
} from '../engine.ts';
import { findVolume, newestSnapshot, type SimulatedVolume } from './existing-volume.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Volumes as rows, each with the machine that has it. */
export class SimulatedVolumes implements Volumes {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;

  constructor(db: Kysely<Tables>, time: SimulatedTime) {
    this.#db = db;
    this.#time = time;
  }

  /** Growing begins with the larger size and is over when its time is. */
  async apply({ id, name, size, filesystem }: VolumeSpec, { makes } = { makes: false }): Promise<Progress> {
    const volume = await findVolume(this.#db, id);
    if (volume === undefined) {
      if (!makes) throw new VolumeGone();
      const delay = await this.#time.begin('volume', name);
      await this.#db
        .insertInto('simulated_volumes')
        .values({ id, size, filesystem, ...this.#time.in(delay) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return delay === 0 ? done : { done: false, retryInMs: delay };
    }
    if (volume.size >= size) return this.#time.until(volume);
    const delay = await this.#time.begin('volume', name);
    await this.#db
      .updateTable('simulated_volumes')
      .set({ size, ...this.#time.in(delay) })
      .where('id', '=', id)
      .execute();
    return delay === 0 ? done : { done: false, retryInMs: delay };
  }

  /** Where it has snapshots it is held for them, with nothing on it but what the newest of them keeps. */
  async delete({ id, name }: VolumeRef, { withSnapshots } = { withSnapshots: false }): Promise<Progress> {
    const volume = await findVolume(this.#db, id, { deleted: withSnapshots });
    if (volume === undefined) return done;
    if (volume.machine_id !== null) throw new EngineError('A VM still has this volume; detach it first');
    await this.#time.begin('volume', name);
    const newest = withSnapshots ? undefined : await newestSnapshot(this.#db, id);
    if (newest === undefined) await this.#db.deleteFrom('simulated_volumes').where('id', '=', id).execute();
    else {
      const changes = { is_deleted: true, contents: newest.contents };
      await this.#db.updateTable('simulated_volumes').set(changes).where('id', '=', id).execute();
    }
    return done;
  }

  async inspect(id: string): Promise<VolumeState | undefined> {
    const volume = await findVolume(this.#db, id);
    return volume === undefined ? undefined : stateOf(volume);
  }

  async list(): Promise<VolumeState[]> {
    return (await this.#db.selectFrom('simulated_volumes').selectAll().execute()).map(stateOf);
  }
}

const stateOf = ({ id, size, machine_id, is_deleted }: SimulatedVolume): VolumeState => ({
  id,
  size,
  machineIds: machine_id === null ? [] : [machine_id],
  ...(is_deleted ? { isDeleted: true } : {}),
});
