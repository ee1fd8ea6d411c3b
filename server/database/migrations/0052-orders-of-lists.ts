import { type Kysely, sql } from 'kysely';

/**
 * Work on a kind in a project is in order by itself: who sees one kind there reads past none of the others. And the audit log's actors
 * are in the order of their names whatever their case: `lower` by itself knows the letters of the database's locale alone, which are
 * ASCII's in the embedded one; PostgreSQL before 17 has nothing better.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ unicode: boolean }>`select to_regcollation('pg_c_utf8') is not null as unicode`.execute(
    db,
  );
  const name = rows[0]?.unicode ? 'name collate pg_c_utf8' : 'name';
  await sql
    .raw(`
create index operations_kind on operations (account_id, project_id, resource_kind, status, sequence desc);
drop index operations_project;

create function folded(name text) returns text language sql immutable strict parallel safe return lower(${name});
drop index audit_log_actor;
drop index audit_log_actor_newest;
create index audit_log_actor
  on audit_log (account_id, folded(actor_name) collate "C", verb collate "C", created_at desc, id desc) include (actor_name);
create index audit_log_actor_newest
  on audit_log (account_id, folded(actor_name) collate "C", created_at desc, id desc) include (actor_name);
`)
    .execute(db);
}
