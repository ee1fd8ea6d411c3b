import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { postgresUser } from '../database/postgres-user.ts';
import { freePort } from '../foundation/free-port.ts';
import { guardFolder, guardProcess, removeFolder } from './guard.ts';
import { until } from './until.ts';

/** Of the newest that is installed whole. */
const programs = globSync('/usr/lib/postgresql/*/bin/pg_basebackup')
  .map((file) => dirname(file))
  .sort()
  .findLast((folder) => globSync(`${folder}/{initdb,postgres}`).length === 2);

/** Why no PostgreSQL with its own tools can be started here; undefined where it can. */
export function whyNoExternalPostgres(): string | undefined {
  return programs === undefined ? 'needs initdb and pg_basebackup (package postgresql)' : undefined;
}

/** A PostgreSQL of Debian's, as an operator has it who keeps its log: its clusters, of which one runs, and the archive of their log. */
export class ExternalPostgres {
  readonly #folder: string;
  readonly #user = postgresUser(process.env);
  #port = 0;
  #process: ChildProcess | undefined;
  #said = '';

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'raffia-external-'));
    guardFolder(this.#folder);
    mkdirSync(this.archive);
    chmodSync(this.#folder, 0o755);
    if (this.#user !== null) execFileSync('chown', ['-R', `${this.#user.uid}:${this.#user.gid}`, this.#folder]);
  }

  /** One that runs on a new cluster. */
  static async start(): Promise<ExternalPostgres> {
    const made = new ExternalPostgres();
    await made.#run('initdb', ['-D', made.at('first'), '-U', 'raffia', '--auth=trust', '--no-sync']);
    await made.open('first');
    await made.query('create database raffia', 'postgres');
    return made;
  }

  get archive(): string {
    return this.at('archive');
  }

  /** Of the database of a server. */
  get url(): string {
    return this.#urlOf('raffia');
  }

  at(name: string): string {
    return join(this.#folder, name);
  }

  /** Starts on a cluster; done once it takes changes. */
  async open(cluster: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#port = await freePort();
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(this.#port),
      unix_socket_directories: '',
      fsync: 'off',
      archive_mode: 'on',
      archive_command: `test ! -f ${this.archive}/%f && cp %p ${this.archive}/%f`,
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(programs as string, 'postgres'), ['-D', this.at(cluster), ...flags], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.#identity(),
    });
    guardProcess(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#said += chunk;
      });
    }
    this.#process = child;
    await until('PostgreSQL takes changes', async () => {
      if (child.exitCode !== null)
        throw new Error(`PostgreSQL ended with ${child.exitCode}: ${this.#said.slice(-3000)}`);
      const found = await this.query('select pg_is_in_recovery() as recovers', 'postgres').catch(() => undefined);
      return found?.[0]?.recovers === false;
    });
  }

  /** All that it said. */
  get said(): string {
    return this.#said;
  }

  /** A copy of the running cluster, while it works, as another cluster. */
  async baseBackup(cluster: string): Promise<void> {
    await this.#run('pg_basebackup', ['-D', this.at(cluster), '-d', this.#urlOf('postgres'), '--checkpoint=fast']);
  }

  /** Starts on a copy of a base backup, brought to what was true at a time, by the log in the archive. */
  async restore(backup: string, cluster: string, time: string): Promise<void> {
    cpSync(this.at(backup), this.at(cluster), { recursive: true });
    chmodSync(this.at(cluster), 0o700);
    writeFileSync(join(this.at(cluster), 'recovery.signal'), '');
    if (this.#user !== null) execFileSync('chown', ['-R', `${this.#user.uid}:${this.#user.gid}`, this.at(cluster)]);
    await this.open(cluster, {
      restore_command: `cp ${this.archive}/%f %p`,
      recovery_target_time: time,
      recovery_target_action: 'promote',
    });
  }

  /** Ends it as its operator does; what was not in the archive yet is then. */
  async close(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((over) => child.once('exit', over));
    child.kill('SIGINT');
    await ended;
  }

  async end(): Promise<void> {
    await this.close();
    removeFolder(this.#folder);
  }

  /** Asks a database of its. */
  async query(text: string, database = 'raffia', values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.#urlOf(database) });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  #urlOf(database: string): string {
    return `postgres://raffia@127.0.0.1:${this.#port}/${database}`;
  }

  #identity(): { uid?: number; gid?: number } {
    return this.#user === null ? {} : { uid: this.#user.uid, gid: this.#user.gid };
  }

  async #run(program: string, args: string[]): Promise<void> {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
    await promisify(execFile)(join(programs as string, program), args, { cwd: '/', env, ...this.#identity() });
  }
}
