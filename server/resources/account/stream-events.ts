import type { streamEvents } from '@raffia/contract/account.ts';
import { hashApiKey } from '../../access/api-key.ts';
import { type Principal, reaches } from '../../access/principal.ts';
import type { Change } from '../../events.ts';
import type { StreamCall } from '../../http/route.ts';

const heartbeatMs = 15_000;
/** Changes within this time are told once: a machine on its way changes some ten times a second. */
const gatherMs = 100;
const perCaller = 20;
/** Who reads so slowly that more than this waits, in bytes, is let go: the page comes back and reads anew. */
const mostWaiting = 262_144;
const open = new Map<string, number>();

/**
 * Tells what changes, to who may reach it. The caller is looked at anew before anything is told and with every heartbeat: a stream
 * ends when its key or session does.
 */
export function openStream({ services, principal, request, reply }: StreamCall<typeof streamEvents>): void {
  const { raw } = reply.hijack();
  const count = (open.get(principal.id) ?? 0) + 1;
  if (count > perCaller) {
    raw.writeHead(429, { 'content-type': 'application/json', 'retry-after': '5' });
    raw.end(
      JSON.stringify({ error: 'Too many streams', message: `Not more than ${perCaller} streams at once; close one` }),
    );
    return;
  }
  open.set(principal.id, count);
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
    'x-request-id': request.id,
  });
  raw.write('retry: 2000\n: welcome\n\n');
  const gathered = new Map<string, Change>();
  let timer: NodeJS.Timeout | undefined;

  const current = async (): Promise<Principal | undefined> => {
    const key = request.headers['x-api-key'];
    if (typeof key === 'string' && key !== '') {
      const hash = hashApiKey(key);
      const found = services.principals.cached(hash) ?? (await services.principals.load(hash));
      return found?.isActive && found.expiresAt > services.clock.now() ? found : undefined;
    }
    const person = await services.people.personOf(request.headers.cookie);
    return person === undefined ? undefined : services.people.principalOf(person, principal.accountId);
  };
  const tell = async () => {
    timer = undefined;
    const now = await current().catch(() => undefined);
    if (raw.writableEnded) return;
    if (now === undefined) return raw.end();
    if (raw.writableLength > mostWaiting) return raw.destroy();
    const changes = [...gathered.values()];
    gathered.clear();
    for (const change of changes) {
      if (change.project_id !== undefined && !reaches(now, change.project_id)) continue;
      raw.write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
    }
    if (changes.length === 0) raw.write(': still here\n\n');
  };
  const leave = services.events.listen(principal.accountId, (change) => {
    gathered.set(`${change.resource} ${change.id}`, change);
    timer ??= setTimeout(tell, gatherMs);
  });
  const heartbeat = setInterval(tell, heartbeatMs);
  raw.on('close', () => {
    leave();
    clearInterval(heartbeat);
    clearTimeout(timer);
    const left = (open.get(principal.id) ?? 1) - 1;
    if (left === 0) open.delete(principal.id);
    else open.set(principal.id, left);
  });
  services.streams.add(raw);
  raw.on('close', () => services.streams.delete(raw));
}
