import { type Kysely, sql } from 'kysely';

/** A key may be told to wait where another is refused. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_keys add column wait_ms integer not null default 0 check (wait_ms between 0 and 5000)`.execute(db);
}
