import { type Kysely, sql } from 'kysely';

/** Simulated machines have something on their disks, which their snapshots keep and images of them have. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table simulated_machines add column contents text;
alter table simulated_images add column contents text;
create table simulated_snapshots (
  id uuid primary key,
  machine_id uuid not null references simulated_machines (id) on delete cascade,
  disk integer not null,
  contents text,
  password_digest text,
  ready_at timestamptz not null,
  wait_ms bigint not null,
  created_at timestamptz not null default now()
);
create index simulated_snapshots_machine on simulated_snapshots (machine_id);
`;
