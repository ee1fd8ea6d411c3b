import type { VMPricingPlan } from '@raffia/client/client.ts';

/** What a system, or a saved image, needs of a plan. */
export interface Needs {
  readonly is_windows: boolean;
  readonly cpu: number;
  readonly ram: number;
  readonly storage: number;
}

type Plan = Pick<VMPricingPlan, 'vcpu' | 'memory_gib' | 'ssd_gib' | 'vm_type'>;

/**
 * Why a system does not run on a plan; undefined where it does.
 *
 * @param disk GB of the disk, where that is not the plan's
 */
export function planRefusal(plan: Plan, needs: Needs, disk = plan.ssd_gib): string | undefined {
  if (needs.is_windows && plan.vm_type !== 'premium') return 'Windows needs a Premium plan';
  const lacking = [
    plan.vcpu < needs.cpu ? `${needs.cpu} vCPU` : '',
    plan.memory_gib < needs.ram ? `${needs.ram} GB memory` : '',
    disk < needs.storage ? `${needs.storage} GB disk` : '',
  ].filter((one) => one !== '');
  return lacking.length === 0 ? undefined : `Needs ${lacking.join(', ')}`;
}
