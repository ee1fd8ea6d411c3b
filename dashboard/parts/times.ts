const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const hoursAndMinutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' });
const zoned = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' });
const seconds = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'longOffset',
});

/** A time as people say it: relative for a week, then the date. `4 min ago`, `in 6 days`, `12 Nov 2027`. */
export function relative(time: string, now = Date.now()): string {
  const ahead = Date.parse(time) - now;
  const away = Math.abs(ahead);
  if (away < 10_000) return 'just now';
  if (away >= 7 * day) return date.format(new Date(time));
  const said =
    away < minute
      ? `${Math.round(away / 1000)} s`
      : away < hour
        ? `${Math.round(away / minute)} min`
        : away < day
          ? `${Math.round(away / hour)} h`
          : `${Math.round(away / day)} ${Math.round(away / day) === 1 ? 'day' : 'days'}`;
  return ahead > 0 ? `in ${said}` : `${said} ago`;
}

/** How old something is, in the fewest letters: `12 d`, `8 mo`. */
export function age(time: string, now = Date.now()): string {
  const away = Math.max(0, now - Date.parse(time));
  if (away < minute) return 'now';
  if (away < hour) return `${Math.floor(away / minute)} min`;
  if (away < day) return `${Math.floor(away / hour)} h`;
  if (away < 60 * day) return `${Math.floor(away / day)} d`;
  if (away < 730 * day) return `${Math.floor(away / (30.44 * day))} mo`;
  return `${Math.floor(away / (365.25 * day))} y`;
}

/** `24 Nov 2026, 19:40:12 UTC+01:00`, or `UTC` alone */
export function exactTime(time: string): string {
  return seconds.format(new Date(time)).replace(/GMT(\+00:00)?/, 'UTC');
}

/** `30 November` */
export function shortDay(time: string): string {
  return dayAndMonth.format(new Date(time));
}

/** What has to be done by then: `30 November, 09:00 UTC`. */
export function deadline(time: string): string {
  const at = new Date(time);
  const zone = zoned.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${shortDay(time)}, ${hoursAndMinutes.format(at)} ${zone.replace(/^GMT(\+00:00)?/, 'UTC')}`;
}

/** `24 Nov 2026, 19:40` */
export function shortTime(time: string): string {
  return `${date.format(new Date(time))}, ${hoursAndMinutes.format(new Date(time))}`;
}

/** `14:02`, on the day on which it is read. */
export function timeOfDay(ms: number): string {
  return hoursAndMinutes.format(new Date(ms));
}

/** How long something took: `under 0.1 s`, `0.1 s`, `48 s`, `3 min 2 s`. */
export function duration(ms: number): string {
  if (ms < 50) return 'under 0.1 s';
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long something has been running, as a clock: `0:07`, `12:40`, `1:02:03`. */
export function clock(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const two = (number: number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours === 0 ? minutes : `${hours}:${two(minutes)}`}:${two(whole % 60)}`;
}
