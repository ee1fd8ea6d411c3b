import { type RawBuilder, sql } from 'kysely';

/** A time that many milliseconds from now, by the database's clock. */
export function fromNow(ms: number): RawBuilder<Date> {
  return sql<Date>`now() + ${ms}::double precision * interval '1 millisecond'`;
}
