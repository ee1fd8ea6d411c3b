import { type Kysely, sql } from 'kysely';

/**
 * What one actor does. Of a key: requests and refusals by hour, kept longer than minutes, and the addresses that its secret came from,
 * which go with it. Of everybody: the entries of the audit log, found by who made them and not by what they were called then.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

export const besideRelease = {
  'index on audit_log':
    'it takes about a second for a million rows, and docs/operating.md says how to make it before the upgrade',
};

const statements = `
alter table api_key_usage add column denied integer not null default 0;
create table api_key_hours (
  api_key_id uuid not null references api_keys (id) on delete cascade,
  hour timestamptz not null,
  requests integer not null,
  refused integer not null,
  denied integer not null,
  primary key (api_key_id, hour)
);
create index api_key_hours_hour on api_key_hours (hour);
create table api_key_addresses (
  api_key_id uuid not null references api_keys (id) on delete cascade,
  address text not null,
  last_used_at timestamptz not null,
  primary key (api_key_id, address)
);
create index api_key_addresses_age on api_key_addresses (last_used_at);
create index if not exists audit_log_actor_id on audit_log (account_id, actor_id, verb collate "C", created_at desc, id desc)
  where actor_id is not null;
`;
