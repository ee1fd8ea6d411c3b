// Written by `npm run derive` from the routes.ts of each resource; not edited by hand.
import * as account from './account/routes.ts';
import * as apiKeys from './api-keys/routes.ts';
import * as backupSchedules from './backup-schedules/routes.ts';
import * as backups from './backups/routes.ts';
import * as catalog from './catalog/routes.ts';
import * as costs from './costs/routes.ts';
import * as health from './health/routes.ts';
import * as invitations from './invitations/routes.ts';
import * as ips from './ips/routes.ts';
import * as members from './members/routes.ts';
import * as operator from './operator/routes.ts';
import * as people from './people/routes.ts';
import * as projectMembers from './project-members/routes.ts';
import * as projects from './projects/routes.ts';
import * as roles from './roles/routes.ts';
import * as securityGroups from './security-groups/routes.ts';
import * as snapshots from './snapshots/routes.ts';
import * as sshKeys from './ssh-keys/routes.ts';
import * as vms from './vms/routes.ts';
import * as volumes from './volumes/routes.ts';
import * as vpcs from './vpcs/routes.ts';

export const allRoutes = [
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
  projectMembers,
  projects,
  roles,
  securityGroups,
  snapshots,
  sshKeys,
  vms,
  volumes,
  vpcs,
].flatMap((routes) => Object.values(routes).flat());
