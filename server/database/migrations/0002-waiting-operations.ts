import { type Kysely, sql } from 'kysely';

/** What an operation waits for while its host is in trouble: shown to the operator. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table operations add column waiting_for text`.execute(db);
}
