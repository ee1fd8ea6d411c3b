import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Page, readPage } from './read-page.ts';
import type { Tables } from './tables.ts';

/** More parts than these are not merged: to plan it would take longer than to read what it saves. */
const mostMerged = 128;

/** What tells one part of a list from another. */
export interface PartedBy {
  /** An expression of the row `r`, such as a column. */
  readonly value: RawBuilder<unknown>;
  readonly type: 'text' | 'uuid';
}

/** A list of the newest rows of a table that grows, which stand as `r` in conditions and columns. */
export interface Newest {
  readonly table: keyof Tables;
  /** The columns whose order is that of the list, the newest first; together they name one row. */
  readonly order: readonly string[];
  /** What is true of every row that is listed. */
  readonly where: readonly RawBuilder<unknown>[];
  /** What tells parts from each other of which an index has each in the order of the list; nothing where all rows are one part. */
  readonly by: readonly PartedBy[];
  /** The values of each part. */
  readonly parts: readonly (readonly string[])[];
}

/**
 * Reads a page of a list, and how many rows it has, counted up to a cap. Its parts are merged: of all together no more is read than what is
 * skipped and shown. Of very many, each is read as far.
 *
 * @param columns what is shown of a row
 */
export function readNewest<Row extends object>(
  db: Kysely<Tables>,
  list: Newest,
  { limit, offset }: { readonly limit: number; readonly offset: number },
  columns: RawBuilder<unknown>,
  cap: number,
): Promise<Page<Row>> {
  const key = sql.join(list.order.map((column) => sql.ref(`r.${column}`)));
  const newest = newestFirst(list);
  return readPage<Row>(
    db,
    newestOfEach(list, sql`1`, cap + 1),
    sql<Row>`select ${columns}
      from (select ${key} from (${newestOfEach(list, key, limit + offset)}) r ${newest} limit ${limit} offset ${offset}) f
      join ${sql.table(list.table)} r using (${sql.join(list.order.map((column) => sql.ref(column)))}) ${newest}`,
    cap,
  );
}

function newestFirst({ order }: Newest): RawBuilder<unknown> {
  return sql`order by ${sql.join(order.map((column) => sql`${sql.ref(`r.${column}`)} desc`))}`;
}

/** The newest rows of each part. */
function newestOfEach(list: Newest, columns: RawBuilder<unknown>, atMost: number): RawBuilder<unknown> {
  const { table, where, by, parts } = list;
  const rows = (values: readonly RawBuilder<unknown>[]) => {
    const conditions = [...where, ...by.map(({ value }, index) => sql`${value} = ${values[index]}`)];
    return sql`select ${columns} from ${sql.table(table)} r where ${sql.join(conditions, sql` and `)} ${newestFirst(list)} limit ${atMost}`;
  };
  if (parts.length === 0) return sql`select ${columns} from ${sql.table(table)} r where false`;
  if (parts.length <= mostMerged) {
    const each = parts.map((values) => sql`(${rows(values.map((value, at) => typed(value, by[at])))})`);
    return sql.join(each, sql` union all `);
  }
  const names = by.map((_, at) => `v${at}`);
  const values = by.map(({ type }, at) => sql`${parts.map((part) => part[at])}::${sql.raw(type)}[]`);
  return sql`select r.* from unnest(${sql.join(values)}) p (${sql.join(names.map((name) => sql.ref(name)))})
    cross join lateral (${rows(names.map((name) => sql.ref(`p.${name}`)))}) r`;
}

function typed(value: string, by: PartedBy | undefined): RawBuilder<unknown> {
  return sql`${value}::${sql.raw(by?.type ?? 'text')}`;
}
