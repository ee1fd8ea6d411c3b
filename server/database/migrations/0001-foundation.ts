import { type Kysely, sql } from 'kysely';

/** The schema of the founding page: identity, projects, machines, networks, durable operations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table users (
  id uuid primary key,
  email text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table accounts (
  id uuid primary key,
  name text not null,
  owner_id uuid not null references users (id),
  is_suspended boolean not null default false,
  payment_state text not null default 'good' check (payment_state in ('good', 'failed', 'none')),
  billing_mode text not null check (billing_mode in ('payg', 'subscription')),
  balance_micros bigint not null default 0,
  credits_micros bigint not null default 0,
  vm_quota integer not null,
  vcpu_quota integer,
  ram_quota integer,
  high_tier_allowance integer not null default 0,
  created_at timestamptz not null default now()
);

create table roles (
  id uuid primary key,
  account_id uuid references accounts (id) on delete cascade,
  name text not null,
  slug text not null,
  description text,
  scope text not null check (scope in ('account', 'project')),
  permissions text[] not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index roles_name on roles (account_id, name) nulls not distinct;
create unique index roles_slug on roles (account_id, slug) nulls not distinct;

create table members (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  user_id uuid not null references users (id),
  role_id uuid not null references roles (id),
  status text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null default now(),
  unique (account_id, user_id)
);
create index members_role on members (role_id);

create table projects (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null,
  slug text not null,
  description text,
  default_region text not null,
  is_default boolean not null default false,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, name),
  unique (account_id, slug)
);
create unique index projects_default on projects (account_id) where is_default;
create index projects_newest on projects (account_id, created_at desc, id desc);

create table api_keys (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null,
  key_hash text not null unique,
  key_prefix text not null,
  rate_limit_tier text not null check (rate_limit_tier in ('standard', 'high')),
  expires_at timestamptz,
  issued_at timestamptz not null,
  last_used_at timestamptz,
  is_active boolean not null default true,
  role_id uuid references roles (id),
  created_by uuid,
  created_at timestamptz not null default now()
);
create index api_keys_newest on api_keys (account_id, created_at desc, id desc);
create index api_keys_role on api_keys (role_id);

create table project_members (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id) on delete cascade,
  user_id uuid references users (id),
  api_key_id uuid references api_keys (id) on delete cascade,
  role_id uuid not null references roles (id),
  status text not null default 'active' check (status in ('active', 'suspended')),
  invited_by uuid,
  created_at timestamptz not null default now(),
  unique (project_id, user_id),
  unique (project_id, api_key_id),
  check (num_nonnulls(user_id, api_key_id) = 1)
);
create index project_members_api_key on project_members (api_key_id);
create index project_members_role on project_members (role_id);

create table ssh_keys (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null,
  public_key text not null,
  key_type text not null,
  fingerprint text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, fingerprint)
);

create table vpcs (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  name text not null,
  cidr text not null,
  region text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index vpcs_name on vpcs (account_id, name) where deleted_at is null;
create index vpcs_project on vpcs (project_id);

create table vms (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  name text not null,
  status text not null check (status in ('initiating', 'provisioning', 'booting', 'active', 'passive', 'finalizing', 'failure')),
  cpu integer not null,
  ram integer not null,
  storage integer not null,
  plan_id integer not null,
  template_id uuid not null,
  original_template_id uuid not null,
  template_name text not null,
  template_version text not null,
  is_windows boolean not null,
  image_reference text not null,
  region text not null,
  generation integer not null default 1,
  ssh_keys text[] not null default '{}',
  price_month_micros bigint not null,
  billing_type text not null check (billing_type in ('payg', 'subscription')),
  subscription_id uuid,
  term_started_at timestamptz,
  failure_reason text,
  created_by uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create unique index vms_name on vms (account_id, name) where deleted_at is null;
create index vms_newest on vms (account_id, created_at desc, id desc) where deleted_at is null;
create index vms_project_newest on vms (project_id, created_at desc, id desc) where deleted_at is null;

create table vm_tags (
  id uuid primary key,
  vm_id uuid not null references vms (id) on delete cascade,
  position bigint generated always as identity,
  name text not null,
  priority integer not null default 0,
  created_at timestamptz not null,
  unique (vm_id, name)
);

create table vm_notes (
  id uuid primary key,
  vm_id uuid not null references vms (id) on delete cascade,
  author_id uuid not null,
  type text not null check (type in ('personal', 'account')),
  content text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index vm_notes_personal on vm_notes (vm_id, author_id) where type = 'personal';
create unique index vm_notes_account on vm_notes (vm_id) where type = 'account';

create table address_pools (
  cidr cidr primary key,
  region text not null,
  next_offset bigint not null
);

create table public_addresses (
  address inet primary key,
  region text not null,
  vm_id uuid references vms (id)
);
create index public_addresses_free on public_addresses (region, address) where vm_id is null;
create unique index public_addresses_vm on public_addresses (vm_id) where vm_id is not null;

create table nics (
  vm_id uuid not null references vms (id) on delete cascade,
  nic_id integer not null,
  type text not null check (type in ('public', 'vpc', 'ipv6')),
  address inet not null,
  gateway inet,
  mac macaddr not null,
  vpc_id uuid references vpcs (id),
  primary key (vm_id, nic_id),
  check ((type = 'vpc') = (vpc_id is not null))
);
create unique index nics_public_address on nics (address) where type <> 'vpc';
create unique index nics_vpc_address on nics (vpc_id, address) where type = 'vpc';

create table volumes (
  id integer generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  vm_id uuid references vms (id) on delete set null,
  name text not null,
  size integer not null,
  filesystem text,
  region text not null,
  price_month_micros bigint not null,
  subscription_id uuid,
  term_started_at timestamptz,
  created_at timestamptz not null default now()
);
create index volumes_vm on volumes (vm_id);
create index volumes_project on volumes (project_id);

create table backup_schedules (
  id integer generated always as identity primary key,
  vm_id uuid not null references vms (id) on delete cascade,
  type text not null check (type in ('daily', 'weekly')),
  time text not null,
  day_of_week text,
  keep_count integer not null,
  created_at timestamptz not null default now()
);
create index backup_schedules_vm on backup_schedules (vm_id);

create table images (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id),
  name text not null,
  version text not null,
  description text,
  os_type text not null,
  is_windows boolean not null,
  region text not null,
  size integer not null,
  min_cpu integer not null,
  min_ram integer not null,
  status text not null check (status in ('saving', 'ready', 'failed')),
  created_at timestamptz not null
);
create index images_account on images (account_id);
create index images_project on images (project_id);

create table operations (
  id uuid primary key,
  sequence bigint generated always as identity unique,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null,
  resource_id uuid not null,
  kind text not null,
  status text not null default 'pending' check (status in ('pending', 'running', 'succeeded', 'failed')),
  step integer not null default 0,
  input jsonb not null default '{}',
  sealed_input bytea,
  attempts integer not null default 0,
  cancelled boolean not null default false,
  not_before timestamptz,
  lease_until timestamptz,
  deadline timestamptz not null,
  error text,
  created_by uuid not null,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index operations_unfinished on operations (resource_id, sequence) where finished_at is null;
create index operations_account on operations (account_id, sequence desc);

create table sealed_passwords (
  vm_id uuid primary key references vms (id) on delete cascade,
  sealed bytea not null,
  created_at timestamptz not null default now()
);

create table idempotency_keys (
  account_id uuid not null references accounts (id) on delete cascade,
  key_digest text not null,
  request_digest text not null,
  credential_digest text not null,
  status integer,
  answer bytea,
  is_sealed boolean not null default false,
  created_at timestamptz not null,
  primary key (account_id, key_digest)
);
create index idempotency_keys_created on idempotency_keys (created_at);

create table balance_entries (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  balance_micros bigint not null,
  credits_micros bigint not null,
  reason text not null,
  resource_id uuid,
  created_at timestamptz not null default now()
);
create index balance_entries_account on balance_entries (account_id, id desc);

create table audit_log (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  project_id uuid,
  verb text not null,
  actor_kind text not null check (actor_kind in ('key', 'user', 'operator', 'system')),
  actor_id uuid,
  actor_name text not null,
  resource_id text,
  details jsonb not null default '{}',
  request_id text,
  created_at timestamptz not null default now()
);
create index audit_log_account on audit_log (account_id, id desc);

create table simulated_machines (
  id uuid primary key,
  generation integer not null,
  power text not null check (power in ('building', 'off', 'starting', 'on', 'stopping')),
  ready_at timestamptz not null,
  cpu integer not null,
  ram integer not null,
  disk integer not null,
  image text not null,
  hostname text not null,
  addresses text[] not null,
  ssh_keys text[] not null,
  password_digest text,
  pending text,
  created_at timestamptz not null default now()
);

create table simulated_images (
  id text primary key,
  disk integer not null,
  ready_at timestamptz not null,
  created_at timestamptz not null default now()
);

create table simulated_faults (
  id integer generated always as identity primary key,
  verb text not null,
  name_pattern text not null,
  remaining integer,
  delay_ms integer,
  message text,
  created_at timestamptz not null default now()
);
`;
