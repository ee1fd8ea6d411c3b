import { type Kysely, sql } from 'kysely';

/** An actor's entries in the order of the answer, whatever their verbs; with the name beside the expression, so that the index alone counts them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index audit_log_actor_newest
    on audit_log (account_id, lower(actor_name) collate "C", created_at desc, id desc) include (actor_name)`.execute(
    db,
  );
}
