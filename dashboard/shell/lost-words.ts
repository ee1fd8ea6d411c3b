import type { LostAccess } from '../api/lost-access.ts';
import { timeOfDay } from '../parts/times.ts';

/** What was taken away, and when. */
export function wasRemoved({ kind, name, at }: LostAccess): string {
  return `Your access to ${name ?? `this ${kind}`} was removed at ${timeOfDay(at)}`;
}

export function whomToAsk({ ownerEmail }: LostAccess): string {
  return `Ask ${ownerEmail ?? 'an Owner or Admin'} if you need it again.`;
}
