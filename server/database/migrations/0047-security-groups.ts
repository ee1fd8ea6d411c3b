import { type Kysely, sql } from 'kysely';

/** Security groups: their rules are kept as they were sent, in order. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
create table security_groups (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  name text not null,
  description text,
  rules jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index security_groups_name on security_groups (account_id, name);
create index security_groups_newest on security_groups (account_id, created_at desc, id desc);
create index security_groups_project on security_groups (project_id);
create constraint trigger security_groups_use after insert or delete on security_groups deferrable initially deferred
  for each row execute function count_row('securityGroups');
`)
    .execute(db);
}
