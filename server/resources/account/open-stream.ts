import type { streamEvents } from '@raffia/contract/account.ts';
import type { StreamCall } from '../../calls/route.ts';
import { openEventStream } from '../../changes/event-stream.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { quotaOf } from '../../quotas/usage.ts';

/** A page needs one, whatever it shows. */
const perCredential = 20;

/**
 * Tells what changes, to who may reach it, for as long as the caller's access stands. Where the server is about to stop, the stream ends at
 * once, as all others have: its client comes back to whoever serves then, which after an error a browser would not.
 *
 * @throws ApiError 429 where the key, the session or the account has too many open
 */
export async function openStream({ services, principal, request, reply }: StreamCall<typeof streamEvents>) {
  const { streams, streamPlaces, draining } = services;
  const limit = await quotaOf(services.db, principal.accountId, 'streams');
  const place = await streamPlaces.take(principal, { credential: perCredential, account: limit });
  if (place === 'credential') {
    const whose = principal.kind === 'key' ? 'key' : 'session';
    throw new ApiError('tooManyStreams', { whose, limit: perCredential }, { headers: { 'Retry-After': '5' } });
  }
  if (place === 'account') throw new ApiError('tooManyStreams', { whose: 'account', limit: limit as number });
  const { raw } = reply.hijack();
  if (raw.destroyed) return place.leave();
  raw.once('close', place.leave);
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
  });
  if (draining.isOn) return void raw.end();
  const lastId = request.headers['last-event-id'];
  openEventStream(streams, principal, raw, typeof lastId === 'string' ? lastId : undefined);
}
