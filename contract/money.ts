/** Money is counted in micro-dollars, as integers; these are the only places where it becomes something else. */
const microsPerDollar = 1_000_000;
const monthHours = 720;

/**
 * Reads a price such as `19.99`.
 *
 * @returns micro-dollars, or null where the text is no price with at most 6 decimals
 */
export function parsePrice(text: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * microsPerDollar + Number((match[2] ?? '').padEnd(6, '0'));
}

/** Micro-dollars as a number of dollars, for places where the contract has numbers. */
export function fromMicros(micros: number): number {
  return micros / microsPerDollar;
}

/** Dollars, as the contract has them in numbers, in micro-dollars. */
export function toMicros(dollars: number): number {
  return Math.round(dollars * microsPerDollar);
}

/** A month's price by the hour, in micro-dollars: a month has 720 hours (behaviour/api-conventions.md §7). */
export function hourlyMicros(monthMicros: number): number {
  return Math.round(monthMicros / monthHours);
}

/** A month's price by the hour as text with 6 decimals, such as `0.027764`. */
export function hourlyPrice(monthMicros: number): string {
  return fromMicros(hourlyMicros(monthMicros)).toFixed(6);
}
