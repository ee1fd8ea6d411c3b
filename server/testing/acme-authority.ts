import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { createServer as createTlsServer, request, type Server as TlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../foundation/free-port.ts';
import { guardProcess } from './guard.ts';
import { TestAuthority } from './test-authority.ts';
import { until } from './until.ts';

const [program = ''] = globSync(join(import.meta.dirname, '..', '..', '.cache', 'pebble-*', 'pebble'));

/** Why no ACME server can be started here; undefined where it can. */
export function whyNoAuthority(): string | undefined {
  return existsSync(program) ? undefined : 'needs pebble; server/testing/install-pebble.sh builds it';
}

/** What the authority answers. */
export interface AuthorityAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | string;
}

/** An authority that speaks ACME on a port of its own, to which every name leads to this host. */
export class AcmeAuthority {
  readonly directory: string;
  /**
   * The first part of each path that was asked for since it was started, in order: dir, nonce-plz, sign-me-up, order-plz, … It refuses one
   * nonce in twenty so that clients learn to ask again (RFC 8555, 6.5): what it refused so is not among them.
   */
  asked: string[] = [];
  /** What becomes of its answers, or what comes in their place, by the first part of the path; who throws breaks the connection. */
  meddle: (part: string, answer: () => Promise<AuthorityAnswer>) => Promise<AuthorityAnswer> = (_, answer) => answer();
  /** Where it asks, in place of port 80. */
  readonly httpPort: number;
  /** Of the certificate of its own API, in PEM. */
  readonly rootFile: string;
  readonly #folder: string;
  readonly #api: TestAuthority;
  readonly #names: Server;
  readonly #management: number;
  /** Of the program itself, behind what meddles. */
  readonly #port: number;
  readonly #front: TlsServer;
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(folder: string, api: TestAuthority, names: Server, ports: number[]) {
    const [port = 0, management = 0, httpPort = 0, inner = 0] = ports;
    this.#folder = folder;
    this.#api = api;
    this.#names = names;
    this.#management = management;
    this.#port = inner;
    this.httpPort = httpPort;
    this.directory = `https://localhost:${port}/dir`;
    this.rootFile = join(folder, 'root.crt');
    const files = { certificateFile: join(folder, 'api.crt'), keyFile: join(folder, 'api.key') };
    api.issue(files);
    writeFileSync(this.rootFile, api.root);
    this.configure({ lifeSeconds: 7_776_000 });
    this.#front = this.#newFront(files);
  }

  /** One that does not answer yet. */
  static async prepare(folder: string): Promise<AcmeAuthority> {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
    return new AcmeAuthority(folder, new TestAuthority(folder), await answerNames(), ports);
  }

  /** How it gives certificates from its next start on. */
  configure({ lifeSeconds, refused = [] }: { lifeSeconds: number; refused?: readonly string[] }): void {
    const pebble = {
      listenAddress: `127.0.0.1:${this.#port}`,
      managementListenAddress: `127.0.0.1:${this.#management}`,
      certificate: join(this.#folder, 'api.crt'),
      privateKey: join(this.#folder, 'api.key'),
      httpPort: this.httpPort,
      tlsPort: 1,
      domainBlocklist: refused,
      keyAlgorithm: 'ecdsa',
      profiles: { default: { description: 'the only one', validityPeriod: lifeSeconds } },
    };
    writeFileSync(join(this.#folder, 'pebble.json'), JSON.stringify({ pebble }));
  }

  /** It forgets at each start whom and what it knew, its root too. */
  async start(): Promise<void> {
    const names = `127.0.0.1:${(this.#names.address() as AddressInfo).port}`;
    const child = spawn(program, ['-config', join(this.#folder, 'pebble.json'), '-dnsserver', names], {
      env: { PEBBLE_VA_NOSLEEP: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    guardProcess(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#said += chunk;
      });
    }
    this.#process = child;
    this.asked = [];
    this.meddle = (_, answer) => answer();
    const { port } = new URL(this.directory);
    await new Promise<void>((listening) => this.#front.listen(Number(port), '127.0.0.1', listening));
    await until('the authority answers', async () => {
      if (child.exitCode !== null) throw new Error(`pebble ended with ${child.exitCode}: ${this.#said.slice(-2000)}`);
      return this.#get(`https://localhost:${this.#port}/dir`).catch(() => undefined);
    });
  }

  /** What clients trust who trust it, in PEM. */
  root(): Promise<string> {
    return this.#get(`https://localhost:${this.#management}/roots/0`);
  }

  /** What it said of itself. */
  get said(): string {
    return this.#said;
  }

  async stop(): Promise<void> {
    this.#front.close();
    this.#front.closeAllConnections();
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((over) => child.once('exit', over));
    child.kill('SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    await this.stop();
    this.#names.close();
  }

  /** It speaks for the program, which names its addresses as it is asked for. */
  #newFront(files: { certificateFile: string; keyFile: string }): TlsServer {
    const tls = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) };
    return createTlsServer(tls, async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const { method, url: path = '/', headers } = incoming;
      const [, part = ''] = path.split('/');
      this.asked.push(part);
      try {
        const {
          status,
          headers: told,
          body,
        } = await this.meddle(part, async () => {
          const answer = await this.#forward({ method, path, headers }, Buffer.concat(chunks));
          if (isOfNonce(answer)) this.asked.splice(this.asked.lastIndexOf(part), 1);
          return answer;
        });
        response.writeHead(status, told).end(body);
      } catch {
        response.destroy();
      }
    });
  }

  #forward(
    asked: { method: string | undefined; path: string; headers: IncomingHttpHeaders },
    body: Buffer,
  ): Promise<AuthorityAnswer> {
    return new Promise((done, reject) => {
      const to = { host: 'localhost', port: this.#port, ca: this.#api.root, ...asked };
      const passed = request({ ...to, method: asked.method ?? 'GET' }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const { 'transfer-encoding': _, ...headers } = response.headers;
        done({ status: response.statusCode as number, headers, body: Buffer.concat(chunks) });
      });
      passed.once('error', reject);
      passed.end(body);
    });
  }

  #get(url: string): Promise<string> {
    return new Promise((done, reject) => {
      // It answers nobody who does not say what he is.
      const headers = { 'user-agent': 'raffia-tests' };
      const asked = request(url, { ca: this.#api.root, headers }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        if (response.statusCode === 200) done(text);
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
      asked.once('error', reject);
      asked.end();
    });
  }
}

const isOfNonce = ({ status, body }: AuthorityAnswer) =>
  status === 400 && body.toString().includes('urn:ietf:params:acme:error:badNonce');

/** A server of DNS that knows one address for every name, 127.0.0.1; it is asked over TCP (RFC 1035, 4.1 and 4.2.2). */
async function answerNames(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (framed: Buffer) => {
      const asked = framed.subarray(2);
      let end = 12;
      while ((asked[end] ?? 0) !== 0) end += (asked[end] as number) + 1;
      end += 5;
      const isA = asked.readUInt16BE(end - 4) === 1;
      const head = [...asked.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0];
      const address = isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1] : [];
      const answer = [...head, ...asked.subarray(12, end), ...address];
      socket.write(Buffer.from([answer.length >> 8, answer.length & 255, ...answer]));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
