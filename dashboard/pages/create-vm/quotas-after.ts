import type { Account, VMPricingPlan } from '@raffia/client/client.ts';
import { countOf, type VmValues } from './values.ts';

/** What is asked for of a quota. */
export interface Asked {
  /** As a sentence has them: `vCPUs` */
  readonly things: string;
  readonly label: string;
  readonly more: number;
  readonly quota: { readonly used: number; readonly limit: number | null };
}

/** What the VMs take of the account's quotas. */
export function askedOf(
  quota: Account['quota'],
  values: Pick<VmValues, 'count' | 'volume' | 'hasNetwork' | 'network'>,
  plan: Pick<VMPricingPlan, 'vcpu' | 'memory_gib'> | undefined,
): Asked[] {
  const count = countOf(values);
  const { vcpu = 0, memory_gib = 0 } = plan ?? {};
  return [
    { things: 'VMs', label: 'VMs after this', more: count, quota: quota.vms },
    { things: 'vCPUs', label: 'vCPUs after this', more: vcpu * count, quota: quota.vcpus },
    { things: 'GB of memory', label: 'GB of memory after this', more: memory_gib * count, quota: quota.ram_gb },
    {
      things: 'volumes',
      label: 'Volumes after this',
      more: Number(values.volume) > 0 ? count : 0,
      quota: quota.volumes,
    },
    { things: 'networks', label: 'Networks after this', more: newNetworks(values, count), quota: quota.vpcs },
  ];
}

/** How many private networks are made: one for each VM, or one for all. */
function newNetworks({ hasNetwork, network }: Pick<VmValues, 'hasNetwork' | 'network'>, count: number): number {
  if (!hasNetwork) return 0;
  if (network === 'auto') return count;
  return network === 'new' ? 1 : 0;
}

/** What the account would have too much of, as sentences. */
export function quotaProblems(asked: readonly Omit<Asked, 'label'>[]): string[] {
  return asked.flatMap(({ things, more, quota: { used, limit } }) => {
    if (limit === null || more === 0 || used + more <= limit) return [];
    const left = Math.max(0, limit - used);
    const room = left === 0 ? `No more ${things} fit` : `Only ${left.toLocaleString('en')} more ${things} fit`;
    return [
      `${room} in this account's quota of ${limit.toLocaleString('en')}. Choose less, or ask your operator for more.`,
    ];
  });
}

/** Those that are worth a look: the VMs, and what comes near its limit. */
export function shownOf(asked: readonly Asked[]): readonly Asked[] {
  return asked.filter(
    ({ more, quota: { used, limit } }, at) => at === 0 || (limit !== null && more > 0 && used + more > limit * 0.8),
  );
}
