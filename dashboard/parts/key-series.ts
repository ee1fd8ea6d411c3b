import type { KeyHours, KeyUsage } from '@raffia/client/client.ts';
import type { Moment } from './series.ts';

/** Times over which the use of a key is looked at, and how many minutes each point of them is. */
export const keySpans = {
  '1h': { word: '1 h', minutes: 60, every: 1, each: 'a minute' },
  '6h': { word: '6 h', minutes: 360, every: 5, each: 'in 5 minutes' },
  '24h': { word: '24 h', minutes: 1440, every: 15, each: 'in 15 minutes' },
  '7d': { word: '7 d', minutes: 10_080, every: 120, each: 'in 2 hours' },
} as const;
export type KeySpan = keyof typeof keySpans;

/** The longest time is of the reader's days: the server has hours of it. */
export const keyDays = { word: '30 d', days: 30, each: 'a day', hours: 31 * 24 } as const;

const minuteMs = 60_000;

/** Points that lie apart alike: minutes are put together, and in minutes that nothing is told of there was nothing. */
export function keyMoments(
  { minutes, burst }: Pick<KeyUsage, 'minutes' | 'burst'>,
  span: KeySpan,
  now: number,
): Moment[] {
  const { every, minutes: all } = keySpans[span];
  const width = every * minuteMs;
  const count = all / every;
  // The server's clock may be ahead of the reader's.
  const end = Math.max(now, Date.parse(minutes.at(-1)?.minute ?? '') || 0);
  const first = (Math.floor(end / width) - count + 1) * width;
  const points = Array.from({ length: count }, (_, at) => ({
    time: first + at * width,
    requests: 0,
    refused: 0,
    denied: 0,
    left: burst,
  }));
  for (const { minute, requests, refused, denied, burst_used } of minutes) {
    const point = points[Math.floor((Date.parse(minute) - first) / width)];
    if (point === undefined) continue;
    point.requests += requests;
    point.refused += refused;
    point.denied += denied;
    // The least that was left is what one wants to know.
    point.left = Math.min(point.left, burst - burst_used);
  }
  return points;
}

/** A point for each of the last days of the reader's calendar, today's last: hours are put together. */
export function dayMoments({ hours }: KeyHours, now: number): Moment[] {
  const today = new Date(now);
  const points = Array.from({ length: keyDays.days }, (_, at) => ({
    time: new Date(today.getFullYear(), today.getMonth(), today.getDate() - keyDays.days + 1 + at).getTime(),
    requests: 0,
    refused: 0,
    denied: 0,
  }));
  for (const { hour, requests, refused, denied } of hours) {
    const began = Date.parse(hour);
    const point = points.findLast(({ time }) => time <= began);
    if (point === undefined) continue;
    point.requests += requests;
    point.refused += refused;
    point.denied += denied;
  }
  return points;
}

/** How many there were of each, in all. */
export function totalsOf(moments: readonly Moment[]): Readonly<Record<'requests' | 'refused' | 'denied', number>> {
  const sum = (name: string) => moments.reduce((total, moment) => total + (moment[name] ?? 0), 0);
  return { requests: sum('requests'), refused: sum('refused'), denied: sum('denied') };
}
