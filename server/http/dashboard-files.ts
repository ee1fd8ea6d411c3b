import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Configuration } from '../configuration/configuration.ts';
import { installation } from '../foundation/installation.ts';

const folder = join(import.meta.dirname, '..', '..', 'dashboard');
const dist = join(folder, 'dist');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The component library puts styles into the page; scripts come from files of ours alone, and nobody may frame a page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

interface File {
  readonly content: Buffer;
  readonly br: Buffer | undefined;
  readonly gz: Buffer | undefined;
  readonly type: string;
}

/**
 * Builds the dashboard if its sources changed, in a process of its own: the API does not wait for its pages. Outside of a checkout there
 * are no sources, and it is built.
 */
export function buildDashboard(log: Logger): Promise<void> {
  if (!installation.isCheckout) return Promise.resolve();
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, 'build.ts')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', (error) => {
      log.error({ err: error }, 'the dashboard could not be built');
      done();
    });
    child.on('exit', (code) => {
      if (code !== 0) log.error({ code, said: said.slice(-2000) }, 'the dashboard could not be built');
      done();
    });
  });
}

/** Headers that every page and file of ours has. */
export function pageHeaders({ publicUrl, tls }: Configuration): Record<string, string> {
  const isSecure = tls !== undefined || publicUrl?.startsWith('https:') === true;
  return {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

/**
 * Serves the dashboard from memory: its files, and its one page at every address that is a page's. Answers whether a request was for
 * it, so that whatever is left is an unknown path of the API.
 */
export class DashboardFiles {
  readonly #headers: Record<string, string>;
  #files: Map<string, File> | undefined;

  constructor(configuration: Configuration) {
    this.#headers = pageHeaders(configuration);
  }

  /** Answers a request for a page or a file; false where it is for neither. */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const path = request.url.split('?', 1)[0] as string;
    if (path.startsWith('/api/')) return false;
    const files = this.#read();
    const file = files?.get(path);
    if (file === undefined && request.headers.accept?.includes('text/html') !== true) return false;
    reply.headers(this.#headers);
    const page = file ?? files?.get('/index.html');
    if (page === undefined) {
      reply
        .status(503)
        .header('retry-after', '2')
        .type('text/html; charset=utf-8')
        .serializer((text: string) => text)
        .send(
          '<!doctype html><meta http-equiv="refresh" content="2"><title>Raffia</title><p>The dashboard is being built; this page comes back in a moment.</p>',
        );
      return true;
    }
    // A file's name changes with its content; the page that names the files is asked for each time.
    const isNamed = path.startsWith('/assets/');
    reply.header('cache-control', isNamed ? 'public, max-age=31536000, immutable' : 'no-cache');
    reply
      .header('vary', 'accept-encoding')
      .type(page.type)
      .serializer((body: Buffer) => body as unknown as string);
    const accepted = request.headers['accept-encoding'] ?? '';
    if (page.br !== undefined && /\bbr\b/.test(String(accepted))) reply.header('content-encoding', 'br').send(page.br);
    else if (page.gz !== undefined && /\bgzip\b/.test(String(accepted))) {
      reply.header('content-encoding', 'gzip').send(page.gz);
    } else reply.send(page.content);
    return true;
  }

  #read(): Map<string, File> | undefined {
    // The stamp is written last: before it is there, the folder may be half written.
    if (this.#files !== undefined || !existsSync(join(dist, '.built-from'))) return this.#files;
    const files = new Map<string, File>();
    for (const name of readdirSync(dist, { recursive: true }).map(String)) {
      const type = types[extname(name)];
      if (type === undefined) continue;
      const optional = (ending: string) => {
        const path = join(dist, `${name}${ending}`);
        return existsSync(path) ? readFileSync(path) : undefined;
      };
      files.set(`/${name.replaceAll('\\', '/')}`, {
        content: readFileSync(join(dist, name)),
        br: optional('.br'),
        gz: optional('.gz'),
        type,
      });
    }
    this.#files = files;
    return files;
  }
}
