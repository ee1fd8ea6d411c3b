import { type Kysely, sql } from 'kysely';

/** People sign in: sessions, credentials, invitations, one-time links; how keys are used; steps of operations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table users
  add column email_verified boolean not null default false,
  add column image text,
  add column two_factor_enabled boolean not null default false,
  add column updated_at timestamptz not null default now();

create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sessions_user on sessions (user_id);

create table credentials (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider_id, account_id)
);
create index credentials_user on credentials (user_id);

create table verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index verifications_identifier on verifications (identifier);

create table second_factors (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);
create index second_factors_user on second_factors (user_id);

create table one_time_links (
  token_hash text primary key,
  user_id uuid not null references users (id) on delete cascade,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);

create table invitations (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid references projects (id) on delete cascade,
  email text not null,
  role_id uuid not null references roles (id),
  token_hash text not null unique,
  invited_by uuid,
  invited_by_name text not null,
  is_mailed boolean not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create unique index invitations_pending on invitations (account_id, project_id, email) nulls not distinct;
create index invitations_role on invitations (role_id);

alter table members
  add column invited_by uuid,
  add column invited_at timestamptz,
  add column accepted_at timestamptz,
  add column updated_at timestamptz not null default now();
create index members_user on members (user_id);

alter table project_members
  add column invited_at timestamptz,
  add column accepted_at timestamptz;
create index project_members_user on project_members (user_id);

alter table api_keys add column last_used_from text;

create table api_key_usage (
  api_key_id uuid not null references api_keys (id) on delete cascade,
  minute timestamptz not null,
  requests integer not null,
  refused integer not null,
  burst_used integer not null,
  primary key (api_key_id, minute)
);
create index api_key_usage_minute on api_key_usage (minute);

create table tier_requests (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  api_key_id uuid not null references api_keys (id) on delete cascade,
  requested_by uuid,
  workload text not null,
  peak_rps integer not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'declined')),
  answer text,
  created_at timestamptz not null default now(),
  decided_at timestamptz
);
create index tier_requests_account on tier_requests (account_id, created_at desc);
create unique index tier_requests_pending on tier_requests (api_key_id) where status = 'pending';

alter table operations add column finished_steps timestamptz[] not null default '{}';
`;
