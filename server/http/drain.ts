import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Services } from '../services.ts';
import { closeIdle } from './close-idle.ts';

/** How long new requests are still taken after the signal: whoever sends them here finds out from `/ready` and `Connection: close`. */
const warningMs = 1000;
/** So long nobody must have come before the warning is over sooner: between two requests of a busy client there is no connection. */
const quietMs = 250;
/** What has not been sent whole by then does not come any more. */
const halfSentMs = 2000;
/** The longest that an answer may take; longer than any lock is waited for. */
const answersMs = 10_000;

/**
 * Prepares a server for its end.
 *
 * @returns ends it: with a warning first where `warns`, then no new connections; running requests are answered, half-sent ones cut
 */
export function drainOf(app: FastifyInstance, services: Services): (warns: boolean) => Promise<void> {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async (warns) => {
    services.draining.isOn = true;
    app.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
      response.setHeader('connection', 'close');
    });
    for (const socket of sockets) {
      const response = responseOn(socket);
      if (response !== undefined && !response.headersSent) response.setHeader('connection', 'close');
    }
    services.streams.end();
    if (warns) await quiet(app, sockets, warningMs);
    await takeWhatCame(app);
    await closeIdle(app.server);
    const cutHalfSent = setTimeout(() => {
      for (const socket of sockets) if (!isBeingAnswered(socket)) socket.destroy();
    }, halfSentMs);
    const cutAll = setTimeout(() => app.server.closeAllConnections(), answersMs);
    try {
      await app.close();
    } finally {
      clearTimeout(cutHalfSent);
      clearTimeout(cutAll);
    }
  };
}

/** The response that Node is writing to a connection; it has no public name. */
function responseOn(socket: Socket): (ServerResponse & { req: IncomingMessage }) | undefined {
  return (socket as { _httpMessage?: (ServerResponse & { req: IncomingMessage }) | null })._httpMessage ?? undefined;
}

function isBeingAnswered(socket: Socket): boolean {
  return responseOn(socket)?.req.complete === true;
}

/** Turns until one brought no connection: there is one a turn, and those that were not taken when the door is closed are reset. */
async function takeWhatCame(app: FastifyInstance): Promise<void> {
  let hasCome = true;
  const came = () => {
    hasCome = true;
  };
  app.server.on('connection', came);
  for (const end = performance.now() + quietMs; hasCome && performance.now() < end; ) {
    hasCome = false;
    await setImmediate();
  }
  app.server.off('connection', came);
}

/** Waits until nobody has been connected for a while. */
async function quiet(app: FastifyInstance, sockets: Set<Socket>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  let last = performance.now();
  const came = () => {
    last = performance.now();
  };
  app.server.on('connection', came);
  while (performance.now() < Math.min(end, last + quietMs)) {
    if (sockets.size > 0) came();
    await new Promise((again) => setTimeout(again, 20));
  }
  app.server.off('connection', came);
}
