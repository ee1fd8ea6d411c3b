import type { AddressType } from '@raffia/contract/enums.ts';
import { type Kysely, sql } from 'kysely';
import type { Configuration } from '../../configuration/configuration.ts';
import type { Tables } from '../../database/tables.ts';
import { familyOf } from '../../foundation/cidr.ts';

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

/** The blocks that a region has of a family. */
export function poolsOf(
  { addressPools }: Pick<Configuration, 'addressPools'>,
  region: string,
  type: AddressType,
): string[] {
  const family = type === 'IPv6' ? 6 : 4;
  return addressPools
    .filter((pool) => pool.region === region)
    .flatMap((pool) => pool.cidrs.filter((cidr) => familyOf(cidr) === family));
}

/** How many addresses a pool has; of IPv6 as many as a number can count. */
export const poolSizeSql = '(1::bigint << least(case family(cidr) when 4 then 32 else 128 end - masklen(cidr), 62))';
const sizeOf = sql.raw(poolSizeSql);

/**
 * Makes rows of a pool's next addresses, which are then free. The pool's row is locked until the transaction ends.
 *
 * @param cidrs pools of one region and family
 * @returns whether any pool had some
 */
export async function layOut(
  db: Kysely<Tables>,
  region: string,
  cidrs: readonly string[],
  count: number,
): Promise<boolean> {
  // One statement: the pool gives its next addresses away, and they are there. A row that is there already is somebody's: a machine's
  // that no row knows.
  const { rows } = await sql`
    with pool as (
      select cidr, next_offset, least(${count}::bigint, ${sizeOf} - 1 - next_offset) as count
        from address_pools
       where region = ${region} and cidr = any (${[...cidrs]}::cidr[]) and next_offset < ${sizeOf} - 1
       order by cidr limit 1 for update
    ), moved as (
      update address_pools p set next_offset = p.next_offset + pool.count from pool where p.cidr = pool.cidr
      returning p.cidr, pool.next_offset as first, pool.count
    ), laid_out as (
      insert into public_addresses (address, region)
      select host(network(cidr)::inet + n)::inet, ${region} from moved, generate_series(first, first + count - 1) n
      on conflict (address) do nothing
    )
    select from moved`.execute(db);
  return rows.length > 0;
}
