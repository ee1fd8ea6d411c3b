import type { QuotaName } from '@raffia/contract/quotas.ts';

interface Quota {
  /** The operator's option, the setting and the name in the account's answer. */
  readonly option: string;
  readonly setting: string;
  readonly env: string;
  readonly answer: string;
  /** How much an account may have where nobody says otherwise; null: as much as it wants. */
  readonly fallback: number | null;
  /** What is counted, as it stands in sentences. */
  readonly things: string;
  /** What a refusal begins with, where it is not that they are too many. */
  readonly exceeded?: string;
  /**
   * SQL of the rows that count, with `account_id` and `amount`: what the counters are verified against. The triggers that keep the
   * counters follow the same rule (migration 0006). Null: no rows; whoever holds them knows.
   */
  readonly counted: string | null;
}

const rowsOf = (table: string, where = 'true') => `select account_id, 1 as amount from ${table} where ${where}`;
/** A machine that failed holds nothing on a host any more, and can only be deleted: it uses no quota. */
const living = "deleted_at is null and status <> 'failure'";

/** Everything that an account may have only so much of: one rule for each, wherever it is counted, shown or refused. */
export const quotas: Readonly<Record<QuotaName, Quota>> = {
  vms: {
    ...named('vms', 'vms'),
    fallback: 30,
    things: 'VMs',
    counted: rowsOf('vms', living),
  },
  vcpus: {
    ...named('vcpus', 'vcpus'),
    fallback: null,
    things: 'vCPUs of its VMs',
    exceeded: 'vCPU quota exceeded',
    counted: `select account_id, cpu as amount from vms where ${living}`,
  },
  ram: {
    ...named('ram', 'ram'),
    answer: 'ram_gb',
    fallback: null,
    things: 'GB of RAM of its VMs',
    exceeded: 'RAM quota exceeded',
    counted: `select account_id, ram as amount from vms where ${living}`,
  },
  images: {
    ...named('images', 'images'),
    fallback: 50,
    things: 'saved images',
    counted: rowsOf('images'),
  },
  vpcs: {
    ...named('vpcs', 'vpcs'),
    fallback: 10_000,
    things: 'VPCs',
    counted: rowsOf('vpcs', 'deleted_at is null'),
  },
  securityGroups: {
    ...named('security-groups', 'securityGroups'),
    fallback: 500,
    things: 'security groups',
    counted: rowsOf('security_groups'),
  },
  volumes: {
    ...named('volumes', 'volumes'),
    fallback: 10_000,
    things: 'volumes',
    counted: rowsOf('volumes'),
  },
  sshKeys: {
    ...named('ssh-keys', 'sshKeys'),
    fallback: 500,
    things: 'SSH keys',
    counted: rowsOf('ssh_keys'),
  },
  apiKeys: {
    ...named('api-keys', 'apiKeys'),
    fallback: 1000,
    things: 'API keys',
    counted: rowsOf('api_keys'),
  },
  projects: {
    ...named('projects', 'projects'),
    fallback: 500,
    things: 'projects',
    counted: rowsOf('projects'),
  },
  roles: {
    ...named('roles', 'roles'),
    fallback: 200,
    things: 'roles of its own',
    counted: rowsOf('roles', 'account_id is not null'),
  },
  invitations: {
    ...named('invitations', 'invitations'),
    fallback: 100,
    things: 'invitations that wait',
    counted: rowsOf('invitations'),
  },
  noteBytes: {
    ...named('note-bytes', 'noteBytes'),
    fallback: 16 * 1024 * 1024,
    things: 'bytes of notes',
    counted: 'select account_id, octet_length(content) as amount from vm_notes',
  },
  streams: {
    ...named('streams', 'streams'),
    fallback: 200,
    things: 'streams of changes open at once',
    counted: null,
  },
};

function named(option: string, setting: string) {
  const words = option.replaceAll('-', '_');
  return { option, setting: `quota.${setting}`, env: `RAFFIA_QUOTA_${words.toUpperCase()}`, answer: words };
}
