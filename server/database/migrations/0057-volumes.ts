import { type Kysely, sql } from 'kysely';

/**
 * Volumes are disks: each row says what is there, or is to be. Those that a machine was given without a disk get one, by work that goes on
 * behind; where that fails, what was paid for them comes back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

/** What a volume takes of the hosts: one that failed is not there. */
const taken = (rows: string, sign = '') =>
  `select coalesce(${sign}sum(size), 0) as disk from ${rows} where status <> 'failed'`;

const changes: Readonly<Record<string, { rows: string; parts: readonly string[] }>> = {
  insert: { rows: 'new table as new_rows', parts: [taken('new_rows')] },
  update: {
    rows: 'old table as old_rows new table as new_rows',
    parts: [taken('new_rows'), taken('old_rows', '-')],
  },
  delete: { rows: 'old table as old_rows', parts: [taken('old_rows', '-')] },
};

const capacity = Object.entries(changes).map(
  ([event, { rows, parts }]) => `
create function take_capacity_after_${event}_of_volumes() returns trigger language plpgsql as $$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (${parts.join(' union all ')}) c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $$;
create trigger volumes_capacity_after_${event} after ${event} on volumes referencing ${rows}
  for each statement execute function take_capacity_after_${event}_of_volumes();`,
);

const statements = `
alter table volumes
  add column uid uuid not null default gen_random_uuid(),
  add column status text not null default 'creating'
    constraint volumes_status_check check (status in ('creating', 'available', 'attached', 'deleting', 'failed')),
  add column plugged_vm_id uuid,
  add column created_by uuid,
  add column updated_at timestamptz,
  add column deleted_at timestamptz,
  add constraint volumes_uid_key unique (uid),
  add constraint volumes_filesystem_check check (filesystem in ('ext4', 'xfs', 'btrfs')),
  add constraint volumes_attached check (status = 'creating' or (status = 'attached') = (vm_id is not null)),
  add constraint volumes_deleting check (status <> 'deleting' or deleted_at is not null);
update volumes d set updated_at = created_at,
  created_by = coalesce((select v.created_by from vms v where v.id = d.vm_id), (select a.owner_id from accounts a where a.id = d.account_id));
alter table volumes alter column uid drop default, alter column status drop default,
  alter column created_by set not null, alter column updated_at set not null, alter column created_at drop default;

create index volumes_newest on volumes (account_id, created_at desc, id desc) include (project_id, region, vm_id) where deleted_at is null;
create index volumes_plugged on volumes (plugged_vm_id) where plugged_vm_id is not null;
create index volumes_deleted on volumes (deleted_at) where deleted_at is not null;

insert into operations (id, account_id, project_id, resource_id, queue, kind, input, created_by, created_at)
  select gen_random_uuid(), account_id, project_id, uid, coalesce(vm_id, uid), 'volume.create', jsonb_build_object('vmId', vm_id), created_by, now()
    from volumes order by id;

drop trigger volumes_use on volumes;
create function count_volume() returns trigger language plpgsql as $$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.status <> 'failed'; end if;
  if tg_op <> 'DELETE' then has := new.status <> 'failed'; end if;
  if tg_op = 'DELETE' then perform count_use(old.account_id, 'volumes', -had::int, false);
  else perform count_use(new.account_id, 'volumes', has::int - had::int, tg_op = 'INSERT');
  end if;
  return null;
end $$;
create constraint trigger volumes_use after insert or delete or update of status on volumes
  deferrable initially deferred for each row execute function count_volume();

insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(size) from volumes having sum(size) > 0;
${capacity.join('\n')}

create table simulated_volumes (
  id uuid primary key,
  size integer not null,
  filesystem text,
  is_formatted boolean not null default false,
  machine_id uuid,
  ready_at timestamptz not null,
  wait_ms bigint not null default 0
);
create index simulated_volumes_machine on simulated_volumes (machine_id);
`;
