import type { Scope } from '@raffia/contract/enums.ts';
import { permissionCatalogue } from '@raffia/contract/permission-catalogue.ts';

type Entry = (typeof permissionCatalogue)[number];

export interface PermissionGroup {
  readonly category: string;
  /** What it is called: `API keys`. */
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Words that are no plain words. */
const spelled: Readonly<Record<string, string>> = {
  apikeys: 'API keys',
  audit: 'Audit log',
  backup: 'Backups',
  ip: 'Public IPs',
  project: 'Project settings',
  security_group: 'Firewall groups',
  snapshot: 'Snapshots',
  vm: 'VMs',
  volume: 'Volumes',
  vpc: 'VPCs',
};

export function titleOf(category: string): string {
  const words = category.replaceAll('_', ' ');
  return spelled[category] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

export function permissionsIn(scope: Scope): string[] {
  return permissionCatalogue.filter((entry) => entry.scope === scope).map(({ name }) => name);
}

/** The permissions of a scope by category, as far as their name, description or category has the text. */
export function permissionGroups(scope: Scope, text = ''): PermissionGroup[] {
  const sought = text.trim().toLowerCase();
  const groups = new Map<string, Entry[]>();
  for (const entry of permissionCatalogue) {
    if (entry.scope !== scope) continue;
    const words = `${entry.name} ${entry.description} ${titleOf(entry.category)}`.toLowerCase();
    if (words.includes(sought)) groups.set(entry.category, [...(groups.get(entry.category) ?? []), entry]);
  }
  return [...groups].map(([category, entries]) => ({ category, title: titleOf(category), entries }));
}
