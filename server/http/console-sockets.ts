import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { consolePath, longestMessage } from '@raffia/contract/console-socket.ts';
import type { FastifyInstance } from 'fastify';
import type { WebSocketServer } from 'ws';
import { ApiError } from '../foundation/api-error.ts';
import { http } from '../foundation/http.ts';
import type { Consoles } from '../resources/vms/consoles.ts';
import type { Services } from '../services.ts';
import { limitVisits } from './limit-visits.ts';
import { checkOrigin } from './same-origin.ts';

/** Which requests become websockets; all others are answered as they are, whatever else they would upgrade to. */
export function isConsole({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?', 1)[0] === consolePath;
}

/**
 * Serves the websockets of consoles. Who comes is limited by its address, and comes from our own pages or from no page; a ticket, which is
 * the first that it says, admits it, and no cookie does.
 */
export function serveConsoles(app: FastifyInstance, services: Services, consoles: Consoles): void {
  // Loaded when the first console is opened.
  let made: Promise<WebSocketServer> | undefined;
  const loaded = async () => {
    const { WebSocketServer } = await import('ws');
    return new WebSocketServer({ noServer: true, maxPayload: longestMessage, perMessageDeflate: false });
  };
  const upgrades = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>();
  app.get(consolePath, {
    exposeHeadRoute: false,
    onRequest: [
      limitVisits(services),
      (request, _reply, done) => {
        checkOrigin(services, request);
        done();
      },
    ],
    handler: async (request, reply) => {
      const upgrade = upgrades.get(request.raw);
      if (upgrade === undefined) throw new ApiError('notAWebSocket');
      made ??= loaded();
      const sockets = await made;
      const { raw } = reply.hijack();
      raw.detachSocket(raw.socket as NonNullable<typeof raw.socket>);
      sockets.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => {
        void consoles.admit(socket, { address: request.ip, requestId: request.id });
      });
    },
  });
  // Refusals are answers like all others, over the connection that would have been the websocket's.
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades.set(request, { socket, head });
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as NonNullable<typeof response.socket>);
    response.on('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    app.routing(request, response);
  });
}
