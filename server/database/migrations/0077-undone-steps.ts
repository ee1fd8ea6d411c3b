import { type Kysely, sql } from 'kysely';

/** Of work that failed it is known when, and which of its steps were taken back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table operations
  add column failed_at timestamptz,
  add column undone_names text[] not null default '{}';
`;
