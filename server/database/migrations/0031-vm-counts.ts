import { type Kysely, sql } from 'kysely';

/**
 * How many machines an account has in each project, region and status is kept as they change: the total of a list is a sum of few rows,
 * and a filter asks only where there is something. A change adds rows and touches none, so that no change waits for another; one in
 * 256 sums up what its account has.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const cell = 'account_id, project_id, region, status';
const more = `select ${cell}, 1 as vms from new_vms where deleted_at is null`;
const fewer = `select ${cell}, -1 as vms from old_vms where deleted_at is null`;

/** What each kind of statement brings and takes, and the names of its rows. */
const changes = {
  insert: { changed: more, rows: 'new table as new_vms' },
  update: { changed: `${more} union all ${fewer}`, rows: 'old table as old_vms new table as new_vms' },
  delete: { changed: fewer, rows: 'old table as old_vms' },
};

const statements = `
create table vm_counts (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  project_id uuid not null,
  region text not null,
  status text not null,
  vms integer not null
);
create index vm_counts_cell on vm_counts (${cell}) include (vms);
insert into vm_counts (${cell}, vms) select ${cell}, count(*) from vms where deleted_at is null group by ${cell};

create function sum_up_vm_counts(account uuid) returns void language sql as $$
  with parts as (
    delete from vm_counts where id = any (array(select id from vm_counts where account_id = account for update skip locked))
    returning *
  )
  insert into vm_counts (${cell}, vms) select ${cell}, sum(vms) from parts group by ${cell} having sum(vms) <> 0
$$;

${Object.entries(changes)
  .map(
    ([event, { changed, rows }]) => `
create function count_vms_after_${event}() returns trigger language plpgsql as $$
declare account uuid;
begin
  for account in
    with changed as (
      ${changed}
    ), added as (
      insert into vm_counts (${cell}, vms) select ${cell}, sum(vms) from changed group by ${cell} having sum(vms) <> 0
      returning id, account_id
    )
    select distinct account_id from added where id % 256 = 0
  loop
    perform sum_up_vm_counts(account);
  end loop;
  return null;
end $$;
create trigger vms_count_after_${event} after ${event} on vms referencing ${rows}
  for each statement execute function count_vms_after_${event}();`,
  )
  .join('\n')}

-- Each of them has its machines in order.
drop index vms_project_newest;
create index vms_cell_newest on vms (account_id, project_id, region, status, created_at desc, id desc) where deleted_at is null;
`;
