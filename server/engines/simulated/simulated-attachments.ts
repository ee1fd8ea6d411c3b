import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { EngineError, type MachineVolume } from '../engine.ts';
import { existingVolume } from './existing-volume.ts';

/** Which simulated machine has which volumes. */
export class SimulatedAttachments {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** The ids of the volumes that each machine has, by its id. */
  async ofMachines(machineId?: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#db
      .selectFrom('simulated_volumes')
      .select(['id', 'machine_id'])
      .where('machine_id', 'is not', null)
      .$if(machineId !== undefined, (some) => some.where('machine_id', '=', machineId as string))
      .orderBy('id')
      .execute();
    const volumes = new Map<string, string[]>();
    for (const { id, machine_id } of rows) {
      volumes.set(machine_id as string, [...(volumes.get(machine_id as string) ?? []), id]);
    }
    return volumes;
  }

  async isAsSpecified(machineId: string, volumes: readonly MachineVolume[]): Promise<boolean> {
    const has = (await this.ofMachines(machineId)).get(machineId) ?? [];
    return String([...has].sort()) === String(volumes.map(({ id }) => id).sort());
  }

  /**
   * A machine has these volumes and no others.
   *
   * @throws VolumeGone where one of them is not there
   * @throws EngineError where another machine has one of them
   */
  async attach(machineId: string, volumes: readonly MachineVolume[]): Promise<void> {
    const ids = volumes.map(({ id }) => id);
    await this.letGo(machineId, ids);
    for (const id of ids) {
      const { rows } = await sql`
        update simulated_volumes set machine_id = ${machineId}, is_formatted = is_formatted or filesystem is not null
         where id = ${id} and not is_deleted and (machine_id is null or machine_id = ${machineId}) returning id`.execute(
        this.#db,
      );
      if (rows.length > 0) continue;
      await existingVolume(this.#db, id);
      throw new EngineError('Another VM has this volume; detach it first');
    }
  }

  /** A machine has none of its volumes any more, but those. */
  async letGo(machineId: string, except: readonly string[] = []): Promise<void> {
    await sql`
      update simulated_volumes set machine_id = null
       where machine_id = ${machineId} and id <> all (${[...except]}::uuid[])`.execute(this.#db);
  }
}
