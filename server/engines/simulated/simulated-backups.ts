import { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { type Backups, EngineError, type MachineRef, type MachineSpec, type Progress } from '../engine.ts';
import { existingMachine, findMachine, type Machine } from './existing-machine.ts';
import type { MachineRows } from './machine-rows.ts';
import type { SimulatedMachines } from './simulated-machines.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** What a simulated disk holds. */
type Disk = Pick<Machine, 'contents' | 'password_digest'>;

/** Far more than is ever written on one. */
const largest = 16_000_000;

/** What simulated disks hold, as JSON. */
export class SimulatedBackups implements Backups {
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

  async export({ id, name }: MachineRef): Promise<Readable> {
    const { contents, password_digest } = await existingMachine(this.#db, id);
    const time = this.#time;
    const delay = await time.begin('backup', name);
    return Readable.from(
      (async function* () {
        await time.wait(delay);
        yield Buffer.from(JSON.stringify({ contents, password_digest } satisfies Disk));
      })(),
      { objectMode: false },
    );
  }

  /** What is done last is what takes its time: a machine that is as its spec says is restored, whatever it was. */
  async restore(spec: MachineSpec, _: string, open: () => Promise<Readable>): Promise<Progress> {
    const machine = await findMachine(this.#db, spec.id);
    if (machine === undefined || machine.generation < spec.generation) {
      return this.#rows.build(spec, (await read(open)).contents);
    }
    const applied = await this.#machines.apply(spec);
    if (!applied.done || machine.generation > spec.generation) return applied;
    return this.#rows.timed(await existingMachine(this.#db, spec.id), 'restore', spec.name, async () => {
      const disk = await read(open);
      await this.#machines.stop(spec, { force: true });
      await this.#rows.update(spec.id, { ...disk, pending: null });
    });
  }
}

async function read(open: () => Promise<Readable>): Promise<Disk> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await open()) {
    size += (chunk as Buffer).length;
    if (size > largest) throw new EngineError(noDisk);
    chunks.push(chunk as Buffer);
  }
  try {
    const { contents, password_digest } = JSON.parse(Buffer.concat(chunks).toString());
    if ([contents, password_digest].every((text) => text === null || typeof text === 'string'))
      return { contents, password_digest };
  } catch (cause) {
    throw new EngineError(noDisk, { cause });
  }
  throw new EngineError(noDisk);
}

const noDisk = 'What was kept is no disk of a machine of this host; take another backup';
