/** A day of the calendar where the reader is, as a date field has it: `2026-11-24`. */
export function localDay(time: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** When a day begins where the reader is, in ISO 8601; undefined where the text is no day. */
export function startOfDay(day: string): string | undefined {
  return beginning(day, 0);
}

/** When a day is over: the beginning of the next, which an hour more or less does not move. */
export function dayAfter(day: string): string | undefined {
  return beginning(day, 1);
}

function beginning(day: string, later: number): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  const time = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `24 Nov 2026`; empty where the text is no day. */
export function dayWord(day: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  return isDay(day) ? `${Number(date)} ${months[Number(month) - 1]} ${year}` : '';
}

/** `24 Nov`; empty where the text is no day. */
export function shortDayWord(day: string): string {
  return dayWord(day).slice(0, -5);
}

/** The day that somebody wrote, as `24 Nov 2026`, `24 November 2026` or `2026-11-24`; undefined where it is none. */
export function dayOf(text: string): string | undefined {
  const [, date = '', name = '', year] = /^(\d{1,2})\.? +([a-z]{3,9})\.?,? +(\d{4})$/i.exec(text.trim()) ?? [];
  const month = months.findIndex((one) => name.toLowerCase().startsWith(one.toLowerCase())) + 1;
  const day = year === undefined ? text.trim() : `${year}-${String(month).padStart(2, '0')}-${date.padStart(2, '0')}`;
  return isDay(day) ? day : undefined;
}

/** Whether the calendar has it. */
export function isDay(day: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined;
  return time !== undefined && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}
