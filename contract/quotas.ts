/** What an account may have only so much of. The server's table of them says how each is counted, and how much it is by default. */
export const quotaNames = [
  'vms',
  'vcpus',
  'ram',
  'images',
  'vpcs',
  'securityGroups',
  'volumes',
  'sshKeys',
  'apiKeys',
  'projects',
  'roles',
  'invitations',
  'noteBytes',
  'streams',
] as const;

export type QuotaName = (typeof quotaNames)[number];
