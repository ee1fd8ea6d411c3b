import type { Scope } from './enums.ts';

interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  readonly category: string;
}

/** All 61 permissions in their documented order: 21 of the account, 40 of a project (behaviour/identity.md §4). */
export const permissionCatalogue = [
  {
    name: 'account.projects.view',
    description: 'View projects in the account',
    scope: 'account',
    category: 'projects',
  },
  { name: 'account.projects.create', description: 'Create new projects', scope: 'account', category: 'projects' },
  { name: 'account.projects.delete', description: 'Delete projects', scope: 'account', category: 'projects' },
  {
    name: 'account.projects.manage',
    description: 'Full project management access',
    scope: 'account',
    category: 'projects',
  },
  { name: 'account.members.view', description: 'View account members', scope: 'account', category: 'members' },
  { name: 'account.members.invite', description: 'Invite new members', scope: 'account', category: 'members' },
  { name: 'account.members.manage', description: 'Manage member roles', scope: 'account', category: 'members' },
  { name: 'account.members.remove', description: 'Remove members from account', scope: 'account', category: 'members' },
  { name: 'account.roles.view', description: 'View roles', scope: 'account', category: 'roles' },
  { name: 'account.roles.create', description: 'Create new roles', scope: 'account', category: 'roles' },
  { name: 'account.roles.manage', description: 'Modify role permissions', scope: 'account', category: 'roles' },
  { name: 'account.roles.delete', description: 'Delete roles', scope: 'account', category: 'roles' },
  { name: 'account.apikeys.view', description: 'View API keys', scope: 'account', category: 'apikeys' },
  { name: 'account.apikeys.create', description: 'Create API keys', scope: 'account', category: 'apikeys' },
  { name: 'account.apikeys.manage', description: 'Manage API key settings', scope: 'account', category: 'apikeys' },
  { name: 'account.apikeys.revoke', description: 'Revoke API keys', scope: 'account', category: 'apikeys' },
  { name: 'account.billing.view', description: 'View billing information', scope: 'account', category: 'billing' },
  { name: 'account.billing.manage', description: 'Manage billing and payments', scope: 'account', category: 'billing' },
  { name: 'account.settings.view', description: 'View account settings', scope: 'account', category: 'settings' },
  { name: 'account.settings.manage', description: 'Manage account settings', scope: 'account', category: 'settings' },
  {
    name: 'account.audit.view',
    description: 'View audit logs and security events',
    scope: 'account',
    category: 'audit',
  },
  { name: 'project.settings.view', description: 'View project settings', scope: 'project', category: 'project' },
  { name: 'project.settings.manage', description: 'Manage project settings', scope: 'project', category: 'project' },
  { name: 'project.members.view', description: 'View project members', scope: 'project', category: 'project_members' },
  {
    name: 'project.members.invite',
    description: 'Invite members to project',
    scope: 'project',
    category: 'project_members',
  },
  {
    name: 'project.members.manage',
    description: 'Manage project member roles',
    scope: 'project',
    category: 'project_members',
  },
  {
    name: 'project.members.remove',
    description: 'Remove members from project',
    scope: 'project',
    category: 'project_members',
  },
  { name: 'vm.view', description: 'View virtual machines', scope: 'project', category: 'vm' },
  { name: 'vm.create', description: 'Create virtual machines', scope: 'project', category: 'vm' },
  { name: 'vm.delete', description: 'Delete virtual machines', scope: 'project', category: 'vm' },
  { name: 'vm.power', description: 'Control VM power state', scope: 'project', category: 'vm' },
  { name: 'vm.manage', description: 'Manage VM settings', scope: 'project', category: 'vm' },
  { name: 'vm.console', description: 'Access VM console', scope: 'project', category: 'vm' },
  { name: 'vpc.view', description: 'View VPCs', scope: 'project', category: 'vpc' },
  { name: 'vpc.create', description: 'Create VPCs', scope: 'project', category: 'vpc' },
  { name: 'vpc.delete', description: 'Delete VPCs', scope: 'project', category: 'vpc' },
  { name: 'vpc.manage', description: 'Manage VPC settings and security groups', scope: 'project', category: 'vpc' },
  { name: 'volume.view', description: 'View volumes', scope: 'project', category: 'volume' },
  { name: 'volume.create', description: 'Create volumes', scope: 'project', category: 'volume' },
  { name: 'volume.delete', description: 'Delete volumes', scope: 'project', category: 'volume' },
  { name: 'volume.manage', description: 'Resize and edit volumes', scope: 'project', category: 'volume' },
  { name: 'volume.attach', description: 'Attach and detach volumes', scope: 'project', category: 'volume' },
  { name: 'snapshot.view', description: 'View snapshots', scope: 'project', category: 'snapshot' },
  { name: 'snapshot.create', description: 'Create snapshots', scope: 'project', category: 'snapshot' },
  { name: 'snapshot.delete', description: 'Delete snapshots', scope: 'project', category: 'snapshot' },
  { name: 'snapshot.manage', description: 'Rename snapshots', scope: 'project', category: 'snapshot' },
  { name: 'snapshot.restore', description: 'Restore from a snapshot', scope: 'project', category: 'snapshot' },
  { name: 'backup.view', description: 'View backups and schedules', scope: 'project', category: 'backup' },
  { name: 'backup.create', description: 'Create backups', scope: 'project', category: 'backup' },
  { name: 'backup.delete', description: 'Delete backups and series', scope: 'project', category: 'backup' },
  { name: 'backup.manage', description: 'Manage schedules and series', scope: 'project', category: 'backup' },
  { name: 'backup.restore', description: 'Restore from a backup', scope: 'project', category: 'backup' },
  { name: 'ip.view', description: 'View public IPs', scope: 'project', category: 'ip' },
  { name: 'ip.reserve', description: 'Reserve public IPs', scope: 'project', category: 'ip' },
  { name: 'ip.release', description: 'Release public IPs', scope: 'project', category: 'ip' },
  { name: 'ip.manage', description: 'Swap a reserved IP', scope: 'project', category: 'ip' },
  { name: 'ip.attach', description: 'Attach and detach public IPs', scope: 'project', category: 'ip' },
  { name: 'security_group.view', description: 'View firewall groups', scope: 'project', category: 'security_group' },
  {
    name: 'security_group.create',
    description: 'Create firewall groups',
    scope: 'project',
    category: 'security_group',
  },
  {
    name: 'security_group.delete',
    description: 'Delete firewall groups',
    scope: 'project',
    category: 'security_group',
  },
  {
    name: 'security_group.manage',
    description: 'Edit rules and attachments',
    scope: 'project',
    category: 'security_group',
  },
] as const satisfies readonly CatalogueEntry[];

export type Permission = (typeof permissionCatalogue)[number]['name'];

/** The names of a domain's permissions. */
export function permissionsOf(scope: Scope): Permission[] {
  return permissionCatalogue.filter((entry) => entry.scope === scope).map((entry) => entry.name);
}
