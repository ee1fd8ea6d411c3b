import { type Kysely, sql } from 'kysely';

/**
 * Snapshots of volumes: they outlive their volume, so each knows the id under which its host has it. Simulated volumes have something on
 * them, which their snapshots keep, and are held for these once they are deleted. No version before took one of a volume.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table snapshots add column volume_uid uuid;
alter table snapshots add constraint snapshots_volume_check check ((type = 'volume') = (volume_uid is not null));
create index snapshots_of_volume_uid on snapshots (volume_uid) where volume_uid is not null;

alter table simulated_snapshots
  alter column machine_id drop not null,
  add column volume_id uuid references simulated_volumes (id) on delete cascade,
  add constraint simulated_snapshots_of_one check (num_nonnulls(machine_id, volume_id) = 1);
create index simulated_snapshots_volume on simulated_snapshots (volume_id);
alter table simulated_volumes
  add column contents text,
  add column is_deleted boolean not null default false,
  add column restoring uuid;
`;
