import { type Kysely, sql } from 'kysely';

/** Who made a link decides what makes it void: a stranger who asks for one must not end the operator's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table one_time_links add column is_from_operator boolean not null default false`.execute(db);
}
