import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Surroundings } from './request.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The virtual time at which it came. */
  readonly at: number;
}

/** What the server does with one request: answers, or breaks the connection, or never answers. */
export type Line =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'break'
  | 'silence';

/** A server that answers by a script; after its last line it answers 200. For tests. */
export class ScriptedServer {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(script: Line[], now: () => number): Promise<ScriptedServer> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method = '', url = '', headers } = request;
      made.received.push({ method, url, headers, body, at: now() });
      const line = script.shift() ?? { status: 200, body: { success: true, data: [] } };
      if (line === 'silence') return;
      if (line === 'break') {
        request.socket.destroy();
        return;
      }
      response.writeHead(line.status, { 'content-type': 'application/json', ...line.headers });
      response.end(JSON.stringify(line.body ?? { success: true, data: [] }));
    });
    const made = new ScriptedServer(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

/**
 * Time that passes only while somebody sleeps: the sleeper with the earliest end is woken once nothing else has happened for some
 * real milliseconds. Seconds of waiting take no time, in the right order. Who sleeps for a quarter of an hour or more is never woken.
 *
 * @param quietMs how long nothing else has to have happened: long enough for a request to a server, where there is one
 */
export function virtualTime(quietMs = 25): Surroundings & { readonly slept: number[] } {
  let time = 0;
  let names = 0;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const slept: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const advance = () => {
    clearTimeout(timer);
    if (sleepers.size === 0) return;
    timer = setTimeout(() => {
      const [first] = [...sleepers].sort((a, b) => a.until - b.until);
      if (first === undefined) return;
      time = Math.max(time, first.until);
      first.wake();
      advance();
    }, quietMs);
  };
  return {
    slept,
    now: () => time,
    random: () => 0.5,
    uuid: () => `key-${++names}`,
    sleep: (ms, signal) =>
      new Promise((done, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const end = (settle: () => void) => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', aborted);
          settle();
        };
        const aborted = () => end(() => reject(signal?.reason));
        const sleeper = {
          until: time + ms,
          wake: () => {
            slept.push(ms);
            end(done);
          },
        };
        if (ms < 900_000) sleepers.add(sleeper);
        signal?.addEventListener('abort', aborted, { once: true });
        advance();
      }),
  };
}
