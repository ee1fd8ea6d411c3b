import { type Kysely, sql } from 'kysely';

/** Whoever brings work tells of it, in the transaction that brings it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function tell_of_work() returns trigger language plpgsql as $$
    begin
      perform pg_notify('raffia_work', '');
      return null;
    end $$`.execute(db);
  await sql`
    create trigger operations_work after insert on operations
      for each statement execute function tell_of_work()`.execute(db);
}
