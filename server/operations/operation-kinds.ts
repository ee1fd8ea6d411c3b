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
}

/** What a resize changed, kept for its undo. Micro-dollars; `charged` is negative where it was a credit. */
export interface PlanChange {
  from: { planId: number; cpu: number; ram: number; priceMonthMicros: number };
  charged: number;
}

export interface DiskChange {
  from: { storage: number; priceMonthMicros: number };
  charged: number;
}

export type OperationKind = keyof OperationInputs;
