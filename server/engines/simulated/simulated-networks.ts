import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { done, type NetworkSpec, type Networks, type Progress } from '../engine.ts';
import type { Awaited, SimulatedTime } from './simulated-time.ts';

/** VPCs are what the interfaces of machines say of them: nobody sends anything. */
export class SimulatedNetworks implements Networks {
  readonly #db: Kysely<Tables>;
  readonly #time: SimulatedTime;
  /** What is under way, for as long as it takes. */
  readonly #awaited = new Map<string, Awaited>();

  constructor(db: Kysely<Tables>, time: SimulatedTime) {
    this.#db = db;
    this.#time = time;
  }

  async apply({ id, cidr, router }: NetworkSpec): Promise<Progress> {
    const network = JSON.stringify({ id, cidr, ...(router === undefined ? {} : { router }) });
    const awaited = this.#awaited.get(network) ?? this.#time.in(await this.#time.begin('network', id));
    const progress = this.#time.until(awaited);
    if (!progress.done) {
      this.#awaited.set(network, awaited);
      return progress;
    }
    this.#awaited.delete(network);
    await this.#db
      .updateTable('simulated_machines')
      .set({
        nics: sql`(select jsonb_agg(case when n -> 'network' ->> 'id' = ${id} then n || jsonb_build_object('network', ${network}::jsonb)
                                         else n end order by position)
                     from jsonb_array_elements(nics) with ordinality a (n, position))`,
      })
      .where(sql<boolean>`nics @> ${JSON.stringify([{ network: { id } }])}::jsonb`)
      .execute();
    return done;
  }
}
