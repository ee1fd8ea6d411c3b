import type { WebSocket } from 'ws';
import type { Clock } from './clock.ts';

/** Ends a websocket over which nothing comes back any more: whoever has it open learns that it is gone. */
export function pingSocket(socket: WebSocket, clock: Clock, everyMs = 20_000): void {
  let answered = true;
  let cancel = () => {};
  socket.on('close', () => cancel());
  const next = () => {
    if (socket.readyState !== socket.OPEN) return;
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    cancel = clock.after(everyMs, next);
  };
  socket.on('pong', () => {
    answered = true;
  });
  next();
}
