import { type Kysely, sql } from 'kysely';

/**
 * What machines used, by moment: averages over `every` seconds. What is measured at one moment is together, so it is written to the end,
 * read one machine's moments one by one, and deleted from the beginning.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table vm_metrics (
  every integer not null,
  at timestamptz not null,
  vm_id uuid not null,
  cpu real not null,
  memory real,
  received real,
  sent real,
  read real,
  written real,
  primary key (every, at, vm_id)
);
`;
