import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { done, type MachineRef, type MachineSpec, type Progress, SnapshotGone, type Snapshots } from '../engine.ts';
import { existingMachine } from './existing-machine.ts';
import type { MachineRows } from './machine-rows.ts';
import type { SimulatedMachines } from './simulated-machines.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Snapshots as rows, with what a simulated disk holds. */
export class SimulatedSnapshots implements Snapshots {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;
  readonly #machines: SimulatedMachines;
  readonly #rows: MachineRows;

  constructor(db: Kysely<Tables>, time: SimulatedTime, machines: SimulatedMachines, rows: MachineRows) {
    this.#db = db;
    this.#time = time;
    this.#machines = machines;
    this.#rows = rows;
  }

  async take({ id, name }: MachineRef, snapshotId: string): Promise<Progress> {
    const machine = await existingMachine(this.#db, id);
    const snapshot = await this.#find(snapshotId);
    if (snapshot !== undefined) return this.#time.until(snapshot);
    const delay = await this.#time.begin('snapshot', name);
    const { disk, contents, password_digest } = machine;
    await this.#db
      .insertInto('simulated_snapshots')
      .values({ id: snapshotId, machine_id: id, disk, contents, password_digest, ...this.#time.in(delay) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return { done: false, retryInMs: delay };
  }

  async restore(spec: MachineSpec, snapshotId: string): Promise<Progress> {
    await existingMachine(this.#db, spec.id);
    const snapshot = await this.#find(snapshotId);
    if (snapshot === undefined || !this.#time.until(snapshot).done) throw new SnapshotGone();
    await this.#machines.stop(spec, { force: true });
    const applied = await this.#machines.apply(spec);
    if (!applied.done) return applied;
    const { contents, password_digest } = snapshot;
    return this.#rows.timed(await existingMachine(this.#db, spec.id), 'restore', spec.name, () =>
      this.#rows.update(spec.id, { contents, password_digest, pending: null }),
    );
  }

  async delete(_: MachineRef, snapshotId: string): Promise<Progress> {
    await this.#db.deleteFrom('simulated_snapshots').where('id', '=', snapshotId).execute();
    return done;
  }

  #find(id: string) {
    return this.#db.selectFrom('simulated_snapshots').selectAll().where('id', '=', id).executeTakeFirst();
  }
}
