import { type Kysely, sql } from 'kysely';

/**
 * The operations table becomes the queue itself: places, leases with a token, elapsed time instead of a deadline by the wall clock.
 * What was in flight goes on; the schema of the job queue that stood beside it goes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table operations
      drop column deadline,
      add column lease_owner text,
      add column lease_token uuid,
      add column has_place boolean not null default false,
      add column elapsed_ms bigint not null default 0`.execute(db);
  await sql`update operations set lease_until = null, not_before = null where finished_at is null`.execute(db);
  await sql`create index operations_open_of_account on operations (account_id, sequence) where finished_at is null`.execute(
    db,
  );
  await sql`create index operations_places on operations (account_id) where has_place and finished_at is null`.execute(
    db,
  );
  await sql`drop schema if exists graphile_worker cascade`.execute(db);
  await sql`alter table simulated_machines add column wait_ms bigint not null default 0`.execute(db);
  await sql`alter table simulated_images add column wait_ms bigint not null default 0`.execute(db);
}
