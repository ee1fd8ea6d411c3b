import type { KindOfWork, resources } from '@raffia/contract/resources.ts';

/** The kinds of durable work, each with what it is told. Passwords are never in here: they travel sealed. */
export interface OperationInputs {
  'vm.create': Record<never, never>;
  'vm.start': Record<never, never>;
  'vm.stop': Record<never, never>;
  'vm.reboot': Record<never, never>;
  'vm.reboot-hard': Record<never, never>;
  'vm.reset-password': { wasActive: boolean };
  'vm.reinstall': Record<never, never>;
  'vm.factory-reset': Record<never, never>;
  'vm.resize': PlanChange;
  'vm.disk-resize': DiskChange;
  'vm.save-image': { imageId: string };
  'vm.delete': Record<never, never>;
  'image.delete': Record<never, never>;
  'cloud.tidy': Record<never, never>;
}

/**
 * A change of a machine's size, and the term's change that goes with it; null where nothing is billed. What grows counts from its
 * acceptance on and is given back where it fails; what shrinks frees its room when it is done, which older versions did at once.
 */
export interface PlanChange {
  from: { planId: number; cpu: number; ram: number; priceMonthMicros: number };
  to?: { cpu: number; ram: number };
  change: string | null;
}

export interface DiskChange {
  from: { storage: number; priceMonthMicros: number };
  change: string | null;
}

export type OperationKind = keyof OperationInputs;

/** Work that the cloud does for itself: no account's. */
export type CloudKind = Extract<OperationKind, `cloud.${string}`>;

/** What such work is about, and the queue that it is done in. */
export const cloudId = '00000000-0000-0000-0000-000000000000';

/** All other work: an account's, on a resource of its own. */
export type AccountKind = OfResources<Exclude<OperationKind, CloudKind>>;

/** Each begins with the noun of a kind of resource that `hasWork` in contract/resources.ts. */
type OfResources<Kind extends `${(typeof resources)[KindOfWork]['noun']}.${string}`> = Kind;
