import { type Kysely, sql } from 'kysely';

/** The first schedule of each VM of a page is the first in this index, however many schedules another VM has. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create index backup_schedules_first_of_vm on backup_schedules (vm_id, created_at, id);
drop index backup_schedules_vm;
`;
