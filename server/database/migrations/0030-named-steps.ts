import { type Kysely, sql } from 'kysely';

/**
 * Operations know their step by its name and stand in a queue: work in flight survives versions that have other steps, and work on
 * one resource can be serial with another's. What was in flight keeps its place, by the steps that released versions had.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table operations
      add column resource_kind text generated always as (split_part(kind, '.', 1)) stored,
      add column queue uuid,
      add column step_name text,
      add column undoing text,
      add column finished_names text[] not null default '{}'`.execute(db);
  await sql`
    update operations o
       set queue = o.resource_id, step_name = s.names[o.step + 1],
           finished_names = coalesce(s.names[1:cardinality(o.finished_steps)], '{}')
      from (select o2.id, s2.names from operations o2 left join (values ${sql.raw(known)}) s2 (kind, names) on s2.kind = o2.kind) s
     where s.id = o.id`.execute(db);
  await sql`
    alter table operations
      alter column queue set not null,
      drop column step`.execute(db);
  await sql`alter table operations rename column step_name to step`.execute(db);
  await sql`create index operations_open_in_queue on operations (queue, sequence) where finished_at is null`.execute(
    db,
  );
  await sql`drop index operations_unfinished`.execute(db);
}

/** The steps by index of the versions before. */
const steps: Readonly<Record<string, readonly string[]>> = {
  'vm.create': ['take up', 'build the machine', 'set the password', 'start the machine'],
  'vm.start': ['start the machine'],
  'vm.stop': ['stop the machine'],
  'vm.reboot': ['stop the machine', 'start the machine'],
  'vm.reboot-hard': ['cut the power', 'start the machine'],
  'vm.reset-password': ['set the password', 'restart a running machine', 'start it again'],
  'vm.reinstall': ['cut the power', 'build the machine', 'set the password', 'start the machine'],
  'vm.factory-reset': ['cut the power', 'build the machine', 'set the password', 'start the machine'],
  'vm.resize': ['resize the machine'],
  'vm.disk-resize': ['grow the disk'],
  'vm.save-image': ['capture the disk'],
  'vm.delete': ['remove the machine'],
  'image.delete': ['remove the image'],
};

const known = Object.entries(steps)
  .map(([kind, names]) => `('${kind}', array[${names.map((name) => `'${name}'`).join(', ')}])`)
  .join(', ');
