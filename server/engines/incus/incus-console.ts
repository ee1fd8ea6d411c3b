import { createWebSocketStream, type WebSocket } from 'ws';
import type { Clock } from '../../foundation/clock.ts';
import { pingSocket } from '../../foundation/ping-socket.ts';
import { EngineError, type MachineConsole, type TerminalSize } from '../engine.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { IncusError, isRefusal } from './incus-error.ts';

/** Root's own shell of the guest, as a login shell; one that is not there is /bin/sh. Every guest's sh runs this. */
const loginShell = `cd; its=/bin/sh
while IFS=: read -r name _ _ _ _ _ shell; do [ "$name" = root ] && { its=$shell; break; }; done </etc/passwd
[ -x "$its" ] || its=/bin/sh
exec "$its" -l`;

const environment = { TERM: 'xterm-256color', HOME: '/root', USER: 'root', LANG: 'C.UTF-8' };

/**
 * Opens a console of an instance: a shell of root in a container; of a virtual machine its serial line, since a shell would need the agent
 * in its guest.
 *
 * @throws IncusError
 * @throws EngineError where it does not run
 */
export async function openIncusConsole(
  api: IncusApi,
  { name, type }: Pick<IncusInstance, 'name' | 'type'>,
  { columns: width, rows: height }: TerminalSize,
  clock: Clock,
): Promise<MachineConsole> {
  const path = `/1.0/instances/${name}`;
  const begun =
    type === 'container'
      ? api.attach(`${path}/exec`, {
          command: ['/bin/sh', '-c', loginShell],
          environment,
          interactive: true,
          'wait-for-websocket': true,
          width,
          height,
          user: 0,
          group: 0,
        })
      : api.attach(`${path}/console`, { type: 'console', width, height });
  const attach = await begun.catch((error) => {
    if (isRefusal(error, 'is-stopped')) throw new EngineError('The VM is not running', { cause: error });
    throw error;
  });
  // The operation begins when both are there.
  const control = attach('control');
  const data = attach('0');
  // Its size is all that is lost with it, and what it ends with ends the data as well.
  control.on('error', () => data.terminate());
  data.on('close', () => control.terminate());
  const stream = createWebSocketStream(data);
  data.on('message', (content: Buffer, isBinary) => {
    // So the engine says that the shell has ended, and waits until its client goes.
    if (!isBinary && content.length === 0) data.close();
  });
  try {
    await Promise.all([opened(control), opened(data)]);
  } catch (cause) {
    stream.on('error', () => {});
    stream.destroy();
    control.terminate();
    throw new IncusError(`the console of ${name} could not be attached`, { refusal: 'unreachable', cause });
  }
  pingSocket(data, clock);
  return {
    stream,
    resize: ({ columns, rows }) => {
      if (control.readyState !== control.OPEN) return;
      const args = { width: String(columns), height: String(rows) };
      control.send(JSON.stringify({ command: 'window-resize', args }));
    },
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((done, reject) => {
    socket.once('open', () => done());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before it was open')));
  });
}
