import { type Kysely, sql } from 'kysely';

/** Who has not shown to be anybody acts as well: nobody's id stands there, and always the address that it came from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
alter table audit_log drop constraint audit_log_actor_kind_check;
update audit_log set actor_kind = 'anonymous', actor_id = null
 where verb = 'person.sign-in-failed' and details ? 'address';
alter table audit_log
  add constraint audit_log_actor_kind_check check (actor_kind in ('key', 'user', 'operator', 'system', 'anonymous')),
  add constraint audit_log_anonymous_check check (actor_kind <> 'anonymous' or (actor_id is null and details ? 'address'));
`)
    .execute(db);
}
