import type { Server } from 'node:http';
import { setImmediate } from 'node:timers/promises';

/**
 * Closes connections on which no request runs, right after a turn that read what had come: one that is closed with a request unread
 * loses it.
 */
export async function closeIdle(server: Pick<Server, 'closeIdleConnections'>): Promise<void> {
  await setImmediate();
  server.closeIdleConnections();
}
