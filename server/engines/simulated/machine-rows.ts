import type { Kysely, Updateable } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { done, type MachineSpec, type Progress } from '../engine.ts';
import type { Machine } from './existing-machine.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { SimulatedVerb } from './simulated-verbs.ts';

/** How what is done to simulated machines is written down. */
export class MachineRows {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;

  constructor(db: Kysely<Tables>, time: SimulatedTime) {
    this.#db = db;
    this.#time = time;
  }

  /** A verb that takes its time and then happens at once; repeated calls find the same end. */
  async timed(machine: Machine, verb: SimulatedVerb, name: string, apply: () => Promise<void>): Promise<Progress> {
    if (machine.pending !== verb) {
      const delay = await this.#time.begin(verb, name);
      if (delay > 0) {
        await this.update(machine.id, { pending: verb, ...this.#time.in(delay) });
        return { done: false, retryInMs: delay };
      }
    } else {
      const progress = this.#time.until(machine);
      if (!progress.done) return progress;
    }
    await apply();
    return done;
  }

  /** Begins to make a machine of this generation, with something written on its disk, in the place of whatever is there. */
  async build(spec: MachineSpec, contents: string | null): Promise<Progress> {
    const delay = await this.#time.begin('create', spec.name);
    const row = {
      id: spec.id,
      generation: spec.generation,
      power: 'building' as const,
      ...this.#time.in(delay),
      cpu: spec.cpu,
      ram: spec.ram,
      disk: spec.disk,
      image: spec.image,
      hostname: spec.name,
      addresses: spec.nics.map((nic) => nic.address),
      nics: JSON.stringify(spec.nics),
      name_servers: [...spec.nameServers],
      ssh_keys: [...spec.sshKeys],
      password_digest: null,
      pending: null,
      contents,
    };
    // Before anything of the new one is there: who comes after a crash goes this way again.
    await this.#db.deleteFrom('simulated_snapshots').where('machine_id', '=', spec.id).execute();
    await this.#db
      .insertInto('simulated_machines')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    return { done: false, retryInMs: delay };
  }

  async update(id: string, changes: Updateable<Tables['simulated_machines']>): Promise<void> {
    await this.#db.updateTable('simulated_machines').set(changes).where('id', '=', id).execute();
  }
}
