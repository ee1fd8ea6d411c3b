import { type Expression, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export interface Page<Row> {
  readonly rows: Row[];
  /** How many match in all; not more than the cap, where there is one. */
  readonly total: number;
  /** Whether more match than were counted. */
  readonly isCapped: boolean;
}

/** Columns that each row of a page has beside its own. */
export interface Beside<More extends object> {
  /** What a row is called in them. */
  readonly as: string;
  readonly columns: { readonly [Name in keyof More]: RawBuilder<More[Name]> };
}

/**
 * Reads a page and how many match in all, in one statement: what is counted is what is shown, whatever changes meanwhile. All lists
 * with a total are read here.
 *
 * @param matching a query of all that match, counted
 * @param page a query of the rows to show, in their order
 * @param cap how far is counted; without it the total is exact, which only suits what has a quota
 * @param beside what is worked out for the rows that are shown, and for no others
 */
export async function readPage<Row extends object, More extends object = Record<never, never>>(
  db: Kysely<Tables> | Transaction<Tables>,
  matching: Expression<unknown> | RawBuilder<unknown>,
  page: Expression<Row> | RawBuilder<Row>,
  cap?: number,
  beside?: Beside<More>,
): Promise<Page<Row & More>> {
  const counted = cap === undefined ? sql`(${matching})` : sql`(select from (${matching}) c limit ${cap + 1})`;
  const as = sql.ref(beside?.as ?? 'q');
  const more = Object.entries<RawBuilder<unknown>>(beside?.columns ?? {}).map(
    ([name, column]) => sql`, ${column} as ${sql.ref(name)}`,
  );
  const { rows } = await sql<Row & More & { page_total: number; page_position: number | null }>`
    select t.page_total, p.*
      from (select count(*) as page_total from ${counted} m) t
      left join (select ${as}.*${sql.join(more, sql``)}, row_number() over () as page_position from (${page}) ${as}) p on true
     order by p.page_position`.execute(db);
  const total = rows[0]?.page_total ?? 0;
  const isCapped = cap !== undefined && total > cap;
  return { rows: rows.filter((row) => row.page_position !== null), total: isCapped ? cap : total, isCapped };
}
