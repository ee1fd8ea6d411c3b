// Written by `npm run derive` from the contract; not edited by hand.

import type { CallOptions } from './request.ts';

export interface APIKey {
  id: string;
  account_id?: string;
  name: string;
  key_prefix: string;
  scope?: 'public';
  rate_limit_tier?: 'standard' | 'high';
  expires_at?: string;
  last_used_at?: string;
  is_active: boolean;
  role_id?: string;
  role_name?: string;
  role_slug?: string;
  project_accesses?: APIKeyProjectAccess[];
  created_by?: string;
  created_at?: string;
}

export interface APIKeyProjectAccess {
  project_id?: string;
  project_name?: string;
  role_id?: string;
  role_name?: string;
  role_slug?: string;
}

export interface APIKeyWithSecret {
  id: string;
  account_id?: string;
  name: string;
  key_prefix: string;
  scope?: 'public';
  rate_limit_tier?: 'standard' | 'high';
  expires_at?: string;
  last_used_at?: string;
  is_active: boolean;
  role_id?: string;
  role_name?: string;
  role_slug?: string;
  project_accesses?: APIKeyProjectAccess[];
  created_by?: string;
  created_at?: string;
  secret: string;
}

export interface Account {
  id: string;
  name: string;
  owner_id: string;
  owner_email: string;
  quota: {
    projects: {
      used: number;
      limit: number | null;
    };
    vms: {
      used: number;
      limit: number | null;
    };
    vpcs: {
      used: number;
      limit: number | null;
    };
    reserved_ips: {
      used: number;
      limit: number | null;
    };
    security_groups: {
      used: number;
      limit: number | null;
    };
    volumes: {
      used: number;
      limit: number | null;
    };
    images: {
      used: number;
      limit: number | null;
    };
    snapshots: {
      used: number;
      limit: number | null;
    };
    backups: {
      used: number;
      limit: number | null;
    };
    backup_schedules: {
      used: number;
      limit: number | null;
    };
    ssh_keys: {
      used: number;
      limit: number | null;
    };
    api_keys: {
      used: number;
      limit: number | null;
    };
    roles: {
      used: number;
      limit: number | null;
    };
    invitations: {
      used: number;
      limit: number | null;
    };
    vcpus: {
      used: number;
      limit: number | null;
    };
    ram_gb: {
      used: number;
      limit: number | null;
    };
    gateways: {
      used: number;
      limit: number | null;
    };
    note_bytes: {
      used: number;
      limit: number | null;
    };
    streams: {
      used: number;
      limit: number | null;
    };
    consoles: {
      used: number;
      limit: number | null;
    };
  };
  high_tier_keys: {
    used: number;
    limit: number | null;
  };
  billing_mode: 'payg' | 'subscription';
  balance?: string;
  credits?: string;
  created_at: string;
}

export interface AccountForOperator {
  id: string;
  name: string;
  owner_email: string;
  billing_mode: 'payg' | 'subscription';
  balance: string;
  is_suspended: boolean;
  created_at: string;
  high_tier_keys: {
    used: number;
    limit: number | null;
  };
  quotas: Array<{
    name: 'projects' | 'vms' | 'vpcs' | 'reserved_ips' | 'security_groups' | 'volumes' | 'images' | 'snapshots' | 'backups' | 'backup_schedules' | 'ssh_keys' | 'api_keys' | 'roles' | 'invitations' | 'vcpus' | 'ram_gb' | 'gateways' | 'note_bytes' | 'streams' | 'consoles';
    used: number;
    limit: number | null;
    default_limit: number | null;
    is_own: boolean;
  }>;
  projects: Array<{
    id: string;
    name: string;
  }>;
}

export interface AccountSummary {
  id: string;
  name: string;
  owner_email: string;
  billing_mode: 'payg' | 'subscription';
  balance: string;
  is_suspended: boolean;
  created_at: string;
  vms: {
    used: number;
    limit: number | null;
  };
  vcpus: {
    used: number;
    limit: number | null;
  };
  ram_gb: {
    used: number;
    limit: number | null;
  };
}

export interface AddMemberRequest {
  email?: string;
  target_user_id?: string;
  api_key_id?: string;
  role_id?: string;
}

export interface AddProjectMemberRequest {
  target_user_id?: string;
  api_key_id?: string;
  role_id: string;
}

export interface AddVMTagRequest {
  name: string;
  priority?: number;
}

export interface AttachIPRequest {
  ip_id?: string;
  type?: 'IPv4' | 'IPv6';
  security_groups?: string[];
}

export interface AttachIPResponse {
  success: boolean;
  message?: string;
  data?: {
    vm_id?: string;
    ip_address?: string;
    nic_id?: number;
    mac?: string;
  };
}

export interface AttachSecurityGroupRequest {
  security_group_id: string;
  nic_id: number;
}

export interface AttachVPCRequest {
  vpc_id: string;
  ip?: string;
}

export interface AttachVolumeRequest {
  vm_id: string;
}

export interface AuditEntry {
  id: number;
  verb: string;
  actor_kind: 'key' | 'user' | 'operator' | 'system' | 'anonymous';
  actor_id?: string;
  actor_name: string;
  project_id?: string;
  resource_id?: string;
  details: Record<string, unknown>;
  request_id?: string;
  created_at: string;
}

export interface Backup {
  id: string;
  account_id?: string;
  project_id?: string;
  created_by?: string;
  region?: string;
  product_vm?: string;
  name: string;
  storage_size: number;
  status: string;
  status_reason?: string;
  price_per_hour?: string;
  expire_date?: string;
  increment_id?: number | null;
  created_at?: string;
}

export interface BackupSchedule {
  id: number;
  account_id?: string;
  project_id?: string;
  created_by?: string;
  region?: string;
  product_vm?: string;
  name: string;
  type: 'daily' | 'weekly';
  runtime?: string;
  keep_count: number;
  price_per_hour?: string;
  size?: string;
  created_at?: string;
}

export interface BulkDeleteVMItemResult {
  id?: string;
  success?: boolean;
  message?: string;
  error?: string;
}

export interface BulkDeleteVMsResult {
  success?: boolean;
  message?: string;
  total_count?: number;
  success_count?: number;
  failed_count?: number;
  results?: BulkDeleteVMItemResult[];
}

export interface CIDRSuggestion {
  cidr?: string;
  available_ips?: number;
  size?: 'small' | 'medium' | 'large';
}

export interface CIDRSuggestionsResponse {
  success: boolean;
  suggested?: string;
  suggested_ips?: number;
  alternatives?: CIDRSuggestion[];
  existing_count?: number;
}

export interface CloudStatus {
  version: string;
  started_at: string;
  engine: string;
  nodes: {
    told?: Array<{
      name: string;
      version: string;
      roles: string[];
      address: string;
      started_at: string;
      silent_seconds: number;
      state: 'live' | 'alone' | 'silent';
      is_leader: boolean;
    }>;
    problem?: string;
  };
  queue: {
    told?: {
      waiting: number;
      running: number;
      blocked: number;
      undoing: number;
      oldest_seconds: number;
      kinds: Array<{
        kind: string;
        state: 'waiting' | 'running' | 'blocked' | 'undoing';
        count: number;
      }>;
      waits_for: Array<{
        what: string;
        count: number;
      }>;
    };
    problem?: string;
  };
  machines: {
    told?: Array<{
      status: 'active' | 'passive' | 'provisioning' | 'booting' | 'initiating' | 'finalizing' | 'failure';
      count: number;
    }>;
    problem?: string;
  };
  hosts: {
    told?: {
      overcommit?: {
        cpu: number;
        ram: number;
        disk: number;
        reserved_ram: number;
      };
      members: Array<{
        name: string;
        state: 'online' | 'offline' | 'draining' | 'drained' | 'returning';
        message: string;
        machines: number;
        has?: {
          cpu: number;
          ram: number;
          disk: number;
        };
        offers?: {
          cpu: number;
          ram: number;
          disk: number;
        };
        given?: {
          cpu: number;
          ram: number;
          disk: number;
        };
      }>;
    };
    problem?: string;
  };
  addresses: {
    told?: Array<{
      region: string;
      family: 'IPv4' | 'IPv6';
      free: number;
      used: number;
      reserved: number;
      held: number;
    }>;
    problem?: string;
  };
  database: {
    told?: {
      bytes: number;
      free_bytes?: number;
      connections: number;
      most_connections: number;
    };
    problem?: string;
  };
  backups: {
    told?: {
      store?: string;
      problem?: string;
      of_server_at?: string;
    };
    problem?: string;
  };
  mails: {
    told?: {
      waiting: number;
      given_up: number;
    };
    problem?: string;
  };
  found: {
    told?: {
      machines: number;
      volumes: number;
    };
    problem?: string;
  };
  certificate: {
    told?: {
      is_here: boolean;
      ends_at?: string;
      failures?: number;
    };
    problem?: string;
  };
  ready: {
    told?: {
      status: 'ready' | 'degraded' | 'down';
      parts: Array<{
        name: string;
        status: 'ready' | 'degraded' | 'down';
        message?: string;
      }>;
    };
    problem?: string;
  };
}

export interface CostsByDay {
  since: string;
  until: string;
  counted_until: string;
  complete_since?: string;
  total: string;
  kinds: {
    vm: string;
    volume: string;
    address: string;
    snapshot: string;
    image: string;
    backup: string;
  };
  per_hour?: string;
  days: Array<{
    day: string;
    total: string;
    kinds: {
      vm: string;
      volume: string;
      address: string;
      snapshot: string;
      image: string;
      backup: string;
    };
  }>;
}

export interface CreateAPIKeyRequest {
  name: string;
  rate_limit_tier?: 'standard' | 'high';
  expires_at?: string;
  role_id?: string;
}

export interface CreateBackupRequest {
  vm_id: string;
  name?: string;
}

export interface CreateBackupScheduleRequest {
  vm_id: string;
  type: 'daily' | 'weekly';
  time: string;
  day_of_week?: 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';
  keep_count: number;
}

export interface CreateInvitationRequest {
  email: string;
  role_id: string;
}

export interface CreateProjectRequest {
  name: string;
  description?: string;
  default_region?: string;
}

export interface CreateRoleRequest {
  name: string;
  slug: string;
  description?: string;
  scope: 'account' | 'project';
  permissions: string[];
}

export interface CreateSSHKeyRequest {
  name: string;
  public_key: string;
}

export interface CreateSecurityGroupRequest {
  name: string;
  description?: string;
  template_id?: string;
  rules?: SecurityGroupRule[];
}

export interface CreateSnapshotRequest {
  resource_type: 'vm' | 'volume';
  resource_id?: string;
  volume_id?: number;
  name: string;
}

export interface CreateVMRequest {
  name: string;
  template_id: string;
  pricing_id: number;
  region: string;
  ssh_keys?: string[];
  password?: string;
  extra_storage?: number;
  extra_storage_type?: 'ext4' | 'xfs' | 'btrfs';
  backup_type?: 'none' | 'daily' | 'weekly';
  backup_time?: string;
  backup_date?: string;
  tags?: string[];
  vpc_id?: string;
  vpc_name?: string;
  vpc_cidr?: string;
  skip_public_ip?: boolean;
  skip_vpc?: boolean;
}

export interface CreateVPCRequest {
  name: string;
  cidr: string;
  region?: string;
  description?: string;
  dns?: string;
  gateway_type?: 'none' | 'nat';
}

export interface CreateVolumeRequest {
  name: string;
  size: number;
  volume_type: 'nvme';
  filesystem_type?: 'ext4' | 'xfs' | 'btrfs';
  vm_id?: string;
  region?: string;
}

export interface DeleteVMRequest {
  volume_action?: 'detach' | 'delete';
  delete_vpc?: boolean;
}

export interface DeleteVMsBulkRequest {
  ids: string[];
  volume_action?: 'detach' | 'delete';
  delete_vpc?: boolean;
}

export interface FloatingIP {
  id: string;
  account_id?: string;
  project_id?: string;
  created_by?: string;
  ip_address: string;
  type: 'IPv4' | 'IPv6';
  status: 'free' | 'in-use';
  reserved: boolean;
  region?: string;
  created_at?: string;
  updated_at?: string;
}

export interface FoundMachine {
  id: string;
  name?: string;
  is_running: boolean;
  is_being_deleted: boolean;
  cpu?: number;
  ram?: number;
  disk?: number;
  addresses: string[];
  found_at: string;
}

export interface IPPricing {
  ipv4?: IPPricingTier;
  ipv6?: IPPricingTier;
}

export interface IPPricingTier {
  price_per_hour?: number;
  monthly_price?: number;
  yearly_price?: number;
  twenty_four_month_price?: number;
}

export interface Invitation {
  id: string;
  type: 'account' | 'project';
  account_id?: string;
  account_name?: string;
  project_id?: string;
  project_name?: string;
  email: string;
  role_id?: string;
  role_name?: string;
  invited_by_id?: string;
  invited_by_email?: string;
  invited_by_name?: string;
  expires_at?: string;
  created_at?: string;
  accept_url?: string;
}

export interface KeyDay {
  api_key_id: string;
  last_used_from?: string;
  requests: number;
  refused: number;
  denied: number;
  hourly: number[];
}

export interface KeyHours {
  hours: Array<{
    hour: string;
    requests: number;
    refused: number;
    denied: number;
  }>;
}

export interface KeyUsage {
  last_used_from?: string;
  addresses: Array<{
    address: string;
    last_used_at: string;
  }>;
  limit: number;
  wait_ms: number;
  burst: number;
  burst_remaining: number;
  minutes: Array<{
    minute: string;
    requests: number;
    refused: number;
    denied: number;
    burst_used: number;
  }>;
}

export interface Member {
  id: string;
  account_id?: string;
  user_id?: string | null;
  email: string;
  role?: string;
  role_id?: string;
  role_name?: string;
  status: 'pending' | 'active' | 'suspended';
  invited_by?: string;
  invited_at?: string;
  accepted_at?: string;
  invitation_id?: string;
  invitation_expires_at?: string;
  created_at?: string;
  updated_at?: string;
}

export interface Operation {
  id: string;
  kind: string;
  status: 'pending' | 'running' | 'succeeded' | 'failed';
  resource_id: string;
  resource_name?: string;
  project_id: string;
  error?: string;
  waiting_for?: string;
  created_by: string;
  created_at: string;
  finished_at?: string;
  steps: Array<{
    name: string;
    status: 'waiting' | 'running' | 'done' | 'failed' | 'skipped' | 'undone';
    started_at?: string;
    finished_at?: string;
  }>;
}

export interface Permission {
  name: string;
  description?: string;
  scope: 'account' | 'project';
  category: string;
}

export interface Project {
  id: string;
  account_id: string;
  name: string;
  slug: string;
  description?: string;
  default_region: string;
  is_default: boolean;
  is_active: boolean;
  created_by?: string;
  created_at: string;
  updated_at: string;
}

export interface ProjectCost {
  project_id?: string;
  cost: string;
  resources: number;
}

export interface ProjectMember {
  id: string;
  project_id?: string;
  user_id?: string | null;
  email: string;
  role?: string;
  role_id?: string;
  role_name?: string;
  status: 'pending' | 'active' | 'suspended';
  invited_by?: string;
  invited_at?: string;
  accepted_at?: string;
  invitation_id?: string;
  invitation_expires_at?: string;
  created_at?: string;
}

export interface Region {
  id: number;
  code: string;
  name: string;
  country_code: string;
  flag?: string;
  display_order?: number;
  is_default: boolean;
}

export interface ReinstallVMRequest {
  template_id: string;
  password?: string;
  ssh_keys?: string[];
  auto_generate_password?: boolean;
}

export interface RenameSnapshotRequest {
  name: string;
}

export interface RenameVMRequest {
  name: string;
}

export interface ReserveIPRequest {
  type?: 'IPv4' | 'IPv6';
  region?: string;
  billing_period?: 'monthly' | 'yearly' | 'twenty_four_month';
}

export interface ResizeBillingDetails {
  type?: 'upgrade' | 'downgrade' | 'none';
  pro_rata_amount?: number;
  credits_applied?: number;
  balance_applied?: number;
  new_monthly_price?: number;
  new_price_per_hour?: string;
}

export interface ResizeResponse {
  success?: boolean;
  message?: string;
  id?: string;
  billing?: ResizeBillingDetails;
}

export interface ResizeVMDiskRequest {
  new_size: number;
}

export interface ResizeVMRequest {
  pricing_id: number;
}

export interface ResizeVolumeRequest {
  new_size: number;
}

export interface ResourceCost {
  kind: 'vm' | 'volume' | 'address' | 'snapshot' | 'image' | 'backup';
  id: string;
  name: string;
  project_id?: string;
  cost: string;
  first_at: string;
  last_at: string;
  exists: boolean;
}

export interface Role {
  id: string;
  account_id?: string;
  name: string;
  slug: string;
  description?: string;
  scope: 'account' | 'project';
  permissions: string[];
  is_system: boolean;
  created_by?: string;
  created_at?: string;
  updated_at?: string;
}

export interface SSHKey {
  id: string;
  name: string;
  public_key: string;
  key_type: 'ssh-rsa' | 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ecdsa-sha2-nistp384' | 'ecdsa-sha2-nistp521';
  created_at?: string;
  updated_at?: string;
}

export interface SaveImageRequest {
  name: string;
  description?: string;
  disk_id?: number;
  snapshot_id?: number;
}

export interface SavedImage {
  id: string;
  name: string;
  version: string;
  system?: string;
  description?: string;
  project_id: string;
  region: string;
  os_type: string;
  is_windows: boolean;
  storage: number;
  cpu: number;
  ram: number;
  status: 'saving' | 'ready' | 'failed';
  created_at: string;
}

export interface SecurityGroup {
  id: string;
  name: string;
  description?: string;
  rules: SecurityGroupRule[];
  vm_count?: number;
  project_id?: string;
  created_at?: string;
  updated_at?: string;
}

export interface SecurityGroupRule {
  protocol: 'TCP' | 'UDP' | 'ICMP' | 'ICMPV6' | 'IPSEC' | 'ALL';
  rule_type: 'INBOUND' | 'OUTBOUND';
  range?: string;
  ip?: string;
  size?: number;
  icmp_type?: number;
}

export interface SecurityGroupTemplate {
  id: string;
  name: string;
  description?: string;
  rules: SecurityGroupRule[];
}

export interface Session {
  user: {
    id: string;
    email: string;
    name: string;
    has_second_factor: boolean;
    has_password: boolean;
    has_single_sign_on: boolean;
    is_operator: boolean;
  };
  accounts: SessionAccount[];
}

export interface SessionAccount {
  id: string;
  name: string;
  is_owner: boolean;
  role_name?: string;
  permissions: string[];
  projects: Array<{
    id: string;
    role_name: string;
    permissions: string[];
  }>;
}

export interface SignInRules {
  sign_up: 'open' | 'invitation' | 'closed';
  sends_mail: boolean;
  single_sign_on?: string;
  passkey_domain?: string;
  version: string;
}

export interface Snapshot {
  id: number;
  account_id?: string;
  project_id?: string;
  created_by?: string;
  type: 'vm' | 'volume';
  name: string;
  size?: string;
  target_size?: string;
  status?: '' | 'active';
  product_vm?: string;
  volume_id?: number;
  price_per_hour?: string;
  created_at?: string;
}

export interface StoragePricing {
  id?: number;
  price_per_gb_hour?: number;
  price_per_gb_month?: number;
  yearly_price_per_gb?: number;
  twenty_four_month_price_per_gb?: number;
  region?: string;
}

export interface SuccessResponse {
  success?: boolean;
  message?: string;
}

export interface Template {
  id: string;
  name: string;
  version: string;
  cpu: number;
  ram: number;
  storage: number;
  is_windows: boolean;
  os_type: string;
  category: 'os' | 'marketplace';
  description?: string;
  region: string;
}

export interface TierRequest {
  id: string;
  api_key_id: string;
  api_key_name: string;
  workload: string;
  peak_rps: number;
  status: 'pending' | 'approved' | 'declined';
  answer?: string;
  created_at: string;
  decided_at?: string;
}

export interface TierRequestForOperator {
  id: string;
  account_id: string;
  account_name: string;
  api_key_id: string;
  api_key_name: string;
  workload: string;
  peak_rps: number;
  status: 'pending' | 'approved' | 'declined';
  answer?: string;
  created_at: string;
  decided_at?: string;
}

export interface UpdateAPIKeyRequest {
  name?: string;
  rate_limit_tier?: 'standard' | 'high';
  expires_at?: string;
  is_active?: boolean;
}

export interface UpdateBackupScheduleRequest {
  type?: 'daily' | 'weekly';
  time?: string;
  day_of_week?: 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';
  keep_count?: number;
}

export interface UpdateMemberRequest {
  role_id?: string;
  status?: 'active' | 'suspended';
}

export interface UpdateProjectRequest {
  name?: string;
  description?: string;
  default_region?: string;
}

export interface UpdateRoleRequest {
  name?: string;
  description?: string;
  permissions?: string[];
}

export interface UpdateSSHKeyRequest {
  name: string;
}

export interface UpdateSecurityGroupRequest {
  name?: string;
  description?: string;
  rules?: SecurityGroupRule[];
}

export interface UpdateVMTagRequest {
  name?: string;
  priority?: number;
}

export interface UpdateVPCRequest {
  name?: string;
  description?: string;
  dns?: string;
  gateway_type?: 'none' | 'nat';
}

export interface UpsertVMNoteRequest {
  content: string;
}

export interface VM {
  id: string;
  name: string;
  status: 'active' | 'passive' | 'provisioning' | 'booting' | 'initiating' | 'finalizing' | 'failure';
  status_reason?: string;
  cpu: number;
  ram: number;
  storage: number;
  added_storage: number;
  total_storage: number;
  template_id: string;
  template_name: string;
  template_version: string;
  version?: string;
  price_per_hour: string;
  pricing_id: number;
  created_by?: string;
  billing_type?: 'payg' | 'subscription';
  subscription_id?: string;
  backup_type?: string | null;
  region: string;
  project_id?: string;
  public_ipv4_address?: string;
  public_ipv6_address?: string | null;
  private_ipv4_address?: string;
  private_ipv6_address?: string | null;
  tags?: VMTag[];
  active: boolean;
  created_at: string;
  updated_at: string;
}

export interface VMConsoleTicket {
  ticket: string;
  url: string;
  expires_at: string;
}

export interface VMImage {
  id: string;
  name: string;
  version?: string;
  description?: string;
  os_type?: string;
  is_windows?: boolean;
  region: string;
  created_at?: string;
}

export interface VMInterfaces {
  vm_id: string;
  project_id: string;
  interfaces: Array<{
    nic_id: number;
    type: 'public' | 'vpc' | 'ipv6';
    ip: string;
    mac: string;
    gateway?: string;
    vpc_id?: string;
    security_group_ids: string[];
  }>;
}

export interface VMMetricPoint {
  at: string;
  cpu: number;
  memory?: number;
  received?: number;
  sent?: number;
  read?: number;
  written?: number;
}

export interface VMMetrics {
  range: '1h' | '6h' | '24h' | '7d' | '30d';
  every: number;
  from: string;
  to: string;
  cpu: number;
  memory: number;
  points: VMMetricPoint[];
}

export interface VMNetwork {
  nic_id: number;
  network_name: string;
  ip: string;
  mac?: string;
  gateway?: string;
  type: 'public' | 'vpc' | 'ipv6';
  security_group_id?: string;
}

export interface VMNote {
  id: string;
  vm_id: string;
  user_id: string;
  type: 'personal' | 'account';
  content: string;
  created_at: string;
  updated_at: string;
}

export interface VMNotesResponse {
  success: boolean;
  personal_note?: VMNote;
  account_note?: VMNote;
}

export interface VMPricingPlan {
  id: number;
  vcpu: number;
  memory_gib: number;
  ssd_gib: number;
  transfer_gib: number;
  price_per_hour: number;
  monthly_price: number;
  yearly_price: number;
  twenty_four_month_price: number;
  vm_type: 'standard' | 'premium';
  region: string;
}

export interface VMProcessorHours {
  vm_id: string;
  project_id: string;
  every: number;
  from: string;
  to: string;
  cpu: number;
  points: Array<{
    at: string;
    cpu: number;
  }>;
}

export interface VMTag {
  id: string;
  name: string;
  priority: number;
  created_at: string;
}

export interface VMTagsResponse {
  success: boolean;
  tags: VMTag[];
}

export interface VPC {
  id: string;
  account_id?: string;
  project_id?: string;
  name: string;
  description?: string;
  cidr: string;
  gateway?: string;
  dns?: string;
  status: string;
  total_ips?: number;
  used_ips?: number;
  region: string;
  gateway_type?: string;
  router_public_ip?: string;
  router_status?: string;
  created_at?: string;
  updated_at?: string;
}

export interface VPCDetail {
  vpc: VPC;
  ip_range_start?: string;
  ip_range_end?: string;
  leases?: VPCLease[];
}

export interface VPCLease {
  ip: string;
  nic_id: number;
}

export interface Volume {
  id: number;
  account_id?: string;
  project_id?: string;
  product_vm?: string;
  name: string;
  volume_type: 'nvme';
  size: number;
  status: 'creating' | 'available' | 'attached' | 'deleting' | 'failed';
  price_per_hour?: string;
  region?: string;
  created_at?: string;
  updated_at?: string;
}

export interface DeleteImageInput {
  id: string;
}

export type DeleteImageAnswer = SuccessResponse;

export interface GetAccountInput {}

export type GetAccountAnswer = {
  success: boolean;
  data: Account;
};

export interface GetApiKeyHoursInput {
  id: string;
  hours?: number;
}

export type GetApiKeyHoursAnswer = {
  success: boolean;
  data: KeyHours;
};

export interface GetApiKeyUsageInput {
  id: string;
  minutes?: number;
}

export type GetApiKeyUsageAnswer = {
  success: boolean;
  data: KeyUsage;
};

export interface ListApiKeyDaysInput {
  limit?: number;
  offset?: number;
}

export type ListApiKeyDaysAnswer = {
  success: boolean;
  data: KeyDay[];
  total: number;
};

export interface ListAuditEntriesInput {
  verb?: string;
  actor?: string;
  resource_id?: string;
  since?: string;
  until?: string;
  before?: number;
  limit?: number;
  offset?: number;
}

export type ListAuditEntriesAnswer = {
  success: boolean;
  data: AuditEntry[];
  total: number;
  total_is_capped?: boolean;
};

export interface ListImagesInput {
  project_id?: string;
  limit?: number;
  offset?: number;
}

export type ListImagesAnswer = {
  success: boolean;
  data: SavedImage[];
  total: number;
};

export interface ListOperationsInput {
  project_id?: string;
  resource_id?: string;
  status?: 'pending' | 'running' | 'succeeded' | 'failed' | 'open';
  before?: string;
  limit?: number;
  offset?: number;
}

export type ListOperationsAnswer = {
  success: boolean;
  data: Operation[];
  total: number;
  total_is_capped?: boolean;
};

export interface ListTierRequestsInput {
  api_key_id?: string;
}

export type ListTierRequestsAnswer = {
  success: boolean;
  data: TierRequest[];
};

export interface RemoveAccountRoleInput {
  id: string;
}

export type RemoveAccountRoleAnswer = SuccessResponse;

export interface RequestHighTierInput {
  id: string;
  body: {
    workload: string;
    peak_rps: number;
  };
}

export type RequestHighTierAnswer = {
  success: boolean;
  data: TierRequest;
};

export interface RevealVMPasswordInput {
  id: string;
}

export type RevealVMPasswordAnswer = {
  success: boolean;
  data: {
    password: string;
  };
};

export interface SetApiKeyPatienceInput {
  id: string;
  body: {
    wait_ms: number;
  };
}

export type SetApiKeyPatienceAnswer = {
  success: boolean;
  data: {
    wait_ms: number;
  };
};

export interface StreamEventsInput {}

export type StreamEventsAnswer = {
  event: 'change' | 'gap' | 'end';
  data: string;
};

export interface UpdateAccountInput {
  body: {
    name: string;
  };
}

export type UpdateAccountAnswer = {
  success: boolean;
  data: Account;
};

export interface CreateApiKeyInput {
  body: CreateAPIKeyRequest;
}

export type CreateApiKeyAnswer = {
  success?: boolean;
  data: APIKeyWithSecret;
};

export interface GetApiKeyInput {
  id: string;
}

export type GetApiKeyAnswer = {
  success?: boolean;
  data: APIKey;
};

export interface ListApiKeysInput {
  scope?: 'public';
  limit?: number;
  offset?: number;
}

export type ListApiKeysAnswer = {
  success?: boolean;
  data: APIKey[];
  total: number;
};

export interface RegenerateApiKeyInput {
  id: string;
}

export type RegenerateApiKeyAnswer = {
  success?: boolean;
  data: APIKeyWithSecret;
};

export interface RevokeApiKeyInput {
  id: string;
}

export type RevokeApiKeyAnswer = SuccessResponse;

export interface UpdateApiKeyInput {
  id: string;
  body: UpdateAPIKeyRequest;
}

export type UpdateApiKeyAnswer = {
  success?: boolean;
  data: APIKey;
};

export interface CreateBackupScheduleInput {
  body: CreateBackupScheduleRequest;
}

export type CreateBackupScheduleAnswer = {
  success?: boolean;
  data: BackupSchedule;
};

export interface DeleteBackupScheduleInput {
  id: number;
}

export type DeleteBackupScheduleAnswer = SuccessResponse;

export interface GetBackupScheduleInput {
  id: number;
}

export type GetBackupScheduleAnswer = {
  success?: boolean;
  data: BackupSchedule;
};

export interface ListBackupSchedulesInput {
  vm_id?: string;
  limit?: number;
  offset?: number;
}

export type ListBackupSchedulesAnswer = {
  success?: boolean;
  data: BackupSchedule[];
  total: number;
};

export interface UpdateBackupScheduleInput {
  id: number;
  body: UpdateBackupScheduleRequest;
}

export type UpdateBackupScheduleAnswer = {
  success?: boolean;
  data: BackupSchedule;
};

export interface CreateBackupInput {
  body: CreateBackupRequest;
}

export type CreateBackupAnswer = {
  success?: boolean;
  data: Backup;
};

export interface DeleteBackupInput {
  id: string;
}

export type DeleteBackupAnswer = SuccessResponse;

export interface DeleteBackupChainInput {
  id: string;
}

export type DeleteBackupChainAnswer = SuccessResponse;

export interface GetBackupInput {
  id: string;
}

export type GetBackupAnswer = {
  success?: boolean;
  data: Backup;
};

export interface ListBackupsInput {
  vm_id?: string;
  limit?: number;
  offset?: number;
}

export type ListBackupsAnswer = {
  success?: boolean;
  data: Backup[];
  total: number;
};

export interface ResetBackupChainInput {
  id: string;
}

export type ResetBackupChainAnswer = SuccessResponse;

export interface RestoreBackupInput {
  id: string;
}

export type RestoreBackupAnswer = {
  success?: boolean;
  data: Backup;
};

export interface ListBackupPricingInput {
  region?: string;
}

export type ListBackupPricingAnswer = {
  success?: boolean;
  pricing: StoragePricing;
};

export interface ListIPPricingInput {}

export type ListIPPricingAnswer = {
  success?: boolean;
  pricing: IPPricing;
};

export interface ListRegionsInput {}

export type ListRegionsAnswer = {
  success?: boolean;
  regions: Region[];
};

export interface ListSnapshotPricingInput {
  region?: string;
}

export type ListSnapshotPricingAnswer = {
  success?: boolean;
  pricing: StoragePricing;
};

export interface ListTemplatesInput {
  category?: 'os' | 'marketplace';
  vm_type?: 'standard' | 'premium';
  region?: string;
}

export type ListTemplatesAnswer = {
  success?: boolean;
  data: Template[];
  total: number;
};

export interface ListVMPricingInput {
  type?: 'standard' | 'premium';
  region?: string;
}

export type ListVMPricingAnswer = {
  success?: boolean;
  plans: VMPricingPlan[];
};

export interface ListVolumePricingInput {
  region?: string;
}

export type ListVolumePricingAnswer = {
  success?: boolean;
  pricing: StoragePricing;
};

export interface GetCostsByDayInput {
  since?: string;
  until?: string;
  project_id?: string;
}

export type GetCostsByDayAnswer = {
  success: boolean;
  data: CostsByDay;
};

export interface ListCostsByProjectInput {
  since?: string;
  until?: string;
  limit?: number;
  offset?: number;
}

export type ListCostsByProjectAnswer = {
  success: boolean;
  data: ProjectCost[];
  total: number;
};

export interface ListCostsByResourceInput {
  since?: string;
  until?: string;
  project_id?: string;
  limit?: number;
  offset?: number;
}

export type ListCostsByResourceAnswer = {
  success: boolean;
  data: ResourceCost[];
  total: number;
};

export interface HealthCheckInput {}

export type HealthCheckAnswer = {
  status?: string;
};

export interface ReadinessInput {}

export type ReadinessAnswer = {
  status: 'ready' | 'degraded' | 'down';
  parts: {
    database: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
    worker: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
    storage: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
    limiter: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
    engine: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
    mail: {
      status: 'ready' | 'degraded' | 'down';
      message?: string;
    };
  };
};

export interface CancelInvitationInput {
  id: string;
}

export type CancelInvitationAnswer = SuccessResponse;

export interface CreateAccountInvitationInput {
  body: CreateInvitationRequest;
}

export type CreateAccountInvitationAnswer = {
  success?: boolean;
  data: Invitation;
};

export interface CreateProjectInvitationInput {
  id: string;
  body: CreateInvitationRequest;
}

export type CreateProjectInvitationAnswer = {
  success?: boolean;
  data: Invitation;
};

export interface ChangeIPInput {
  id: string;
}

export type ChangeIPAnswer = {
  success?: boolean;
  old_ip?: FloatingIP;
  new_ip?: FloatingIP;
};

export interface GetIPInput {
  id: string;
}

export type GetIPAnswer = {
  success?: boolean;
  data: FloatingIP;
};

export interface ListIPsInput {
  reserved?: boolean;
  status?: 'free' | 'in-use';
  limit?: number;
  offset?: number;
}

export type ListIPsAnswer = {
  success?: boolean;
  data: FloatingIP[];
  total: number;
};

export interface ReleaseIPInput {
  id: string;
}

export type ReleaseIPAnswer = SuccessResponse;

export interface ReserveIPInput {
  body?: ReserveIPRequest;
}

export type ReserveIPAnswer = {
  success?: boolean;
  data: FloatingIP;
};

export interface AddMemberInput {
  body: AddMemberRequest;
}

export type AddMemberAnswer = {
  success?: boolean;
  data: {
    id: string;
    account_id?: string;
    user_id?: string | null;
    email: string;
    role?: string;
    role_id?: string;
    role_name?: string;
    status: 'pending' | 'active' | 'suspended';
    invited_by?: string;
    invited_at?: string;
    accepted_at?: string;
    invitation_id?: string;
    invitation_expires_at?: string;
    created_at?: string;
    updated_at?: string;
    accept_url?: string;
  };
};

export interface GetMemberInput {
  id: string;
}

export type GetMemberAnswer = {
  success?: boolean;
  data: Member;
};

export interface ListMembersInput {
  status?: 'pending' | 'active' | 'suspended';
  limit?: number;
  offset?: number;
}

export type ListMembersAnswer = {
  success?: boolean;
  data: Member[];
  total: number;
};

export interface RemoveMemberInput {
  id: string;
}

export type RemoveMemberAnswer = SuccessResponse;

export interface UpdateMemberInput {
  id: string;
  body: UpdateMemberRequest;
}

export type UpdateMemberAnswer = {
  success?: boolean;
  data: Member;
};

export interface AdoptFoundMachineInput {
  machine_id: string;
  body: {
    account_id: string;
    project_id: string;
  };
}

export type AdoptFoundMachineAnswer = {
  success: boolean;
  data: {
    id: string;
    name: string;
    unknown_addresses: string[];
  };
};

export interface ApproveTierRequestInput {
  request_id: string;
  body?: {
    text?: string;
  };
}

export type ApproveTierRequestAnswer = {
  success: boolean;
  data: TierRequestForOperator;
};

export interface DeclineTierRequestInput {
  request_id: string;
  body?: {
    text?: string;
  };
}

export type DeclineTierRequestAnswer = {
  success: boolean;
  data: TierRequestForOperator;
};

export interface DeleteFoundMachineInput {
  machine_id: string;
}

export type DeleteFoundMachineAnswer = {
  success: boolean;
  data: {
    id: string;
  };
};

export interface GetAccountForOperatorInput {
  account_id: string;
}

export type GetAccountForOperatorAnswer = {
  success: boolean;
  data: AccountForOperator;
};

export interface GetCloudStatusInput {}

export type GetCloudStatusAnswer = {
  success: boolean;
  data: CloudStatus;
};

export interface ListAccountsForOperatorInput {
  limit?: number;
  offset?: number;
  search?: string;
}

export type ListAccountsForOperatorAnswer = {
  success: boolean;
  data: AccountSummary[];
  total: number;
};

export interface ListFoundMachinesInput {
  limit?: number;
  offset?: number;
}

export type ListFoundMachinesAnswer = {
  success: boolean;
  data: FoundMachine[];
  total: number;
};

export interface ListTierRequestsForOperatorInput {
  limit?: number;
  offset?: number;
}

export type ListTierRequestsForOperatorAnswer = {
  success: boolean;
  data: TierRequestForOperator[];
  total: number;
};

export interface SetAccountQuotaInput {
  account_id: string;
  body: {
    quota: 'projects' | 'vms' | 'vpcs' | 'reserved_ips' | 'security_groups' | 'volumes' | 'images' | 'snapshots' | 'backups' | 'backup_schedules' | 'ssh_keys' | 'api_keys' | 'roles' | 'invitations' | 'vcpus' | 'ram_gb' | 'gateways' | 'note_bytes' | 'streams' | 'consoles';
    rule: 'number' | 'none' | 'default';
    limit?: number;
  };
}

export type SetAccountQuotaAnswer = {
  success: boolean;
  data: AccountForOperator;
};

export interface AcceptInvitationInput {
  body: {
    token: string;
    name?: string;
    password?: string;
  };
}

export type AcceptInvitationAnswer = {
  success: boolean;
  data: {
    account_id: string;
    email: string;
  };
};

export interface GetSessionInput {}

export type GetSessionAnswer = {
  success: boolean;
  data: Session;
};

export interface GetSignInRulesInput {}

export type GetSignInRulesAnswer = {
  success: boolean;
  data: SignInRules;
};

export interface ListPasskeysInput {}

export type ListPasskeysAnswer = {
  success: boolean;
  data: Array<{
    id: string;
    name: string;
    created_at: string;
    last_used_at?: string;
  }>;
};

export interface ListSessionsInput {}

export type ListSessionsAnswer = {
  success: boolean;
  data: Array<{
    id: string;
    is_current: boolean;
    created_at: string;
    address?: string;
    user_agent?: string;
  }>;
};

export interface LookAtInvitationInput {
  body: {
    token: string;
  };
}

export type LookAtInvitationAnswer = {
  success: boolean;
  data: {
    email: string;
    account_name: string;
    project_name?: string;
    role_name: string;
    invited_by_name?: string;
    expires_at: string;
    is_known: boolean;
  };
};

export interface LookAtLinkInput {
  body: {
    token: string;
  };
}

export type LookAtLinkAnswer = {
  success: boolean;
  data: {
    email: string;
    expires_at: string;
  };
};

export interface RequestLinkInput {
  body: {
    email: string;
  };
}

export type RequestLinkAnswer = SuccessResponse;

export interface SetPasswordInput {
  body: {
    token: string;
    password: string;
  };
}

export type SetPasswordAnswer = {
  success: boolean;
  data: {
    email: string;
  };
};

export interface SignUpInput {
  body: {
    email: string;
    name: string;
    password: string;
    account_name: string;
  };
}

export type SignUpAnswer = SuccessResponse;

export interface ListPermissionsInput {
  scope?: 'account' | 'project';
}

export type ListPermissionsAnswer = {
  success?: boolean;
  data: Permission[];
};

export interface AddProjectMemberInput {
  id: string;
  body: AddProjectMemberRequest;
}

export type AddProjectMemberAnswer = {
  success?: boolean;
  data: ProjectMember;
};

export interface GetProjectMemberInput {
  id: string;
  member_id: string;
}

export type GetProjectMemberAnswer = {
  success?: boolean;
  data: ProjectMember;
};

export interface ListProjectMembersInput {
  id: string;
  status?: 'pending' | 'active' | 'suspended';
  limit?: number;
  offset?: number;
}

export type ListProjectMembersAnswer = {
  success?: boolean;
  data: ProjectMember[];
  total: number;
};

export interface RemoveProjectMemberInput {
  id: string;
  member_id: string;
}

export type RemoveProjectMemberAnswer = SuccessResponse;

export interface UpdateProjectMemberInput {
  id: string;
  member_id: string;
  body: UpdateMemberRequest;
}

export type UpdateProjectMemberAnswer = {
  success?: boolean;
  data: ProjectMember;
};

export interface CreateProjectInput {
  body: CreateProjectRequest;
}

export type CreateProjectAnswer = {
  success?: boolean;
  data: Project;
};

export interface DeleteProjectInput {
  id: string;
}

export type DeleteProjectAnswer = SuccessResponse;

export interface GetProjectInput {
  id: string;
}

export type GetProjectAnswer = {
  success?: boolean;
  data: Project;
};

export interface ListProjectsInput {
  limit?: number;
  offset?: number;
}

export type ListProjectsAnswer = {
  success?: boolean;
  data: Project[];
  total: number;
};

export interface UpdateProjectInput {
  id: string;
  body: UpdateProjectRequest;
}

export type UpdateProjectAnswer = {
  success?: boolean;
  data: Project;
};

export interface CreateRoleInput {
  body: CreateRoleRequest;
}

export type CreateRoleAnswer = {
  success?: boolean;
  data: Role;
};

export interface DeleteRoleInput {
  id: string;
}

export type DeleteRoleAnswer = SuccessResponse;

export interface GetRoleInput {
  id: string;
}

export type GetRoleAnswer = {
  success?: boolean;
  data: Role;
};

export interface ListRolesInput {
  scope?: 'account' | 'project';
  limit?: number;
  offset?: number;
}

export type ListRolesAnswer = {
  success?: boolean;
  data: Role[];
};

export interface UpdateRoleInput {
  id: string;
  body: UpdateRoleRequest;
}

export type UpdateRoleAnswer = {
  success?: boolean;
  data: Role;
};

export interface CreateSecurityGroupInput {
  body: CreateSecurityGroupRequest;
}

export type CreateSecurityGroupAnswer = {
  success?: boolean;
  data: SecurityGroup;
};

export interface DeleteSecurityGroupInput {
  id: string;
}

export type DeleteSecurityGroupAnswer = SuccessResponse;

export interface GetSecurityGroupInput {
  id: string;
}

export type GetSecurityGroupAnswer = {
  success?: boolean;
  data: SecurityGroup;
};

export interface ListSecurityGroupTemplatesInput {}

export type ListSecurityGroupTemplatesAnswer = {
  success?: boolean;
  data: SecurityGroupTemplate[];
};

export interface ListSecurityGroupsInput {
  limit?: number;
  offset?: number;
}

export type ListSecurityGroupsAnswer = {
  success?: boolean;
  data: SecurityGroup[];
  total: number;
};

export interface UpdateSecurityGroupInput {
  id: string;
  body: UpdateSecurityGroupRequest;
}

export type UpdateSecurityGroupAnswer = {
  success?: boolean;
  data: SecurityGroup;
};

export interface AddPasskeyInput {
  body: {
    name: string;
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      response: {
        clientDataJSON: string;
        attestationObject: string;
        transports?: string[];
      };
    };
  };
}

export type AddPasskeyAnswer = {
  id: string;
};

export interface BeginPasskeyInput {
  body: {
    password: string;
  };
}

export type BeginPasskeyAnswer = {
  challenge: string;
  rp: {
    id: string;
    name: string;
  };
  user: {
    id: string;
    name: string;
    displayName: string;
  };
  pubKeyCredParams: Array<{
    type: string;
    alg: number;
  }>;
  timeout: number;
  attestation: string;
  authenticatorSelection: {
    residentKey: string;
    requireResidentKey: boolean;
    userVerification: string;
  };
  excludeCredentials: Array<{
    id: string;
    type: string;
    transports?: string[];
  }>;
};

export interface BeginPasskeySignInInput {}

export type BeginPasskeySignInAnswer = {
  challenge: string;
  rpId: string;
  timeout: number;
  userVerification: string;
};

export interface BeginSecondFactorInput {
  body: {
    password: string;
  };
}

export type BeginSecondFactorAnswer = {
  totpURI: string;
  backupCodes: string[];
};

export interface ChangePasswordInput {
  body: {
    currentPassword: string;
    newPassword: string;
    revokeOtherSessions?: boolean;
  };
}

export type ChangePasswordAnswer = {
  status?: boolean;
};

export interface EndOtherSessionsInput {}

export type EndOtherSessionsAnswer = {
  status?: boolean;
};

export interface EndSecondFactorInput {
  body: {
    password: string;
  };
}

export type EndSecondFactorAnswer = {
  status?: boolean;
};

export interface EndSessionInput {
  body: {
    id: string;
  };
}

export type EndSessionAnswer = {
  status?: boolean;
};

export interface EndSessionsInput {}

export type EndSessionsAnswer = {
  status?: boolean;
};

export interface LinkProviderInput {
  body: {
    callbackURL: string;
    errorCallbackURL: string;
  };
}

export type LinkProviderAnswer = {
  url: string;
};

export interface MakeBackupCodesInput {
  body: {
    password: string;
  };
}

export type MakeBackupCodesAnswer = {
  backupCodes: string[];
};

export interface RemovePasskeyInput {
  body: {
    id: string;
  };
}

export type RemovePasskeyAnswer = {
  status?: boolean;
};

export interface RenamePasskeyInput {
  body: {
    id: string;
    name: string;
  };
}

export type RenamePasskeyAnswer = {
  status?: boolean;
};

export interface RenamePersonInput {
  body: {
    name: string;
  };
}

export type RenamePersonAnswer = {
  status?: boolean;
};

export interface ShowBackupCodeInput {
  body: {
    code: string;
  };
}

export type ShowBackupCodeAnswer = {
  status?: boolean;
};

export interface ShowCodeInput {
  body: {
    code: string;
  };
}

export type ShowCodeAnswer = {
  status?: boolean;
};

export interface SignInInput {
  body: {
    email: string;
    password: string;
  };
}

export type SignInAnswer = {
  twoFactorRedirect?: boolean;
};

export interface SignInWithPasskeyInput {
  body: {
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      response: {
        clientDataJSON: string;
        authenticatorData: string;
        signature: string;
        userHandle?: string;
      };
    };
  };
}

export type SignInWithPasskeyAnswer = {
  status?: boolean;
};

export interface SignInWithProviderInput {
  body: {
    callbackURL: string;
    errorCallbackURL: string;
  };
}

export type SignInWithProviderAnswer = {
  url: string;
};

export interface SignOutInput {}

export type SignOutAnswer = {
  status?: boolean;
};

export interface CreateSnapshotInput {
  body: CreateSnapshotRequest;
}

export type CreateSnapshotAnswer = {
  success?: boolean;
  data: Snapshot;
};

export interface DeleteSnapshotInput {
  id: number;
}

export type DeleteSnapshotAnswer = SuccessResponse;

export interface GetSnapshotInput {
  id: number;
}

export type GetSnapshotAnswer = {
  success?: boolean;
  data: Snapshot;
};

export interface ListSnapshotsInput {
  vm_id?: string;
  volume_id?: number;
  type?: 'vm' | 'volume';
  limit?: number;
  offset?: number;
}

export type ListSnapshotsAnswer = {
  success?: boolean;
  data: Snapshot[];
  total: number;
};

export interface RenameSnapshotInput {
  id: number;
  body: RenameSnapshotRequest;
}

export type RenameSnapshotAnswer = {
  success?: boolean;
  data: Snapshot;
};

export interface RestoreSnapshotInput {
  id: number;
}

export type RestoreSnapshotAnswer = SuccessResponse;

export interface CreateSSHKeyInput {
  body: CreateSSHKeyRequest;
}

export type CreateSSHKeyAnswer = {
  success?: boolean;
  data: SSHKey;
};

export interface DeleteSSHKeyInput {
  id: string;
}

export type DeleteSSHKeyAnswer = {
  success?: boolean;
  data: SSHKey;
};

export interface GetSSHKeyInput {
  id: string;
}

export type GetSSHKeyAnswer = {
  success?: boolean;
  data: SSHKey;
};

export interface ListSSHKeysInput {
  limit?: number;
  offset?: number;
}

export type ListSSHKeysAnswer = {
  success?: boolean;
  data: SSHKey[];
  total: number;
};

export interface UpdateSSHKeyInput {
  id: string;
  body: UpdateSSHKeyRequest;
}

export type UpdateSSHKeyAnswer = {
  success?: boolean;
  data: SSHKey;
};

export interface FactoryResetVMInput {
  id: string;
}

export type FactoryResetVMAnswer = SuccessResponse;

export interface HardRebootVMInput {
  id: string;
}

export type HardRebootVMAnswer = SuccessResponse;

export interface RebootVMInput {
  id: string;
}

export type RebootVMAnswer = SuccessResponse;

export interface ReinstallVMInput {
  id: string;
  body: ReinstallVMRequest;
}

export type ReinstallVMAnswer = SuccessResponse;

export interface RenameVMInput {
  id: string;
  body: RenameVMRequest;
}

export type RenameVMAnswer = SuccessResponse;

export interface ResetVMPasswordInput {
  id: string;
}

export type ResetVMPasswordAnswer = SuccessResponse;

export interface ResizeVMInput {
  id: string;
  body: ResizeVMRequest;
}

export type ResizeVMAnswer = ResizeResponse;

export interface ResizeVMDiskInput {
  id: string;
  body: ResizeVMDiskRequest;
}

export type ResizeVMDiskAnswer = ResizeResponse;

export interface SaveVMDiskAsImageInput {
  id: string;
  body: SaveImageRequest;
}

export type SaveVMDiskAsImageAnswer = {
  success?: boolean;
  data: VMImage;
};

export interface StartVMInput {
  id: string;
}

export type StartVMAnswer = SuccessResponse;

export interface StopVMInput {
  id: string;
}

export type StopVMAnswer = SuccessResponse;

export interface CreateVMConsoleInput {
  id: string;
}

export type CreateVMConsoleAnswer = {
  success: boolean;
  data: VMConsoleTicket;
};

export interface AttachVMIPInput {
  id: string;
  body: AttachIPRequest;
}

export type AttachVMIPAnswer = AttachIPResponse;

export interface DetachVMIPInput {
  id: string;
  nic_id: number;
}

export type DetachVMIPAnswer = SuccessResponse;

export interface GetVMMetricsInput {
  id: string;
  range?: '1h' | '6h' | '24h' | '7d' | '30d';
}

export type GetVMMetricsAnswer = {
  success: boolean;
  data: VMMetrics;
};

export interface ListVMProcessorHoursInput {
  ids: string;
  project_id?: string;
}

export type ListVMProcessorHoursAnswer = {
  success: boolean;
  data: VMProcessorHours[];
};

export interface AttachVMToVPCInput {
  id: string;
  body: AttachVPCRequest;
}

export type AttachVMToVPCAnswer = SuccessResponse;

export interface DetachVMFromVPCInput {
  id: string;
  nic_id: number;
}

export type DetachVMFromVPCAnswer = SuccessResponse;

export interface ListVMInterfacesInput {
  ids: string;
  project_id?: string;
}

export type ListVMInterfacesAnswer = {
  success: boolean;
  data: VMInterfaces[];
};

export interface ListVMNetworksInput {
  id: string;
  type?: 'public' | 'vpc' | 'ipv6';
}

export type ListVMNetworksAnswer = {
  success?: boolean;
  data: VMNetwork[];
};

export interface AppendVMNoteInput {
  id: string;
  type: 'personal' | 'account';
  body: UpsertVMNoteRequest;
}

export type AppendVMNoteAnswer = {
  success?: boolean;
  note: VMNote;
};

export interface GetVMNotesInput {
  id: string;
  type?: 'personal' | 'account';
}

export type GetVMNotesAnswer = VMNotesResponse;

export interface UpdateVMNoteInput {
  id: string;
  type: 'personal' | 'account';
  body: UpsertVMNoteRequest;
}

export type UpdateVMNoteAnswer = {
  success?: boolean;
  note: VMNote;
};

export interface UpsertVMNoteInput {
  id: string;
  type: 'personal' | 'account';
  body: UpsertVMNoteRequest;
}

export type UpsertVMNoteAnswer = {
  success?: boolean;
  note: VMNote;
};

export interface AttachVMSecurityGroupInput {
  id: string;
  body: AttachSecurityGroupRequest;
}

export type AttachVMSecurityGroupAnswer = SuccessResponse;

export interface DetachVMSecurityGroupInput {
  id: string;
  sg_id: string;
  nic_id: number;
}

export type DetachVMSecurityGroupAnswer = SuccessResponse;

export interface AddVMTagInput {
  id: string;
  body: AddVMTagRequest;
}

export type AddVMTagAnswer = VMTagsResponse;

export interface RemoveVMTagInput {
  id: string;
  tagId: string;
}

export type RemoveVMTagAnswer = VMTagsResponse;

export interface UpdateVMTagInput {
  id: string;
  tagId: string;
  body: UpdateVMTagRequest;
}

export type UpdateVMTagAnswer = VMTagsResponse;

export interface CreateVMInput {
  body: CreateVMRequest;
}

export type CreateVMAnswer = {
  success?: boolean;
  data: VM;
};

export interface DeleteVMInput {
  id: string;
  body?: DeleteVMRequest;
}

export type DeleteVMAnswer = SuccessResponse;

export interface DeleteVMsBulkInput {
  body: DeleteVMsBulkRequest;
}

export type DeleteVMsBulkAnswer = BulkDeleteVMsResult;

export interface GetVMInput {
  id: string;
}

export type GetVMAnswer = {
  success?: boolean;
  data: VM;
};

export interface ListVMsInput {
  project_id?: string;
  region?: string;
  status?: 'active' | 'passive' | 'provisioning' | 'booting' | 'initiating' | 'finalizing' | 'failure';
  limit?: number;
  offset?: number;
}

export type ListVMsAnswer = {
  success?: boolean;
  data: VM[];
  total: number;
};

export interface ListVMsByIdsInput {
  ids: string;
  project_id?: string;
}

export type ListVMsByIdsAnswer = {
  success: boolean;
  data: VM[];
};

export interface AttachVolumeInput {
  id: number;
  body: AttachVolumeRequest;
}

export type AttachVolumeAnswer = {
  success?: boolean;
  data: Volume;
};

export interface CreateVolumeInput {
  body: CreateVolumeRequest;
}

export type CreateVolumeAnswer = {
  success?: boolean;
  data: Volume;
};

export interface DeleteVolumeInput {
  id: number;
}

export type DeleteVolumeAnswer = SuccessResponse;

export interface DetachVolumeInput {
  id: number;
}

export type DetachVolumeAnswer = {
  success?: boolean;
  data: Volume;
};

export interface GetVolumeInput {
  id: number;
}

export type GetVolumeAnswer = {
  success?: boolean;
  data: Volume;
};

export interface ListVolumesInput {
  vm_id?: string;
  region?: string;
  limit?: number;
  offset?: number;
}

export type ListVolumesAnswer = {
  success?: boolean;
  data: Volume[];
  total: number;
};

export interface ResizeVolumeInput {
  id: number;
  body: ResizeVolumeRequest;
}

export type ResizeVolumeAnswer = ResizeResponse;

export interface CreateVPCInput {
  body: CreateVPCRequest;
}

export type CreateVPCAnswer = {
  success?: boolean;
  data: VPC;
};

export interface DeleteVPCInput {
  id: string;
}

export type DeleteVPCAnswer = SuccessResponse;

export interface GetVPCInput {
  id: string;
}

export type GetVPCAnswer = {
  success?: boolean;
  data: VPCDetail;
};

export interface ListVPCCIDRSuggestionsInput {}

export type ListVPCCIDRSuggestionsAnswer = CIDRSuggestionsResponse;

export interface ListVPCsInput {
  limit?: number;
  offset?: number;
}

export type ListVPCsAnswer = {
  success?: boolean;
  data: VPC[];
  total: number;
};

export interface UpdateVPCInput {
  id: string;
  body: UpdateVPCRequest;
}

export type UpdateVPCAnswer = {
  success?: boolean;
  data: VPC;
};

/** Every operation of the API, by its published id. */
export interface Api {
  /** Deletes a saved image; machines that were made of it stay. `DELETE /api/raffia/v1/images/{id}` */
  deleteImage(input: DeleteImageInput, options?: CallOptions): Promise<DeleteImageAnswer>;
  /** Shows the account, its quota and what of it is used. `GET /api/raffia/v1/account` */
  getAccount(input?: GetAccountInput, options?: CallOptions): Promise<GetAccountAnswer>;
  /** Shows requests and refusals of a key by hour, of 31 days at most. `GET /api/raffia/v1/api-keys/{id}/hours` */
  getApiKeyHours(input: GetApiKeyHoursInput, options?: CallOptions): Promise<GetApiKeyHoursAnswer>;
  /** Shows requests, refusals and burst of a key over time. `GET /api/raffia/v1/api-keys/{id}/usage` */
  getApiKeyUsage(input: GetApiKeyUsageInput, options?: CallOptions): Promise<GetApiKeyUsageAnswer>;
  /** Lists what the API keys of the account did in the last 24 hours, in the order of listApiKeys. `GET /api/raffia/v1/api-keys/last-day` */
  listApiKeyDays(input?: ListApiKeyDaysInput, options?: CallOptions): Promise<ListApiKeyDaysAnswer>;
  /** Lists who did what, newest first. `GET /api/raffia/v1/audit` */
  listAuditEntries(input?: ListAuditEntriesInput, options?: CallOptions): Promise<ListAuditEntriesAnswer>;
  /** Lists saved images, newest first; their ids work as template_id. `GET /api/raffia/v1/images` */
  listImages(input?: ListImagesInput, options?: CallOptions): Promise<ListImagesAnswer>;
  /** Lists the work on resources with its steps, newest first. `GET /api/raffia/v1/operations` */
  listOperations(input?: ListOperationsInput, options?: CallOptions): Promise<ListOperationsAnswer>;
  /** Lists requests for the high tier and their answers. `GET /api/raffia/v1/tier-requests` */
  listTierRequests(input?: ListTierRequestsInput, options?: CallOptions): Promise<ListTierRequestsAnswer>;
  /** Takes a member’s account role away and leaves the roles on projects. `DELETE /api/raffia/v1/members/{id}/role` */
  removeAccountRole(input: RemoveAccountRoleInput, options?: CallOptions): Promise<RemoveAccountRoleAnswer>;
  /** Asks the operator to move a key to the high tier. `POST /api/raffia/v1/api-keys/{id}/tier-requests` */
  requestHighTier(input: RequestHighTierInput, options?: CallOptions): Promise<RequestHighTierAnswer>;
  /** Shows a generated password once, where no mail is configured. `POST /api/raffia/v1/vms/{id}/password` */
  revealVMPassword(input: RevealVMPasswordInput, options?: CallOptions): Promise<RevealVMPasswordAnswer>;
  /** Tells a key to wait for room, for so long, where a request over its limit would be refused. `PUT /api/raffia/v1/api-keys/{id}/patience` */
  setApiKeyPatience(input: SetApiKeyPatienceInput, options?: CallOptions): Promise<SetApiKeyPatienceAnswer>;
  /** Streams what changes, as server-sent events. `GET /api/raffia/v1/events` */
  streamEvents(input?: StreamEventsInput, options?: CallOptions): Promise<StreamEventsAnswer>;
  /** Renames the account. `PATCH /api/raffia/v1/account` */
  updateAccount(input: UpdateAccountInput, options?: CallOptions): Promise<UpdateAccountAnswer>;
  /** Creates an API key; its secret is shown once. `POST /api/v1/api-keys` */
  createApiKey(input: CreateApiKeyInput, options?: CallOptions): Promise<CreateApiKeyAnswer>;
  /** Shows an API key. `GET /api/v1/api-keys/{id}` */
  getApiKey(input: GetApiKeyInput, options?: CallOptions): Promise<GetApiKeyAnswer>;
  /** Lists the API keys of the account. `GET /api/v1/api-keys` */
  listApiKeys(input?: ListApiKeysInput, options?: CallOptions): Promise<ListApiKeysAnswer>;
  /** Gives an API key a new secret; the old one ends at once. `POST /api/v1/api-keys/{id}/regenerate` */
  regenerateApiKey(input: RegenerateApiKeyInput, options?: CallOptions): Promise<RegenerateApiKeyAnswer>;
  /** Revokes an API key for good. `DELETE /api/v1/api-keys/{id}` */
  revokeApiKey(input: RevokeApiKeyInput, options?: CallOptions): Promise<RevokeApiKeyAnswer>;
  /** Changes, suspends or re-enables an API key. `PATCH /api/v1/api-keys/{id}` */
  updateApiKey(input: UpdateApiKeyInput, options?: CallOptions): Promise<UpdateApiKeyAnswer>;
  /** Creates a schedule of backups of a VM. `POST /api/v1/backup-schedules` */
  createBackupSchedule(input: CreateBackupScheduleInput, options?: CallOptions): Promise<CreateBackupScheduleAnswer>;
  /** Deletes a backup schedule; its backups are kept. `DELETE /api/v1/backup-schedules/{id}` */
  deleteBackupSchedule(input: DeleteBackupScheduleInput, options?: CallOptions): Promise<DeleteBackupScheduleAnswer>;
  /** Shows a backup schedule. `GET /api/v1/backup-schedules/{id}` */
  getBackupSchedule(input: GetBackupScheduleInput, options?: CallOptions): Promise<GetBackupScheduleAnswer>;
  /** Lists backup schedules, newest first. `GET /api/v1/backup-schedules` */
  listBackupSchedules(input?: ListBackupSchedulesInput, options?: CallOptions): Promise<ListBackupSchedulesAnswer>;
  /** Changes a backup schedule. `PATCH /api/v1/backup-schedules/{id}` */
  updateBackupSchedule(input: UpdateBackupScheduleInput, options?: CallOptions): Promise<UpdateBackupScheduleAnswer>;
  /** Takes a backup of a VM. `POST /api/v1/backups` */
  createBackup(input: CreateBackupInput, options?: CallOptions): Promise<CreateBackupAnswer>;
  /** Deletes a backup that is the only one of its series. `DELETE /api/v1/backups/{id}` */
  deleteBackup(input: DeleteBackupInput, options?: CallOptions): Promise<DeleteBackupAnswer>;
  /** Deletes all backups of the series that a backup belongs to. `DELETE /api/v1/backups/{id}/chain` */
  deleteBackupChain(input: DeleteBackupChainInput, options?: CallOptions): Promise<DeleteBackupChainAnswer>;
  /** Shows a backup. `GET /api/v1/backups/{id}` */
  getBackup(input: GetBackupInput, options?: CallOptions): Promise<GetBackupAnswer>;
  /** Lists backups, newest first. `GET /api/v1/backups` */
  listBackups(input?: ListBackupsInput, options?: CallOptions): Promise<ListBackupsAnswer>;
  /** Closes the series of a VM: its next backup begins a new one. `POST /api/v1/vms/{id}/backups/reset-chain` */
  resetBackupChain(input: ResetBackupChainInput, options?: CallOptions): Promise<ResetBackupChainAnswer>;
  /** Puts the disk of a stopped VM back to what it was in the backup. `POST /api/v1/backups/{id}/restore` */
  restoreBackup(input: RestoreBackupInput, options?: CallOptions): Promise<RestoreBackupAnswer>;
  /** Tells what backups cost. `GET /api/v1/public/pricing/backup` */
  listBackupPricing(input?: ListBackupPricingInput, options?: CallOptions): Promise<ListBackupPricingAnswer>;
  /** Tells what public addresses cost. `GET /api/v1/public/pricing/ip` */
  listIPPricing(input?: ListIPPricingInput, options?: CallOptions): Promise<ListIPPricingAnswer>;
  /** Lists the regions. `GET /api/v1/public/regions` */
  listRegions(input?: ListRegionsInput, options?: CallOptions): Promise<ListRegionsAnswer>;
  /** Tells what snapshots cost. `GET /api/v1/public/pricing/snapshot` */
  listSnapshotPricing(input?: ListSnapshotPricingInput, options?: CallOptions): Promise<ListSnapshotPricingAnswer>;
  /** Lists the OS templates. `GET /api/v1/public/templates` */
  listTemplates(input?: ListTemplatesInput, options?: CallOptions): Promise<ListTemplatesAnswer>;
  /** Lists the VM plans with their prices. `GET /api/v1/public/pricing/vm` */
  listVMPricing(input?: ListVMPricingInput, options?: CallOptions): Promise<ListVMPricingAnswer>;
  /** Tells what volumes cost. `GET /api/v1/public/pricing/volume` */
  listVolumePricing(input?: ListVolumePricingInput, options?: CallOptions): Promise<ListVolumePricingAnswer>;
  /** Shows what each day cost, by kinds of resources. `GET /api/raffia/v1/costs/days` */
  getCostsByDay(input?: GetCostsByDayInput, options?: CallOptions): Promise<GetCostsByDayAnswer>;
  /** Lists what each project cost, dearest first. `GET /api/raffia/v1/costs/projects` */
  listCostsByProject(input?: ListCostsByProjectInput, options?: CallOptions): Promise<ListCostsByProjectAnswer>;
  /** Lists what each resource cost, dearest first. `GET /api/raffia/v1/costs/resources` */
  listCostsByResource(input?: ListCostsByResourceInput, options?: CallOptions): Promise<ListCostsByResourceAnswer>;
  /** Tells that the server answers. `GET /health` */
  healthCheck(input?: HealthCheckInput, options?: CallOptions): Promise<HealthCheckAnswer>;
  /** Tells which parts work. `GET /ready` */
  readiness(input?: ReadinessInput, options?: CallOptions): Promise<ReadinessAnswer>;
  /** Cancels an invitation. `DELETE /api/v1/invitations/{id}` */
  cancelInvitation(input: CancelInvitationInput, options?: CallOptions): Promise<CancelInvitationAnswer>;
  /** Invites a person to the account. `POST /api/v1/invitations` */
  createAccountInvitation(input: CreateAccountInvitationInput, options?: CallOptions): Promise<CreateAccountInvitationAnswer>;
  /** Invites a person to a project. `POST /api/v1/projects/{id}/invitations` */
  createProjectInvitation(input: CreateProjectInvitationInput, options?: CallOptions): Promise<CreateProjectInvitationAnswer>;
  /** Swaps a reserved public IP that no VM has for another of its pool, with an id of its own. `POST /api/v1/ips/{id}/change` */
  changeIP(input: ChangeIPInput, options?: CallOptions): Promise<ChangeIPAnswer>;
  /** Shows a public IP. `GET /api/v1/ips/{id}` */
  getIP(input: GetIPInput, options?: CallOptions): Promise<GetIPAnswer>;
  /** Lists reserved public IPs and those that VMs have, newest first. `GET /api/v1/ips` */
  listIPs(input?: ListIPsInput, options?: CallOptions): Promise<ListIPsAnswer>;
  /** Releases a reserved public IP that no VM has. `DELETE /api/v1/ips/{id}/reserve` */
  releaseIP(input: ReleaseIPInput, options?: CallOptions): Promise<ReleaseIPAnswer>;
  /** Reserves a public IP, which stays until it is released. `POST /api/v1/ips/reserve` */
  reserveIP(input?: ReserveIPInput, options?: CallOptions): Promise<ReserveIPAnswer>;
  /** Adds a member to the account. `POST /api/v1/members` */
  addMember(input: AddMemberInput, options?: CallOptions): Promise<AddMemberAnswer>;
  /** Shows a member of the account. `GET /api/v1/members/{id}` */
  getMember(input: GetMemberInput, options?: CallOptions): Promise<GetMemberAnswer>;
  /** Lists the members of the account. `GET /api/v1/members` */
  listMembers(input?: ListMembersInput, options?: CallOptions): Promise<ListMembersAnswer>;
  /** Removes a member from the account. `DELETE /api/v1/members/{id}` */
  removeMember(input: RemoveMemberInput, options?: CallOptions): Promise<RemoveMemberAnswer>;
  /** Changes the role or status of a member. `PATCH /api/v1/members/{id}` */
  updateMember(input: UpdateMemberInput, options?: CallOptions): Promise<UpdateMemberAnswer>;
  /** Makes a VM of a machine that no row knows, from what its host knows of it. `POST /api/raffia/v1/operator/found-machines/{machine_id}/adopt` */
  adoptFoundMachine(input: AdoptFoundMachineInput, options?: CallOptions): Promise<AdoptFoundMachineAnswer>;
  /** Approves a request for the high tier. `POST /api/raffia/v1/operator/tier-requests/{request_id}/approve` */
  approveTierRequest(input: ApproveTierRequestInput, options?: CallOptions): Promise<ApproveTierRequestAnswer>;
  /** Declines a request for the high tier. `POST /api/raffia/v1/operator/tier-requests/{request_id}/decline` */
  declineTierRequest(input: DeclineTierRequestInput, options?: CallOptions): Promise<DeclineTierRequestAnswer>;
  /** Removes a machine that no row knows from its host, for good. `DELETE /api/raffia/v1/operator/found-machines/{machine_id}` */
  deleteFoundMachine(input: DeleteFoundMachineInput, options?: CallOptions): Promise<DeleteFoundMachineAnswer>;
  /** Shows an account with its quotas and projects. `GET /api/raffia/v1/operator/accounts/{account_id}` */
  getAccountForOperator(input: GetAccountForOperatorInput, options?: CallOptions): Promise<GetAccountForOperatorAnswer>;
  /** Tells how this cloud is: nodes, queue, hosts, addresses, backups, mails. `GET /api/raffia/v1/operator/status` */
  getCloudStatus(input?: GetCloudStatusInput, options?: CallOptions): Promise<GetCloudStatusAnswer>;
  /** Lists all accounts, oldest first. `GET /api/raffia/v1/operator/accounts` */
  listAccountsForOperator(input?: ListAccountsForOperatorInput, options?: CallOptions): Promise<ListAccountsForOperatorAnswer>;
  /** Lists machines on the hosts that no row knows. `GET /api/raffia/v1/operator/found-machines` */
  listFoundMachines(input?: ListFoundMachinesInput, options?: CallOptions): Promise<ListFoundMachinesAnswer>;
  /** Lists requests for the high tier: those that wait, then the latest. `GET /api/raffia/v1/operator/tier-requests` */
  listTierRequestsForOperator(input?: ListTierRequestsForOperatorInput, options?: CallOptions): Promise<ListTierRequestsForOperatorAnswer>;
  /** Sets how much an account may have of something. `PUT /api/raffia/v1/operator/accounts/{account_id}/quotas` */
  setAccountQuota(input: SetAccountQuotaInput, options?: CallOptions): Promise<SetAccountQuotaAnswer>;
  /** Accepts an invitation. `POST /api/raffia/v1/invitations/accept` */
  acceptInvitation(input: AcceptInvitationInput, options?: CallOptions): Promise<AcceptInvitationAnswer>;
  /** Shows who is signed in, with accounts and permissions. `GET /api/raffia/v1/session` */
  getSession(input?: GetSessionInput, options?: CallOptions): Promise<GetSessionAnswer>;
  /** Tells how people sign in and up here. `GET /api/raffia/v1/sign-in` */
  getSignInRules(input?: GetSignInRulesInput, options?: CallOptions): Promise<GetSignInRulesAnswer>;
  /** Lists one’s own passkeys, newest first. `GET /api/raffia/v1/passkeys` */
  listPasskeys(input?: ListPasskeysInput, options?: CallOptions): Promise<ListPasskeysAnswer>;
  /** Lists one’s own sessions, newest first. `GET /api/raffia/v1/sessions` */
  listSessions(input?: ListSessionsInput, options?: CallOptions): Promise<ListSessionsAnswer>;
  /** Shows what an invitation invites to. `POST /api/raffia/v1/invitations/look` */
  lookAtInvitation(input: LookAtInvitationInput, options?: CallOptions): Promise<LookAtInvitationAnswer>;
  /** Shows whose one-time link this is. `POST /api/raffia/v1/links/look` */
  lookAtLink(input: LookAtLinkInput, options?: CallOptions): Promise<LookAtLinkAnswer>;
  /** Mails a link to set a new password. `POST /api/raffia/v1/links` */
  requestLink(input: RequestLinkInput, options?: CallOptions): Promise<RequestLinkAnswer>;
  /** Sets a password with a one-time link. `POST /api/raffia/v1/links/use` */
  setPassword(input: SetPasswordInput, options?: CallOptions): Promise<SetPasswordAnswer>;
  /** Signs a person up with an account of his own. `POST /api/raffia/v1/sign-up` */
  signUp(input: SignUpInput, options?: CallOptions): Promise<SignUpAnswer>;
  /** Lists all permissions. `GET /api/v1/permissions` */
  listPermissions(input?: ListPermissionsInput, options?: CallOptions): Promise<ListPermissionsAnswer>;
  /** Gives a user or an API key a role on a project. `POST /api/v1/projects/{id}/members` */
  addProjectMember(input: AddProjectMemberInput, options?: CallOptions): Promise<AddProjectMemberAnswer>;
  /** Shows a project member. `GET /api/v1/projects/{id}/members/{member_id}` */
  getProjectMember(input: GetProjectMemberInput, options?: CallOptions): Promise<GetProjectMemberAnswer>;
  /** Lists who has a role on a project. `GET /api/v1/projects/{id}/members` */
  listProjectMembers(input: ListProjectMembersInput, options?: CallOptions): Promise<ListProjectMembersAnswer>;
  /** Takes a role on a project away. `DELETE /api/v1/projects/{id}/members/{member_id}` */
  removeProjectMember(input: RemoveProjectMemberInput, options?: CallOptions): Promise<RemoveProjectMemberAnswer>;
  /** Changes the role or status of a project member. `PATCH /api/v1/projects/{id}/members/{member_id}` */
  updateProjectMember(input: UpdateProjectMemberInput, options?: CallOptions): Promise<UpdateProjectMemberAnswer>;
  /** Creates a project. `POST /api/v1/projects` */
  createProject(input: CreateProjectInput, options?: CallOptions): Promise<CreateProjectAnswer>;
  /** Deletes an empty project. `DELETE /api/v1/projects/{id}` */
  deleteProject(input: DeleteProjectInput, options?: CallOptions): Promise<DeleteProjectAnswer>;
  /** Shows a project. `GET /api/v1/projects/{id}` */
  getProject(input: GetProjectInput, options?: CallOptions): Promise<GetProjectAnswer>;
  /** Lists the projects that the caller may see. `GET /api/v1/projects` */
  listProjects(input?: ListProjectsInput, options?: CallOptions): Promise<ListProjectsAnswer>;
  /** Changes a project. `PUT /api/v1/projects/{id}` */
  updateProject(input: UpdateProjectInput, options?: CallOptions): Promise<UpdateProjectAnswer>;
  /** Creates a custom role. `POST /api/v1/roles` */
  createRole(input: CreateRoleInput, options?: CallOptions): Promise<CreateRoleAnswer>;
  /** Deletes a custom role that nobody has. `DELETE /api/v1/roles/{id}` */
  deleteRole(input: DeleteRoleInput, options?: CallOptions): Promise<DeleteRoleAnswer>;
  /** Shows a role. `GET /api/v1/roles/{id}` */
  getRole(input: GetRoleInput, options?: CallOptions): Promise<GetRoleAnswer>;
  /** Lists system and custom roles. `GET /api/v1/roles` */
  listRoles(input?: ListRolesInput, options?: CallOptions): Promise<ListRolesAnswer>;
  /** Changes a custom role, for everyone who has it. `PATCH /api/v1/roles/{id}` */
  updateRole(input: UpdateRoleInput, options?: CallOptions): Promise<UpdateRoleAnswer>;
  /** Creates a security group from a template, rules or both. `POST /api/v1/security-groups` */
  createSecurityGroup(input: CreateSecurityGroupInput, options?: CallOptions): Promise<CreateSecurityGroupAnswer>;
  /** Deletes a security group that no interface has. `DELETE /api/v1/security-groups/{id}` */
  deleteSecurityGroup(input: DeleteSecurityGroupInput, options?: CallOptions): Promise<DeleteSecurityGroupAnswer>;
  /** Shows a security group with its rules. `GET /api/v1/security-groups/{id}` */
  getSecurityGroup(input: GetSecurityGroupInput, options?: CallOptions): Promise<GetSecurityGroupAnswer>;
  /** Lists the templates of security groups. `GET /api/v1/security-groups/templates` */
  listSecurityGroupTemplates(input?: ListSecurityGroupTemplatesInput, options?: CallOptions): Promise<ListSecurityGroupTemplatesAnswer>;
  /** Lists security groups, newest first. `GET /api/v1/security-groups` */
  listSecurityGroups(input?: ListSecurityGroupsInput, options?: CallOptions): Promise<ListSecurityGroupsAnswer>;
  /** Changes a security group; rules replace all that were there. `PUT /api/v1/security-groups/{id}` */
  updateSecurityGroup(input: UpdateSecurityGroupInput, options?: CallOptions): Promise<UpdateSecurityGroupAnswer>;
  /** Adds a passkey as a way to sign in. `POST /api/raffia/v1/auth/passkey/verify-registration` */
  addPasskey(input: AddPasskeyInput, options?: CallOptions): Promise<AddPasskeyAnswer>;
  /** Begins to add a passkey. `POST /api/raffia/v1/auth/passkey/generate-register-options` */
  beginPasskey(input: BeginPasskeyInput, options?: CallOptions): Promise<BeginPasskeyAnswer>;
  /** Begins to sign in with a passkey. `POST /api/raffia/v1/auth/passkey/generate-authenticate-options` */
  beginPasskeySignIn(input?: BeginPasskeySignInInput, options?: CallOptions): Promise<BeginPasskeySignInAnswer>;
  /** Makes the secret of a second factor, with backup codes. `POST /api/raffia/v1/auth/two-factor/enable` */
  beginSecondFactor(input: BeginSecondFactorInput, options?: CallOptions): Promise<BeginSecondFactorAnswer>;
  /** Changes one’s own password. `POST /api/raffia/v1/auth/change-password` */
  changePassword(input: ChangePasswordInput, options?: CallOptions): Promise<ChangePasswordAnswer>;
  /** Ends all of one’s own sessions but this one. `POST /api/raffia/v1/auth/revoke-other-sessions` */
  endOtherSessions(input?: EndOtherSessionsInput, options?: CallOptions): Promise<EndOtherSessionsAnswer>;
  /** Turns the second factor off. `POST /api/raffia/v1/auth/two-factor/disable` */
  endSecondFactor(input: EndSecondFactorInput, options?: CallOptions): Promise<EndSecondFactorAnswer>;
  /** Ends one of one’s own sessions. `POST /api/raffia/v1/auth/revoke-session` */
  endSession(input: EndSessionInput, options?: CallOptions): Promise<EndSessionAnswer>;
  /** Ends all of one’s own sessions. `POST /api/raffia/v1/auth/revoke-sessions` */
  endSessions(input?: EndSessionsInput, options?: CallOptions): Promise<EndSessionsAnswer>;
  /** Begins to link the OIDC provider as a way to sign in. `POST /api/raffia/v1/auth/link-social` */
  linkProvider(input: LinkProviderInput, options?: CallOptions): Promise<LinkProviderAnswer>;
  /** Makes new backup codes. `POST /api/raffia/v1/auth/two-factor/generate-backup-codes` */
  makeBackupCodes(input: MakeBackupCodesInput, options?: CallOptions): Promise<MakeBackupCodesAnswer>;
  /** Removes one of one’s own passkeys. `POST /api/raffia/v1/auth/passkey/delete-passkey` */
  removePasskey(input: RemovePasskeyInput, options?: CallOptions): Promise<RemovePasskeyAnswer>;
  /** Changes the name of one of one’s own passkeys. `POST /api/raffia/v1/auth/passkey/update-passkey` */
  renamePasskey(input: RenamePasskeyInput, options?: CallOptions): Promise<RenamePasskeyAnswer>;
  /** Changes one’s own name. `POST /api/raffia/v1/auth/update-user` */
  renamePerson(input: RenamePersonInput, options?: CallOptions): Promise<RenamePersonAnswer>;
  /** Shows a backup code: signs in, and uses it up. `POST /api/raffia/v1/auth/two-factor/verify-backup-code` */
  showBackupCode(input: ShowBackupCodeInput, options?: CallOptions): Promise<ShowBackupCodeAnswer>;
  /** Shows a code of the second factor: signs in, or turns it on. `POST /api/raffia/v1/auth/two-factor/verify-totp` */
  showCode(input: ShowCodeInput, options?: CallOptions): Promise<ShowCodeAnswer>;
  /** Signs in with a password. `POST /api/raffia/v1/auth/sign-in/email` */
  signIn(input: SignInInput, options?: CallOptions): Promise<SignInAnswer>;
  /** Signs in with a passkey. `POST /api/raffia/v1/auth/passkey/verify-authentication` */
  signInWithPasskey(input: SignInWithPasskeyInput, options?: CallOptions): Promise<SignInWithPasskeyAnswer>;
  /** Begins to sign in with the OIDC provider. `POST /api/raffia/v1/auth/sign-in/social` */
  signInWithProvider(input: SignInWithProviderInput, options?: CallOptions): Promise<SignInWithProviderAnswer>;
  /** Ends the session. `POST /api/raffia/v1/auth/sign-out` */
  signOut(input?: SignOutInput, options?: CallOptions): Promise<SignOutAnswer>;
  /** Takes a snapshot of a VM or a volume. `POST /api/v1/snapshots` */
  createSnapshot(input: CreateSnapshotInput, options?: CallOptions): Promise<CreateSnapshotAnswer>;
  /** Deletes a snapshot that is not in use. `DELETE /api/v1/snapshots/{id}` */
  deleteSnapshot(input: DeleteSnapshotInput, options?: CallOptions): Promise<DeleteSnapshotAnswer>;
  /** Shows a snapshot. `GET /api/v1/snapshots/{id}` */
  getSnapshot(input: GetSnapshotInput, options?: CallOptions): Promise<GetSnapshotAnswer>;
  /** Lists snapshots, newest first. `GET /api/v1/snapshots` */
  listSnapshots(input?: ListSnapshotsInput, options?: CallOptions): Promise<ListSnapshotsAnswer>;
  /** Renames a snapshot. `PATCH /api/v1/snapshots/{id}/rename` */
  renameSnapshot(input: RenameSnapshotInput, options?: CallOptions): Promise<RenameSnapshotAnswer>;
  /** Puts the disk of a stopped VM, or a volume, back to what it was in the snapshot. `POST /api/v1/snapshots/{id}/restore` */
  restoreSnapshot(input: RestoreSnapshotInput, options?: CallOptions): Promise<RestoreSnapshotAnswer>;
  /** Stores an SSH public key. `POST /api/v1/ssh-keys` */
  createSSHKey(input: CreateSSHKeyInput, options?: CallOptions): Promise<CreateSSHKeyAnswer>;
  /** Deletes an SSH key. `DELETE /api/v1/ssh-keys/{id}` */
  deleteSSHKey(input: DeleteSSHKeyInput, options?: CallOptions): Promise<DeleteSSHKeyAnswer>;
  /** Shows an SSH key. `GET /api/v1/ssh-keys/{id}` */
  getSSHKey(input: GetSSHKeyInput, options?: CallOptions): Promise<GetSSHKeyAnswer>;
  /** Lists the SSH keys of the account. `GET /api/v1/ssh-keys` */
  listSSHKeys(input?: ListSSHKeysInput, options?: CallOptions): Promise<ListSSHKeysAnswer>;
  /** Renames an SSH key. `PUT /api/v1/ssh-keys/{id}` */
  updateSSHKey(input: UpdateSSHKeyInput, options?: CallOptions): Promise<UpdateSSHKeyAnswer>;
  /** Installs the first template anew, wiping the system disk. `POST /api/v1/vms/{id}/factory-reset` */
  factoryResetVM(input: FactoryResetVMInput, options?: CallOptions): Promise<FactoryResetVMAnswer>;
  /** Cuts the power of a VM and starts it. `POST /api/v1/vms/{id}/reboot-hard` */
  hardRebootVM(input: HardRebootVMInput, options?: CallOptions): Promise<HardRebootVMAnswer>;
  /** Restarts a running VM. `POST /api/v1/vms/{id}/reboot` */
  rebootVM(input: RebootVMInput, options?: CallOptions): Promise<RebootVMAnswer>;
  /** Installs a template anew, wiping the system disk. `POST /api/v1/vms/{id}/reinstall` */
  reinstallVM(input: ReinstallVMInput, options?: CallOptions): Promise<ReinstallVMAnswer>;
  /** Renames a VM. `PATCH /api/v1/vms/{id}/rename` */
  renameVM(input: RenameVMInput, options?: CallOptions): Promise<RenameVMAnswer>;
  /** Sets a generated password. `POST /api/v1/vms/{id}/reset-password` */
  resetVMPassword(input: ResetVMPasswordInput, options?: CallOptions): Promise<ResetVMPasswordAnswer>;
  /** Changes the plan of a stopped VM. `POST /api/v1/vms/{id}/resize` */
  resizeVM(input: ResizeVMInput, options?: CallOptions): Promise<ResizeVMAnswer>;
  /** Grows the system disk of a stopped VM. `POST /api/v1/vms/{id}/disk/resize` */
  resizeVMDisk(input: ResizeVMDiskInput, options?: CallOptions): Promise<ResizeVMDiskAnswer>;
  /** Saves the system disk as an image. `POST /api/v1/vms/{id}/save-image` */
  saveVMDiskAsImage(input: SaveVMDiskAsImageInput, options?: CallOptions): Promise<SaveVMDiskAsImageAnswer>;
  /** Starts a stopped VM. `POST /api/v1/vms/{id}/start` */
  startVM(input: StartVMInput, options?: CallOptions): Promise<StartVMAnswer>;
  /** Stops a running VM. `POST /api/v1/vms/{id}/stop` */
  stopVM(input: StopVMInput, options?: CallOptions): Promise<StopVMAnswer>;
  /** Gives a ticket with which a console of a running VM is opened, once and within 30 seconds. `POST /api/raffia/v1/vms/{id}/console` */
  createVMConsole(input: CreateVMConsoleInput, options?: CallOptions): Promise<CreateVMConsoleAnswer>;
  /** Gives a VM a public IP: a reserved one by ip_id, or one of the pool by type. `POST /api/v1/vms/{id}/ip` */
  attachVMIP(input: AttachVMIPInput, options?: CallOptions): Promise<AttachVMIPAnswer>;
  /** Takes a public IP from a VM; a reserved one stays with the account. `DELETE /api/v1/vms/{id}/ip/{nic_id}` */
  detachVMIP(input: DetachVMIPInput, options?: CallOptions): Promise<DetachVMIPAnswer>;
  /** Shows what a VM used of its processors, memory, network and disks. `GET /api/raffia/v1/vms/{id}/metrics` */
  getVMMetrics(input: GetVMMetricsInput, options?: CallOptions): Promise<GetVMMetricsAnswer>;
  /** Shows how busy the processors of some VMs were in 24 hours, newest VM first. `GET /api/raffia/v1/vm-metrics` */
  listVMProcessorHours(input: ListVMProcessorHoursInput, options?: CallOptions): Promise<ListVMProcessorHoursAnswer>;
  /** Gives a VM an interface in a VPC. `POST /api/v1/vms/{id}/vpc` */
  attachVMToVPC(input: AttachVMToVPCInput, options?: CallOptions): Promise<AttachVMToVPCAnswer>;
  /** Takes an interface of a VM out of its VPC. `DELETE /api/v1/vms/{id}/vpc/{nic_id}` */
  detachVMFromVPC(input: DetachVMFromVPCInput, options?: CallOptions): Promise<DetachVMFromVPCAnswer>;
  /** Lists the network interfaces of some VMs with all their security groups, newest VM first. `GET /api/raffia/v1/interfaces` */
  listVMInterfaces(input: ListVMInterfacesInput, options?: CallOptions): Promise<ListVMInterfacesAnswer>;
  /** Lists the network interfaces of a VM. `GET /api/v1/vms/{id}/networks` */
  listVMNetworks(input: ListVMNetworksInput, options?: CallOptions): Promise<ListVMNetworksAnswer>;
  /** Adds a line to a note. `POST /api/v1/vms/{id}/notes/{type}/append` */
  appendVMNote(input: AppendVMNoteInput, options?: CallOptions): Promise<AppendVMNoteAnswer>;
  /** Shows the notes of a VM. `GET /api/v1/vms/{id}/notes` */
  getVMNotes(input: GetVMNotesInput, options?: CallOptions): Promise<GetVMNotesAnswer>;
  /** Replaces a note that exists. `PATCH /api/v1/vms/{id}/notes/{type}` */
  updateVMNote(input: UpdateVMNoteInput, options?: CallOptions): Promise<UpdateVMNoteAnswer>;
  /** Writes a note. `PUT /api/v1/vms/{id}/notes/{type}` */
  upsertVMNote(input: UpsertVMNoteInput, options?: CallOptions): Promise<UpsertVMNoteAnswer>;
  /** Attaches a security group to a network interface of a VM. `POST /api/v1/vms/{id}/security-groups` */
  attachVMSecurityGroup(input: AttachVMSecurityGroupInput, options?: CallOptions): Promise<AttachVMSecurityGroupAnswer>;
  /** Detaches a security group from a network interface of a VM. `DELETE /api/v1/vms/{id}/security-groups/{sg_id}/{nic_id}` */
  detachVMSecurityGroup(input: DetachVMSecurityGroupInput, options?: CallOptions): Promise<DetachVMSecurityGroupAnswer>;
  /** Adds a tag to a VM. `POST /api/v1/vms/{id}/tags` */
  addVMTag(input: AddVMTagInput, options?: CallOptions): Promise<AddVMTagAnswer>;
  /** Removes a tag from a VM. `DELETE /api/v1/vms/{id}/tags/{tagId}` */
  removeVMTag(input: RemoveVMTagInput, options?: CallOptions): Promise<RemoveVMTagAnswer>;
  /** Changes a tag of a VM. `PATCH /api/v1/vms/{id}/tags/{tagId}` */
  updateVMTag(input: UpdateVMTagInput, options?: CallOptions): Promise<UpdateVMTagAnswer>;
  /** Creates a VM. `POST /api/v1/vms` */
  createVM(input: CreateVMInput, options?: CallOptions): Promise<CreateVMAnswer>;
  /** Deletes a VM. `DELETE /api/v1/vms/{id}` */
  deleteVM(input: DeleteVMInput, options?: CallOptions): Promise<DeleteVMAnswer>;
  /** Deletes up to 50 VMs. `DELETE /api/v1/vms/bulk` */
  deleteVMsBulk(input: DeleteVMsBulkInput, options?: CallOptions): Promise<DeleteVMsBulkAnswer>;
  /** Shows a VM. `GET /api/v1/vms/{id}` */
  getVM(input: GetVMInput, options?: CallOptions): Promise<GetVMAnswer>;
  /** Lists VMs, newest first. `GET /api/v1/vms` */
  listVMs(input?: ListVMsInput, options?: CallOptions): Promise<ListVMsAnswer>;
  /** Lists the VMs of some ids, newest first. `GET /api/raffia/v1/vms` */
  listVMsByIds(input: ListVMsByIdsInput, options?: CallOptions): Promise<ListVMsByIdsAnswer>;
  /** Attaches a volume to a VM of its project, running or stopped; one VM at a time has it. `POST /api/v1/volumes/{id}/attach` */
  attachVolume(input: AttachVolumeInput, options?: CallOptions): Promise<AttachVolumeAnswer>;
  /** Creates a volume, and attaches it to a VM where one is named. `POST /api/v1/volumes` */
  createVolume(input: CreateVolumeInput, options?: CallOptions): Promise<CreateVolumeAnswer>;
  /** Deletes a volume that no VM has, and all that is on it. `DELETE /api/v1/volumes/{id}` */
  deleteVolume(input: DeleteVolumeInput, options?: CallOptions): Promise<DeleteVolumeAnswer>;
  /** Detaches a volume from its VM; what is written to it and not unmounted before may be lost. `POST /api/v1/volumes/{id}/detach` */
  detachVolume(input: DetachVolumeInput, options?: CallOptions): Promise<DetachVolumeAnswer>;
  /** Shows a volume. `GET /api/v1/volumes/{id}` */
  getVolume(input: GetVolumeInput, options?: CallOptions): Promise<GetVolumeAnswer>;
  /** Lists volumes, newest first. `GET /api/v1/volumes` */
  listVolumes(input?: ListVolumesInput, options?: CallOptions): Promise<ListVolumesAnswer>;
  /** Grows a volume, attached or not; a file system on a block device is grown in its VM. `PATCH /api/v1/volumes/{id}` */
  resizeVolume(input: ResizeVolumeInput, options?: CallOptions): Promise<ResizeVolumeAnswer>;
  /** Creates a VPC with a block that overlaps none of the account. `POST /api/v1/vpcs` */
  createVPC(input: CreateVPCInput, options?: CallOptions): Promise<CreateVPCAnswer>;
  /** Deletes a VPC that no VM is in. `DELETE /api/v1/vpcs/{id}` */
  deleteVPC(input: DeleteVPCInput, options?: CallOptions): Promise<DeleteVPCAnswer>;
  /** Shows a VPC, its range and the addresses in use. `GET /api/v1/vpcs/{id}` */
  getVPC(input: GetVPCInput, options?: CallOptions): Promise<GetVPCAnswer>;
  /** Suggests blocks that overlap no VPC of the account. `GET /api/v1/vpcs/cidr-suggestions` */
  listVPCCIDRSuggestions(input?: ListVPCCIDRSuggestionsInput, options?: CallOptions): Promise<ListVPCCIDRSuggestionsAnswer>;
  /** Lists VPCs, newest first. `GET /api/v1/vpcs` */
  listVPCs(input?: ListVPCsInput, options?: CallOptions): Promise<ListVPCsAnswer>;
  /** Renames or describes a VPC, or gives it another name server or gateway; its block stays. `PUT /api/v1/vpcs/{id}` */
  updateVPC(input: UpdateVPCInput, options?: CallOptions): Promise<UpdateVPCAnswer>;
}

/** How each operation travels: method, path, the names that go into the query, and whether it is read-once catalogue. */

export const operations = {
  deleteImage: { method: 'DELETE', path: '/api/raffia/v1/images/{id}' },
  getAccount: { method: 'GET', path: '/api/raffia/v1/account' },
  getApiKeyHours: { method: 'GET', path: '/api/raffia/v1/api-keys/{id}/hours', query: ['hours'] },
  getApiKeyUsage: { method: 'GET', path: '/api/raffia/v1/api-keys/{id}/usage', query: ['minutes'] },
  listApiKeyDays: { method: 'GET', path: '/api/raffia/v1/api-keys/last-day', query: ['limit', 'offset'] },
  listAuditEntries: { method: 'GET', path: '/api/raffia/v1/audit', query: ['verb', 'actor', 'resource_id', 'since', 'until', 'before', 'limit', 'offset'] },
  listImages: { method: 'GET', path: '/api/raffia/v1/images', query: ['project_id', 'limit', 'offset'], project: 'optional' },
  listOperations: { method: 'GET', path: '/api/raffia/v1/operations', query: ['project_id', 'resource_id', 'status', 'before', 'limit', 'offset'], project: 'optional' },
  listTierRequests: { method: 'GET', path: '/api/raffia/v1/tier-requests', query: ['api_key_id'] },
  removeAccountRole: { method: 'DELETE', path: '/api/raffia/v1/members/{id}/role' },
  requestHighTier: { method: 'POST', path: '/api/raffia/v1/api-keys/{id}/tier-requests', body: true },
  revealVMPassword: { method: 'POST', path: '/api/raffia/v1/vms/{id}/password' },
  setApiKeyPatience: { method: 'PUT', path: '/api/raffia/v1/api-keys/{id}/patience', body: true },
  streamEvents: { method: 'GET', path: '/api/raffia/v1/events' },
  updateAccount: { method: 'PATCH', path: '/api/raffia/v1/account', body: true },
  createApiKey: { method: 'POST', path: '/api/v1/api-keys', body: true },
  getApiKey: { method: 'GET', path: '/api/v1/api-keys/{id}' },
  listApiKeys: { method: 'GET', path: '/api/v1/api-keys', query: ['scope', 'limit', 'offset'] },
  regenerateApiKey: { method: 'POST', path: '/api/v1/api-keys/{id}/regenerate' },
  revokeApiKey: { method: 'DELETE', path: '/api/v1/api-keys/{id}' },
  updateApiKey: { method: 'PATCH', path: '/api/v1/api-keys/{id}', body: true },
  createBackupSchedule: { method: 'POST', path: '/api/v1/backup-schedules', body: true, project: 'required' },
  deleteBackupSchedule: { method: 'DELETE', path: '/api/v1/backup-schedules/{id}', project: 'required' },
  getBackupSchedule: { method: 'GET', path: '/api/v1/backup-schedules/{id}' },
  listBackupSchedules: { method: 'GET', path: '/api/v1/backup-schedules', query: ['vm_id', 'limit', 'offset'], project: 'optional' },
  updateBackupSchedule: { method: 'PATCH', path: '/api/v1/backup-schedules/{id}', body: true, project: 'required' },
  createBackup: { method: 'POST', path: '/api/v1/backups', body: true, project: 'required' },
  deleteBackup: { method: 'DELETE', path: '/api/v1/backups/{id}', project: 'required' },
  deleteBackupChain: { method: 'DELETE', path: '/api/v1/backups/{id}/chain', project: 'required' },
  getBackup: { method: 'GET', path: '/api/v1/backups/{id}' },
  listBackups: { method: 'GET', path: '/api/v1/backups', query: ['vm_id', 'limit', 'offset'], project: 'optional' },
  resetBackupChain: { method: 'POST', path: '/api/v1/vms/{id}/backups/reset-chain', project: 'required' },
  restoreBackup: { method: 'POST', path: '/api/v1/backups/{id}/restore', project: 'required' },
  listBackupPricing: { method: 'GET', path: '/api/v1/public/pricing/backup', query: ['region'], catalogue: true },
  listIPPricing: { method: 'GET', path: '/api/v1/public/pricing/ip', catalogue: true },
  listRegions: { method: 'GET', path: '/api/v1/public/regions', catalogue: true },
  listSnapshotPricing: { method: 'GET', path: '/api/v1/public/pricing/snapshot', query: ['region'], catalogue: true },
  listTemplates: { method: 'GET', path: '/api/v1/public/templates', query: ['category', 'vm_type', 'region'], catalogue: true },
  listVMPricing: { method: 'GET', path: '/api/v1/public/pricing/vm', query: ['type', 'region'], catalogue: true },
  listVolumePricing: { method: 'GET', path: '/api/v1/public/pricing/volume', query: ['region'], catalogue: true },
  getCostsByDay: { method: 'GET', path: '/api/raffia/v1/costs/days', query: ['since', 'until', 'project_id'] },
  listCostsByProject: { method: 'GET', path: '/api/raffia/v1/costs/projects', query: ['since', 'until', 'limit', 'offset'] },
  listCostsByResource: { method: 'GET', path: '/api/raffia/v1/costs/resources', query: ['since', 'until', 'project_id', 'limit', 'offset'] },
  healthCheck: { method: 'GET', path: '/health' },
  readiness: { method: 'GET', path: '/ready' },
  cancelInvitation: { method: 'DELETE', path: '/api/v1/invitations/{id}' },
  createAccountInvitation: { method: 'POST', path: '/api/v1/invitations', body: true },
  createProjectInvitation: { method: 'POST', path: '/api/v1/projects/{id}/invitations', body: true },
  changeIP: { method: 'POST', path: '/api/v1/ips/{id}/change', project: 'required' },
  getIP: { method: 'GET', path: '/api/v1/ips/{id}' },
  listIPs: { method: 'GET', path: '/api/v1/ips', query: ['reserved', 'status', 'limit', 'offset'], project: 'optional' },
  releaseIP: { method: 'DELETE', path: '/api/v1/ips/{id}/reserve', project: 'required' },
  reserveIP: { method: 'POST', path: '/api/v1/ips/reserve', body: true, project: 'required' },
  addMember: { method: 'POST', path: '/api/v1/members', body: true },
  getMember: { method: 'GET', path: '/api/v1/members/{id}' },
  listMembers: { method: 'GET', path: '/api/v1/members', query: ['status', 'limit', 'offset'] },
  removeMember: { method: 'DELETE', path: '/api/v1/members/{id}' },
  updateMember: { method: 'PATCH', path: '/api/v1/members/{id}', body: true },
  adoptFoundMachine: { method: 'POST', path: '/api/raffia/v1/operator/found-machines/{machine_id}/adopt', body: true },
  approveTierRequest: { method: 'POST', path: '/api/raffia/v1/operator/tier-requests/{request_id}/approve', body: true },
  declineTierRequest: { method: 'POST', path: '/api/raffia/v1/operator/tier-requests/{request_id}/decline', body: true },
  deleteFoundMachine: { method: 'DELETE', path: '/api/raffia/v1/operator/found-machines/{machine_id}' },
  getAccountForOperator: { method: 'GET', path: '/api/raffia/v1/operator/accounts/{account_id}' },
  getCloudStatus: { method: 'GET', path: '/api/raffia/v1/operator/status' },
  listAccountsForOperator: { method: 'GET', path: '/api/raffia/v1/operator/accounts', query: ['limit', 'offset', 'search'] },
  listFoundMachines: { method: 'GET', path: '/api/raffia/v1/operator/found-machines', query: ['limit', 'offset'] },
  listTierRequestsForOperator: { method: 'GET', path: '/api/raffia/v1/operator/tier-requests', query: ['limit', 'offset'] },
  setAccountQuota: { method: 'PUT', path: '/api/raffia/v1/operator/accounts/{account_id}/quotas', body: true },
  acceptInvitation: { method: 'POST', path: '/api/raffia/v1/invitations/accept', body: true },
  getSession: { method: 'GET', path: '/api/raffia/v1/session' },
  getSignInRules: { method: 'GET', path: '/api/raffia/v1/sign-in' },
  listPasskeys: { method: 'GET', path: '/api/raffia/v1/passkeys' },
  listSessions: { method: 'GET', path: '/api/raffia/v1/sessions' },
  lookAtInvitation: { method: 'POST', path: '/api/raffia/v1/invitations/look', body: true },
  lookAtLink: { method: 'POST', path: '/api/raffia/v1/links/look', body: true },
  requestLink: { method: 'POST', path: '/api/raffia/v1/links', body: true },
  setPassword: { method: 'POST', path: '/api/raffia/v1/links/use', body: true },
  signUp: { method: 'POST', path: '/api/raffia/v1/sign-up', body: true },
  listPermissions: { method: 'GET', path: '/api/v1/permissions', query: ['scope'] },
  addProjectMember: { method: 'POST', path: '/api/v1/projects/{id}/members', body: true },
  getProjectMember: { method: 'GET', path: '/api/v1/projects/{id}/members/{member_id}' },
  listProjectMembers: { method: 'GET', path: '/api/v1/projects/{id}/members', query: ['status', 'limit', 'offset'] },
  removeProjectMember: { method: 'DELETE', path: '/api/v1/projects/{id}/members/{member_id}' },
  updateProjectMember: { method: 'PATCH', path: '/api/v1/projects/{id}/members/{member_id}', body: true },
  createProject: { method: 'POST', path: '/api/v1/projects', body: true },
  deleteProject: { method: 'DELETE', path: '/api/v1/projects/{id}' },
  getProject: { method: 'GET', path: '/api/v1/projects/{id}' },
  listProjects: { method: 'GET', path: '/api/v1/projects', query: ['limit', 'offset'] },
  updateProject: { method: 'PUT', path: '/api/v1/projects/{id}', body: true },
  createRole: { method: 'POST', path: '/api/v1/roles', body: true },
  deleteRole: { method: 'DELETE', path: '/api/v1/roles/{id}' },
  getRole: { method: 'GET', path: '/api/v1/roles/{id}' },
  listRoles: { method: 'GET', path: '/api/v1/roles', query: ['scope', 'limit', 'offset'] },
  updateRole: { method: 'PATCH', path: '/api/v1/roles/{id}', body: true },
  createSecurityGroup: { method: 'POST', path: '/api/v1/security-groups', body: true, project: 'required' },
  deleteSecurityGroup: { method: 'DELETE', path: '/api/v1/security-groups/{id}', project: 'required' },
  getSecurityGroup: { method: 'GET', path: '/api/v1/security-groups/{id}' },
  listSecurityGroupTemplates: { method: 'GET', path: '/api/v1/security-groups/templates' },
  listSecurityGroups: { method: 'GET', path: '/api/v1/security-groups', query: ['limit', 'offset'], project: 'optional' },
  updateSecurityGroup: { method: 'PUT', path: '/api/v1/security-groups/{id}', body: true, project: 'required' },
  addPasskey: { method: 'POST', path: '/api/raffia/v1/auth/passkey/verify-registration', body: true },
  beginPasskey: { method: 'POST', path: '/api/raffia/v1/auth/passkey/generate-register-options', body: true },
  beginPasskeySignIn: { method: 'POST', path: '/api/raffia/v1/auth/passkey/generate-authenticate-options' },
  beginSecondFactor: { method: 'POST', path: '/api/raffia/v1/auth/two-factor/enable', body: true },
  changePassword: { method: 'POST', path: '/api/raffia/v1/auth/change-password', body: true },
  endOtherSessions: { method: 'POST', path: '/api/raffia/v1/auth/revoke-other-sessions' },
  endSecondFactor: { method: 'POST', path: '/api/raffia/v1/auth/two-factor/disable', body: true },
  endSession: { method: 'POST', path: '/api/raffia/v1/auth/revoke-session', body: true },
  endSessions: { method: 'POST', path: '/api/raffia/v1/auth/revoke-sessions' },
  linkProvider: { method: 'POST', path: '/api/raffia/v1/auth/link-social', body: true },
  makeBackupCodes: { method: 'POST', path: '/api/raffia/v1/auth/two-factor/generate-backup-codes', body: true },
  removePasskey: { method: 'POST', path: '/api/raffia/v1/auth/passkey/delete-passkey', body: true },
  renamePasskey: { method: 'POST', path: '/api/raffia/v1/auth/passkey/update-passkey', body: true },
  renamePerson: { method: 'POST', path: '/api/raffia/v1/auth/update-user', body: true },
  showBackupCode: { method: 'POST', path: '/api/raffia/v1/auth/two-factor/verify-backup-code', body: true },
  showCode: { method: 'POST', path: '/api/raffia/v1/auth/two-factor/verify-totp', body: true },
  signIn: { method: 'POST', path: '/api/raffia/v1/auth/sign-in/email', body: true },
  signInWithPasskey: { method: 'POST', path: '/api/raffia/v1/auth/passkey/verify-authentication', body: true },
  signInWithProvider: { method: 'POST', path: '/api/raffia/v1/auth/sign-in/social', body: true },
  signOut: { method: 'POST', path: '/api/raffia/v1/auth/sign-out' },
  createSnapshot: { method: 'POST', path: '/api/v1/snapshots', body: true, project: 'required' },
  deleteSnapshot: { method: 'DELETE', path: '/api/v1/snapshots/{id}', project: 'required' },
  getSnapshot: { method: 'GET', path: '/api/v1/snapshots/{id}' },
  listSnapshots: { method: 'GET', path: '/api/v1/snapshots', query: ['vm_id', 'volume_id', 'type', 'limit', 'offset'], project: 'optional' },
  renameSnapshot: { method: 'PATCH', path: '/api/v1/snapshots/{id}/rename', body: true, project: 'required' },
  restoreSnapshot: { method: 'POST', path: '/api/v1/snapshots/{id}/restore', project: 'required' },
  createSSHKey: { method: 'POST', path: '/api/v1/ssh-keys', body: true },
  deleteSSHKey: { method: 'DELETE', path: '/api/v1/ssh-keys/{id}' },
  getSSHKey: { method: 'GET', path: '/api/v1/ssh-keys/{id}' },
  listSSHKeys: { method: 'GET', path: '/api/v1/ssh-keys', query: ['limit', 'offset'] },
  updateSSHKey: { method: 'PUT', path: '/api/v1/ssh-keys/{id}', body: true },
  factoryResetVM: { method: 'POST', path: '/api/v1/vms/{id}/factory-reset', project: 'required' },
  hardRebootVM: { method: 'POST', path: '/api/v1/vms/{id}/reboot-hard', project: 'required' },
  rebootVM: { method: 'POST', path: '/api/v1/vms/{id}/reboot', project: 'required' },
  reinstallVM: { method: 'POST', path: '/api/v1/vms/{id}/reinstall', body: true, project: 'required' },
  renameVM: { method: 'PATCH', path: '/api/v1/vms/{id}/rename', body: true, project: 'required' },
  resetVMPassword: { method: 'POST', path: '/api/v1/vms/{id}/reset-password', project: 'required' },
  resizeVM: { method: 'POST', path: '/api/v1/vms/{id}/resize', body: true, project: 'required' },
  resizeVMDisk: { method: 'POST', path: '/api/v1/vms/{id}/disk/resize', body: true, project: 'required' },
  saveVMDiskAsImage: { method: 'POST', path: '/api/v1/vms/{id}/save-image', body: true, project: 'required' },
  startVM: { method: 'POST', path: '/api/v1/vms/{id}/start', project: 'required' },
  stopVM: { method: 'POST', path: '/api/v1/vms/{id}/stop', project: 'required' },
  createVMConsole: { method: 'POST', path: '/api/raffia/v1/vms/{id}/console' },
  attachVMIP: { method: 'POST', path: '/api/v1/vms/{id}/ip', body: true, project: 'required' },
  detachVMIP: { method: 'DELETE', path: '/api/v1/vms/{id}/ip/{nic_id}', project: 'required' },
  getVMMetrics: { method: 'GET', path: '/api/raffia/v1/vms/{id}/metrics', query: ['range'] },
  listVMProcessorHours: { method: 'GET', path: '/api/raffia/v1/vm-metrics', query: ['ids', 'project_id'], project: 'optional' },
  attachVMToVPC: { method: 'POST', path: '/api/v1/vms/{id}/vpc', body: true, project: 'required' },
  detachVMFromVPC: { method: 'DELETE', path: '/api/v1/vms/{id}/vpc/{nic_id}', project: 'required' },
  listVMInterfaces: { method: 'GET', path: '/api/raffia/v1/interfaces', query: ['ids', 'project_id'], project: 'optional' },
  listVMNetworks: { method: 'GET', path: '/api/v1/vms/{id}/networks', query: ['type'] },
  appendVMNote: { method: 'POST', path: '/api/v1/vms/{id}/notes/{type}/append', body: true, project: 'required' },
  getVMNotes: { method: 'GET', path: '/api/v1/vms/{id}/notes', query: ['type'] },
  updateVMNote: { method: 'PATCH', path: '/api/v1/vms/{id}/notes/{type}', body: true, project: 'required' },
  upsertVMNote: { method: 'PUT', path: '/api/v1/vms/{id}/notes/{type}', body: true, project: 'required' },
  attachVMSecurityGroup: { method: 'POST', path: '/api/v1/vms/{id}/security-groups', body: true, project: 'required' },
  detachVMSecurityGroup: { method: 'DELETE', path: '/api/v1/vms/{id}/security-groups/{sg_id}/{nic_id}', project: 'required' },
  addVMTag: { method: 'POST', path: '/api/v1/vms/{id}/tags', body: true, project: 'required' },
  removeVMTag: { method: 'DELETE', path: '/api/v1/vms/{id}/tags/{tagId}', project: 'required' },
  updateVMTag: { method: 'PATCH', path: '/api/v1/vms/{id}/tags/{tagId}', body: true, project: 'required' },
  createVM: { method: 'POST', path: '/api/v1/vms', body: true, project: 'required' },
  deleteVM: { method: 'DELETE', path: '/api/v1/vms/{id}', body: true, project: 'required' },
  deleteVMsBulk: { method: 'DELETE', path: '/api/v1/vms/bulk', body: true, project: 'required' },
  getVM: { method: 'GET', path: '/api/v1/vms/{id}' },
  listVMs: { method: 'GET', path: '/api/v1/vms', query: ['project_id', 'region', 'status', 'limit', 'offset'], project: 'optional' },
  listVMsByIds: { method: 'GET', path: '/api/raffia/v1/vms', query: ['ids', 'project_id'], project: 'optional' },
  attachVolume: { method: 'POST', path: '/api/v1/volumes/{id}/attach', body: true, project: 'required' },
  createVolume: { method: 'POST', path: '/api/v1/volumes', body: true, project: 'required' },
  deleteVolume: { method: 'DELETE', path: '/api/v1/volumes/{id}', project: 'required' },
  detachVolume: { method: 'POST', path: '/api/v1/volumes/{id}/detach', project: 'required' },
  getVolume: { method: 'GET', path: '/api/v1/volumes/{id}' },
  listVolumes: { method: 'GET', path: '/api/v1/volumes', query: ['vm_id', 'region', 'limit', 'offset'], project: 'optional' },
  resizeVolume: { method: 'PATCH', path: '/api/v1/volumes/{id}', body: true, project: 'required' },
  createVPC: { method: 'POST', path: '/api/v1/vpcs', body: true, project: 'required' },
  deleteVPC: { method: 'DELETE', path: '/api/v1/vpcs/{id}', project: 'required' },
  getVPC: { method: 'GET', path: '/api/v1/vpcs/{id}' },
  listVPCCIDRSuggestions: { method: 'GET', path: '/api/v1/vpcs/cidr-suggestions', project: 'optional' },
  listVPCs: { method: 'GET', path: '/api/v1/vpcs', query: ['limit', 'offset'], project: 'optional' },
  updateVPC: { method: 'PUT', path: '/api/v1/vpcs/{id}', body: true, project: 'required' },
} as const;

