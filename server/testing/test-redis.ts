import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../foundation/free-port.ts';
import { guardFolder, guardProcess, removeFolder } from './guard.ts';
import { until } from './until.ts';

export const redisKinds = ['redis', 'valkey'] as const;
export type RedisKind = (typeof redisKinds)[number];

/** Why none can be started here; undefined where it can. */
export function whyNoRedis(kind: RedisKind = 'redis'): string | undefined {
  return spawnSync(`${kind}-server`, ['--version']).status === 0 ? undefined : `needs ${kind}-server`;
}

/** A Redis, or a Valkey, of its own on a port of 127.0.0.1, which keeps nothing on the disk. */
export class TestRedis {
  readonly url: string;
  readonly port: number;
  readonly #kind: RedisKind;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(kind: RedisKind, port: number, folder: string) {
    this.#kind = kind;
    this.port = port;
    this.#folder = folder;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(kind: RedisKind = 'redis'): Promise<TestRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-redis-'));
    guardFolder(folder);
    const redis = new TestRedis(kind, await freePort(), folder);
    await redis.open();
    return redis;
  }

  /** Starts it, empty. */
  async open(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#process = guardProcess(spawn(`${this.#kind}-server`, [...args, '--dir', this.#folder], { stdio: 'ignore' }));
    await until('Redis answers', () => this.command('PING') === 'PONG', { everyMs: 20 });
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Ends it at once, as a host does that loses its power. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it for a while without closing its connections, as a network does that drops what is sent. */
  freeze(isFrozen: boolean): void {
    this.#process?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  command(...args: string[]): string {
    return spawnSync(`${this.#kind}-cli`, ['-p', String(this.port), ...args], { encoding: 'utf8' }).stdout.trim();
  }

  async stop(): Promise<void> {
    await this.kill();
    removeFolder(this.#folder);
  }
}
