import type { VMProcessorHours } from '@raffia/client/client.ts';
import { figure } from './series.ts';

/** The hours of a machine's processors, as shares of what it has. */
export interface Hours {
  /** From the oldest to the one that is not over; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  readonly average: number;
  readonly busiest: number;
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
  };
}

export const percent = (share: number): string => `${figure(100 * share)} %`;

/** What a sparkline shows, in words. */
export const hoursInWords = ({ average, busiest }: Hours): string =>
  `CPU ${percent(average)} on average in 24 h, ${percent(busiest)} in the busiest hour`;
