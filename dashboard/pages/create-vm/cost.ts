import type { VMPricingPlan } from '@raffia/client/client.ts';
import { freeBackups } from '@raffia/contract/vm-rules.ts';
import { hourlyOf, inDollars, sumOf } from '../../parts/price.ts';
import type { VmValues } from './values.ts';

/** One line for each thing that is counted, also where it costs nothing. */
export interface CostLine {
  readonly what: string;
  readonly why: string;
  /** Dollars a month, of all together. */
  readonly month: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  /** Dollars a month. */
  readonly month: number;
  /** Dollars an hour, as the server bills them: each thing for itself. */
  readonly hour: number;
}

export const families = { standard: 'Standard', premium: 'Premium' } as const;

const times = (count: number, what: string) => (count === 1 ? what : `${count} × ${what}`);

/**
 * What so many VMs cost.
 *
 * @param volumePrice dollars per GB and month; undefined where it is not known yet
 */
export function costOf(
  { volume, backups, hasPublic }: Pick<VmValues, 'volume' | 'backups' | 'hasPublic'>,
  count: number,
  plan: VMPricingPlan | undefined,
  volumePrice: number | undefined,
): Cost {
  const lines: CostLine[] = [];
  const parts: { month: number; hour: number }[] = [];
  const add = (what: string, why: string, one: number) => {
    const month = sumOf(Array.from({ length: count }, () => one));
    lines.push({ what, why, month });
    parts.push({ month, hour: sumOf(Array.from({ length: count }, () => hourlyOf(one))) });
  };
  if (plan !== undefined) {
    const { vcpu, memory_gib, ssd_gib, vm_type } = plan;
    const disk = `${families[vm_type]}, ${ssd_gib} GB disk${count === 1 ? '' : ' each'}`;
    add(times(count, `${vcpu} vCPU, ${memory_gib} GB`), disk, plan.monthly_price);
  }
  const size = Number(volume) || 0;
  if (size > 0 && volumePrice !== undefined) {
    add(times(count, `${size.toLocaleString('en')} GB volume`), `${inDollars(volumePrice)} per GB`, size * volumePrice);
  }
  if (backups !== 'none') {
    add(`${backups === 'daily' ? 'Daily' : 'Weekly'} backups, keep ${freeBackups}`, 'The newest three are free', 0);
  }
  if (hasPublic) add(count === 1 ? 'Public IPv4 address' : `${count} public IPv4 addresses`, 'Free while attached', 0);
  return {
    lines,
    month: sumOf(parts.map(({ month }) => month)),
    hour: sumOf(parts.map(({ hour }) => hour)),
  };
}

/** What an account has after so much is charged: credits go first. */
export function fundsAfter(
  due: number,
  { balance, credits = '0' }: { readonly balance?: string; readonly credits?: string },
): { readonly balance: number; readonly credits: number } | undefined {
  if (balance === undefined) return undefined;
  const used = Math.min(Number(credits), due);
  return { balance: sumOf([Number(balance), used, -due]), credits: sumOf([Number(credits), -used]) };
}
