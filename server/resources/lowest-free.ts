import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

/**
 * The lowest run of addresses of a block that touches nothing that is taken; undefined where there is none. What decides who is first
 * of two at once is the caller's lock.
 *
 * @param within IPv4 addresses as numbers, both ends inclusive
 * @param size how many addresses, a power of two; the run begins at a multiple of it
 * @param taken a query of `first` and `last`, numbers too; they may overlap
 */
export async function lowestFree(
  { db }: { readonly db: Kysely<Tables> },
  within: { readonly first: number; readonly last: number },
  size: number,
  taken: RawBuilder<unknown>,
): Promise<number | undefined> {
  const before = within.first - 1;
  // Each taken range is followed by a gap up to the next, beyond all that reached further before it.
  const { rows } = await sql<{ free: number }>`
    with reached as (
      select (max(last) over (order by first) / ${size}::bigint + 1) * ${size}::bigint as free, lead(first) over (order by first) as next
        from (select first, last from (${taken}) t where last >= ${before}::bigint
              union all select ${before}::bigint, ${before}::bigint) r
    )
    select free from reached
     where (next is null or next >= free + ${size}::bigint) and free + ${size}::bigint - 1 <= ${within.last}::bigint
     order by free limit 1`.execute(db);
  return rows[0]?.free;
}

/** Addresses and blocks as the numbers of `lowestFree`. */
export const numberOf = (inet: RawBuilder<unknown>) => sql`(${inet} - '0.0.0.0'::inet)`;
