import { tiers } from '@raffia/contract/tiers.ts';
import type { Tier } from '../access/rate-limiter.ts';
import type { Company } from './company.ts';

/** What a node may admit by itself, of so many: one at least, where there are any. */
export const shareOf = (count: number, nodes: number): number =>
  Math.min(count, Math.max(1, Math.floor(count / nodes)));

/** What is left for the nodes with Redis, where others admit their share without. */
export const restOf = (count: number, { live, cutOff }: Pick<Company, 'live' | 'cutOff'>): number =>
  Math.min(count, Math.max(1, count - cutOff * shareOf(count, live)));

/** The share of a tier's rate. */
export function shareOfTier(tier: Tier, nodes: number): { perSecond: number; burst: number } {
  const { perSecond, burst } = tiers[tier];
  return { perSecond: shareOf(perSecond, nodes), burst: Math.floor(burst / nodes) };
}

/** The rest of a tier's rate: a second's, and the burst. */
export function restOfTier(tier: Tier, company: Pick<Company, 'live' | 'cutOff'>): [string, string] {
  const { perSecond, burst } = tiers[tier];
  const burstShares = company.cutOff * shareOfTier(tier, company.live).burst;
  return [String(restOf(perSecond, company)), String(Math.max(0, burst - burstShares))];
}
