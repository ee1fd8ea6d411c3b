import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Answer, callApi, mustCall } from './call-api.ts';
import { type EngineHost, sshKeyPair, testImage, testPool } from './engine-host.ts';
import { ServerProcess } from './server-process.ts';
import { createTestDatabase } from './test-database.ts';
import { ubuntu } from './test-server.ts';
import { until } from './until.ts';

export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly publicAddress: string;
  readonly privateAddress: string;
}

/** Work that the API tells of. */
interface Work {
  readonly kind: string;
  readonly status: string;
  readonly resource_id: string;
  readonly error?: string;
  readonly waiting_for?: string;
}

/** A server whose machines are real ones, on a host of its own. */
export class RealCloud {
  readonly host: EngineHost;
  readonly server: ServerProcess;
  readonly folder: string;
  readonly key: { file: string; publicKey: string };
  readonly #databaseUrl: string;
  readonly #drop: () => Promise<void>;

  private constructor(
    host: EngineHost,
    server: ServerProcess,
    folder: string,
    database: { url: string; drop: () => Promise<void> },
  ) {
    this.host = host;
    this.server = server;
    this.folder = folder;
    this.key = sshKeyPair(folder);
    this.#databaseUrl = database.url;
    this.#drop = database.drop;
  }

  static async start(host: EngineHost, env: Record<string, string> = {}): Promise<RealCloud> {
    const database = await createTestDatabase();
    const server = await ServerProcess.create({
      DATABASE_URL: database.url,
      RAFFIA_QUOTA_VMS: '1000',
      RAFFIA_RECONCILE_SECONDS: '2',
      RAFFIA_ADDRESS_POOLS: 'us-east=198.18.0.0/15 2001:db8:1::/64',
      RAFFIA_LOG_LEVEL: 'warn',
      ...host.settings,
      ...env,
    });
    const cloud = new RealCloud(host, server, mkdtempSync(join(tmpdir(), 'raffia-cloud-')), database);
    await server.start();
    return cloud;
  }

  /** Stops the server, and the host unless it is one of several. */
  async stop({ andHost = true } = {}): Promise<void> {
    await this.server.end('SIGTERM');
    if (andHost) await this.host.stop();
    await this.#drop();
    this.server.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  call(method: string, path: string, body?: object): Promise<Answer> {
    return callApi(this.server.url, this.server.first, method, path, body);
  }

  /** Asks for a machine with our ssh key, again where the cloud says that it has too much to do; the answer is its id. */
  async ask(name: string, extra: object = {}): Promise<string> {
    const order = {
      name,
      template_id: ubuntu,
      pricing_id: 1,
      region: 'us-east',
      ssh_keys: [this.key.publicKey],
      ...extra,
    };
    return until(
      `${name} is accepted`,
      async () => {
        const { status, body } = await this.call('POST', '/api/v1/vms', order);
        if (status === 503) return undefined;
        if (status !== 201) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
        return body.data.id as string;
      },
      { everyMs: 1000 },
    );
  }

  /** A machine that is active. */
  async machine(name: string, extra: object = {}): Promise<Machine> {
    const id = await this.ask(name, extra);
    await this.status(id, 'active');
    return this.look(id);
  }

  /** A machine with its addresses. */
  async look(id: string): Promise<Machine> {
    const { name } = (await this.call('GET', `/api/v1/vms/${id}`)).body.data;
    const nics = (await this.call('GET', `/api/v1/vms/${id}/networks`)).body.data as { type: string; ip: string }[];
    const addressOf = (type: string) => nics.find((nic) => nic.type === type)?.ip ?? '';
    return { id, name, publicAddress: addressOf('public'), privateAddress: addressOf('vpc') };
  }

  async status(id: string, status: string): Promise<void> {
    await until(
      `VM ${id} becomes ${status}`,
      async () => {
        const { body } = await this.call('GET', `/api/v1/vms/${id}`);
        if (body.data?.status === 'failure' && status !== 'failure') {
          throw new Error(`VM ${id} has failed: ${this.reasons()}`);
        }
        return body.data?.status === status;
      },
      { everyMs: 100 },
    );
  }

  /** Waits until every machine is active. */
  async allActive(): Promise<void> {
    let last = '';
    await until(
      'all machines are active',
      async () => {
        const { body } = await this.call('GET', '/api/v1/vms?limit=100');
        const others = (body.data as { name: string; status: string }[]).filter(({ status }) => status !== 'active');
        last = others.map(({ name, status }) => `${name} is ${status}`).join(', ');
        return others.length === 0;
      },
      { withinMs: 240_000, everyMs: 500 },
    ).catch((error) => {
      throw new Error(`${(error as Error).message}: ${last}`);
    });
  }

  /** Does an action and waits until the machine has a status. */
  async act(id: string, action: string, status: string, body?: object): Promise<void> {
    const answer = await this.call('POST', `/api/v1/vms/${id}/${action}`, body);
    if (answer.status >= 300) throw new Error(`${action}: ${answer.status} ${JSON.stringify(answer.body)}`);
    await this.idle(`${action} ends`);
    await this.status(id, status);
  }

  /** The work that has not ended. Asked of the API: the operator's command is a process of its own. */
  async unfinished(): Promise<Work[]> {
    const path = '/api/raffia/v1/operations?limit=100&status=';
    const lists = await Promise.all(
      ['pending', 'running'].map((status) => mustCall(this.server.url, this.server.first, 'GET', `${path}${status}`)),
    );
    return lists.flatMap(({ body }) => body.data as Work[]);
  }

  /** Waits until nothing is being worked on. */
  async idle(what = 'all work ends'): Promise<void> {
    await until(what, async () => (await this.unfinished()).length === 0, { everyMs: 100 });
  }

  /** The id of a VPC, which no operation tells yet. */
  async vpcId(name: string): Promise<string> {
    const [row] = await this.rows<{ id: string }>('select id from vpcs where name = $1', [name]);
    if (row === undefined) throw new Error(`there is no VPC ${name}`);
    return row.id;
  }

  /** Asks the database. */
  async rows<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.#databaseUrl });
    await client.connect();
    try {
      return (await client.query<T>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Launches an instance without Raffia; the answer is after how many milliseconds its sshd spoke. It is removed again. */
  async launchPlain(name: string, address: string): Promise<number> {
    const started = performance.now();
    await this.host.client(
      'launch',
      testImage,
      name,
      '-n',
      'plain',
      '-s',
      testPool,
      '-d',
      `eth0,ipv4.address=${address}`,
    );
    await until(
      `${name} answers`,
      () =>
        this.host.run('sh', '-c', `nc -w 1 ${address} 22 </dev/null | head -c 3`).then(
          (said) => said === 'SSH',
          () => false,
        ),
      { everyMs: 50 },
    );
    const taken = performance.now() - started;
    await this.host.client('delete', '-f', name);
    return taken;
  }

  /** A network with addresses by DHCP, for machines that are launched without Raffia. */
  async launchBridge(): Promise<void> {
    const config = { 'ipv4.address': '10.99.0.1/24', 'ipv4.nat': 'true', 'ipv6.address': 'none' };
    await this.host.api().change('POST', '/1.0/networks', { name: 'plain', type: 'bridge', config });
  }

  /** What the server logged, since a moment in ms, of failed steps and of parts of its host that could not be tidied: each reason once, with how often. */
  reasons(since = 0): string {
    const counts = new Map<string, number>();
    for (const line of this.server.log.split('\n')) {
      // A line of a server that was killed may be half of one.
      if (!/a step failed|could not be tidied|broke off|could not be undone/.test(line) || !line.endsWith('}'))
        continue;
      const { err, msg, time } = JSON.parse(line) as { err?: { message: string }; msg: string; time: number };
      if (time < since) continue;
      const reason = `${msg}: ${err?.message ?? ''}`.slice(0, 600);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    return [...counts].map(([reason, count]) => `${count} times ${reason}`).join('\n');
  }

  /** Deletes a machine, again where the cloud says that it has too much to do. */
  async remove(id: string): Promise<void> {
    await until(
      `the deletion of ${id} is accepted`,
      async () => {
        const { status, text } = await this.call('DELETE', `/api/v1/vms/${id}`, {});
        if (status === 503) return false;
        if (status !== 200) throw new Error(`${id}: ${status} ${text}`);
        return true;
      },
      { everyMs: 1000 },
    );
  }

  /** Runs a command in a machine, over ssh from outside the host; tries until it can be reached. */
  async ssh(address: string, command: string, { withinMs = 120_000, password = '' } = {}): Promise<string> {
    const login = password === '' ? ['-i', this.key.file, '-o', 'BatchMode=yes'] : this.#withPassword(password);
    let last = '';
    return until(
      `ssh to ${address}`,
      () =>
        this.host
          .outside('env', ...this.#environment(password), 'ssh', ...sshOptions, ...login, `root@${address}`, command)
          .catch((error: Error & { stderr?: string }) => {
            last = error.stderr ?? error.message;
            return undefined;
          }),
      { withinMs, everyMs: 100 },
    ).catch((error) => {
      throw new Error(`${(error as Error).message}: ${last}`);
    });
  }

  /** Logs in with a password, which no command line ever shows. */
  #withPassword(password: string): string[] {
    writeFileSync(join(this.folder, 'password'), password, { mode: 0o600 });
    writeFileSync(join(this.folder, 'askpass'), `#!/bin/sh\ncat ${join(this.folder, 'password')}\n`);
    chmodSync(join(this.folder, 'askpass'), 0o700);
    return [
      '-o',
      'PreferredAuthentications=password',
      '-o',
      'PubkeyAuthentication=no',
      '-o',
      'NumberOfPasswordPrompts=1',
    ];
  }

  #environment(password: string): string[] {
    return password === '' ? [] : [`SSH_ASKPASS=${join(this.folder, 'askpass')}`, 'SSH_ASKPASS_REQUIRE=force'];
  }
}

const sshOptions = [
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
  ...[
    '-o',
    'ConnectTimeout=2',
    '-o',
    'GSSAPIAuthentication=no',
    '-o',
    'ServerAliveInterval=2',
    '-o',
    'ServerAliveCountMax=2',
  ],
];
