import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../foundation/free-port.ts';
import type { NewAccount } from '../resources/account/bootstrap-account.ts';
import { guardedFolder, guardFolder, removeFolder } from './guard.ts';
import { type NodeHost, nodeHost, type Way } from './node-host.ts';
import { pick } from './random.ts';
import { type ProxyKind, ReverseProxy } from './reverse-proxy.ts';
import { ServerProcess } from './server-process.ts';
import { startTestCluster } from './test-cluster.ts';
import { type RedisKind, TestRedis } from './test-redis.ts';
import { until } from './until.ts';

/** What can happen to nodes, and how often it did. */
const mishaps = ['node', 'database', 'redis', 'emptied', 'frozen', 'cut from redis', 'cut from database'] as const;
type Mishap = (typeof mishaps)[number];

interface Member {
  readonly host: NodeHost;
  readonly process: ServerProcess;
  readonly toDatabase: Way;
  readonly toRedis: Way;
  /** Its page for Prometheus. */
  readonly metrics: string;
}

/** Nodes behind a proxy, each in a network of its own with its own ways to the database and to Redis: all of it can break. */
export class ServerCluster {
  readonly url: string;
  readonly databaseUrl: string;
  /** Where backups are kept, for all of them. */
  readonly backups: string;
  readonly happened: Record<Mishap, number>;
  readonly redis: TestRedis;
  readonly nodes: readonly Member[];
  readonly #proxy: ReverseProxy;
  readonly #folder: string;
  readonly #database: Awaited<ReturnType<typeof startTestCluster>>;
  #first: NewAccount | undefined;

  private constructor(parts: {
    proxy: ReverseProxy;
    folder: string;
    redis: TestRedis;
    nodes: Member[];
    database: Awaited<ReturnType<typeof startTestCluster>>;
  }) {
    this.url = parts.proxy.url;
    this.#proxy = parts.proxy;
    this.#folder = parts.folder;
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.#database = parts.database;
    this.databaseUrl = parts.database.url;
    this.backups = join(parts.folder, 'backups');
    this.happened = Object.fromEntries(mishaps.map((name) => [name, 0])) as Record<Mishap, number>;
  }

  static async start(
    env: Record<string, string> = {},
    {
      proxy = 'nginx',
      redis: kind = 'redis',
      count = 3,
      version,
      isMetered = false,
    }: { proxy?: ProxyKind; redis?: RedisKind; count?: number; version?: string; isMetered?: boolean } = {},
  ): Promise<ServerCluster> {
    const folder = guardedFolder();
    guardFolder(folder);
    const database = await startTestCluster({ isKilled: true });
    const redis = await TestRedis.start(kind);
    const nodes: Member[] = [];
    for (let number = 0; number < count; number++) {
      const host = nodeHost();
      const url = new URL(database.url);
      const toDatabase = await host.way({ host: '127.0.0.1', port: Number(url.port) });
      const toRedis = await host.way({ host: '127.0.0.1', port: redis.port });
      url.host = `${toDatabase.host}:${toDatabase.port}`;
      const metrics = `${host.address}:${await freePort()}`;
      const process = await ServerProcess.create(
        {
          DATABASE_URL: url.href,
          REDIS_URL: `redis://${toRedis.host}:${toRedis.port}`,
          RAFFIA_SECRET: 'ab'.repeat(32),
          RAFFIA_NODE: `node-${number}`,
          RAFFIA_HOST: host.address,
          RAFFIA_TRUSTED_PROXIES: host.callers,
          RAFFIA_BACKUPS_DIRECTORY: join(folder, 'backups'),
          ...(isMetered && { RAFFIA_METRICS_ADDRESS: metrics }),
          ...env,
        },
        host.prefix,
        version,
      );
      nodes.push({ host, process, toDatabase, toRedis, metrics: `http://${metrics}/metrics` });
    }
    // A node that is killed leaves nothing in the cache for the next one.
    const [one] = nodes as [Member];
    const read = one.process.command('read');
    if (read.status !== 0) throw new Error(read.output);
    await Promise.all(nodes.map(({ process }) => process.start()));
    const proxied = await ReverseProxy.start(
      proxy,
      nodes.map(({ process }) => new URL(process.url).host),
    ).catch(async (error) => {
      await Promise.all(nodes.map(({ process }) => process.end('SIGTERM')));
      await redis.stop();
      await database.stop();
      throw error;
    });
    return new ServerCluster({ proxy: proxied, folder, redis, nodes, database });
  }

  /** The account that whichever node was first has made. */
  get first(): NewAccount {
    this.#first ??= this.nodes.flatMap(({ process }) => {
      try {
        return [JSON.parse(readFileSync(join(process.folder, 'first.json'), 'utf8')) as NewAccount];
      } catch {
        return [];
      }
    })[0];
    if (this.#first === undefined) throw new Error('no node has made the first account');
    return this.#first;
  }

  get log(): string {
    return this.nodes.map(({ process }) => process.log).join('\n');
  }

  /**
   * Breaks something, and mends it after a while.
   *
   * @returns what it was
   */
  async mishap(random: () => number): Promise<Mishap> {
    // Nodes end most often.
    const what = random() < 0.4 ? 'node' : pick(random, mishaps);
    const member = pick(random, this.nodes);
    const whileMs = 500 + random() * 5000;
    const aWhile = () => new Promise((over) => setTimeout(over, whileMs));
    this.happened[what]++;
    switch (what) {
      case 'node':
        await member.process.end('SIGKILL');
        await member.process.start();
        break;
      case 'database': {
        const client = new pg.Client({ connectionString: this.databaseUrl });
        client.on('error', () => {});
        await client.connect();
        const { rows } = await client.query<{ text: string }>("select pg_read_file('postmaster.pid') as text");
        await client.end();
        process.kill(Number.parseInt(rows[0]?.text ?? '', 10), 'SIGKILL');
        break;
      }
      case 'redis':
        await this.redis.kill();
        await aWhile();
        await this.redis.open();
        break;
      case 'emptied':
        this.redis.command('FLUSHALL');
        break;
      case 'frozen':
        this.redis.freeze(true);
        await aWhile();
        this.redis.freeze(false);
        break;
      case 'cut from redis':
        member.toRedis.cut();
        await aWhile();
        member.toRedis.mend();
        break;
      case 'cut from database':
        member.toDatabase.cut();
        await aWhile();
        member.toDatabase.mend();
        break;
    }
    return what;
  }

  /** Waits until all nodes say that they share everything. */
  async isWhole(): Promise<void> {
    await until('all nodes are ready together', async () => {
      for (const { process } of this.nodes) {
        const answer = await fetch(`${process.url}/ready`).catch(() => undefined);
        const body = (await answer?.json().catch(() => undefined)) as
          | { parts: { limiter: { status: string; message: string } } }
          | undefined;
        if (answer?.status !== 200 || body?.parts.limiter.message !== `shared by ${this.nodes.length} nodes`)
          return false;
      }
      return true;
    });
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    await Promise.all(this.nodes.map(({ process }) => process.end('SIGTERM')));
    for (const { host, process, toDatabase, toRedis } of this.nodes) {
      await toDatabase.close();
      await toRedis.close();
      process.remove();
      host.remove();
    }
    await this.redis.stop();
    await this.#database.stop();
    removeFolder(this.#folder);
  }
}
