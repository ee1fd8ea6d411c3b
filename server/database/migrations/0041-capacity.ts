import { type Kysely, sql } from 'kysely';

/**
 * How much of the hosts is taken is kept as machines change: whether there is room for one more is a sum of few rows. A change adds a row
 * and touches none, and none where nothing is taken or given back; one in 256 sums them up.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

/** What rows take of the hosts: machines until they are gone from there, those that failed no more, and those that no row knows. */
const taken: Readonly<Record<string, (rows: string) => string>> = {
  vms: (rows) => `select cpu, ram, storage as disk from ${rows} where status <> 'failure' or deleted_at is not null`,
  found_machines: (rows) =>
    `select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from ${rows}`,
};
const sum = (sign: string) =>
  `${sign}coalesce(sum(cpu), 0) as cpu, ${sign}coalesce(sum(ram), 0) as ram, ${sign}coalesce(sum(disk), 0) as disk`;
const sumOf = (sign: string, rows: string) => `select ${sum(sign)} from (${rows}) t (cpu, ram, disk)`;

/** What each kind of statement takes and gives back, and the names of its rows. */
const changes: Readonly<Record<string, { of: (table: string) => string; rows: string }>> = {
  insert: { of: (table) => sumOf('', taken[table]?.('new_rows') ?? ''), rows: 'new table as new_rows' },
  update: {
    of: (table) =>
      `${sumOf('', taken[table]?.('new_rows') ?? '')} union all ${sumOf('-', taken[table]?.('old_rows') ?? '')}`,
    rows: 'old table as old_rows new table as new_rows',
  },
  delete: { of: (table) => sumOf('-', taken[table]?.('old_rows') ?? ''), rows: 'old table as old_rows' },
};

const triggers = Object.keys(taken).flatMap((table) =>
  Object.entries(changes).map(
    ([event, { of, rows }]) => `
create function take_capacity_after_${event}_of_${table}() returns trigger language plpgsql as $$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (${of(table)}) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $$;
create trigger ${table}_capacity_after_${event} after ${event} on ${table} referencing ${rows}
  for each statement execute function take_capacity_after_${event}_of_${table}();`,
  ),
);

const statements = `
create table capacity_taken (
  id bigint generated always as identity primary key,
  cpu bigint not null,
  ram bigint not null,
  disk bigint not null
);
insert into capacity_taken (cpu, ram, disk)
  select ${sum('')} from (${Object.entries(taken)
    .map(([table, of]) => of(table))
    .join(' union all ')}) t;

create function sum_up_capacity() returns void language sql as $$
  with parts as (
    delete from capacity_taken where id = any (array(select id from capacity_taken for update skip locked)) returning *
  )
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from parts having count(*) > 0
$$;
${triggers.join('\n')}
`;
