import { type Kysely, sql } from 'kysely';

/**
 * What may be removed from a host is written down, in the transaction that decides it, and kept: a machine that neither a row nor a
 * recorded deletion names may be somebody's only copy, as after an older backup is restored. Such ones are listed, with what they use.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    create table machine_deletions (
      id uuid primary key,
      generation integer not null,
      recorded_at timestamptz not null default now()
    );
    create table found_machines (
      id uuid primary key,
      generation integer not null,
      power text not null,
      known jsonb not null,
      found_at timestamptz not null default now()
    );
    alter table public_addresses add column held_for uuid references found_machines (id) on delete set null;
    create index public_addresses_held on public_addresses (held_for) where held_for is not null;
    drop index public_addresses_free;
    create index public_addresses_free on public_addresses (region, address) where vm_id is null and held_for is null;
    alter table simulated_machines add column nics jsonb not null default '[]';
    insert into machine_deletions (id, generation) select id, generation from vms where deleted_at is not null or status = 'failure';
  `)
    .execute(db);
}
