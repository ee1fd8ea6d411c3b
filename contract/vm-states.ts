import { stateTable } from './state-table.ts';

export const vmStatuses = [
  'active',
  'passive',
  'provisioning',
  'booting',
  'initiating',
  'finalizing',
  'failure',
] as const;
export type VmStatus = (typeof vmStatuses)[number];

/**
 * Which action may begin in which status (behaviour/compute.md §3): one table for the server and for every button. Starting what
 * runs, or stopping what is stopped, is a success that changes nothing.
 */
export const vmActions = stateTable(vmStatuses, {
  start: { run: ['passive'], noop: ['active'] },
  stop: { run: ['active'], noop: ['passive', 'finalizing'] },
  reboot: { run: ['active'] },
  hardReboot: { run: ['active'] },
  console: { run: ['active'] },
  resetPassword: { run: ['active', 'passive'] },
  reinstall: { run: ['active', 'passive'] },
  factoryReset: { run: ['active', 'passive'] },
  resize: { run: ['passive'] },
  resizeDisk: { run: ['passive'] },
  saveImage: { run: ['active', 'passive'] },
  attachVpc: { run: ['active', 'passive'] },
  detachVpc: { run: ['active', 'passive'] },
  // Also of one that is being made, so that it never runs without its rules; one that failed has no interface to put them on.
  attachSecurityGroup: { run: ['active', 'passive', 'provisioning', 'booting', 'initiating', 'finalizing'] },
  detachSecurityGroup: { run: 'always' },
  // One that is about to run is waited for: clients ask for what belongs to a VM as soon as it is accepted.
  snapshot: { run: ['active', 'initiating', 'provisioning', 'booting'] },
  restore: { run: ['passive'] },
  // One that is being set up is waited for, as with a snapshot; a stopped one has a disk as well.
  backup: { run: ['active', 'passive', 'initiating', 'provisioning', 'booting', 'finalizing'] },
  attachVolume: { run: ['active', 'passive'] },
  detachVolume: { run: ['active', 'passive'] },
  // It is attached when the work that is under way has ended: clients create both at once.
  attachNewVolume: { run: ['active', 'passive', 'provisioning', 'booting', 'initiating', 'finalizing'] },
  attachIp: { run: ['active', 'passive'] },
  detachIp: { run: ['active', 'passive'] },
  rename: { run: 'always' },
  tag: { run: 'always' },
  note: { run: 'always' },
  delete: { run: 'always' },
});

export type VmAction = (typeof vmActions.actions)[number];

/** The statuses that an action passes through, in order, from the moment it is accepted. */
export const vmFlows = {
  create: ['initiating', 'provisioning', 'booting', 'active'],
  start: ['booting', 'active'],
  stop: ['finalizing', 'passive'],
  reboot: ['booting', 'active'],
  hardReboot: ['booting', 'active'],
  reinstall: ['provisioning', 'booting', 'active'],
  factoryReset: ['provisioning', 'booting', 'active'],
  snapshot: ['provisioning', 'active'],
  backup: ['provisioning', 'active'],
} as const satisfies Record<string, readonly VmStatus[]>;
