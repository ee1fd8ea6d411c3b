import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { type ClientOptions, WebSocket } from 'ws';
import { http } from '../../foundation/http.ts';
import { IncusError } from './incus-error.ts';

/** Where the engine's API is. */
export interface IncusAddress {
  /** `unix:///path/to/unix.socket` or `https://host:8443`. */
  readonly url: string;
  /** PEM files; needed for https. */
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  /** PEM file with the server's own certificate: the one that is trusted, whatever its name. Null: the system's authorities. */
  readonly serverCertificateFile: string | null;
}

export interface IncusRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  /** An object travels as JSON, anything else as it is. */
  readonly body?: object | string | Buffer | Readable;
  readonly headers?: Record<string, string>;
  readonly timeoutMs?: number;
  /** Bytes of the longest answer that is read; a longer one is broken off. */
  readonly answerAtMost?: number;
}

export interface IncusReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const defaultTimeoutMs = 30_000;
/** More than the engine ever says of all its instances; what guests decide has a bound of its own. */
const longestAnswer = 256 << 20;

/** Carries requests to the engine, over its unix socket or over TLS with a client certificate. */
export class IncusConnection {
  readonly url: string;
  readonly #address: IncusAddress;
  readonly #socketPath: string | undefined;
  #agent: Agent | undefined;

  constructor(address: IncusAddress) {
    this.#address = address;
    this.url = address.url;
    this.#socketPath = address.url.startsWith('unix://') ? address.url.slice('unix://'.length) : undefined;
  }

  /** @throws IncusError `unreachable` where no answer came, `too-long` where it was more than may be read */
  send(wanted: IncusRequest): Promise<IncusReply> {
    const { method, path, body, headers = {}, timeoutMs = defaultTimeoutMs, answerAtMost = longestAnswer } = wanted;
    return new Promise((done, reject) => {
      const fail = (cause: Error) => reject(this.#unreachable(cause));
      const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) || isStream(body);
      const content = isRaw ? body : JSON.stringify(body);
      let request: ClientRequest;
      try {
        request = this.#open({
          method,
          path,
          headers: {
            ...(isRaw ? {} : { 'content-type': 'application/json' }),
            ...(content === undefined || isStream(content) ? {} : { 'content-length': Buffer.byteLength(content) }),
            ...headers,
          },
        });
      } catch (error) {
        return fail(error as Error);
      }
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= answerAtMost) return void chunks.push(chunk);
          chunks.length = 0;
          request.destroy();
          reject(
            new IncusError(`an answer of more than ${answerAtMost} bytes was broken off`, { refusal: 'too-long' }),
          );
        });
        response.on('error', fail);
        response.on('end', () => {
          done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      if (isStream(content)) content.on('error', (error) => request.destroy(error)).pipe(request);
      else request.end(content);
    });
  }

  /**
   * An answer whose body comes as it is read; whoever stops reading destroys it.
   *
   * @throws IncusError `unreachable` where no answer came
   */
  open(path: string, timeoutMs = defaultTimeoutMs): Promise<IncomingMessage> {
    return new Promise((done, reject) => {
      const request = this.#open({ method: 'GET', path, headers: {} });
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('error', (cause) => reject(this.#unreachable(cause)));
      request.on('response', (response) => {
        // Whoever reads slowly is not to be taken for a host that says nothing; one that is gone is noticed by its system.
        request.setTimeout(0);
        request.setSocketKeepAlive(true, timeoutMs);
        done(response);
      });
      request.end();
    });
  }

  /** Opens a websocket of the API. */
  webSocket(path: string): WebSocket {
    const options = { perMessageDeflate: false, handshakeTimeout: 10_000 };
    if (this.#socketPath !== undefined) return new WebSocket(`ws+unix:${this.#socketPath}:${path}`, options);
    return new WebSocket(`${this.url.replace(/^https/, 'wss').replace(/\/$/, '')}${path}`, {
      ...options,
      ...this.#tls(),
    } as ClientOptions);
  }

  close(): void {
    this.#agent?.destroy();
  }

  #open(options: RequestOptions): ClientRequest {
    if (this.#socketPath !== undefined) {
      return http.request({
        socketPath: this.#socketPath,
        agent: false,
        ...options,
        headers: { host: 'engine', ...options.headers },
      });
    }
    this.#agent ??= new Agent({ keepAlive: false, ...this.#tls() });
    return httpsRequest(new URL(this.url), { agent: this.#agent, ...options });
  }

  /** The server's certificate is pinned: its name says nothing, as engines make their own. */
  #tls() {
    const { certificateFile, keyFile, serverCertificateFile } = this.#address;
    return {
      ...(certificateFile === null ? {} : { cert: readFileSync(certificateFile) }),
      ...(keyFile === null ? {} : { key: readFileSync(keyFile) }),
      ...(serverCertificateFile === null
        ? {}
        : { ca: readFileSync(serverCertificateFile), checkServerIdentity: () => undefined }),
    };
  }

  #unreachable(cause: Error): IncusError {
    const { code } = cause as NodeJS.ErrnoException;
    return new IncusError(`${this.url}: ${cause.message || code}`, { refusal: 'unreachable', cause });
  }
}

function isStream(body: IncusRequest['body']): body is Readable {
  return typeof body === 'object' && 'pipe' in body;
}
