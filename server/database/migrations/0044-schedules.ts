import { type Kysely, sql } from 'kysely';

/**
 * What is to be done again and again, with the time of its next turn; and work that the cloud does for itself, which is no account's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table schedules (
      kind text not null,
      resource_id uuid not null,
      due_at timestamptz not null,
      primary key (kind, resource_id)
    )`.execute(db);
  await sql`create index schedules_due on schedules (due_at)`.execute(db);
  await sql`
    alter table operations
      alter column account_id drop not null,
      alter column project_id drop not null,
      alter column created_by drop not null,
      add constraint operations_of_whom check
        ((account_id is null) = (project_id is null) and (account_id is null) = (created_by is null))`.execute(db);
}
