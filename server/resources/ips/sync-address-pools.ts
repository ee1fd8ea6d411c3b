import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';

/** The offset of the first address a machine may get: the network's own and the gateway's come before. */
const firstOffset = 2;

/** Makes a row for each configured pool that is new. A pool that left the configuration keeps its row and gives out nothing. */
export async function syncAddressPools(
  db: Kysely<Tables>,
  pools: readonly { region: string; cidrs: readonly string[] }[],
): Promise<void> {
  for (const { region, cidrs } of pools) {
    for (const cidr of cidrs) {
      await sql`insert into address_pools (cidr, region, next_offset) values (${cidr}::cidr, ${region}, ${firstOffset})
                on conflict (cidr) do update set region = excluded.region`.execute(db);
    }
  }
}
