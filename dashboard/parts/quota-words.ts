import type { AccountForOperator } from '@raffia/client/client.ts';

/** What is counted by each quota: the map is total, so a new one cannot be forgotten. */
const words: Readonly<Record<AccountForOperator['quotas'][number]['name'], string>> = {
  projects: 'Projects',
  vms: 'VMs',
  vpcs: 'VPCs',
  reserved_ips: 'Reserved public IPs',
  security_groups: 'Firewall groups',
  volumes: 'Volumes',
  images: 'Images',
  snapshots: 'Snapshots',
  backups: 'Backups',
  backup_schedules: 'Backup schedules',
  ssh_keys: 'SSH keys',
  api_keys: 'API keys',
  roles: 'Custom roles',
  invitations: 'Open invitations',
  vcpus: 'vCPUs',
  ram_gb: 'RAM, GB',
  gateways: 'VPC gateways',
  note_bytes: 'Notes, bytes',
  streams: 'Open event streams',
  consoles: 'Open consoles',
};

export const quotaWord = (name: keyof typeof words) => words[name];
