import { type Kysely, sql } from 'kysely';

/** What system a saved image is of: its version alone, such as 24.04, doesn't tell. Of images that are there it is not known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table images add column system text`.execute(db);
}
