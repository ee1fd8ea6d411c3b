import type { VMMetricPoint, VMMetrics } from '@raffia/client/client.ts';
import type { Unit } from '../../parts/series.ts';

/** Moments that lie apart alike; where nothing was measured there are no values. */
export type Moment = { readonly time: number } & { readonly [name in Measure]: number | null };

export const measures = ['cpu', 'memory', 'received', 'sent', 'read', 'written'] as const;
export type Measure = (typeof measures)[number];

/** Every moment of the span, also those for which the server has no point: a gap is one on the page. */
export function momentsOf({ from, to, every, points }: Pick<VMMetrics, 'from' | 'to' | 'every' | 'points'>): Moment[] {
  const step = every * 1000;
  const found = new Map(points.map((point) => [Date.parse(point.at), point]));
  const moments: Moment[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += step) {
    const point: Partial<VMMetricPoint> = found.get(time) ?? {};
    const values = Object.fromEntries(measures.map((name) => [name, point[name] ?? null]));
    moments.push({ time, ...(values as Record<Measure, number | null>) });
  }
  return moments;
}

export const gib = 1024 ** 3;
const thousands = ['', 'k', 'M', 'G', 'T'];

/** The unit in which the largest of the values has one to three digits before its point. */
export function unitFor(largest: number, word: 'bit/s' | 'B/s'): Unit {
  const steps = largest < 1 ? 0 : Math.min(thousands.length - 1, Math.floor(Math.log10(largest) / 3));
  return { word: `${thousands[steps]}${word}`, size: 1000 ** steps };
}
