import type { APIKey } from '@raffia/client/client.ts';
import { deadline, relative, shortDay } from './times.ts';

type Key = Pick<APIKey, 'is_active' | 'expires_at' | 'last_used_at' | 'created_at' | 'name'>;
export type KeyState = 'active' | 'suspended' | 'expired';

const day = 86_400_000;
/** How many days before its end a key is told about. */
export const soonDays = 14;
/** How many days without a request make one wonder whether a key is needed. */
export const unusedDays = 90;

export function keyState({ is_active, expires_at }: Pick<APIKey, 'is_active' | 'expires_at'>): KeyState {
  if (!is_active) return 'suspended';
  return expires_at !== undefined && Date.parse(expires_at) <= Date.now() ? 'expired' : 'active';
}

/** Whether a key that works ends within two weeks. */
export function expiresSoon(key: Key, now = Date.now()): boolean {
  const left = key.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at) - now;
  return key.is_active && left > 0 && left < soonDays * day;
}

/** Whether no program has used a key for so long; one that is younger than that is not blamed. */
export function isUnused({ last_used_at, created_at }: Key, now = Date.now()): boolean {
  const since = last_used_at ?? created_at;
  return since !== undefined && now - Date.parse(since) > unusedDays * day;
}

/** Keys that end within two weeks, the first to end first. */
export function aboutToExpire<One extends Key>(keys: readonly One[], now = Date.now()): One[] {
  return keys
    .filter((key) => expiresSoon(key, now))
    .sort((a, b) => Date.parse(a.expires_at ?? '') - Date.parse(b.expires_at ?? ''));
}

/** What is said of a key that is about to end: when, whether a program uses it, and what to do until when. */
export function expiryWords(
  { name, expires_at = '', last_used_at }: Key,
  now = Date.now(),
): { readonly title: string; readonly advice: string } {
  const isDays = Date.parse(expires_at) - now < 7 * day;
  const until = deadline(expires_at);
  return {
    title: `${name} expires ${isDays ? relative(expires_at, now) : `on ${shortDay(expires_at)}`}.`,
    advice:
      last_used_at === undefined
        ? `It was never used. Let it expire, or regenerate it before ${until}.`
        : `It was used ${relative(last_used_at, now)}. Regenerate it and update the program before ${until}.`,
  };
}
