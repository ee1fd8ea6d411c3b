import { type Kysely, sql } from 'kysely';

/** The name itself lies beside the expression, without which the index alone would not do to count an actor's entries. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index audit_log_actor`.execute(db);
  await sql`create index audit_log_actor
    on audit_log (account_id, lower(actor_name) collate "C", verb collate "C", created_at desc, id desc) include (actor_name)`.execute(
    db,
  );
}
