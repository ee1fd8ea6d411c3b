import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from '../foundation/http.ts';
import type { AcmeSettings } from './acme-settings.ts';

const patience = { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 5000 };
const place = '/.well-known/acme-challenge/';

/** Answers what an authority asks to see whether the name leads here (RFC 8555, 8.3), and sends everybody else to where TLS is. */
export class ChallengeServer {
  readonly #server: Server;
  readonly #answers = new Map<string, string>();
  readonly #publicUrl: string;

  private constructor({ publicUrl }: AcmeSettings) {
    this.#publicUrl = publicUrl;
    this.#server = http.createServer(patience, (request, response) => this.#answer(request, response));
  }

  /** @throws Error of the system where it cannot listen */
  static async start(settings: AcmeSettings): Promise<ChallengeServer> {
    const made = new ChallengeServer(settings);
    await new Promise<void>((listening, reject) => {
      made.#server.once('error', reject);
      made.#server.listen(settings.listen, listening);
    });
    return made;
  }

  /** What is answered for a token from now on; undefined: nothing. */
  set(token: string, answer: string | undefined): void {
    if (answer === undefined) this.#answers.delete(token);
    else this.#answers.set(token, answer);
  }

  /** Nothing is answered any more: nobody is to be asked. */
  forget(): void {
    this.#answers.clear();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/' } = request;
    const say = (status: number, text: string, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers })
        .end(method === 'HEAD' ? undefined : text);
    request.resume();
    if (method !== 'GET' && method !== 'HEAD') {
      say(405, `Only ${this.#publicUrl} takes changes.\n`, { allow: 'GET, HEAD' });
    } else if (url.startsWith(place)) {
      const answer = this.#answers.get(url.slice(place.length));
      if (answer === undefined) say(404, 'Nobody was asked for this.\n');
      else say(200, answer);
    } else {
      // An address as a whole, as proxies are asked for it, leads to the first page.
      say(308, `See ${this.#publicUrl}\n`, { location: `${this.#publicUrl}${url.startsWith('/') ? url : '/'}` });
    }
  }
}
