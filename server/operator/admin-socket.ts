import { chmodSync, rmSync } from 'node:fs';
import { http } from '../foundation/http.ts';
import { forgetFolder, makeAdminSocketPath } from './admin-socket-path.ts';
import type { OperatorContext } from './operator-command.ts';
import { runOperatorCommand } from './operator-commands.ts';

/**
 * Listens for `raffia operator` on a socket that only this user can open: the operator speaks to the running server, never to the
 * database behind its back.
 *
 * @returns what stops it
 */
export async function startAdminSocket(context: OperatorContext): Promise<() => Promise<void>> {
  const { dataDirectory } = context.services.configuration;
  const path = makeAdminSocketPath(dataDirectory);
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    try {
      const output = await runOperatorCommand(context, JSON.parse(text) as string[]);
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(output);
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end((error as Error).message);
    }
  });
  rmSync(path, { force: true });
  const umask = process.umask(0o177);
  await new Promise<void>((listening, reject) => {
    server.once('error', reject);
    server.listen(path, listening);
  }).finally(() => process.umask(umask));
  chmodSync(path, 0o600);
  return () =>
    new Promise((closed) => {
      server.close(() => {
        forgetFolder(dataDirectory);
        closed();
      });
      server.closeAllConnections();
    });
}
