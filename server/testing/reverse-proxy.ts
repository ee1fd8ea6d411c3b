import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../foundation/free-port.ts';
import { guardFolder, guardProcess, removeFolder } from './guard.ts';
import { until } from './until.ts';

export const proxyKinds = ['nginx', 'haproxy'] as const;
export type ProxyKind = (typeof proxyKinds)[number];

const deploy = join(import.meta.dirname, '..', '..', 'deploy');

/** Why it cannot be started here; undefined where it can. */
export function whyNoProxy(kind: ProxyKind): string | undefined {
  return spawnSync(kind, ['-v']).status === 0 ? undefined : `needs ${kind}`;
}

/** A proxy before nodes, with the configuration that deploy/ gives to operators, without TLS. */
export class ReverseProxy {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param nodes three of them, as host and port */
  static async start(kind: ProxyKind, nodes: readonly string[]): Promise<ReverseProxy> {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-proxy-'));
    guardFolder(folder);
    const port = await freePort();
    const file = join(folder, 'proxy.conf');
    const { text, args } = kind === 'nginx' ? nginx(folder, file, port) : haproxy(file, port);
    const configured = nodes.reduce((made, node, index) => made.replaceAll(`10.0.0.${index + 1}:8080`, node), text);
    if (configured.includes('10.0.0.')) throw new Error('deploy/ has another number of nodes');
    writeFileSync(file, configured);
    let log = '';
    const child = guardProcess(spawn(kind, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
    child.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    const proxy = new ReverseProxy(`http://127.0.0.1:${port}`, child, folder);
    await until(`${kind} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${kind} ended: ${log}`);
      return (await fetch(`${proxy.url}/health`).catch(() => undefined))?.ok;
    });
    return proxy;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((done) => this.#process.once('exit', done));
      this.#process.kill('SIGTERM');
      await ended;
    }
    removeFolder(this.#folder);
  }
}

function nginx(folder: string, file: string, port: number) {
  mkdirSync(join(folder, 'temp'));
  const site = readFileSync(join(deploy, 'nginx', 'raffia.conf'), 'utf8')
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replace(/^\s*ssl_certificate.*\n/gm, '');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, 'temp', name)};`,
  );
  const text = `daemon off; pid ${join(folder, 'pid')}; error_log stderr warn; worker_processes 1;
events { worker_connections 4096; }
http { access_log off; ${temporary.join(' ')}
${site}
}
`;
  return { text, args: ['-c', file, '-p', folder] };
}

function haproxy(file: string, port: number) {
  // As many files as that may be open nowhere but on a host that is made for it.
  const text = readFileSync(join(deploy, 'haproxy', 'haproxy.cfg'), 'utf8')
    .replace(/bind :443.*/, `bind 127.0.0.1:${port}`)
    .replace(/maxconn \d+/, 'maxconn 400');
  return { text, args: ['-db', '-f', file] };
}
