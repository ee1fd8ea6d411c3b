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

/** What becomes of an action: it runs, there is nothing to do, or the status forbids it. */
export type Ruling = 'run' | 'noop' | 'refuse';

const everywhere = rulings(vmStatuses);

/**
 * Which action may begin in which status (behaviour/compute.md §3): one table for the server and for every button. Starting what
 * runs, or stopping what is stopped, is a success that changes nothing.
 */
export const vmActions = {
  start: rulings(['passive'], ['active']),
  stop: rulings(['active'], ['passive', 'finalizing']),
  reboot: rulings(['active']),
  hardReboot: rulings(['active']),
  resetPassword: rulings(['active', 'passive']),
  reinstall: rulings(['active', 'passive']),
  factoryReset: rulings(['active', 'passive']),
  resize: rulings(['passive']),
  resizeDisk: rulings(['passive']),
  saveImage: rulings(['active', 'passive']),
  rename: everywhere,
  tag: everywhere,
  note: everywhere,
  delete: everywhere,
} as const satisfies Record<string, Record<VmStatus, Ruling>>;

export type VmAction = keyof typeof vmActions;

/** The statuses that an action passes through, in order, from the moment it is accepted. */
export const vmFlows = {
  create: ['initiating', 'provisioning', 'booting', 'active'],
  start: ['booting', 'active'],
  stop: ['finalizing', 'passive'],
  reboot: ['booting', 'active'],
  hardReboot: ['booting', 'active'],
  reinstall: ['provisioning', 'booting', 'active'],
  factoryReset: ['provisioning', 'booting', 'active'],
} as const satisfies Record<string, readonly VmStatus[]>;

function rulings(run: readonly VmStatus[], noop: readonly VmStatus[] = []): Record<VmStatus, Ruling> {
  const ruling = (status: VmStatus): Ruling =>
    run.includes(status) ? 'run' : noop.includes(status) ? 'noop' : 'refuse';
  return Object.fromEntries(vmStatuses.map((status) => [status, ruling(status)])) as Record<VmStatus, Ruling>;
}
