import { type Kysely, sql } from 'kysely';

/** Volumes of ours on the hosts that no row knows, as after an older backup was restored. They take room until they are gone or adopted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const taken = (rows: string, sign = '') => `select coalesce(${sign}sum(size), 0) as disk from ${rows}`;

const changes: Readonly<Record<string, { rows: string; parts: readonly string[] }>> = {
  insert: { rows: 'new table as new_rows', parts: [taken('new_rows')] },
  update: { rows: 'old table as old_rows new table as new_rows', parts: [taken('new_rows'), taken('old_rows', '-')] },
  delete: { rows: 'old table as old_rows', parts: [taken('old_rows', '-')] },
};

const capacity = Object.entries(changes).map(
  ([event, { rows, parts }]) => `
create function take_capacity_after_${event}_of_found_volumes() returns trigger language plpgsql as $$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (${parts.join(' union all ')}) c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $$;
create trigger found_volumes_capacity_after_${event} after ${event} on found_volumes referencing ${rows}
  for each statement execute function take_capacity_after_${event}_of_found_volumes();`,
);

const statements = `
create table found_volumes (
  id uuid primary key,
  size integer not null,
  machine_id uuid,
  is_deleted boolean not null,
  found_at timestamptz not null default now(),
  deletion_asked_at timestamptz
);
${capacity.join('\n')}
`;
