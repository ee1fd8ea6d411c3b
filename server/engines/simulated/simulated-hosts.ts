import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { EngineError, type Evacuation, type HostState, type Hosts, type Progress, type Size } from '../engine.ts';

/** There is one host, which is nowhere. */
export class SimulatedHosts implements Hosts {
  readonly #db: Kysely<Tables>;
  readonly #capacity: Size | undefined;

  constructor(db: Kysely<Tables>, capacity: Size | undefined) {
    this.#db = db;
    this.#capacity = capacity;
  }

  async list(): Promise<HostState[]> {
    const { rows } = await sql<Size & { machines: number }>`
      select count(*)::integer as machines, coalesce(sum(cpu), 0)::float8 as cpu, coalesce(sum(ram), 0)::float8 as ram,
             coalesce(sum(disk), 0)::float8 + (select coalesce(sum(size), 0)::float8 from simulated_volumes) as disk
        from simulated_machines`.execute(this.#db);
    const { machines = 0, ...given } = rows[0] ?? { cpu: 0, ram: 0, disk: 0 };
    const has = this.#capacity;
    return [{ name: 'simulated', state: 'online', message: '', machines, has, offers: has, given }];
  }

  async evacuationOf(): Promise<Evacuation> {
    throw noOther();
  }

  async drain(): Promise<Progress> {
    throw noOther();
  }

  async takeBack(): Promise<Progress> {
    throw noOther();
  }
}

function noOther(): EngineError {
  return new EngineError('The machines of this cloud are simulated: there is no host that they could leave');
}
