import * as account from './account.ts';
import * as apiKeys from './api-keys.ts';
import * as catalog from './catalog.ts';
import * as health from './health.ts';
import * as invitations from './invitations.ts';
import * as members from './members.ts';
import type { Operation } from './operation.ts';
import * as people from './people.ts';
import * as permissions from './permissions.ts';
import * as projectMembers from './project-members.ts';
import * as projects from './projects.ts';
import * as roles from './roles.ts';
import * as securityGroups from './security-groups.ts';
import * as sshKeys from './ssh-keys.ts';
import * as vmActions from './vm-actions.ts';
import * as vmNetworks from './vm-networks.ts';
import * as vmNotes from './vm-notes.ts';
import * as vmTags from './vm-tags.ts';
import * as vms from './vms.ts';
import * as vpcs from './vpcs.ts';

const resources = [
  health,
  catalog,
  projects,
  vms,
  vmActions,
  vmTags,
  vmNotes,
  vmNetworks,
  vpcs,
  securityGroups,
  sshKeys,
  apiKeys,
  projectMembers,
  roles,
  permissions,
  members,
  invitations,
  people,
  account,
];

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'access' in value && 'answer' in value;
}

/** All operations of the API. */
export const operations: readonly Operation[] = resources.flatMap((resource) =>
  Object.values(resource).filter(isOperation),
);
