import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

export interface FakeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the engine under test sends
  readonly body: any;
  readonly headers: IncomingMessage['headers'];
}

/** What a scripted engine answers: metadata, an error with its status, an operation that ends so, or a broken connection. */
export type FakeAnswer =
  | { readonly metadata: unknown }
  | { readonly status: number; readonly error: string }
  | { readonly operation: { readonly err?: string; readonly metadata?: unknown }; readonly query?: string }
  | { readonly raw: string; readonly headers?: Readonly<Record<string, string>> }
  | 'hang up';

type Script = (request: FakeRequest) => FakeAnswer | undefined;

const environment = {
  server: 'lxd',
  server_version: '5.0.2',
  server_pid: 1,
  server_clustered: false,
  server_name: 'fake',
  driver: 'lxc',
  architectures: ['x86_64'],
};

/**
 * An engine that says what a test tells it to, over a unix socket: for answers that no real one gives on demand. What the script leaves open
 * is answered as an empty, healthy host would.
 */
export class FakeIncus {
  readonly url: string;
  readonly seen: FakeRequest[] = [];
  script: Script = () => undefined;
  isClustered = false;
  /** Whether it lets anybody follow what happens. */
  hasEvents = false;
  readonly #events = new WebSocketServer({ noServer: true });
  readonly #server: Server;
  readonly #folder: string;
  readonly #operations = new Map<string, { err?: string; metadata?: unknown }>();

  private constructor(server: Server, folder: string, url: string) {
    this.#server = server;
    this.#folder = folder;
    this.url = url;
  }

  static async start(): Promise<FakeIncus> {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-fake-'));
    const path = join(folder, 'unix.socket');
    const server = createServer();
    const fake = new FakeIncus(server, folder, `unix://${path}`);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? '/', 'http://engine');
      const isJson = request.headers['content-type'] === 'application/json';
      const seen = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        body: isJson ? JSON.parse(text) : text,
        headers: request.headers,
      };
      fake.seen.push(seen);
      const answer = fake.script(seen) ?? fake.#usual(seen);
      if (answer === 'hang up') return void response.destroy();
      const { status, body, headers } = fake.#present(answer);
      response.writeHead(status, { 'content-type': 'application/json', etag: '"1"', ...headers }).end(body);
    });
    server.on('upgrade', (request, socket, head) => {
      if (fake.hasEvents) fake.#events.handleUpgrade(request, socket, head, () => {});
      else socket.destroy();
    });
    await new Promise<void>((listening) => server.listen(path, listening));
    return fake;
  }

  /** How many follow what happens. */
  get followers(): number {
    return this.#events.clients.size;
  }

  /** Tells them what happens to an instance. */
  tell(instance: string, action: string): void {
    const event = { type: 'lifecycle', metadata: { action, source: `/1.0/instances/${instance}` } };
    for (const client of this.#events.clients) client.send(JSON.stringify(event));
  }

  async stop(): Promise<void> {
    for (const client of this.#events.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #present(answer: Exclude<FakeAnswer, 'hang up'>): {
    status: number;
    body: string;
    headers?: Readonly<Record<string, string>>;
  } {
    if ('raw' in answer) return { status: 200, body: answer.raw, headers: answer.headers ?? {} };
    if ('error' in answer) {
      const { status, error } = answer;
      return { status, body: JSON.stringify({ type: 'error', error, error_code: status, metadata: null }) };
    }
    if ('metadata' in answer) return { status: 200, body: JSON.stringify({ type: 'sync', metadata: answer.metadata }) };
    const id = `op-${this.#operations.size}`;
    this.#operations.set(id, answer.operation);
    const operation = `/1.0/operations/${id}${answer.query ?? ''}`;
    return { status: 202, body: JSON.stringify({ type: 'async', operation, metadata: { id, status_code: 103 } }) };
  }

  #environment(): object {
    return { ...environment, server_clustered: this.isClustered };
  }

  #usual({ method, path }: FakeRequest): FakeAnswer {
    const operation = this.#operations.get(path.split('/')[3] ?? '');
    if (operation !== undefined) {
      const { err = '', metadata = null } = operation;
      return { metadata: { id: path.split('/')[3], status_code: err === '' ? 200 : 400, err, metadata } };
    }
    if (method !== 'GET') return { metadata: {} };
    if (path === '/1.0') return { metadata: { auth: 'trusted', api_extensions: [], environment: this.#environment() } };
    if (path.startsWith('/1.0/projects/')) return { status: 404, error: 'Project not found' };
    if (/^\/1\.0\/storage-pools\/[^/]+$/.test(path)) return { metadata: { driver: 'btrfs' } };
    const bytes = { used: 2 ** 20, total: 2 ** 50 };
    if (path.endsWith('/resources')) return { metadata: { space: bytes, memory: bytes, cpu: { total: 1000 } } };
    if (/^\/1\.0\/(instances|networks|images)$/.test(path)) return { metadata: [] };
    if (path === '/1.0/operations') return { metadata: {} };
    return { status: 404, error: 'Not found' };
  }
}
