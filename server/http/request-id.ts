import { randomBytes } from 'node:crypto';

/** Makes request ids: a random start per process, then a count. Unique, short, and cheap enough for every request. */
export function requestIds(): () => string {
  const start = randomBytes(6).toString('hex');
  let count = 0;
  return () => `req_${start}${(count++).toString(36).padStart(6, '0')}`;
}
