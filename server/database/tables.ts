import type {
  AccessStatus,
  ActorKind,
  BillingMode,
  ImageStatus,
  NicType,
  NoteType,
  OperationStatus,
  RateLimitTier,
  Scope,
  TierRequestStatus,
} from '@raffia/contract/enums.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/**
 * The rows as the code sees them. Money is integer micro-dollars, sizes are GB, times are `Date`; addresses are text without a
 * prefix length. A column marked `Generated` has a default in the schema.
 */
type Time = ColumnType<Date, Date, Date>;
type DefaultTime = ColumnType<Date, Date | undefined, Date>;
type Json<T extends object> = JSONColumnType<T>;

/** What the host itself knows of a machine, for one whose row is lost; null where it does not. */
export interface KnownOfMachine {
  readonly name: string | null;
  readonly cpu: number | null;
  /** GB. */
  readonly ram: number | null;
  /** GB. */
  readonly disk: number | null;
  readonly image: string | null;
  readonly nics: readonly KnownNic[];
}

export interface KnownNic {
  readonly type: 'public' | 'vpc' | null;
  readonly address: string;
  readonly mac: string | null;
  readonly gateway: string | null;
  readonly network: { readonly id: string; readonly cidr: string } | null;
}

export interface UsersTable {
  id: string;
  email: string;
  name: string;
  email_verified: Generated<boolean>;
  image: string | null;
  two_factor_enabled: Generated<boolean>;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

/** Written by better-auth; read here to know who is asking. */
export interface SessionsTable {
  id: string;
  user_id: string;
  token: string;
  expires_at: Time;
  ip_address: string | null;
  user_agent: string | null;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

/** Written by better-auth: a person's password, or the person at an OIDC provider. */
export interface CredentialsTable {
  id: string;
  user_id: string;
  account_id: string;
  provider_id: string;
  password: string | null;
}

export interface OneTimeLinksTable {
  token_hash: string;
  user_id: string;
  expires_at: Time;
  created_at: DefaultTime;
  is_from_operator: Generated<boolean>;
}

/** Memberships that wait: who accepts is a member under the same id. */
export interface InvitationsTable {
  id: string;
  account_id: string;
  project_id: string | null;
  /** As it was written; unique without regard to case. */
  email: string;
  role_id: string;
  token_hash: string;
  invited_by: string | null;
  invited_by_name: string;
  /** Who must still be allowed to invite at the acceptance; null in invitations of older servers: the person of `invited_by`. */
  inviter_kind: 'key' | 'user' | null;
  inviter_id: string | null;
  /** Whether the link went to the address, and to nobody else: who has it has proven the address. */
  is_mailed: boolean;
  expires_at: Time;
  created_at: DefaultTime;
  updated_at: Time;
}

/** A mail that waits, or that was given up; it goes when the mail server has it. */
export interface MailsTable {
  id: string;
  /** A newer mail about the same takes its place. */
  about: string;
  recipient: string;
  subject: string;
  /** Its text. */
  sealed: Buffer;
  attempts: Generated<number>;
  not_before: DefaultTime;
  lease_token: string | null;
  lease_until: Date | null;
  last_error: string | null;
  /** Whether the last attempt failed for a reason that meets every mail. */
  is_server_failing: Generated<boolean>;
  give_up_at: DefaultTime;
  given_up_at: Date | null;
  created_at: DefaultTime;
}

/** Who was invited by mail in the last day, for the limits on it. */
export interface MailedInvitationsTable {
  id: Generated<number>;
  account_id: string;
  recipient: string;
  created_at: DefaultTime;
}

/** How a key was used in one minute. */
export interface ApiKeyUsageTable {
  api_key_id: string;
  minute: Time;
  requests: number;
  refused: number;
  burst_used: number;
}

export interface TierRequestsTable {
  id: string;
  account_id: string;
  api_key_id: string;
  requested_by: string | null;
  workload: string;
  peak_rps: number;
  status: Generated<TierRequestStatus>;
  answer: string | null;
  created_at: DefaultTime;
  decided_at: ColumnType<Date | null, Date | null, Date | null>;
}

export interface AccountsTable {
  id: string;
  name: string;
  owner_id: string;
  is_suspended: Generated<boolean>;
  payment_state: Generated<'good' | 'failed' | 'none'>;
  billing_mode: BillingMode;
  balance_micros: number;
  credits_micros: Generated<number>;
  high_tier_allowance: Generated<number>;
  created_at: DefaultTime;
}

/** What an account may have; without an account, what those may have that have nothing of their own. Null: as much as it wants. */
export interface QuotasTable {
  account_id: string | null;
  name: string;
  limit: number | null;
}

/** What an account has, kept by triggers. */
export interface UsageTable {
  account_id: string;
  name: string;
  used: number;
}

/** How many machines an account has of each kind that a list can be narrowed to: to be summed up, kept by triggers. */
export interface VmCountsTable {
  id: GeneratedAlways<number>;
  account_id: string;
  project_id: string;
  region: string;
  status: VmStatus;
  vms: number;
}

export interface RolesTable {
  id: string;
  account_id: string | null;
  name: string;
  slug: string;
  description: string | null;
  scope: Scope;
  permissions: string[];
  created_by: string | null;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

/** People with a role on the account, the Owner among them, and keys that were made members. */
export interface MembersTable {
  id: string;
  account_id: string;
  user_id: string | null;
  api_key_id: string | null;
  /** As it was written in the invitation; null where there was none. */
  email: string | null;
  /** Null with a key: its role is the key's own. */
  role_id: string | null;
  status: Generated<AccessStatus>;
  invited_by: string | null;
  invited_at: Time | null;
  accepted_at: Time | null;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

export interface ProjectsTable {
  id: string;
  account_id: string;
  name: string;
  slug: string;
  description: string | null;
  default_region: string;
  is_default: Generated<boolean>;
  created_by: string | null;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

export interface ApiKeysTable {
  id: string;
  account_id: string;
  name: string;
  key_hash: string;
  key_prefix: string;
  rate_limit_tier: RateLimitTier;
  expires_at: Time | null;
  issued_at: Time;
  last_used_at: Time | null;
  /** The address of a recent use. */
  last_used_from: string | null;
  is_active: Generated<boolean>;
  role_id: string | null;
  created_by: string | null;
  created_at: DefaultTime;
}

export interface ProjectMembersTable {
  id: string;
  account_id: string;
  project_id: string;
  user_id: string | null;
  api_key_id: string | null;
  /** As it was written in the invitation; null where there was none. */
  email: string | null;
  role_id: string;
  status: Generated<AccessStatus>;
  invited_by: string | null;
  invited_at: Time | null;
  accepted_at: Time | null;
  created_at: DefaultTime;
}

export interface SshKeysTable {
  id: string;
  account_id: string;
  name: string;
  public_key: string;
  key_type: string;
  fingerprint: string;
  created_at: DefaultTime;
  updated_at: DefaultTime;
}

export interface VpcsTable {
  id: string;
  account_id: string;
  project_id: string;
  name: string;
  description: string | null;
  cidr: string;
  /** The name server that was chosen; null: that of the host's machines. */
  dns: string | null;
  region: string;
  created_at: DefaultTime;
  updated_at: DefaultTime;
  deleted_at: Time | null;
}

export interface SecurityGroupsTable {
  id: string;
  account_id: string;
  project_id: string;
  name: string;
  description: string | null;
  /** As they were sent and in order, read by `security-rules.ts`. */
  rules: Json<SecurityRule[]>;
  created_at: Time;
  updated_at: Time;
}

export interface VmsTable {
  id: string;
  account_id: string;
  project_id: string;
  name: string;
  status: VmStatus;
  cpu: number;
  ram: number;
  storage: number;
  plan_id: number;
  template_id: string;
  /** The template of the first creation: what a factory reset installs. */
  original_template_id: string;
  template_name: string;
  template_version: string;
  is_windows: boolean;
  /** What the engine installs: a template's or a saved image's name there. */
  image_reference: string;
  region: string;
  /** Raised by each reinstallation; the engine's object carries the one it was built for. */
  generation: Generated<number>;
  ssh_keys: string[];
  price_month_micros: number;
  billing_type: BillingMode;
  subscription_id: string | null;
  failure_reason: string | null;
  created_by: string;
  created_at: Time;
  updated_at: Time;
  /** Set when the deletion was accepted: invisible to the API, its addresses are held until the machine is gone. */
  deleted_at: Time | null;
}

export interface VmTagsTable {
  id: string;
  vm_id: string;
  position: Generated<number>;
  name: string;
  priority: number;
  created_at: Time;
}

export interface VmNotesTable {
  id: string;
  account_id: string;
  vm_id: string;
  author_id: string;
  type: NoteType;
  content: string;
  created_at: Time;
  updated_at: Time;
}

export interface AddressPoolsTable {
  cidr: string;
  region: string;
  /** The offset from the network address that was never given out yet; released addresses are used again first. */
  next_offset: number;
}

/** A public address that was laid out. Free ones are nobody's; an account has the others, which interfaces refer to. */
export interface PublicAddressesTable {
  address: string;
  region: string;
  /** Attached as long as an interface has it, also while the machine is being deleted. */
  state: Generated<'free' | 'reserved' | 'attached'>;
  /** Whether it stays with the account when no interface has it. */
  is_reserved: Generated<boolean>;
  /** New each time that somebody gets it. */
  id: string | null;
  account_id: string | null;
  project_id: string | null;
  created_by: string | null;
  created_at: Time | null;
  updated_at: Time | null;
  /** A machine on the host that no row knows: the address is given to nobody else. */
  held_for: Generated<string | null>;
}

/** What is to be gone from its host, up to a generation: the only machines that are removed without a row. */
export interface MachineDeletionsTable {
  id: string;
  generation: number;
  recorded_at: DefaultTime;
}

/** Machines of ours on the host that neither a row nor a recorded deletion knows. */
export interface FoundMachinesTable {
  id: string;
  generation: number;
  power: string;
  known: Json<KnownOfMachine>;
  found_at: DefaultTime;
}

export interface NicsTable {
  vm_id: string;
  nic_id: number;
  type: NicType;
  address: string;
  gateway: string | null;
  mac: string;
  vpc_id: string | null;
  /** Its address, where it is a public one. */
  public_address: GeneratedAlways<string | null>;
}

export interface VolumesTable {
  id: Generated<number>;
  account_id: string;
  project_id: string;
  vm_id: string | null;
  name: string;
  size: number;
  filesystem: string | null;
  region: string;
  price_month_micros: number;
  subscription_id: string | null;
  created_at: DefaultTime;
}

export interface BackupSchedulesTable {
  id: Generated<number>;
  vm_id: string;
  type: 'daily' | 'weekly';
  time: string;
  day_of_week: string | null;
  keep_count: number;
  created_at: DefaultTime;
}

export interface ImagesTable {
  id: string;
  account_id: string;
  project_id: string;
  name: string;
  version: string;
  description: string | null;
  os_type: string;
  is_windows: boolean;
  region: string;
  size: number;
  min_cpu: number;
  min_ram: number;
  status: ImageStatus;
  created_at: Time;
  /** Set when the deletion was accepted: invisible to the API until its host has let go of it. */
  deleted_at: Generated<Date | null>;
}

export interface SchedulesTable {
  /** Of the operation that its turn brings. */
  kind: string;
  resource_id: string;
  /** Of the next turn, by the server's clock. */
  due_at: Time;
}

export interface OperationsTable {
  id: string;
  /** The order of work in a queue. */
  sequence: Generated<number>;
  /** Null, as `project_id` and `created_by`: the cloud's own. */
  account_id: string | null;
  project_id: string | null;
  /** The first word of `kind`. */
  resource_kind: GeneratedAlways<string>;
  resource_id: string;
  /** Operations of one queue are done one after the other, in order: mostly the resource's own id. */
  queue: string;
  kind: string;
  status: Generated<OperationStatus>;
  /** The name of the step at hand, or of the one that failed; null before the first. */
  step: Generated<string | null>;
  /** The name of the step to be undone next; null before the one that failed is. */
  undoing: Generated<string | null>;
  input: Json<Record<string, unknown>>;
  /** Passwords of the machine, encrypted; erased when the operation ends. */
  sealed_input: Buffer | null;
  attempts: Generated<number>;
  cancelled: Generated<boolean>;
  /** By the database's clock, as `lease_until`. */
  not_before: Time | null;
  lease_until: Time | null;
  lease_owner: string | null;
  /** New with each claim: only who knows it may write. */
  lease_token: string | null;
  /** Whether it takes one of the places for work at once; kept while its host is busy with it. */
  has_place: Generated<boolean>;
  /** How long it has been worked on, waits between steps included, by a clock that nobody sets. */
  elapsed_ms: Generated<number>;
  /** The steps that are done, and when each was. */
  finished_names: Generated<string[]>;
  finished_steps: Generated<Date[]>;
  /** What is amiss at its host, while it is tried again. */
  waiting_for: Generated<string | null>;
  error: string | null;
  created_by: string | null;
  created_at: Time;
  finished_at: Time | null;
}

export interface SealedPasswordsTable {
  vm_id: string;
  sealed: Buffer;
  created_at: DefaultTime;
}

export interface IdempotencyKeysTable {
  account_id: string;
  key_digest: string;
  request_digest: string;
  credential_digest: string;
  status: number | null;
  answer: Buffer | null;
  is_sealed: Generated<boolean>;
  created_at: Time;
}

export interface BalanceEntriesTable {
  id: Generated<number>;
  account_id: string;
  balance_micros: number;
  credits_micros: number;
  reason: string;
  resource_id: string | null;
  /** Null in entries of older versions, and where an operator or a person moved the money. */
  term_id: Generated<string | null>;
  created_at: DefaultTime;
}

/** A span of time in which something was billed at one price. */
export interface TermsTable {
  id: string;
  account_id: string;
  /** The same through all changes of the price; null: not paid ahead. */
  subscription_id: string | null;
  item: string;
  resource_kind: string;
  resource_id: string;
  name: string;
  /** A month of one. */
  unit_price_micros: number;
  quantity: number;
  /** How long a term is, of 720 hours each, and how many of them it costs. */
  months: number;
  months_paid: number;
  /** When the term that is under way began, and when what was paid ahead runs out. */
  started_at: Time;
  paid_until: Time | null;
  /** The span itself; without an end it is open. */
  from: Time;
  until: Generated<Date | null>;
  /** The span whose price it changed. */
  replaces: Generated<string | null>;
  /** Whether the change is under way: it may still be taken back. */
  is_pending: Generated<boolean>;
  credit_due_micros: Generated<number>;
  /** What it brought the account so far: all its entries of the balance. */
  balance_micros: Generated<number>;
  credits_micros: Generated<number>;
}

export interface AuditLogTable {
  id: Generated<number>;
  account_id: string;
  project_id: string | null;
  verb: string;
  actor_kind: ActorKind;
  actor_id: string | null;
  actor_name: string;
  resource_id: string | null;
  details: Json<Record<string, unknown>>;
  request_id: string | null;
  created_at: DefaultTime;
}

export interface SimulatedMachinesTable {
  id: string;
  generation: number;
  power: 'building' | 'off' | 'starting' | 'on' | 'stopping';
  ready_at: Time;
  /** How long it was to take from the moment that `ready_at` was set. */
  wait_ms: Generated<number>;
  cpu: number;
  ram: number;
  disk: number;
  image: string;
  hostname: string;
  addresses: string[];
  nics: ColumnType<KnownNic[], string | undefined, string>;
  ssh_keys: string[];
  password_digest: string | null;
  /** The verb under way that does not change the power: it is applied at `ready_at`. */
  pending: string | null;
  created_at: DefaultTime;
}

export interface SimulatedImagesTable {
  id: string;
  disk: number;
  ready_at: Time;
  wait_ms: Generated<number>;
  created_at: DefaultTime;
}

export interface SimulatedFaultsTable {
  id: Generated<number>;
  verb: string;
  name_pattern: string;
  remaining: number | null;
  delay_ms: number | null;
  message: string | null;
  created_at: DefaultTime;
}

export interface Tables {
  users: UsersTable;
  accounts: AccountsTable;
  sessions: SessionsTable;
  credentials: CredentialsTable;
  one_time_links: OneTimeLinksTable;
  invitations: InvitationsTable;
  mails: MailsTable;
  mailed_invitations: MailedInvitationsTable;
  api_key_usage: ApiKeyUsageTable;
  tier_requests: TierRequestsTable;
  quotas: QuotasTable;
  usage: UsageTable;
  roles: RolesTable;
  members: MembersTable;
  projects: ProjectsTable;
  api_keys: ApiKeysTable;
  project_members: ProjectMembersTable;
  ssh_keys: SshKeysTable;
  vpcs: VpcsTable;
  security_groups: SecurityGroupsTable;
  vms: VmsTable;
  vm_counts: VmCountsTable;
  vm_tags: VmTagsTable;
  vm_notes: VmNotesTable;
  address_pools: AddressPoolsTable;
  public_addresses: PublicAddressesTable;
  nics: NicsTable;
  machine_deletions: MachineDeletionsTable;
  found_machines: FoundMachinesTable;
  volumes: VolumesTable;
  backup_schedules: BackupSchedulesTable;
  images: ImagesTable;
  operations: OperationsTable;
  schedules: SchedulesTable;
  sealed_passwords: SealedPasswordsTable;
  idempotency_keys: IdempotencyKeysTable;
  balance_entries: BalanceEntriesTable;
  terms: TermsTable;
  audit_log: AuditLogTable;
  simulated_machines: SimulatedMachinesTable;
  simulated_images: SimulatedImagesTable;
  simulated_faults: SimulatedFaultsTable;
}
