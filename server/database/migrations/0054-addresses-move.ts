import { type Kysely, sql } from 'kysely';

/**
 * A public address moves from one machine to another: while the first is letting go of it, the second has it already for whoever asks. So an
 * address has one interface that people see, and any number that are leaving, as are all of a machine that is being deleted.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index nics_public_address`.execute(db);
  await sql`create index nics_public_address on nics (public_address) where public_address is not null`.execute(db);
  await sql`update nics n set state = 'detaching' from vms v where v.id = n.vm_id and v.deleted_at is not null`.execute(
    db,
  );
  await sql`
    create unique index nics_shown_address on nics (public_address)
     where public_address is not null and state <> 'detaching'`.execute(db);
}
