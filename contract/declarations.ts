// Written by `npm run derive` from the files of contract/ that declare operations; not edited by hand.
import * as account from './account.ts';
import * as apiKeys from './api-keys.ts';
import * as backupSchedules from './backup-schedules.ts';
import * as backups from './backups.ts';
import * as catalog from './catalog.ts';
import * as costs from './costs.ts';
import * as health from './health.ts';
import * as invitations from './invitations.ts';
import * as ips from './ips.ts';
import * as members from './members.ts';
import * as operator from './operator.ts';
import * as people from './people.ts';
import * as permissions from './permissions.ts';
import * as projectMembers from './project-members.ts';
import * as projects from './projects.ts';
import * as roles from './roles.ts';
import * as securityGroups from './security-groups.ts';
import * as signIn from './sign-in.ts';
import * as snapshots from './snapshots.ts';
import * as sshKeys from './ssh-keys.ts';
import * as vmActions from './vm-actions.ts';
import * as vmConsole from './vm-console.ts';
import * as vmIps from './vm-ips.ts';
import * as vmMetrics from './vm-metrics.ts';
import * as vmNetworks from './vm-networks.ts';
import * as vmNotes from './vm-notes.ts';
import * as vmSecurityGroups from './vm-security-groups.ts';
import * as vmTags from './vm-tags.ts';
import * as vms from './vms.ts';
import * as volumes from './volumes.ts';
import * as vpcs from './vpcs.ts';

export const declarations = [
  account,
  apiKeys,
  backupSchedules,
  backups,
  catalog,
  costs,
  health,
  invitations,
  ips,
  members,
  operator,
  people,
  permissions,
  projectMembers,
  projects,
  roles,
  securityGroups,
  signIn,
  snapshots,
  sshKeys,
  vmActions,
  vmConsole,
  vmIps,
  vmMetrics,
  vmNetworks,
  vmNotes,
  vmSecurityGroups,
  vmTags,
  vms,
  volumes,
  vpcs,
];
