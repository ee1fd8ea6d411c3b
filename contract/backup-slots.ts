import { type BackupFrequency, parseTimeOfDay, type Weekday, weekdays } from './vm-rules.ts';

/** When a schedule takes backups: its times are UTC. */
export interface Slots {
  readonly type: BackupFrequency;
  /** A time of day as it was written. */
  readonly time: string;
  /** There where it is weekly. */
  readonly day_of_week: Weekday | null;
}

const dayMs = 86_400_000;
/** The first Monday after the beginning of time. */
const firstMonday = Date.UTC(1970, 0, 5);

/** From one time of a schedule to the next, in milliseconds: UTC has no longer and no shorter days. */
export const periodMs: Readonly<Record<BackupFrequency, number>> = { daily: dayMs, weekly: 7 * dayMs };

/**
 * The first time of a schedule after a moment.
 *
 * @param now milliseconds since 1970
 */
export function nextSlot({ type, time, day_of_week }: Slots, now: number): Date {
  const minutes = parseTimeOfDay(time);
  if (minutes === null) throw new Error(`no time of day: ${time}`);
  const days = type === 'daily' ? 0 : weekdays.indexOf(day_of_week as Weekday);
  const period = periodMs[type];
  const first = firstMonday + days * dayMs + minutes * 60_000;
  return new Date(first + (Math.floor((now - first) / period) + 1) * period);
}

/** A schedule as people say it, with its time as it was written: `Daily at 8am`, `Saturday 8am`. */
export function spokenSlots({ type, time, day_of_week }: Slots): string {
  return type === 'daily' ? `Daily at ${time}` : `${day_of_week} ${time}`;
}

/** The same read back; null where the text is not what is spoken of a schedule of that kind. */
export function readSlots(type: BackupFrequency, spoken: string): Slots | null {
  const [, day = '', time = ''] = (type === 'daily' ? /^(Daily) at (\S+)$/ : /^(\S+) (\S+)$/).exec(spoken) ?? [];
  if (parseTimeOfDay(time) === null) return null;
  if (type === 'daily') return { type, time, day_of_week: null };
  return weekdays.some((one) => one === day) ? { type, time, day_of_week: day as Weekday } : null;
}
