import type { VMProcessorHours } from '@raffia/client/client.ts';
import { figure } from './series.ts';

/** The hours of a machine's processors, as shares of what it has. */
export interface Hours {
  /** From the oldest to the one that is not over; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  readonly average: number;
  readonly busiest: number;
  /** Of the newest hour. */
  readonly last: number;
}

/** Undefined where nothing was measured. */
export function hoursOf({ from, to, every, cpu, points }: VMProcessorHours): Hours | undefined {
  if (points.length === 0) return undefined;
  const shares = new Map(points.map((point) => [Date.parse(point.at), point.cpu / cpu]));
  const values: (number | null)[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += every * 1000) values.push(shares.get(time) ?? null);
  const known = [...shares.values()];
  return {
    values,
    average: known.reduce((sum, share) => sum + share, 0) / known.length,
    busiest: Math.max(...known),
    last: known.at(-1) ?? 0,
  };
}

export const percent = (share: number): string => `${figure(100 * share)} %`;

/** What a sparkline shows, in words. */
export const hoursInWords = ({ average, busiest }: Hours): string =>
  `CPU ${percent(average)} on average in 24 h, ${percent(busiest)} in the busiest hour`;

/** Machines that use most of their processors in the last hour that was over, or in this one; of those that ran in neither, none. */
export function busiestOf(
  rows: readonly VMProcessorHours[],
  most: number,
): readonly { readonly id: string; readonly hours: Hours }[] {
  return rows
    .flatMap((row) => {
      const hours = hoursOf(row);
      const isNow = hours?.values.slice(-2).some((value) => value !== null);
      return hours !== undefined && isNow ? [{ id: row.vm_id, hours }] : [];
    })
    .sort((a, b) => b.hours.last - a.hours.last)
    .slice(0, most);
}
