import { type Kysely, sql } from 'kysely';

/**
 * Snapshots: numbered by the API, known to their hosts and to the work on them by a UUID. A number is used again where an older backup of
 * the database is restored, and must not name somebody else's disk then.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table snapshots (
  id integer generated always as identity primary key,
  uid uuid not null unique,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  type text not null check (type in ('vm', 'volume')),
  vm_id uuid references vms (id) on delete cascade,
  volume_id integer references volumes (id) on delete set null,
  name text not null,
  size integer not null,
  region text not null,
  price_month_micros bigint not null,
  state text not null check (state in ('creating', 'ready', 'restoring', 'active')),
  created_by uuid not null,
  created_at timestamptz not null,
  ready_at timestamptz,
  deleted_at timestamptz,
  check ((type = 'vm') = (vm_id is not null)),
  check (type = 'volume' or volume_id is null),
  check ((state = 'creating') = (ready_at is null))
);
create unique index snapshots_active_of_vm on snapshots (vm_id) where state = 'active';
create unique index snapshots_active_of_volume on snapshots (volume_id) where state = 'active';
create index snapshots_newest on snapshots (account_id, created_at desc, id desc) include (project_id) where deleted_at is null;
create index snapshots_of_vm on snapshots (vm_id, created_at desc, id desc);
create index snapshots_of_volume on snapshots (volume_id, created_at desc, id desc);
create index snapshots_project on snapshots (project_id);
create constraint trigger snapshots_use after insert or delete on snapshots deferrable initially deferred
  for each row execute function count_row('snapshots');

alter table operations add column resource_number integer;
create index operations_number on operations (account_id, resource_number, sequence desc) where resource_number is not null;
`;
