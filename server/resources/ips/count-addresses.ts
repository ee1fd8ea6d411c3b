import type { Asked } from '../../database/asked.ts';
import { poolSizeSql } from './address-pools.ts';

/** The public addresses of a region, of one family. */
export interface AddressCount {
  readonly region: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Those that can be given out; of IPv6 never more than 2 ** 40. */
  readonly free: number;
  /** On machines, and of gateways. */
  readonly used: number;
  /** Reserved by accounts, and on no machine. */
  readonly reserved: number;
  /** Given to nobody, since a machine has them that no row knows. */
  readonly held: number;
}

const most = 2 ** 40;

const statement = `
  with laid_out as (
    select region, family(address) as family,
           count(*) filter (where state = 'free' and held_for is null and address <<= any ($1::cidr[])) as free,
           count(*) filter (where state = 'attached') as used,
           count(*) filter (where state = 'reserved') as reserved,
           count(*) filter (where state = 'free' and held_for is not null) as held
      from public_addresses group by 1, 2),
  to_come as (
    select region, family(cidr) as family,
           sum(least(${most}, greatest(0, ${poolSizeSql} - 1 - next_offset))) as free
      from address_pools where cidr = any ($1::cidr[]) group by 1, 2)
  select region, case family when 4 then 'IPv4' else 'IPv6' end as family,
         least(coalesce(l.free, 0) + coalesce(c.free, 0), ${most})::float8 as free,
         coalesce(used, 0)::float8 as used, coalesce(reserved, 0)::float8 as reserved, coalesce(held, 0)::float8 as held
    from to_come c full join laid_out l using (region, family) order by region, family`;

/**
 * Counts public addresses by region and family: those that have rows, and what blocks have beside.
 *
 * @param cidrs the blocks that are configured; others give nothing out
 */
export async function countAddresses(connection: Asked, cidrs: readonly string[]): Promise<AddressCount[]> {
  return (await connection.query<AddressCount & Record<string, unknown>>(statement, [cidrs])).rows;
}
