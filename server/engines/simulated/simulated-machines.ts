import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import type { KnownNic, Tables } from '../../database/tables.ts';
import {
  done,
  EngineError,
  type MachineConsole,
  MachineGone,
  type MachineList,
  type MachineNic,
  type MachineRef,
  type MachineSpec,
  type MachineState,
  type Machines,
  type MachineUsage,
  type Progress,
  type TerminalSize,
} from '../engine.ts';
import { contentsOfImage } from './contents-of-image.ts';
import { existingMachine, findMachine, type Machine } from './existing-machine.ts';
import type { MachineRows } from './machine-rows.ts';
import { digestPassword } from './password-digest.ts';
import { SimulatedAttachments } from './simulated-attachments.ts';
import { SimulatedShell } from './simulated-shell.ts';
import type { SimulatedTime } from './simulated-time.ts';
import { simulatedUsage } from './simulated-usage.ts';

/** How often an open console looks whether its machine runs. */
const lookMs = 500;

/** Machines made by an older version only know their addresses. */
function nicsOf(machine: Machine): readonly KnownNic[] {
  if (machine.nics.length > 0) return machine.nics;
  return machine.addresses.map((address) => ({ type: null, address, mac: null, gateway: null, network: null }));
}

const unfiltered = ({ filter: _, ...nic }: KnownNic | MachineNic) => nic;

/** Machines as rows, which move through the states of real ones. */
export class SimulatedMachines implements Machines {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;
  readonly #rows: MachineRows;
  readonly #volumes: SimulatedAttachments;

  constructor(db: Kysely<Tables>, time: SimulatedTime, rows: MachineRows) {
    this.#db = db;
    this.#time = time;
    this.#rows = rows;
    this.#volumes = new SimulatedAttachments(db);
  }

  async apply(spec: MachineSpec, { builds } = { builds: false }): Promise<Progress> {
    const machine = await findMachine(this.#db, spec.id);
    if (machine === undefined || machine.generation < spec.generation) {
      if (!builds) throw new MachineGone();
      return this.#rows.build(spec, await contentsOfImage(this.#db, spec.image));
    }
    if (machine.power === 'building') {
      const built = await this.#arrive(machine, 'off');
      if (!built.done) return built;
    }
    if (machine.generation > spec.generation) return done;
    for (const part of [this.#resize, this.#plug, this.#attach]) {
      const progress = await part.call(this, await existingMachine(this.#db, spec.id), spec);
      if (!progress.done) return progress;
    }
    return done;
  }

  async start({ id, name }: MachineRef): Promise<Progress> {
    const machine = await existingMachine(this.#db, id);
    if (machine.power === 'on') return done;
    if (machine.power === 'starting') return this.#arrive(machine, 'on');
    const delay = await this.#time.begin('start', name);
    return this.#change(machine, 'starting', delay, { starts: machine.starts + 1 });
  }

  async stop({ id, name }: MachineRef, { force }: { force: boolean }): Promise<Progress> {
    const machine = await existingMachine(this.#db, id);
    if (machine.power === 'off') return done;
    if (force) {
      await this.#rows.update(id, { power: 'off' });
      return done;
    }
    if (machine.power === 'stopping') return this.#arrive(machine, 'off');
    return this.#change(machine, 'stopping', await this.#time.begin('stop', name));
  }

  async setPassword({ id, name }: MachineRef, password: string): Promise<Progress> {
    const machine = await existingMachine(this.#db, id);
    return this.#rows.timed(machine, 'password', name, async () =>
      this.#rows.update(id, { password_digest: await digestPassword(password), pending: null }),
    );
  }

  async console({ id, name }: MachineRef, size: TerminalSize): Promise<MachineConsole> {
    await this.#time.wait(await this.#time.begin('console', name));
    const machine = await existingMachine(this.#db, id);
    if (!this.#isOn(machine)) throw new EngineError('The VM is not running');
    const shell = new SimulatedShell(machine, size);
    void this.#endWithMachine(shell, machine);
    return { stream: shell, resize: (to) => shell.resize(to) };
  }

  async delete({ id, name }: MachineRef): Promise<Progress> {
    const machine = await findMachine(this.#db, id);
    if (machine === undefined) return done;
    return this.#rows.timed(machine, 'delete', name, async () => {
      await this.#volumes.letGo(id);
      await this.#db.deleteFrom('simulated_machines').where('id', '=', id).execute();
    });
  }

  async inspect(id: string): Promise<MachineState | undefined> {
    const machine = await findMachine(this.#db, id);
    return machine === undefined ? undefined : this.#state(machine, await this.#volumes.ofMachines(id));
  }

  async list(): Promise<MachineList> {
    const machines = await this.#db.selectFrom('simulated_machines').selectAll().execute();
    const volumes = await this.#volumes.ofMachines();
    return { told: machines.map((machine) => this.#state(machine, volumes)), lost: [] };
  }

  async usage(): Promise<MachineUsage[]> {
    const machines = await this.#db
      .selectFrom('simulated_machines')
      .select(['id', 'ram', 'power', 'ready_at', 'wait_ms'])
      .execute();
    const running = machines.filter((machine) => this.#isOn(machine));
    return running.map((machine) => simulatedUsage(machine, this.#time.seconds()));
  }

  #isOn(machine: Pick<Machine, 'power' | 'ready_at' | 'wait_ms'>): boolean {
    return machine.power === 'on' || (machine.power === 'starting' && this.#time.until(machine).done);
  }

  /** Ends a shell when its machine does not run any more, or is another one. */
  async #endWithMachine(shell: SimulatedShell, { id, generation, starts }: Machine): Promise<void> {
    for (;;) {
      await this.#time.wait(lookMs);
      if (shell.destroyed) return;
      const machine = await findMachine(this.#db, id).catch(() => null);
      // The database is away: the next look tells.
      if (machine === null) continue;
      if (
        machine === undefined ||
        machine.generation !== generation ||
        machine.starts !== starts ||
        !this.#isOn(machine)
      )
        return shell.leave();
    }
  }

  async #resize(machine: Machine, spec: MachineSpec): Promise<Progress> {
    const size = { cpu: spec.cpu, ram: spec.ram, disk: Math.max(spec.disk, machine.disk) };
    if (machine.cpu === size.cpu && machine.ram === size.ram && machine.disk === size.disk) return done;
    return this.#rows.timed(machine, 'resize', spec.name, () =>
      this.#rows.update(machine.id, { ...size, pending: null }),
    );
  }

  async #plug(machine: Machine, { name, nics, nameServers }: MachineSpec): Promise<Progress> {
    const areServersSame = isDeepStrictEqual(machine.name_servers, nameServers);
    if (isDeepStrictEqual(machine.nics, nics) && areServersSame) return done;
    const areInterfacesSame = isDeepStrictEqual(machine.nics.map(unfiltered), nics.map(unfiltered));
    const verb = areInterfacesSame && areServersSame ? 'filters' : 'interfaces';
    return this.#rows.timed(machine, verb, name, () =>
      this.#rows.update(machine.id, {
        nics: JSON.stringify(nics),
        name_servers: [...nameServers],
        addresses: nics.map(({ address }) => address),
        pending: null,
      }),
    );
  }

  async #attach(machine: Machine, { name, volumes }: MachineSpec): Promise<Progress> {
    if (await this.#volumes.isAsSpecified(machine.id, volumes)) return done;
    return this.#rows.timed(machine, 'attach', name, async () => {
      await this.#volumes.attach(machine.id, volumes);
      await this.#rows.update(machine.id, { pending: null });
    });
  }

  #state(machine: Machine, volumes: ReadonlyMap<string, readonly string[]>): MachineState {
    const arrived = this.#time.until(machine).done;
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
        nameServers: machine.name_servers,
        volumes: volumes.get(machine.id) ?? [],
      },
    };
  }

  async #change(
    machine: Machine,
    power: Machine['power'],
    delay: number,
    also: Partial<Pick<Machine, 'starts'>> = {},
  ): Promise<Progress> {
    await this.#rows.update(machine.id, { power, ...also, ...this.#time.in(delay) });
    return { done: false, retryInMs: delay };
  }

  async #arrive(machine: Machine, power: Machine['power']): Promise<Progress> {
    const progress = this.#time.until(machine);
    if (progress.done) await this.#rows.update(machine.id, { power });
    return progress;
  }
}
