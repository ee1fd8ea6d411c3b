import type { BackupSchedule } from '@raffia/client/client.ts';
import { nextSlot, readSlots, type Slots } from '@raffia/contract/backup-slots.ts';
import { type BackupFrequency, parseTimeOfDay } from '@raffia/contract/vm-rules.ts';
import { plural } from './plural.ts';

/** When a schedule takes backups, as the server says it; null where that can't be read. */
export function slotsOf({ type, runtime = '' }: Pick<BackupSchedule, 'type' | 'runtime'>): Slots | null {
  return readSlots(type, runtime);
}

/** `08:00`, however it was written. */
export function clockOf(time: string): string {
  const minutes = parseTimeOfDay(time) ?? 0;
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `Daily at 02:00 UTC`, `Saturdays at 02:00 UTC` */
export function rhythmOf({ type, time, day_of_week }: Slots): string {
  return `${type === 'daily' ? 'Daily' : `${day_of_week}s`} at ${clockOf(time)} UTC`;
}

/** The same within a sentence: `daily at 02:00 UTC`, `on Saturdays at 02:00 UTC` */
export function whenOf({ type, time, day_of_week }: Slots): string {
  return `${type === 'daily' ? 'daily' : `on ${day_of_week}s`} at ${clockOf(time)} UTC`;
}

/** How far back the kept backups reach: `7 newest, 7 days back` */
export function keepsOf(type: BackupFrequency, count: number): string {
  const reach = plural(count, type === 'daily' ? 'day' : 'week');
  return `${count === 1 ? 'The newest' : `${count.toLocaleString('en')} newest`}, ${reach} back`;
}

/**
 * A schedule's next time where the reader is: `03:00`, with the day where it is weekly, or another one there.
 *
 * @param zone the reader's own where nothing is said
 * @returns undefined where clocks there show UTC
 */
export function localTimeOf(slots: Slots, now = Date.now(), zone?: string): string | undefined {
  const next = nextSlot(slots, now);
  const shown = (timeZone: string | undefined) =>
    new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      ...(slots.type === 'weekly' ? { weekday: 'long' } : {}),
      ...(timeZone === undefined ? {} : { timeZone }),
    }).format(next);
  const local = shown(zone);
  return local === shown('UTC') ? undefined : local;
}

/** When it runs next, in ISO 8601. */
export function nextRunOf(slots: Slots, now = Date.now()): string {
  return nextSlot(slots, now).toISOString();
}
