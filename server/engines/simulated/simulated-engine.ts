import type { Kysely, Selectable } from 'kysely';
import type { KnownNic, SimulatedMachinesTable, Tables } from '../../database/tables.ts';
import type { Clock } from '../../foundation/clock.ts';
import {
  done,
  type Engine,
  EngineError,
  type MachineSpec,
  type MachineState,
  type Progress,
  type Size,
} from '../engine.ts';
import { FaultRules } from './fault-rules.ts';
import { digestPassword } from './password-digest.ts';
import type { SimulatedVerb } from './simulated-verbs.ts';

/** How long each verb takes, in milliseconds. */
export type SimulatedDelays = Readonly<Record<SimulatedVerb, number>>;

type Machine = Selectable<SimulatedMachinesTable>;

/** Machines made by an older version only know their addresses. */
function nicsOf(machine: Machine): readonly KnownNic[] {
  if (machine.nics.length > 0) return machine.nics;
  return machine.addresses.map((address) => ({ type: null, address, mac: null, gateway: null, network: null }));
}

/**
 * Machines that exist only in the database, with real states and believable times. They survive restarts, and fail or dawdle only
 * where the operator said so.
 */
export class SimulatedEngine implements Engine {
  readonly name = 'simulated';
  readonly #db: Kysely<Tables>;
  readonly #clock: Clock;
  readonly #delays: SimulatedDelays;
  readonly #faults: FaultRules;
  readonly #capacity: Size | undefined;

  constructor(db: Kysely<Tables>, clock: Clock, delays: SimulatedDelays, capacity?: Size) {
    this.#db = db;
    this.#clock = clock;
    this.#delays = delays;
    this.#capacity = capacity;
    this.#faults = new FaultRules(db);
  }

  async prepare(): Promise<void> {}

  async ensure(spec: MachineSpec): Promise<Progress> {
    const machine = await this.#find(spec.id);
    if (machine !== undefined && machine.generation >= spec.generation) {
      if (machine.power !== 'building') return done;
      return this.#arrive(machine, 'off');
    }
    await this.#knowsImage(spec.image);
    const delay = await this.#begin('create', spec.name);
    const row = {
      id: spec.id,
      generation: spec.generation,
      power: 'building' as const,
      ...this.#in(delay),
      cpu: spec.cpu,
      ram: spec.ram,
      disk: spec.disk,
      image: spec.image,
      hostname: spec.name,
      addresses: spec.nics.map((nic) => nic.address),
      nics: JSON.stringify(spec.nics),
      ssh_keys: [...spec.sshKeys],
      password_digest: null,
      pending: null,
    };
    await this.#db
      .insertInto('simulated_machines')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    return { done: false, retryInMs: delay };
  }

  async start(id: string, name: string): Promise<Progress> {
    const machine = await this.#existing(id);
    if (machine.power === 'on') return done;
    if (machine.power === 'starting') return this.#arrive(machine, 'on');
    return this.#change(machine, 'starting', await this.#begin('start', name));
  }

  async stop(id: string, name: string, force: boolean): Promise<Progress> {
    const machine = await this.#existing(id);
    if (machine.power === 'off') return done;
    if (force) {
      await this.#update(id, { power: 'off' });
      return done;
    }
    if (machine.power === 'stopping') return this.#arrive(machine, 'off');
    return this.#change(machine, 'stopping', await this.#begin('stop', name));
  }

  async resize(id: string, name: string, size: { cpu: number; ram: number }): Promise<Progress> {
    const machine = await this.#existing(id);
    if (machine.cpu === size.cpu && machine.ram === size.ram) return done;
    return this.#timed(machine, 'resize', name, () => this.#update(id, { ...size, pending: null }));
  }

  async growDisk(id: string, name: string, disk: number): Promise<Progress> {
    const machine = await this.#existing(id);
    if (machine.disk === disk) return done;
    if (disk < machine.disk) throw new EngineError('A disk cannot be made smaller');
    return this.#timed(machine, 'resize', name, () => this.#update(id, { disk, pending: null }));
  }

  async setPassword(id: string, name: string, password: string): Promise<Progress> {
    const machine = await this.#existing(id);
    return this.#timed(machine, 'password', name, async () =>
      this.#update(id, { password_digest: await digestPassword(password), pending: null }),
    );
  }

  async saveImage(id: string, name: string, imageId: string): Promise<Progress> {
    const machine = await this.#existing(id);
    const image = await this.#db
      .selectFrom('simulated_images')
      .select(['ready_at', 'wait_ms'])
      .where('id', '=', imageId)
      .executeTakeFirst();
    if (image !== undefined) return this.#waitFor(image);
    const delay = await this.#begin('image', name);
    await this.#db
      .insertInto('simulated_images')
      .values({ id: imageId, disk: machine.disk, ...this.#in(delay) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return { done: false, retryInMs: delay };
  }

  async deleteImage(imageId: string): Promise<Progress> {
    await this.#db.deleteFrom('simulated_images').where('id', '=', imageId).execute();
    return done;
  }

  async delete(id: string, name: string): Promise<Progress> {
    const machine = await this.#find(id);
    if (machine === undefined) return done;
    return this.#timed(machine, 'delete', name, async () => {
      await this.#db.deleteFrom('simulated_machines').where('id', '=', id).execute();
    });
  }

  async inspect(id: string): Promise<MachineState | undefined> {
    const machine = await this.#find(id);
    return machine === undefined ? undefined : this.#state(machine);
  }

  async list(): Promise<MachineState[]> {
    const machines = await this.#db.selectFrom('simulated_machines').selectAll().execute();
    return machines.map((machine) => this.#state(machine));
  }

  async check(): Promise<string> {
    await this.#db.selectFrom('simulated_machines').select('id').limit(1).execute();
    return 'simulated machines';
  }

  async templatesWithoutImage(): Promise<readonly string[]> {
    return [];
  }

  async capacity(): Promise<Size | undefined> {
    return this.#capacity;
  }

  /** There is nothing but machines. */
  async tidy(): Promise<void> {}

  /** Simulated machines change only when told to. */
  watch(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  #state(machine: Machine): MachineState {
    const arrived = this.#waitFor(machine).done;
    const power: Record<Machine['power'], MachineState['power']> = {
      building: arrived ? 'off' : 'building',
      off: 'off',
      starting: arrived ? 'on' : 'changing',
      on: 'on',
      stopping: arrived ? 'off' : 'changing',
    };
    return {
      id: machine.id,
      generation: machine.generation,
      power: power[machine.power],
      known: {
        name: machine.hostname,
        cpu: machine.cpu,
        ram: machine.ram,
        disk: machine.disk,
        image: machine.image,
        nics: nicsOf(machine),
      },
    };
  }

  #find(id: string): Promise<Machine | undefined> {
    return this.#db.selectFrom('simulated_machines').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async #existing(id: string): Promise<Machine> {
    const machine = await this.#find(id);
    if (machine === undefined)
      throw new EngineError('The machine is gone from its host; delete the VM and create it again');
    return machine;
  }

  async #knowsImage(reference: string): Promise<void> {
    if (!reference.startsWith('image:')) return;
    const image = await this.#db
      .selectFrom('simulated_images')
      .select('id')
      .where('id', '=', reference.slice('image:'.length))
      .executeTakeFirst();
    if (image === undefined) throw new EngineError('The saved image is gone from its host; save it again');
  }

  /** Applies the operator's faults; the answer is how long the verb takes. */
  async #begin(verb: SimulatedVerb, name: string): Promise<number> {
    return (await this.#faults.apply(verb, name)) ?? this.#delays[verb];
  }

  /** A verb that takes its time and then happens at once; repeated calls find the same end. */
  async #timed(machine: Machine, verb: SimulatedVerb, name: string, apply: () => Promise<void>): Promise<Progress> {
    if (machine.pending !== verb) {
      const delay = await this.#begin(verb, name);
      if (delay > 0) {
        await this.#update(machine.id, { pending: verb, ...this.#in(delay) });
        return { done: false, retryInMs: delay };
      }
    } else {
      const progress = this.#waitFor(machine);
      if (!progress.done) return progress;
    }
    await apply();
    return done;
  }

  async #change(machine: Machine, power: Machine['power'], delay: number): Promise<Progress> {
    await this.#update(machine.id, { power, ...this.#in(delay) });
    return { done: false, retryInMs: delay };
  }

  async #arrive(machine: Machine, power: Machine['power']): Promise<Progress> {
    const progress = this.#waitFor(machine);
    if (progress.done) await this.#update(machine.id, { power });
    return progress;
  }

  async #update(id: string, changes: Partial<Omit<Machine, 'id' | 'nics' | 'created_at'>>): Promise<void> {
    await this.#db.updateTable('simulated_machines').set(changes).where('id', '=', id).execute();
  }

  /** A moment further away than it was from the start: the clock was set back, and nobody knows how much is left of the wait. */
  #waitFor({ ready_at, wait_ms }: Pick<Machine, 'ready_at' | 'wait_ms'>): Progress {
    const wait = ready_at.getTime() - this.#clock.now();
    return wait <= 0 || wait > wait_ms ? done : { done: false, retryInMs: wait };
  }

  #in(ms: number): Pick<Machine, 'ready_at' | 'wait_ms'> {
    return { ready_at: new Date(this.#clock.now() + ms), wait_ms: ms };
  }
}
