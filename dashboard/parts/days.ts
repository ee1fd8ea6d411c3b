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
