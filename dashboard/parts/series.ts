/** Moments that lie apart alike, with the values of some lines; where nothing is known there is none. */
export type Moment = { readonly time: number } & Readonly<Record<string, number | null>>;

/** How a kind of value is drawn and said: what one on the axis is, and its word. */
export interface Unit {
  readonly word: string;
  readonly size: number;
  /** Of things that are counted there are no parts: neither on an axis nor in a table. */
  readonly isCounted?: boolean;
}

/** Where the value axis has its marks: none between two things that are counted. */
export function ticksOf(ceiling: number, { isCounted = false }: Unit): number[] {
  return [0, ceiling / 2, ceiling].filter((value) => !isCounted || Number.isInteger(value));
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const measured = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A value in a column of a table, with as many decimals in every line, so that figures stand one under the other. */
export function cellOf(value: number | null, { size, isCounted = false }: Unit): string {
  return value === null ? '–' : (isCounted ? whole : measured).format(value / size);
}

/** With as many decimals as one can tell apart: `0.42`, `5.3`, `38`. */
export function figure(value: number): string {
  const digits = value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

export interface Summary {
  readonly last: number | null;
  readonly average: number;
  readonly peak: number;
  readonly peakAt: number;
}

/** Of one line; undefined where it has no value. `last` is that of the newest moments, for what is older is not what there is now. */
export function summaryOf(moments: readonly Moment[], name: string): Summary | undefined {
  let sum = 0;
  let count = 0;
  let peak = -1;
  let peakAt = 0;
  for (const { time, [name]: value = null } of moments) {
    if (value === null) continue;
    sum += value;
    count++;
    if (value > peak) {
      peak = value;
      peakAt = time;
    }
  }
  if (count === 0) return undefined;
  const last = moments.slice(-3).findLast((moment) => typeof moment[name] === 'number')?.[name] ?? null;
  return { last, average: sum / count, peak, peakAt };
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** How far marks of the time axis may lie apart. */
const spacings = [5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour];

/**
 * Where the time axis has its marks: at full hours and days of the reader's clock, and at most so many.
 *
 * @param offset minutes by which that clock is behind UTC, as Date says it
 */
export function marksOf(from: number, to: number, most: number, offset = new Date(to).getTimezoneOffset()): number[] {
  const wanted = (to - from) / Math.max(1, most);
  const spacing = spacings.find((one) => one >= wanted) ?? Math.ceil(wanted / day) * day;
  const shift = offset * minute;
  const first = Math.ceil((from - shift) / spacing) * spacing + shift;
  const marks: number[] = [];
  for (let time = first; time <= to; time += spacing) marks.push(time);
  return marks;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** A mark of an axis of so many seconds. */
export const markWord = (time: number, seconds: number): string => (seconds > 86_400 ? dayOf : clock).format(time);

/** A whole day. */
export const dayWord = (time: number): string => dayOf.format(time);

/** A moment of one: with its day where it may be another's. */
export const momentWord = (time: number, seconds: number): string =>
  seconds > 21_600 ? `${dayOf.format(time)}, ${clock.format(time)}` : clock.format(time);
