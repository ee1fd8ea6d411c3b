import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { pino } from 'pino';
import { loadConfiguration } from '../configuration/configuration.ts';
import { transact } from '../database/transaction.ts';
import { systemClock } from '../foundation/clock.ts';
import { runOperatorCommand } from '../operator/operator-commands.ts';
import { type RaffiaServer, startServer } from '../raffia-server.ts';
import type { NewAccount } from '../resources/account/bootstrap-account.ts';
import { createAccount } from '../resources/account/bootstrap-account.ts';
import { createTestDatabase } from './test-database.ts';
import { TestRedis } from './test-redis.ts';
import { until } from './until.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any;
  readonly text: string;
}

/** A caller with a key, and a project that goes along where one is set. */
export interface Caller {
  readonly key: string | undefined;
  readonly project?: string | undefined;
}

type TestTime = { offset: number; stopped?: number; jump?: number };

type Options = { body?: unknown; headers?: Record<string, string> };

/** How many nodes a test server has: the suites of the founding page run on several as well. */
const nodeCount = Number(process.env.RAFFIA_TEST_NODES ?? 1);

/**
 * A real server on a database of its own, over HTTP, with machines that take no time unless told otherwise. Of several nodes, each is asked
 * in turn.
 */
export class TestServer {
  /** The first node. */
  server: RaffiaServer;
  readonly first: NewAccount;
  /**
   * Time that tests move: added to the real one, for limits and for dates; `stopped` holds the limits' clock at a value, `jump` sets
   * the wall clock alone.
   */
  readonly time: TestTime;
  /** Why the server would have ended its process. */
  fatal: string | undefined;
  readonly #start: () => Promise<RaffiaServer[]>;
  readonly #drop: () => Promise<void>;
  #nodes: RaffiaServer[];
  #asked = 0;

  private constructor(
    nodes: RaffiaServer[],
    time: TestTime,
    start: () => Promise<RaffiaServer[]>,
    drop: () => Promise<void>,
  ) {
    this.#nodes = nodes;
    this.server = nodes[0] as RaffiaServer;
    this.first = this.server.firstAccount as NewAccount;
    this.time = time;
    this.#start = start;
    this.#drop = drop;
  }

  static async start(env: Record<string, string> = {}, { works }: { works?: boolean } = {}): Promise<TestServer> {
    const database = await createTestDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'raffia-data-'));
    const redis = nodeCount > 1 ? await TestRedis.start() : undefined;
    const configurations = Array.from({ length: nodeCount }, (_, index) =>
      loadConfiguration({
        RAFFIA_PORT: '0',
        RAFFIA_DATA: join(folder, String(index)),
        RAFFIA_SIMULATED_DELAY: '0',
        RAFFIA_QUOTA_VMS: '10000',
        RAFFIA_BOOTSTRAP_EMAIL: 'owner@example.com',
        DATABASE_URL: database.url,
        ...(redis && { REDIS_URL: redis.url, RAFFIA_NODE: `node-${index}`, RAFFIA_SECRET: 'ab'.repeat(32) }),
        ...env,
      }),
    );
    const time: TestTime = { offset: 0 };
    const clock = {
      now: () => systemClock.now() + time.offset + (time.jump ?? 0),
      monotonic: () => (time.stopped ?? systemClock.monotonic()) + time.offset,
      after: systemClock.after,
    };
    let told: (reason: string) => void = () => {};
    const fatal = (reason: string) => told(reason);
    const start = async () => {
      const nodes: RaffiaServer[] = [];
      for (const configuration of configurations) {
        nodes.push(await startServer(configuration, { log: pino({ level: 'silent' }), clock, fatal, works }));
      }
      return nodes;
    };
    const drop = async () => {
      await redis?.stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    };
    const nodes = await start().catch(async (error) => {
      await drop();
      throw error;
    });
    const made = new TestServer(nodes, time, start, drop);
    told = (reason) => {
      made.fatal = reason;
    };
    return made;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await this.#drop();
  }

  /** Stops the server and starts it again on the same database, after `meanwhile`; the address changes. */
  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await meanwhile?.();
    this.#nodes = await this.#start();
    this.server = this.#nodes[0] as RaffiaServer;
  }

  get nodes(): readonly RaffiaServer[] {
    return this.#nodes;
  }

  /** Where it listens, of several nodes the next: what it is called in public need not lead there. */
  get address(): string {
    const node = this.#nodes[this.#asked++ % this.#nodes.length] as RaffiaServer;
    return `http://127.0.0.1:${(node.app.server.address() as AddressInfo).port}`;
  }

  /** The Owner of the first account, on its default project. */
  get owner(): Caller {
    return { key: this.first.api_key, project: this.first.project_id };
  }

  /** Another account with its Owner. */
  async account(name: string): Promise<NewAccount> {
    const { services } = this.server;
    const email = `${name.replace(/\W/g, '')}@example.com`;
    return transact(services.db, (tx) =>
      createAccount(tx, services.configuration, services.catalogue, { name, email }),
    );
  }

  async call(caller: Caller, method: string, path: string, { body, headers = {} }: Options = {}): Promise<Reply> {
    // Tests are not here to measure patience: where the limit is not the subject, it never decides.
    this.time.offset += 100;
    return this.send(caller, method, path, { body, headers });
  }

  /** The same without moving the time. */
  async send(caller: Caller, method: string, path: string, { body, headers = {} }: Options = {}): Promise<Reply> {
    const { address } = this;
    const isFromPage = headers.origin === this.server.url && this.#nodes.length > 1;
    const response = await fetch(`${address}${path}`, {
      method,
      headers: {
        ...(caller.key === undefined ? {} : { 'x-api-key': caller.key }),
        ...(caller.project === undefined ? {} : { 'x-project-id': caller.project }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        // Each node's pages have its own address.
        ...(isFromPage ? { origin: address } : {}),
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    // A stream goes on until somebody ends it.
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      text,
    };
  }

  /** A new key of the first account with a system role on the account, the project, or both; made by the Owner. */
  async key(
    roles: { account?: string; project?: string; on?: string } = {},
  ): Promise<Caller & { key: string; id: string }> {
    const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id ?? slug;
    const made = await this.call(this.owner, 'POST', '/api/v1/api-keys', {
      body: { name: 'test', ...(roles.account === undefined ? {} : { role_id: roleId(roles.account) }) },
    });
    if (made.status !== 201) throw new Error(made.text);
    const { id, secret } = made.body.data;
    const project = roles.on ?? this.first.project_id;
    if (roles.project !== undefined) {
      const added = await this.call(this.owner, 'POST', `/api/v1/projects/${project}/members`, {
        body: { api_key_id: id, role_id: roleId(roles.project) },
      });
      if (added.status !== 201) throw new Error(added.text);
    }
    return { key: secret, id, project };
  }

  /** Creates a machine and, unless told not to, waits until it is active. */
  async vm(
    name: string,
    extra: Record<string, unknown> = {},
    caller: Caller = this.owner,
    awaited = true,
  ): Promise<string> {
    const made = await this.call(caller, 'POST', '/api/v1/vms', { body: { ...vmRequest(name), ...extra } });
    if (made.status !== 201) throw new Error(made.text);
    if (awaited) await this.status(made.body.data.id, 'active', caller);
    return made.body.data.id;
  }

  /** Waits until a machine has a status. */
  async status(id: string, status: string, caller: Caller = this.owner): Promise<void> {
    await until(`VM ${id} becomes ${status}`, async () => {
      const { body } = await this.call(caller, 'GET', `/api/v1/vms/${id}`);
      return body.data?.status === status;
    });
  }

  /** Waits until nothing is being worked on. */
  async settled(): Promise<void> {
    await until('all operations end', async () => {
      const open = await this.server.services.db
        .selectFrom('operations')
        .select('id')
        .where('finished_at', 'is', null)
        .executeTakeFirst();
      return open === undefined;
    });
  }

  operator(...command: string[]): Promise<string> {
    return runOperatorCommand(this.server.operator, command);
  }
}

export const ubuntu = '5ac21891-32e6-41ce-8a93-b5d6ab708b0d';
export const goodPassword = 'ABcdefgh12345!';

/** A body that creates a small Linux machine. */
export function vmRequest(name: string) {
  return { name, template_id: ubuntu, pricing_id: 1, region: 'us-east', password: goodPassword };
}

/** A well-formed public key of random material. */
export function sshPublicKey(comment = 'test'): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(randomBytes(32))]);
  return `ssh-ed25519 ${blob.toString('base64')} ${comment}`;
}
