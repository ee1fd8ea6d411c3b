import { type Kysely, sql } from 'kysely';

/** The processes that serve this database together, and what they have in common. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table nodes (
  id uuid primary key,
  name text not null,
  version text not null,
  roles text[] not null,
  address text not null,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  is_cut_off boolean not null,
  keeps_nothing boolean not null
);
create table leadership (
  is_only boolean primary key default true check (is_only),
  term bigint not null default 0,
  node_id uuid,
  since timestamptz not null default clock_timestamp(),
  secret_digest text
);
insert into leadership default values;
`;
