import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../foundation/free-port.ts';
import { until } from './until.ts';

const [program = ''] = globSync(join(import.meta.dirname, '..', '..', '.cache', 'versitygw-*', 'versitygw'));

/** Why no S3-compatible store can be started here; undefined where it can. */
export function whyNoGateway(): string | undefined {
  return existsSync(program) ? undefined : 'needs versitygw; server/testing/install-versitygw.sh builds it';
}

/** An S3-compatible store on a port of its own, which keeps its buckets as directories. */
export class S3Gateway {
  readonly endpoint: string;
  readonly keyId = 'raffia-test';
  readonly secretKey = randomBytes(20).toString('hex');
  readonly bucket = 'backups';
  /** Where its bucket is. */
  readonly directory: string;
  readonly #root: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(root: string, port: number) {
    this.#root = root;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.directory = join(root, this.bucket);
  }

  static async start(root: string): Promise<S3Gateway> {
    const gateway = new S3Gateway(root, await freePort());
    mkdirSync(gateway.directory, { recursive: true });
    await gateway.open();
    return gateway;
  }

  async open(): Promise<void> {
    const child = spawn(program, ['--port', `127.0.0.1:${this.#port}`, '--quiet', 'posix', this.#root], {
      env: { ROOT_ACCESS_KEY: this.keyId, ROOT_SECRET_KEY: this.secretKey },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = child;
    await until('the S3 gateway answers', async () => {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`);
      return fetch(this.endpoint).then(
        () => true,
        () => false,
      );
    });
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((over) => child.once('exit', over));
    child.kill('SIGKILL');
    await ended;
  }
}
