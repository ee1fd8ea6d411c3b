import type { CostsByDay } from '@raffia/client/client.ts';

/**
 * What a month will have cost if nothing changes: what was spent until now, and its rest at what an hour costs now. Of costs since the
 * first of a month; undefined where their last day is over.
 *
 * @returns dollars, and the last day of the month: `2026-11-30`
 */
export function forecastOf({
  total,
  per_hour,
  counted_until,
}: Pick<CostsByDay, 'total' | 'per_hour' | 'counted_until'>): { amount: number; until: string } | undefined {
  if (per_hour === undefined) return undefined;
  const now = new Date(counted_until);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
  return {
    amount: Number(total) + (Number(per_hour) * (end - now.getTime())) / 3_600_000,
    until: new Date(end - 1).toISOString().slice(0, 10),
  };
}
