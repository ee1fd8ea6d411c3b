import { type Kysely, sql } from 'kysely';

/** Until when what was deleted of an account's backups has been made room of, whichever process did. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table accounts add column backups_tidied_until timestamptz`.execute(db);
}
