-- The schema after all migrations; written by npm run derive, held by checks/derived.test.ts.

create table accounts (
  id uuid not null,
  name text not null,
  owner_id uuid not null,
  is_suspended boolean not null default false,
  payment_state text not null default 'good'::text,
  billing_mode text not null,
  balance_micros bigint not null default 0,
  credits_micros bigint not null default 0,
  high_tier_allowance integer not null default 0,
  created_at timestamp with time zone not null default now(),
  backups_tidied_until timestamp with time zone,
  constraint accounts_billing_mode_check CHECK ((billing_mode = ANY (ARRAY['payg'::text, 'subscription'::text]))),
  constraint accounts_payment_state_check CHECK ((payment_state = ANY (ARRAY['good'::text, 'failed'::text, 'none'::text]))),
  constraint accounts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users(id),
  constraint accounts_owner_is_member FOREIGN KEY (id, owner_id) REFERENCES members(account_id, user_id) DEFERRABLE INITIALLY DEFERRED,
  constraint accounts_pkey PRIMARY KEY (id)
);
CREATE TRIGGER authority_changed BEFORE UPDATE OF owner_id, is_suspended ON public.accounts FOR EACH ROW WHEN (((old.owner_id <> new.owner_id) OR (old.is_suspended <> new.is_suspended))) EXECUTE FUNCTION change_own_authority();

create table address_pools (
  cidr cidr not null,
  region text not null,
  next_offset bigint not null,
  constraint address_pools_pkey PRIMARY KEY (cidr)
);

create table api_key_addresses (
  api_key_id uuid not null,
  address text not null,
  last_used_at timestamp with time zone not null,
  constraint api_key_addresses_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint api_key_addresses_pkey PRIMARY KEY (api_key_id, address)
);
CREATE INDEX api_key_addresses_age ON public.api_key_addresses USING btree (last_used_at);

create table api_key_hours (
  api_key_id uuid not null,
  hour timestamp with time zone not null,
  requests integer not null,
  refused integer not null,
  denied integer not null,
  constraint api_key_hours_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint api_key_hours_pkey PRIMARY KEY (api_key_id, hour)
);
CREATE INDEX api_key_hours_hour ON public.api_key_hours USING btree (hour);

create table api_key_usage (
  api_key_id uuid not null,
  minute timestamp with time zone not null,
  requests integer not null,
  refused integer not null,
  burst_used integer not null,
  denied integer not null default 0,
  constraint api_key_usage_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint api_key_usage_pkey PRIMARY KEY (api_key_id, minute)
);
CREATE INDEX api_key_usage_minute ON public.api_key_usage USING btree (minute);

create table api_keys (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  key_hash text not null,
  key_prefix text not null,
  rate_limit_tier text not null,
  expires_at timestamp with time zone,
  issued_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  is_active boolean not null default true,
  role_id uuid,
  created_by uuid,
  created_at timestamp with time zone not null default now(),
  last_used_from text,
  wait_ms integer not null default 0,
  constraint api_keys_rate_limit_tier_check CHECK ((rate_limit_tier = ANY (ARRAY['standard'::text, 'high'::text]))),
  constraint api_keys_wait_ms_check CHECK (((wait_ms >= 0) AND (wait_ms <= 5000))),
  constraint api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint api_keys_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_key_hash_key UNIQUE (key_hash)
);
CREATE INDEX api_keys_newest ON public.api_keys USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX api_keys_role ON public.api_keys USING btree (role_id);
CREATE CONSTRAINT TRIGGER api_keys_use AFTER INSERT OR DELETE ON public.api_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('apiKeys');
CREATE TRIGGER authority BEFORE DELETE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION change_account_authority();
CREATE TRIGGER authority_changed BEFORE UPDATE OF key_hash, is_active, expires_at, role_id ON public.api_keys FOR EACH ROW WHEN (((old.key_hash <> new.key_hash) OR (old.is_active <> new.is_active) OR (old.expires_at IS DISTINCT FROM new.expires_at) OR ((old.role_id IS NOT NULL) AND (old.role_id IS DISTINCT FROM new.role_id)))) EXECUTE FUNCTION change_account_authority();

create table audit_log (
  id bigint not null generated always as identity,
  account_id uuid not null,
  project_id uuid,
  verb text not null,
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  resource_id text,
  details jsonb not null default '{}'::jsonb,
  request_id text,
  created_at timestamp with time zone not null default now(),
  constraint audit_log_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['key'::text, 'user'::text, 'operator'::text, 'system'::text, 'anonymous'::text]))),
  constraint audit_log_anonymous_check CHECK (((actor_kind <> 'anonymous'::text) OR ((actor_id IS NULL) AND (details ? 'address'::text)))),
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_actor ON public.audit_log USING btree (account_id, folded(actor_name) COLLATE "C", verb COLLATE "C", created_at DESC, id DESC) INCLUDE (actor_name);
CREATE INDEX audit_log_actor_id ON public.audit_log USING btree (account_id, actor_id, verb COLLATE "C", created_at DESC, id DESC) WHERE (actor_id IS NOT NULL);
CREATE INDEX audit_log_actor_newest ON public.audit_log USING btree (account_id, folded(actor_name) COLLATE "C", created_at DESC, id DESC) INCLUDE (actor_name);
CREATE INDEX audit_log_age ON public.audit_log USING brin (created_at) WITH (autosummarize='true');
CREATE INDEX audit_log_newest ON public.audit_log USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX audit_log_resource ON public.audit_log USING btree (account_id, resource_id, created_at DESC, id DESC) WHERE (resource_id IS NOT NULL);
CREATE INDEX audit_log_verb ON public.audit_log USING btree (account_id, verb COLLATE "C", created_at DESC, id DESC);

create table backup_schedules (
  id integer not null generated always as identity,
  vm_id uuid not null,
  type text not null,
  "time" text not null,
  day_of_week text,
  keep_count integer not null,
  created_at timestamp with time zone not null,
  uid uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  region text not null,
  created_by uuid not null,
  due_at timestamp with time zone not null,
  constraint backup_schedules_day CHECK (((type <> 'weekly'::text) OR (day_of_week IS NOT NULL))),
  constraint backup_schedules_keep_count_check CHECK ((keep_count >= 1)),
  constraint backup_schedules_type_check CHECK ((type = ANY (ARRAY['daily'::text, 'weekly'::text]))),
  constraint backup_schedules_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint backup_schedules_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint backup_schedules_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint backup_schedules_pkey PRIMARY KEY (id),
  constraint backup_schedules_uid_key UNIQUE (uid)
);
CREATE INDEX backup_schedules_due ON public.backup_schedules USING btree (type, due_at);
CREATE INDEX backup_schedules_first_of_vm ON public.backup_schedules USING btree (vm_id, created_at, id);
CREATE INDEX backup_schedules_newest ON public.backup_schedules USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id);
CREATE INDEX backup_schedules_project ON public.backup_schedules USING btree (project_id);
CREATE CONSTRAINT TRIGGER backup_schedules_use AFTER INSERT OR DELETE ON public.backup_schedules DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('backupSchedules');

create table backups (
  id uuid not null,
  sequence bigint not null generated always as identity,
  account_id uuid not null,
  project_id uuid not null,
  vm_id uuid not null,
  schedule_id integer,
  series uuid,
  name text not null,
  region text not null,
  state text not null,
  size_bytes bigint,
  kept_bytes bigint,
  shown_from text,
  failure_reason text,
  expires_at timestamp with time zone,
  created_by uuid not null,
  created_at timestamp with time zone not null,
  ready_at timestamp with time zone,
  deleted_at timestamp with time zone,
  is_kept boolean not null generated always as (((state = ANY (ARRAY['ready'::text, 'restoring'::text])) AND (deleted_at IS NULL))) stored,
  constraint backups_check CHECK (((state = ANY (ARRAY['ready'::text, 'restoring'::text])) = (ready_at IS NOT NULL))),
  constraint backups_check1 CHECK (((ready_at IS NULL) OR ((series IS NOT NULL) AND (size_bytes IS NOT NULL) AND (kept_bytes IS NOT NULL)))),
  constraint backups_kept_bytes_check CHECK ((kept_bytes >= 0)),
  constraint backups_shown_from_check CHECK ((shown_from = ANY (ARRAY['active'::text, 'passive'::text]))),
  constraint backups_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint backups_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'creating'::text, 'ready'::text, 'restoring'::text, 'failed'::text]))),
  constraint backups_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint backups_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint backups_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES backup_schedules(id) ON DELETE SET NULL,
  constraint backups_pkey PRIMARY KEY (id)
);
CREATE INDEX backups_deleted ON public.backups USING btree (vm_id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX backups_expire ON public.backups USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX backups_failed ON public.backups USING btree (created_at) WHERE (state = 'failed'::text);
CREATE INDEX backups_newest ON public.backups USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id) WHERE (deleted_at IS NULL);
CREATE INDEX backups_newest_of_vm ON public.backups USING btree (vm_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE INDEX backups_of_schedule ON public.backups USING btree (schedule_id, sequence) WHERE (schedule_id IS NOT NULL);
CREATE INDEX backups_of_series ON public.backups USING btree (series, sequence) WHERE is_kept;
CREATE INDEX backups_of_vm ON public.backups USING btree (vm_id, sequence) WHERE is_kept;
CREATE INDEX backups_project ON public.backups USING btree (project_id);
CREATE CONSTRAINT TRIGGER backups_use AFTER INSERT OR DELETE OR UPDATE OF state, deleted_at ON public.backups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_backup();

create table balance_entries (
  id bigint not null generated always as identity,
  account_id uuid not null,
  balance_micros bigint not null,
  credits_micros bigint not null,
  reason text not null,
  resource_id uuid,
  created_at timestamp with time zone not null default now(),
  term_id uuid,
  constraint balance_entries_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint balance_entries_pkey PRIMARY KEY (id)
);
CREATE INDEX balance_entries_account ON public.balance_entries USING btree (account_id, id DESC);

create table capacity_taken (
  id bigint not null generated always as identity,
  cpu bigint not null,
  ram bigint not null,
  disk bigint not null,
  constraint capacity_taken_pkey PRIMARY KEY (id)
);

create table console_tickets (
  token_hash text not null,
  account_id uuid not null,
  project_id uuid not null,
  vm_id uuid not null,
  caller_kind text not null,
  caller_id uuid not null,
  caller_name text not null,
  credential text not null,
  expires_at timestamp with time zone not null,
  constraint console_tickets_caller_kind_check CHECK ((caller_kind = ANY (ARRAY['key'::text, 'user'::text]))),
  constraint console_tickets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint console_tickets_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  constraint console_tickets_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint console_tickets_pkey PRIMARY KEY (token_hash)
);
CREATE INDEX console_tickets_account ON public.console_tickets USING btree (account_id, expires_at);

create table credentials (
  id uuid not null,
  user_id uuid not null,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamp with time zone,
  refresh_token_expires_at timestamp with time zone,
  scope text,
  password text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint credentials_pkey PRIMARY KEY (id),
  constraint credentials_provider_id_account_id_key UNIQUE (provider_id, account_id)
);
CREATE INDEX credentials_user ON public.credentials USING btree (user_id);

create table found_machines (
  id uuid not null,
  generation integer not null,
  power text not null,
  known jsonb not null,
  found_at timestamp with time zone not null default now(),
  constraint found_machines_pkey PRIMARY KEY (id)
);
CREATE TRIGGER found_machines_capacity_after_delete AFTER DELETE ON public.found_machines REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_delete_of_found_machines();
CREATE TRIGGER found_machines_capacity_after_insert AFTER INSERT ON public.found_machines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_insert_of_found_machines();
CREATE TRIGGER found_machines_capacity_after_update AFTER UPDATE ON public.found_machines REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_update_of_found_machines();

create table found_volumes (
  id uuid not null,
  size integer not null,
  machine_id uuid,
  is_deleted boolean not null,
  found_at timestamp with time zone not null default now(),
  deletion_asked_at timestamp with time zone,
  constraint found_volumes_pkey PRIMARY KEY (id)
);
CREATE TRIGGER found_volumes_capacity_after_delete AFTER DELETE ON public.found_volumes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_delete_of_found_volumes();
CREATE TRIGGER found_volumes_capacity_after_insert AFTER INSERT ON public.found_volumes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_insert_of_found_volumes();
CREATE TRIGGER found_volumes_capacity_after_update AFTER UPDATE ON public.found_volumes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_update_of_found_volumes();

create table idempotency_keys (
  account_id uuid not null,
  key_digest text not null,
  request_digest text not null,
  credential_digest text not null,
  status integer,
  answer bytea,
  is_sealed boolean not null default false,
  created_at timestamp with time zone not null,
  constraint idempotency_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint idempotency_keys_pkey PRIMARY KEY (account_id, key_digest)
);
CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at);

create table images (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  name text not null,
  version text not null,
  description text,
  os_type text not null,
  is_windows boolean not null,
  region text not null,
  size integer not null,
  min_cpu integer not null,
  min_ram integer not null,
  status text not null,
  created_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  system text,
  constraint images_status_check CHECK ((status = ANY (ARRAY['saving'::text, 'ready'::text, 'failed'::text]))),
  constraint images_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint images_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint images_pkey PRIMARY KEY (id)
);
CREATE INDEX images_newest ON public.images USING btree (account_id, id DESC);
CREATE INDEX images_project ON public.images USING btree (project_id);
CREATE CONSTRAINT TRIGGER images_use AFTER INSERT OR DELETE ON public.images DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('images');

create table invitations (
  id uuid not null,
  account_id uuid not null,
  project_id uuid,
  email text not null,
  role_id uuid not null,
  token_hash text not null,
  invited_by uuid,
  invited_by_name text not null,
  is_mailed boolean not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  inviter_kind text,
  inviter_id uuid,
  updated_at timestamp with time zone not null,
  constraint invitations_inviter_kind_check CHECK ((inviter_kind = ANY (ARRAY['key'::text, 'user'::text]))),
  constraint invitations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint invitations_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  constraint invitations_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id),
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_token_hash_key UNIQUE (token_hash)
);
CREATE UNIQUE INDEX invitations_pending ON public.invitations USING btree (account_id, project_id, lower(email)) NULLS NOT DISTINCT;
CREATE INDEX invitations_role ON public.invitations USING btree (role_id);
CREATE CONSTRAINT TRIGGER invitations_use AFTER INSERT OR DELETE ON public.invitations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('invitations');

create table leadership (
  is_only boolean not null default true,
  term bigint not null default 0,
  node_id uuid,
  since timestamp with time zone not null default clock_timestamp(),
  secret_digest text,
  constraint leadership_is_only_check CHECK (is_only),
  constraint leadership_pkey PRIMARY KEY (is_only)
);

create table machine_deletions (
  id uuid not null,
  generation integer not null,
  recorded_at timestamp with time zone not null default now(),
  constraint machine_deletions_pkey PRIMARY KEY (id)
);

create table mailed_invitations (
  id bigint not null generated always as identity,
  account_id uuid not null,
  recipient text not null,
  created_at timestamp with time zone not null default now(),
  constraint mailed_invitations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint mailed_invitations_pkey PRIMARY KEY (id)
);
CREATE INDEX mailed_invitations_account ON public.mailed_invitations USING btree (account_id, created_at);
CREATE INDEX mailed_invitations_age ON public.mailed_invitations USING btree (created_at);
CREATE INDEX mailed_invitations_recipient ON public.mailed_invitations USING btree (recipient, created_at);

create table mails (
  id uuid not null,
  about text not null,
  recipient text not null,
  subject text not null,
  sealed bytea not null,
  attempts integer not null default 0,
  not_before timestamp with time zone not null default now(),
  lease_token uuid,
  lease_until timestamp with time zone,
  last_error text,
  is_server_failing boolean not null default false,
  give_up_at timestamp with time zone not null default (now() + '1 day'::interval),
  given_up_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint mails_pkey PRIMARY KEY (id)
);
CREATE INDEX mails_about ON public.mails USING btree (about);
CREATE INDEX mails_due ON public.mails USING btree (not_before) WHERE (given_up_at IS NULL);

create table members (
  id uuid not null,
  account_id uuid not null,
  user_id uuid,
  role_id uuid,
  status text not null default 'active'::text,
  created_at timestamp with time zone not null default now(),
  invited_by uuid,
  invited_at timestamp with time zone,
  accepted_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  api_key_id uuid,
  email text,
  constraint members_holder CHECK ((num_nonnulls(user_id, api_key_id) = 1)),
  constraint members_key_role CHECK (((role_id IS NULL) = (user_id IS NULL))),
  constraint members_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint members_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint members_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint members_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id),
  constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint members_pkey PRIMARY KEY (id),
  constraint members_account_id_user_id_key UNIQUE (account_id, user_id),
  constraint members_api_key_id_key UNIQUE (api_key_id)
);
CREATE UNIQUE INDEX members_owner ON public.members USING btree (account_id) WHERE (role_id = '01900000-0000-7000-8000-000000000001'::uuid);
CREATE INDEX members_role ON public.members USING btree (role_id);
CREATE INDEX members_user ON public.members USING btree (user_id);
CREATE TRIGGER authority BEFORE DELETE ON public.members FOR EACH ROW EXECUTE FUNCTION change_account_authority();
CREATE TRIGGER authority_changed BEFORE UPDATE OF user_id, role_id, status ON public.members FOR EACH ROW WHEN (((old.user_id IS DISTINCT FROM new.user_id) OR (old.role_id IS DISTINCT FROM new.role_id) OR (old.status <> new.status))) EXECUTE FUNCTION change_account_authority();

create table nic_security_groups (
  vm_id uuid not null,
  nic_id integer not null,
  security_group_id uuid not null,
  "position" bigint not null generated always as identity,
  constraint nic_security_groups_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES security_groups(id),
  constraint nic_security_groups_vm_id_nic_id_fkey FOREIGN KEY (vm_id, nic_id) REFERENCES nics(vm_id, nic_id) ON DELETE CASCADE,
  constraint nic_security_groups_pkey PRIMARY KEY (vm_id, nic_id, security_group_id)
);
CREATE INDEX nic_security_groups_group ON public.nic_security_groups USING btree (security_group_id);

create table nics (
  vm_id uuid not null,
  nic_id integer not null,
  type text not null,
  address inet not null,
  gateway inet,
  mac macaddr not null,
  vpc_id uuid,
  public_address inet generated always as (
CASE
    WHEN (type <> 'vpc'::text) THEN address
    ELSE NULL::inet
END) stored,
  state text not null default 'attached'::text,
  constraint nics_check CHECK (((type = 'vpc'::text) = (vpc_id IS NOT NULL))),
  constraint nics_state_check CHECK ((state = ANY (ARRAY['attaching'::text, 'attached'::text, 'detaching'::text]))),
  constraint nics_type_check CHECK ((type = ANY (ARRAY['public'::text, 'vpc'::text, 'ipv6'::text]))),
  constraint nics_public_address_fkey FOREIGN KEY (public_address) REFERENCES public_addresses(address),
  constraint nics_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint nics_vpc_id_fkey FOREIGN KEY (vpc_id) REFERENCES vpcs(id),
  constraint nics_pkey PRIMARY KEY (vm_id, nic_id)
);
CREATE INDEX nics_public_address ON public.nics USING btree (public_address) WHERE (public_address IS NOT NULL);
CREATE UNIQUE INDEX nics_shown_address ON public.nics USING btree (public_address) WHERE ((public_address IS NOT NULL) AND (state <> 'detaching'::text));
CREATE UNIQUE INDEX nics_vpc_address ON public.nics USING btree (vpc_id, address) WHERE (type = 'vpc'::text);

create table nodes (
  id uuid not null,
  name text not null,
  version text not null,
  roles text[] not null,
  address text not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  seen_at timestamp with time zone not null default clock_timestamp(),
  is_cut_off boolean not null,
  keeps_nothing boolean not null,
  constraint nodes_pkey PRIMARY KEY (id)
);

create table one_time_links (
  token_hash text not null,
  user_id uuid not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  is_from_operator boolean not null default false,
  constraint one_time_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint one_time_links_pkey PRIMARY KEY (token_hash)
);

create table operations (
  id uuid not null,
  sequence bigint not null generated always as identity,
  account_id uuid,
  project_id uuid,
  resource_id uuid not null,
  kind text not null,
  status text not null default 'pending'::text,
  input jsonb not null default '{}'::jsonb,
  sealed_input bytea,
  attempts integer not null default 0,
  cancelled boolean not null default false,
  not_before timestamp with time zone,
  lease_until timestamp with time zone,
  error text,
  created_by uuid,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  waiting_for text,
  finished_steps timestamp with time zone[] not null default '{}'::timestamp with time zone[],
  lease_owner text,
  lease_token uuid,
  has_place boolean not null default false,
  elapsed_ms bigint not null default 0,
  resource_kind text generated always as (split_part(kind, '.'::text, 1)) stored,
  queue uuid not null,
  step text,
  undoing text,
  finished_names text[] not null default '{}'::text[],
  resource_number integer,
  trace_parent text,
  failed_at timestamp with time zone,
  undone_names text[] not null default '{}'::text[],
  constraint operations_of_whom CHECK ((((account_id IS NULL) = (project_id IS NULL)) AND ((account_id IS NULL) = (created_by IS NULL)))),
  constraint operations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text]))),
  constraint operations_trace_parent CHECK ((trace_parent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$'::text)),
  constraint operations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint operations_pkey PRIMARY KEY (id),
  constraint operations_sequence_key UNIQUE (sequence)
);
CREATE INDEX operations_account ON public.operations USING btree (account_id, sequence DESC);
CREATE INDEX operations_account_status ON public.operations USING btree (account_id, status, sequence DESC);
CREATE INDEX operations_age ON public.operations USING brin (finished_at) WITH (autosummarize='true');
CREATE INDEX operations_kind ON public.operations USING btree (account_id, project_id, resource_kind, status, sequence DESC);
CREATE INDEX operations_number ON public.operations USING btree (account_id, resource_number, sequence DESC) WHERE (resource_number IS NOT NULL);
CREATE INDEX operations_open_in_queue ON public.operations USING btree (queue, sequence) WHERE (finished_at IS NULL);
CREATE INDEX operations_open_of_account ON public.operations USING btree (account_id, sequence) WHERE (finished_at IS NULL);
CREATE INDEX operations_places ON public.operations USING btree (account_id) WHERE (has_place AND (finished_at IS NULL));
CREATE INDEX operations_resource ON public.operations USING btree (resource_id, sequence DESC);
CREATE TRIGGER operations_work AFTER INSERT ON public.operations FOR EACH STATEMENT EXECUTE FUNCTION tell_of_work();

create table operators (
  user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint operators_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint operators_pkey PRIMARY KEY (user_id)
);
CREATE TRIGGER authority BEFORE DELETE ON public.operators FOR EACH ROW EXECUTE FUNCTION change_person_authority();

create table passkeys (
  id uuid not null,
  user_id uuid not null,
  name text not null,
  credential_id text not null,
  public_key text not null,
  counter bigint not null,
  device_type text not null,
  backed_up boolean not null,
  transports text,
  aaguid text,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  constraint passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint passkeys_pkey PRIMARY KEY (id),
  constraint passkeys_credential_id_key UNIQUE (credential_id)
);
CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id);

create table project_members (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  user_id uuid,
  api_key_id uuid,
  role_id uuid not null,
  status text not null default 'active'::text,
  invited_by uuid,
  created_at timestamp with time zone not null default now(),
  invited_at timestamp with time zone,
  accepted_at timestamp with time zone,
  email text,
  constraint project_members_check CHECK ((num_nonnulls(user_id, api_key_id) = 1)),
  constraint project_members_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint project_members_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint project_members_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint project_members_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  constraint project_members_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id),
  constraint project_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint project_members_pkey PRIMARY KEY (id),
  constraint project_members_project_id_api_key_id_key UNIQUE (project_id, api_key_id),
  constraint project_members_project_id_user_id_key UNIQUE (project_id, user_id)
);
CREATE INDEX project_members_api_key ON public.project_members USING btree (api_key_id);
CREATE INDEX project_members_role ON public.project_members USING btree (role_id);
CREATE INDEX project_members_user ON public.project_members USING btree (user_id);
CREATE TRIGGER authority BEFORE DELETE ON public.project_members FOR EACH ROW EXECUTE FUNCTION change_account_authority();
CREATE TRIGGER authority_changed BEFORE UPDATE OF role_id, status ON public.project_members FOR EACH ROW WHEN (((old.role_id IS DISTINCT FROM new.role_id) OR (old.status <> new.status))) EXECUTE FUNCTION change_account_authority();

create table projects (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  slug text not null,
  description text,
  default_region text not null,
  is_default boolean not null default false,
  created_by uuid,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint projects_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_account_id_name_key UNIQUE (account_id, name),
  constraint projects_account_id_slug_key UNIQUE (account_id, slug)
);
CREATE UNIQUE INDEX projects_default ON public.projects USING btree (account_id) WHERE is_default;
CREATE INDEX projects_newest ON public.projects USING btree (account_id, created_at DESC, id DESC);
CREATE CONSTRAINT TRIGGER projects_use AFTER INSERT OR DELETE ON public.projects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('projects');

create table public_addresses (
  address inet not null,
  region text not null,
  held_for uuid,
  state text not null default 'free'::text,
  is_reserved boolean not null default false,
  id uuid,
  account_id uuid,
  project_id uuid,
  created_by uuid,
  created_at timestamp with time zone,
  updated_at timestamp with time zone,
  deleted_at timestamp with time zone,
  constraint public_addresses_check CHECK ((((state = 'free'::text) = (id IS NULL)) AND ((state = 'free'::text) = (account_id IS NULL)) AND ((state = 'free'::text) = (project_id IS NULL)))),
  constraint public_addresses_check1 CHECK (
CASE state
    WHEN 'free'::text THEN (NOT is_reserved)
    WHEN 'reserved'::text THEN is_reserved
    ELSE true
END),
  constraint public_addresses_check2 CHECK (((deleted_at IS NULL) OR ((state = 'attached'::text) AND (NOT is_reserved)))),
  constraint public_addresses_state_check CHECK ((state = ANY (ARRAY['free'::text, 'reserved'::text, 'attached'::text]))),
  constraint public_addresses_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint public_addresses_held_for_fkey FOREIGN KEY (held_for) REFERENCES found_machines(id) ON DELETE SET NULL,
  constraint public_addresses_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint public_addresses_pkey PRIMARY KEY (address)
);
CREATE INDEX public_addresses_free ON public.public_addresses USING btree (region, family(address), address) WHERE ((state = 'free'::text) AND (held_for IS NULL));
CREATE INDEX public_addresses_held ON public.public_addresses USING btree (held_for) WHERE (held_for IS NOT NULL);
CREATE UNIQUE INDEX public_addresses_id ON public.public_addresses USING btree (id) WHERE (id IS NOT NULL);
CREATE INDEX public_addresses_newest ON public.public_addresses USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id, is_reserved, state) WHERE ((account_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX public_addresses_project ON public.public_addresses USING btree (project_id) WHERE (project_id IS NOT NULL);
CREATE CONSTRAINT TRIGGER public_addresses_use AFTER INSERT OR DELETE OR UPDATE OF is_reserved, account_id ON public.public_addresses DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_address();

create table quotas (
  account_id uuid,
  name text not null,
  "limit" bigint,
  constraint quotas_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint quotas_name UNIQUE NULLS NOT DISTINCT (account_id, name)
);

create table raffia_migrations (
  name character varying(255) not null,
  "timestamp" character varying(255) not null,
  constraint raffia_migrations_pkey PRIMARY KEY (name)
);

create table raffia_migrations_lock (
  id character varying(255) not null,
  is_locked integer not null default 0,
  constraint raffia_migrations_lock_pkey PRIMARY KEY (id)
);

create table roles (
  id uuid not null,
  account_id uuid,
  name text not null,
  slug text not null,
  description text,
  scope text not null,
  permissions text[] not null,
  created_by uuid,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint roles_scope_check CHECK ((scope = ANY (ARRAY['account'::text, 'project'::text]))),
  constraint roles_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint roles_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX roles_name ON public.roles USING btree (account_id, name) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX roles_slug ON public.roles USING btree (account_id, slug) NULLS NOT DISTINCT;
CREATE TRIGGER authority BEFORE DELETE ON public.roles FOR EACH ROW WHEN ((old.account_id IS NOT NULL)) EXECUTE FUNCTION change_account_authority();
CREATE TRIGGER authority_changed BEFORE UPDATE OF permissions ON public.roles FOR EACH ROW WHEN (((old.account_id IS NOT NULL) AND (old.permissions <> new.permissions))) EXECUTE FUNCTION change_account_authority();
CREATE CONSTRAINT TRIGGER roles_use AFTER INSERT OR DELETE ON public.roles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('roles');

create table schedules (
  kind text not null,
  resource_id uuid not null,
  due_at timestamp with time zone not null,
  constraint schedules_pkey PRIMARY KEY (kind, resource_id)
);
CREATE INDEX schedules_due ON public.schedules USING btree (due_at);

create table sealed_passwords (
  vm_id uuid not null,
  sealed bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint sealed_passwords_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint sealed_passwords_pkey PRIMARY KEY (vm_id)
);

create table second_factors (
  id uuid not null,
  user_id uuid not null,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamp with time zone,
  constraint second_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint second_factors_pkey PRIMARY KEY (id)
);
CREATE INDEX second_factors_user ON public.second_factors USING btree (user_id);

create table security_groups (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  name text not null,
  description text,
  rules jsonb not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint security_groups_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint security_groups_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint security_groups_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX security_groups_name ON public.security_groups USING btree (account_id, name);
CREATE INDEX security_groups_newest ON public.security_groups USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX security_groups_project ON public.security_groups USING btree (project_id);
CREATE CONSTRAINT TRIGGER security_groups_use AFTER INSERT OR DELETE ON public.security_groups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('securityGroups');

create table sessions (
  id uuid not null,
  user_id uuid not null,
  token text not null,
  expires_at timestamp with time zone not null,
  ip_address text,
  user_agent text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_token_key UNIQUE (token)
);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id);
CREATE TRIGGER authority BEFORE DELETE ON public.sessions FOR EACH ROW WHEN ((old.expires_at > now())) EXECUTE FUNCTION change_person_authority();

create table simulated_faults (
  id integer not null generated always as identity,
  verb text not null,
  name_pattern text not null,
  remaining integer,
  delay_ms integer,
  message text,
  created_at timestamp with time zone not null default now(),
  constraint simulated_faults_pkey PRIMARY KEY (id)
);

create table simulated_images (
  id text not null,
  disk integer not null,
  ready_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  wait_ms bigint not null default 0,
  contents text,
  constraint simulated_images_pkey PRIMARY KEY (id)
);

create table simulated_machines (
  id uuid not null,
  generation integer not null,
  power text not null,
  ready_at timestamp with time zone not null,
  cpu integer not null,
  ram integer not null,
  disk integer not null,
  image text not null,
  hostname text not null,
  addresses text[] not null,
  ssh_keys text[] not null,
  password_digest text,
  pending text,
  created_at timestamp with time zone not null default now(),
  wait_ms bigint not null default 0,
  nics jsonb not null default '[]'::jsonb,
  contents text,
  name_servers text[] not null default '{}'::text[],
  starts integer not null default 0,
  constraint simulated_machines_power_check CHECK ((power = ANY (ARRAY['building'::text, 'off'::text, 'starting'::text, 'on'::text, 'stopping'::text]))),
  constraint simulated_machines_pkey PRIMARY KEY (id)
);

create table simulated_snapshots (
  id uuid not null,
  machine_id uuid,
  disk integer not null,
  contents text,
  password_digest text,
  ready_at timestamp with time zone not null,
  wait_ms bigint not null,
  created_at timestamp with time zone not null default now(),
  volume_id uuid,
  constraint simulated_snapshots_of_one CHECK ((num_nonnulls(machine_id, volume_id) = 1)),
  constraint simulated_snapshots_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES simulated_machines(id) ON DELETE CASCADE,
  constraint simulated_snapshots_volume_id_fkey FOREIGN KEY (volume_id) REFERENCES simulated_volumes(id) ON DELETE CASCADE,
  constraint simulated_snapshots_pkey PRIMARY KEY (id)
);
CREATE INDEX simulated_snapshots_machine ON public.simulated_snapshots USING btree (machine_id);
CREATE INDEX simulated_snapshots_volume ON public.simulated_snapshots USING btree (volume_id);

create table simulated_volumes (
  id uuid not null,
  size integer not null,
  filesystem text,
  is_formatted boolean not null default false,
  machine_id uuid,
  ready_at timestamp with time zone not null,
  wait_ms bigint not null default 0,
  contents text,
  is_deleted boolean not null default false,
  restoring uuid,
  constraint simulated_volumes_pkey PRIMARY KEY (id)
);
CREATE INDEX simulated_volumes_machine ON public.simulated_volumes USING btree (machine_id);

create table snapshots (
  id integer not null generated always as identity,
  uid uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  type text not null,
  vm_id uuid,
  volume_id integer,
  name text not null,
  size integer not null,
  region text not null,
  price_month_micros bigint not null,
  state text not null,
  created_by uuid not null,
  created_at timestamp with time zone not null,
  ready_at timestamp with time zone,
  deleted_at timestamp with time zone,
  volume_uid uuid,
  constraint snapshots_check CHECK (((type = 'vm'::text) = (vm_id IS NOT NULL))),
  constraint snapshots_check1 CHECK (((type = 'volume'::text) OR (volume_id IS NULL))),
  constraint snapshots_check2 CHECK (((state = 'creating'::text) = (ready_at IS NULL))),
  constraint snapshots_state_check CHECK ((state = ANY (ARRAY['creating'::text, 'ready'::text, 'restoring'::text, 'active'::text]))),
  constraint snapshots_type_check CHECK ((type = ANY (ARRAY['vm'::text, 'volume'::text]))),
  constraint snapshots_volume_check CHECK (((type = 'volume'::text) = (volume_uid IS NOT NULL))),
  constraint snapshots_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint snapshots_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint snapshots_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint snapshots_volume_id_fkey FOREIGN KEY (volume_id) REFERENCES volumes(id) ON DELETE SET NULL,
  constraint snapshots_pkey PRIMARY KEY (id),
  constraint snapshots_uid_key UNIQUE (uid)
);
CREATE UNIQUE INDEX snapshots_active_of_vm ON public.snapshots USING btree (vm_id) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX snapshots_active_of_volume ON public.snapshots USING btree (volume_id) WHERE (state = 'active'::text);
CREATE INDEX snapshots_newest ON public.snapshots USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id) WHERE (deleted_at IS NULL);
CREATE INDEX snapshots_of_vm ON public.snapshots USING btree (vm_id, created_at DESC, id DESC);
CREATE INDEX snapshots_of_volume ON public.snapshots USING btree (volume_id, created_at DESC, id DESC);
CREATE INDEX snapshots_of_volume_uid ON public.snapshots USING btree (volume_uid) WHERE (volume_uid IS NOT NULL);
CREATE INDEX snapshots_project ON public.snapshots USING btree (project_id);
CREATE CONSTRAINT TRIGGER snapshots_use AFTER INSERT OR DELETE ON public.snapshots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('snapshots');

create table ssh_keys (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  public_key text not null,
  key_type text not null,
  fingerprint text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint ssh_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint ssh_keys_pkey PRIMARY KEY (id),
  constraint ssh_keys_account_id_fingerprint_key UNIQUE (account_id, fingerprint)
);
CREATE CONSTRAINT TRIGGER ssh_keys_use AFTER INSERT OR DELETE ON public.ssh_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_row('sshKeys');

create table terms (
  id uuid not null,
  account_id uuid not null,
  subscription_id uuid,
  item text not null,
  resource_kind text not null,
  resource_id text not null,
  name text not null,
  unit_price_micros bigint not null,
  quantity bigint not null,
  months integer not null,
  months_paid integer not null,
  started_at timestamp with time zone not null,
  paid_until timestamp with time zone,
  "from" timestamp with time zone not null,
  until timestamp with time zone,
  replaces uuid,
  is_pending boolean not null default false,
  credit_due_micros bigint not null default 0,
  balance_micros bigint not null default 0,
  credits_micros bigint not null default 0,
  project_id uuid,
  constraint terms_check CHECK (((subscription_id IS NULL) = (paid_until IS NULL))),
  constraint terms_check1 CHECK ((is_pending OR (credit_due_micros = 0))),
  constraint terms_quantity_check CHECK ((quantity >= 0)),
  constraint terms_unit_price_micros_check CHECK ((unit_price_micros >= 0)),
  constraint terms_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint terms_pkey PRIMARY KEY (id)
);
CREATE INDEX terms_account ON public.terms USING btree (account_id, "from");
CREATE UNIQUE INDEX terms_open ON public.terms USING btree (resource_kind, resource_id, item) WHERE (until IS NULL);
CREATE INDEX terms_pending ON public.terms USING btree (resource_kind, resource_id) WHERE is_pending;
CREATE INDEX terms_until ON public.terms USING btree (account_id, until);

create table tier_requests (
  id uuid not null,
  account_id uuid not null,
  api_key_id uuid not null,
  requested_by uuid,
  workload text not null,
  peak_rps integer not null,
  status text not null default 'pending'::text,
  answer text,
  created_at timestamp with time zone not null default now(),
  decided_at timestamp with time zone,
  constraint tier_requests_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'declined'::text]))),
  constraint tier_requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint tier_requests_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id) ON DELETE CASCADE,
  constraint tier_requests_pkey PRIMARY KEY (id)
);
CREATE INDEX tier_requests_account ON public.tier_requests USING btree (account_id, created_at DESC);
CREATE UNIQUE INDEX tier_requests_pending ON public.tier_requests USING btree (api_key_id) WHERE (status = 'pending'::text);

create table usage (
  account_id uuid not null,
  name text not null,
  used bigint not null,
  constraint usage_pkey PRIMARY KEY (account_id, name)
);

create table users (
  id uuid not null,
  email text not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  email_verified boolean not null default false,
  image text,
  two_factor_enabled boolean not null default false,
  updated_at timestamp with time zone not null default now(),
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_key UNIQUE (email)
);

create table verifications (
  id uuid not null,
  identifier text not null,
  value text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint verifications_pkey PRIMARY KEY (id)
);
CREATE INDEX verifications_identifier ON public.verifications USING btree (identifier);

create table vm_counts (
  id bigint not null generated always as identity,
  account_id uuid not null,
  project_id uuid not null,
  region text not null,
  status text not null,
  vms integer not null,
  constraint vm_counts_pkey PRIMARY KEY (id)
);
CREATE INDEX vm_counts_cell ON public.vm_counts USING btree (account_id, project_id, region, status) INCLUDE (vms);

create table vm_metrics (
  every integer not null,
  at timestamp with time zone not null,
  vm_id uuid not null,
  cpu real not null,
  memory real,
  received real,
  sent real,
  read real,
  written real,
  constraint vm_metrics_pkey PRIMARY KEY (every, at, vm_id)
);

create table vm_notes (
  id uuid not null,
  vm_id uuid not null,
  author_id uuid not null,
  type text not null,
  content text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  account_id uuid not null,
  constraint vm_notes_type_check CHECK ((type = ANY (ARRAY['personal'::text, 'account'::text]))),
  constraint vm_notes_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint vm_notes_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX vm_notes_account ON public.vm_notes USING btree (vm_id) WHERE (type = 'account'::text);
CREATE UNIQUE INDEX vm_notes_personal ON public.vm_notes USING btree (vm_id, author_id) WHERE (type = 'personal'::text);
CREATE CONSTRAINT TRIGGER vm_notes_use AFTER INSERT OR DELETE OR UPDATE OF content ON public.vm_notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_note();

create table vm_tags (
  id uuid not null,
  vm_id uuid not null,
  "position" bigint not null generated always as identity,
  name text not null,
  priority integer not null default 0,
  created_at timestamp with time zone not null,
  constraint vm_tags_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE CASCADE,
  constraint vm_tags_pkey PRIMARY KEY (id),
  constraint vm_tags_vm_id_name_key UNIQUE (vm_id, name)
);

create table vms (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  name text not null,
  status text not null,
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
  ssh_keys text[] not null default '{}'::text[],
  price_month_micros bigint not null,
  billing_type text not null,
  subscription_id uuid,
  failure_reason text,
  created_by uuid not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  next_nic_id integer,
  backup_series uuid,
  constraint vms_billing_type_check CHECK ((billing_type = ANY (ARRAY['payg'::text, 'subscription'::text]))),
  constraint vms_status_check CHECK ((status = ANY (ARRAY['initiating'::text, 'provisioning'::text, 'booting'::text, 'active'::text, 'passive'::text, 'finalizing'::text, 'failure'::text]))),
  constraint vms_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint vms_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint vms_pkey PRIMARY KEY (id)
);
CREATE INDEX vms_cell_newest ON public.vms USING btree (account_id, project_id, region, status, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX vms_name ON public.vms USING btree (account_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX vms_newest ON public.vms USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id, region, status) WHERE (deleted_at IS NULL);
CREATE TRIGGER vms_capacity_after_delete AFTER DELETE ON public.vms REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_delete_of_vms();
CREATE TRIGGER vms_capacity_after_insert AFTER INSERT ON public.vms REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_insert_of_vms();
CREATE TRIGGER vms_capacity_after_update AFTER UPDATE ON public.vms REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_update_of_vms();
CREATE TRIGGER vms_count_after_delete AFTER DELETE ON public.vms REFERENCING OLD TABLE AS old_vms FOR EACH STATEMENT EXECUTE FUNCTION count_vms_after_delete();
CREATE TRIGGER vms_count_after_insert AFTER INSERT ON public.vms REFERENCING NEW TABLE AS new_vms FOR EACH STATEMENT EXECUTE FUNCTION count_vms_after_insert();
CREATE TRIGGER vms_count_after_update AFTER UPDATE ON public.vms REFERENCING OLD TABLE AS old_vms NEW TABLE AS new_vms FOR EACH STATEMENT EXECUTE FUNCTION count_vms_after_update();
CREATE CONSTRAINT TRIGGER vms_use AFTER INSERT OR DELETE OR UPDATE OF status, deleted_at, cpu, ram ON public.vms DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_vm();

create table volumes (
  id integer not null generated always as identity,
  account_id uuid not null,
  project_id uuid not null,
  vm_id uuid,
  name text not null,
  size integer not null,
  filesystem text,
  region text not null,
  price_month_micros bigint not null,
  subscription_id uuid,
  created_at timestamp with time zone not null,
  uid uuid not null,
  status text not null,
  plugged_vm_id uuid,
  created_by uuid not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint volumes_attached CHECK (((status = 'creating'::text) OR ((status = 'attached'::text) = (vm_id IS NOT NULL)))),
  constraint volumes_deleting CHECK (((status <> 'deleting'::text) OR (deleted_at IS NOT NULL))),
  constraint volumes_filesystem_check CHECK ((filesystem = ANY (ARRAY['ext4'::text, 'xfs'::text, 'btrfs'::text]))),
  constraint volumes_status_check CHECK ((status = ANY (ARRAY['creating'::text, 'available'::text, 'attached'::text, 'deleting'::text, 'failed'::text]))),
  constraint volumes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint volumes_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint volumes_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES vms(id) ON DELETE SET NULL,
  constraint volumes_pkey PRIMARY KEY (id),
  constraint volumes_uid_key UNIQUE (uid)
);
CREATE INDEX volumes_deleted ON public.volumes USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX volumes_newest ON public.volumes USING btree (account_id, created_at DESC, id DESC) INCLUDE (project_id, region, vm_id) WHERE (deleted_at IS NULL);
CREATE INDEX volumes_plugged ON public.volumes USING btree (plugged_vm_id) WHERE (plugged_vm_id IS NOT NULL);
CREATE INDEX volumes_project ON public.volumes USING btree (project_id);
CREATE INDEX volumes_vm ON public.volumes USING btree (vm_id);
CREATE TRIGGER volumes_capacity_after_delete AFTER DELETE ON public.volumes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_delete_of_volumes();
CREATE TRIGGER volumes_capacity_after_insert AFTER INSERT ON public.volumes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_insert_of_volumes();
CREATE TRIGGER volumes_capacity_after_update AFTER UPDATE ON public.volumes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION take_capacity_after_update_of_volumes();
CREATE CONSTRAINT TRIGGER volumes_use AFTER INSERT OR DELETE OR UPDATE OF status ON public.volumes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_volume();

create table vpcs (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  name text not null,
  cidr text not null,
  region text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  deleted_at timestamp with time zone,
  description text,
  dns text,
  gateway_type text not null default 'none'::text,
  router_address inet,
  router_status text,
  constraint vpcs_check CHECK (((gateway_type = 'none'::text) OR (router_address IS NOT NULL))),
  constraint vpcs_check1 CHECK (((gateway_type = 'none'::text) = (router_status IS NULL))),
  constraint vpcs_gateway_type_check CHECK ((gateway_type = ANY (ARRAY['none'::text, 'nat'::text]))),
  constraint vpcs_router_status_check CHECK ((router_status = ANY (ARRAY['provisioning'::text, 'active'::text, 'failure'::text]))),
  constraint vpcs_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint vpcs_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint vpcs_router_address_fkey FOREIGN KEY (router_address) REFERENCES public_addresses(address),
  constraint vpcs_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX vpcs_name ON public.vpcs USING btree (account_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX vpcs_newest ON public.vpcs USING btree (account_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE INDEX vpcs_project ON public.vpcs USING btree (project_id);
CREATE UNIQUE INDEX vpcs_router_address ON public.vpcs USING btree (router_address) WHERE (router_address IS NOT NULL);
CREATE CONSTRAINT TRIGGER vpcs_gateways AFTER INSERT OR DELETE OR UPDATE OF router_address, account_id ON public.vpcs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_gateway();
CREATE CONSTRAINT TRIGGER vpcs_use AFTER INSERT OR DELETE OR UPDATE OF deleted_at ON public.vpcs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_vpc();

CREATE OR REPLACE FUNCTION public.change_account_authority()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform change_authority(old.account_id);
  return case when tg_op = 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION public.change_authority(holder uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  object integer := hashtext(holder::text);
begin
  if exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and classid = 7238433
                and objid = (object::bigint & 4294967295)::oid and objsubid = 2 and mode = 'ShareLock')
     and not exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and classid = 7238433
                and objid = (object::bigint & 4294967295)::oid and objsubid = 2 and mode = 'ExclusiveLock') then
    raise exception 'this operation changes authority, and does not declare changesAuthority';
  end if;
  perform pg_advisory_xact_lock(7238433, object);
end $function$;

CREATE OR REPLACE FUNCTION public.change_own_authority()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform change_authority(old.id);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.change_person_authority()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform change_authority(old.user_id);
  return case when tg_op = 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION public.count_address()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare had uuid; has uuid;
begin
  if tg_op <> 'INSERT' and old.is_reserved then had := old.account_id; end if;
  if tg_op <> 'DELETE' and new.is_reserved then has := new.account_id; end if;
  if had is not distinct from has then return null; end if;
  if had is not null then perform count_use(had, 'reservedIps', -1, false); end if;
  if has is not null then perform count_use(has, 'reservedIps', 1, true); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_backup()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.deleted_at is null and old.state <> 'failed'; end if;
  if tg_op <> 'DELETE' then has := new.deleted_at is null and new.state <> 'failed'; end if;
  if tg_op = 'DELETE' then perform count_use(old.account_id, 'backups', -had::int, false);
  else perform count_use(new.account_id, 'backups', has::int - had::int, tg_op = 'INSERT');
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_gateway()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare had uuid; has uuid;
begin
  if tg_op <> 'INSERT' and old.router_address is not null then had := old.account_id; end if;
  if tg_op <> 'DELETE' and new.router_address is not null then has := new.account_id; end if;
  if had is not distinct from has then return null; end if;
  if had is not null then perform count_use(had, 'gateways', -1, false); end if;
  if has is not null then perform count_use(has, 'gateways', 1, true); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then perform count_use(new.account_id, 'noteBytes', octet_length(new.content), true);
  elsif tg_op = 'DELETE' then perform count_use(old.account_id, 'noteBytes', -octet_length(old.content), false);
  else perform count_use(new.account_id, 'noteBytes', octet_length(new.content) - octet_length(old.content), true);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_row()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.account_id is not null then perform count_use(new.account_id, tg_argv[0], 1, true); end if;
  elsif old.account_id is not null then perform count_use(old.account_id, tg_argv[0], -1, false);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_use(account uuid, what text, amount bigint, is_new boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare now_used bigint; allowed bigint;
begin
  if amount = 0 then return; end if;
  insert into usage values (account, what, amount)
    on conflict (account_id, name) do update set used = usage.used + excluded.used
    returning used into now_used;
  if is_new and amount > 0 then
    allowed := quota_limit(account, what);
    if now_used > allowed then
      raise exception 'quota of % exceeded', what using errcode = 'RQ001', constraint = what, detail = allowed::text;
    end if;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.count_vm()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.deleted_at is null and old.status <> 'failure'; end if;
  if tg_op <> 'DELETE' then has := new.deleted_at is null and new.status <> 'failure'; end if;
  if tg_op = 'INSERT' then
    if has then
      perform count_use(new.account_id, 'ram', new.ram, true), count_use(new.account_id, 'vcpus', new.cpu, true),
              count_use(new.account_id, 'vms', 1, true);
    end if;
  elsif tg_op = 'DELETE' then
    if had then
      perform count_use(old.account_id, 'ram', -old.ram, false), count_use(old.account_id, 'vcpus', -old.cpu, false),
              count_use(old.account_id, 'vms', -1, false);
    end if;
  else
    -- What is given back to a machine that a host lost and found again, or whose smaller plan failed, is never refused.
    perform count_use(new.account_id, 'ram', has::int * new.ram - had::int * old.ram, false),
            count_use(new.account_id, 'vcpus', has::int * new.cpu - had::int * old.cpu, false),
            count_use(new.account_id, 'vms', has::int - had::int, false);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_vms_after_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare account uuid;
begin
  for account in
    with changed as (
      select account_id, project_id, region, status, -1 as vms from old_vms where deleted_at is null
    ), added as (
      insert into vm_counts (account_id, project_id, region, status, vms) select account_id, project_id, region, status, sum(vms) from changed group by account_id, project_id, region, status having sum(vms) <> 0
      returning id, account_id
    )
    select distinct account_id from added where id % 256 = 0
  loop
    perform sum_up_vm_counts(account);
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_vms_after_insert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare account uuid;
begin
  for account in
    with changed as (
      select account_id, project_id, region, status, 1 as vms from new_vms where deleted_at is null
    ), added as (
      insert into vm_counts (account_id, project_id, region, status, vms) select account_id, project_id, region, status, sum(vms) from changed group by account_id, project_id, region, status having sum(vms) <> 0
      returning id, account_id
    )
    select distinct account_id from added where id % 256 = 0
  loop
    perform sum_up_vm_counts(account);
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_vms_after_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare account uuid;
begin
  for account in
    with changed as (
      select account_id, project_id, region, status, 1 as vms from new_vms where deleted_at is null union all select account_id, project_id, region, status, -1 as vms from old_vms where deleted_at is null
    ), added as (
      insert into vm_counts (account_id, project_id, region, status, vms) select account_id, project_id, region, status, sum(vms) from changed group by account_id, project_id, region, status having sum(vms) <> 0
      returning id, account_id
    )
    select distinct account_id from added where id % 256 = 0
  loop
    perform sum_up_vm_counts(account);
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_volume()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.status <> 'failed'; end if;
  if tg_op <> 'DELETE' then has := new.status <> 'failed'; end if;
  if tg_op = 'DELETE' then perform count_use(old.account_id, 'volumes', -had::int, false);
  else perform count_use(new.account_id, 'volumes', has::int - had::int, tg_op = 'INSERT');
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_vpc()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then perform count_use(new.account_id, 'vpcs', (new.deleted_at is null)::int, true);
  elsif tg_op = 'DELETE' then perform count_use(old.account_id, 'vpcs', -((old.deleted_at is null)::int), false);
  else perform count_use(new.account_id, 'vpcs', (new.deleted_at is null)::int - (old.deleted_at is null)::int, false);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.folded(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN lower((name COLLATE pg_c_utf8));

CREATE OR REPLACE FUNCTION public.quota_limit(account uuid, what text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select "limit" from quotas where name = what and (account_id = account or account_id is null) order by account_id nulls last limit 1
$function$;

CREATE OR REPLACE FUNCTION public.sum_up_capacity()
 RETURNS void
 LANGUAGE sql
AS $function$
  with parts as (
    delete from capacity_taken where id = any (array(select id from capacity_taken for update skip locked)) returning *
  )
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from parts having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION public.sum_up_vm_counts(account uuid)
 RETURNS void
 LANGUAGE sql
AS $function$
  with parts as (
    delete from vm_counts where id = any (array(select id from vm_counts where account_id = account for update skip locked))
    returning *
  )
  insert into vm_counts (account_id, project_id, region, status, vms) select account_id, project_id, region, status, sum(vms) from parts group by account_id, project_id, region, status having sum(vms) <> 0
$function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_delete_of_found_machines()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select -coalesce(sum(cpu), 0) as cpu, -coalesce(sum(ram), 0) as ram, -coalesce(sum(disk), 0) as disk from (select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from old_rows) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_delete_of_found_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(-sum(size), 0) as disk from old_rows) c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_delete_of_vms()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select -coalesce(sum(cpu), 0) as cpu, -coalesce(sum(ram), 0) as ram, -coalesce(sum(disk), 0) as disk from (select cpu, ram, storage as disk from old_rows where status <> 'failure' or deleted_at is not null) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_delete_of_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(-sum(size), 0) as disk from old_rows where status <> 'failed') c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_insert_of_found_machines()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram), 0) as ram, coalesce(sum(disk), 0) as disk from (select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from new_rows) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_insert_of_found_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(sum(size), 0) as disk from new_rows) c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_insert_of_vms()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram), 0) as ram, coalesce(sum(disk), 0) as disk from (select cpu, ram, storage as disk from new_rows where status <> 'failure' or deleted_at is not null) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_insert_of_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(sum(size), 0) as disk from new_rows where status <> 'failed') c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_update_of_found_machines()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram), 0) as ram, coalesce(sum(disk), 0) as disk from (select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from new_rows) t (cpu, ram, disk) union all select -coalesce(sum(cpu), 0) as cpu, -coalesce(sum(ram), 0) as ram, -coalesce(sum(disk), 0) as disk from (select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from old_rows) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_update_of_found_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(sum(size), 0) as disk from new_rows union all select coalesce(-sum(size), 0) as disk from old_rows) c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_update_of_vms()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select sum(cpu), sum(ram), sum(disk) from (select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram), 0) as ram, coalesce(sum(disk), 0) as disk from (select cpu, ram, storage as disk from new_rows where status <> 'failure' or deleted_at is not null) t (cpu, ram, disk) union all select -coalesce(sum(cpu), 0) as cpu, -coalesce(sum(ram), 0) as ram, -coalesce(sum(disk), 0) as disk from (select cpu, ram, storage as disk from old_rows where status <> 'failure' or deleted_at is not null) t (cpu, ram, disk)) c
    having sum(cpu) <> 0 or sum(ram) <> 0 or sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.take_capacity_after_update_of_volumes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare part bigint;
begin
  insert into capacity_taken (cpu, ram, disk) select 0, 0, sum(disk) from (select coalesce(sum(size), 0) as disk from new_rows where status <> 'failed' union all select coalesce(-sum(size), 0) as disk from old_rows where status <> 'failed') c
    having sum(disk) <> 0 returning id into part;
  if part % 256 = 0 then perform sum_up_capacity(); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.tell_of_work()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      perform pg_notify('raffia_work', '');
      return null;
    end $function$;
