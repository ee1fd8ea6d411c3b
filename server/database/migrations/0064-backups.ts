import { type Kysely, sql } from 'kysely';

/**
 * Backups of machines, which outlive them, and schedules that take them. A backup that was deleted stays as a hidden row until the place
 * where it is kept has let go of it. Schedules that were made with machines begin now: their next time is one that nobody believes, so that
 * it is worked out anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
delete from backup_schedules s using vms v where v.id = s.vm_id and v.deleted_at is not null;
alter table backup_schedules
  add column uid uuid not null default gen_random_uuid(),
  add column account_id uuid references accounts (id) on delete cascade,
  add column project_id uuid references projects (id),
  add column region text,
  add column created_by uuid,
  add column due_at timestamptz,
  add constraint backup_schedules_uid_key unique (uid),
  add constraint backup_schedules_keep_count_check check (keep_count >= 1),
  add constraint backup_schedules_day check (type <> 'weekly' or day_of_week is not null);
update backup_schedules s set account_id = v.account_id, project_id = v.project_id, region = v.region, created_by = v.created_by,
       due_at = now() + interval '10 years'
  from vms v where v.id = s.vm_id;
alter table backup_schedules
  alter column uid drop default,
  alter column account_id set not null,
  alter column project_id set not null,
  alter column region set not null,
  alter column created_by set not null,
  alter column due_at set not null,
  alter column created_at drop default;
create index backup_schedules_due on backup_schedules (type, due_at);
create index backup_schedules_newest on backup_schedules (account_id, created_at desc, id desc) include (project_id);
create index backup_schedules_project on backup_schedules (project_id);
create constraint trigger backup_schedules_use after insert or delete on backup_schedules deferrable initially deferred
  for each row execute function count_row('backupSchedules');
insert into usage (account_id, name, used)
  select account_id, 'backupSchedules', count(*) from backup_schedules group by account_id;

alter table vms add column backup_series uuid;

create table backups (
  id uuid primary key,
  sequence bigint generated always as identity,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  vm_id uuid not null,
  schedule_id integer references backup_schedules (id) on delete set null,
  series uuid,
  name text not null,
  region text not null,
  state text not null check (state in ('pending', 'creating', 'ready', 'restoring', 'failed')),
  size_bytes bigint check (size_bytes >= 0),
  kept_bytes bigint check (kept_bytes >= 0),
  shown_from text check (shown_from in ('active', 'passive')),
  failure_reason text,
  expires_at timestamptz,
  created_by uuid not null,
  created_at timestamptz not null,
  ready_at timestamptz,
  deleted_at timestamptz,
  is_kept boolean not null generated always as (state in ('ready', 'restoring') and deleted_at is null) stored,
  check ((state in ('ready', 'restoring')) = (ready_at is not null)),
  check (ready_at is null or (series is not null and size_bytes is not null and kept_bytes is not null))
);
create index backups_newest on backups (account_id, created_at desc, id desc) include (project_id) where deleted_at is null;
create index backups_newest_of_vm on backups (vm_id, created_at desc, id desc) where deleted_at is null;
create index backups_project on backups (project_id);
create index backups_of_vm on backups (vm_id, sequence) where is_kept;
create index backups_of_series on backups (series, sequence) where is_kept;
create index backups_of_schedule on backups (schedule_id, sequence) where schedule_id is not null;
create index backups_expire on backups (expires_at) where expires_at is not null and deleted_at is null;
create index backups_deleted on backups (vm_id) where deleted_at is not null;
create index backups_failed on backups (created_at) where state = 'failed';

create function count_backup() returns trigger language plpgsql as $$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.deleted_at is null and old.state <> 'failed'; end if;
  if tg_op <> 'DELETE' then has := new.deleted_at is null and new.state <> 'failed'; end if;
  if tg_op = 'DELETE' then perform count_use(old.account_id, 'backups', -had::int, false);
  else perform count_use(new.account_id, 'backups', has::int - had::int, tg_op = 'INSERT');
  end if;
  return null;
end $$;
create constraint trigger backups_use after insert or delete or update of state, deleted_at on backups
  deferrable initially deferred for each row execute function count_backup();
`;
