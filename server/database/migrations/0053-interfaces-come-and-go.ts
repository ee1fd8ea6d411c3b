import { type Kysely, sql } from 'kysely';

/**
 * Interfaces of machines come and go: a row is there before its host has the interface, and for as long as it may still have it. What was
 * the number of one is never another's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table nics add column state text not null default 'attached'
      constraint nics_state_check check (state in ('attaching', 'attached', 'detaching'))`.execute(db);
  await sql`alter table vms add column next_nic_id integer`.execute(db);
}
