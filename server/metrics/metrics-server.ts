import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { http } from '../foundation/http.ts';
import { MetricsPage, type Watched } from './metrics-page.ts';
import type { MetricsSettings } from './metrics-settings.ts';

/** In milliseconds. From one scrape to the next the same connection is used. */
const patience = { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 72_000 };

/** Serves `/metrics`, and nothing else, on an address of its own: what it says is for whoever runs the server. */
export class MetricsServer {
  readonly #server: Server;
  readonly #page: MetricsPage;
  readonly #settings: MetricsSettings;
  readonly #log: Logger;

  private constructor(settings: MetricsSettings, watched: Watched) {
    this.#settings = settings;
    this.#log = watched.services.log;
    this.#page = new MetricsPage(watched);
    this.#server = http.createServer(patience, (request, response) => void this.#answer(request, response));
  }

  /** @throws Error of the system where it cannot listen */
  static async start(settings: MetricsSettings, watched: Watched): Promise<MetricsServer> {
    const made = new MetricsServer(settings, watched);
    const { host, port } = settings;
    await new Promise<void>((listening, reject) => {
      made.#server.once('error', reject);
      made.#server.listen({ host, port }, listening);
    });
    return made;
  }

  /** The address of the page. */
  get url(): string {
    const { family, address, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, text: string, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers })
        .end(request.method === 'HEAD' ? undefined : text);
    // Nobody sends anything here.
    request.resume();
    if (!this.#knows(request)) {
      say(401, 'Name the token of RAFFIA_METRICS_TOKEN as a bearer.\n', { 'www-authenticate': 'Bearer' });
    } else if (request.url?.split('?', 1)[0] !== '/metrics') {
      say(404, 'There is only /metrics here.\n');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      say(405, 'It is only read.\n', { allow: 'GET, HEAD' });
    } else {
      try {
        say(200, await this.#page.text(), { 'content-type': this.#page.contentType });
      } catch (error) {
        this.#log.error({ err: error }, 'the metrics could not be put together');
        say(500, 'The metrics could not be put together; the log says why.\n');
      }
    }
  }

  #knows({ headers }: IncomingMessage): boolean {
    const { token } = this.#settings;
    if (token === null) return true;
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), digest(token));
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
