import { execFileSync, spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../foundation/free-port.ts';
import { isAlive } from '../foundation/is-alive.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { canEnter, postgresUser, type SystemUser, sharedFolder } from './postgres-user.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  /** The cluster's folder. */
  readonly directory: string;
  /** Whether it was still running from before. */
  readonly adopted: boolean;
  stop(): Promise<void>;
  /** Lets it run on without watching over it. */
  leave(): void;
}

interface Options {
  readonly dataDirectory: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: (sentence: string) => void;
  /** Called when the database is on its way up, or is up: from then on there is time for other things. */
  readonly onLaunch?: () => void;
  /** False only for tests: a crash of the machine may lose data. */
  readonly sync?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

interface Cluster {
  readonly directory: string;
  readonly binaries: string;
  readonly user: SystemUser | null;
  readonly passwordFile: string;
}

const startSeconds = 60;
const watchMs = 1000;
const endMs = 5000;

/**
 * Starts the PostgreSQL that came from npm on a data directory: initialised at the first start, adopted if it is still running after
 * the server was killed, recovered if it was killed itself. It listens on a free port of 127.0.0.1, with a password.
 *
 * @throws Error whose message says what to do
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const dataDirectory = resolve(options.dataDirectory);
  mkdirSync(dataDirectory, { recursive: true });
  const user = postgresUser(options.env ?? process.env);
  const cluster: Cluster = {
    user,
    binaries: postgresBinaries(user),
    directory: clusterFolder(dataDirectory, user, options.log),
    passwordFile: join(dataDirectory, 'postgres.password'),
  };
  await initialise(cluster, options.sync !== false);
  const adoptedPort = await runningPort(cluster);
  if (adoptedPort !== undefined) options.onLaunch?.();
  const port = adoptedPort ?? (await start(cluster, options));
  const url = urlOf(cluster, port);
  await createDatabase(url);
  const watch = watchOver(cluster, options, port);
  return {
    url,
    directory: cluster.directory,
    adopted: adoptedPort !== undefined,
    leave: watch,
    stop: async () => {
      watch();
      const pid = processOf(cluster);
      const stopped = await run(cluster, 'pg_ctl', ['stop', '-D', cluster.directory, '-m', 'fast', '-w', '-t', '30']);
      if (stopped.status !== 0 && (await runningPort(cluster)) !== undefined) {
        throw new Error(`PostgreSQL did not stop; ${logFileOf(cluster)} says why.`);
      }
      // It takes its file away before it ends; one whose parent reaps nobody is never gone.
      for (const until = Date.now() + endMs; isAlive(pid) && Date.now() < until; ) await setTimeout(5);
    },
  };
}

/**
 * The cluster's folder: `postgres` in the data directory. Where that lies behind a folder that PostgreSQL's user cannot enter, it is
 * a link to a folder that the user can. What a restore put there as another user is given to PostgreSQL's.
 */
function clusterFolder(dataDirectory: string, user: SystemUser | null, log: Options['log']): string {
  const folder = join(dataDirectory, 'postgres');
  if (user === null || isLink(folder)) return realFolder(folder);
  const isThere = existsSync(join(folder, 'PG_VERSION'));
  if (canEnter(dataDirectory, user)) {
    if (isThere) giveTo(user, folder);
    return folder;
  }
  const elsewhere = join(sharedFolder, hash('sha256', dataDirectory, 'hex').slice(0, 16));
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  const target = join(elsewhere, 'postgres');
  // What lies there belonged to a data directory that is gone: it is kept, but not used.
  if (existsSync(target)) renameSync(target, `${target}.orphan-${Date.now()}`);
  if (isThere) {
    cpSync(folder, target, { recursive: true, preserveTimestamps: true });
    giveTo(user, target);
    rmSync(folder, { recursive: true });
  }
  symlinkSync(target, folder);
  log?.(`${dataDirectory} is closed to the user ${user.name}, so the database's files are kept in ${elsewhere}`);
  return target;
}

function giveTo(user: SystemUser, folder: string): void {
  if (statSync(folder).uid === user.uid) return;
  execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  chmodSync(folder, 0o700);
}

function realFolder(folder: string): string {
  return isLink(folder) ? readlinkSync(folder) : folder;
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Makes the cluster beside its place and moves it there when it is whole: a crash leaves nothing half-made. */
async function initialise(cluster: Cluster, sync: boolean): Promise<void> {
  if (existsSync(join(cluster.directory, 'PG_VERSION'))) return;
  const { user, directory, passwordFile } = cluster;
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  const temporary = `${directory}.${process.pid}.new`;
  const secret = `${temporary}.password`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  writeFileSync(secret, readFileSync(passwordFile), { mode: 0o600 });
  if (user !== null) {
    chownSync(temporary, user.uid, user.gid);
    chownSync(secret, user.uid, user.gid);
  }
  try {
    const made = await run(cluster, 'initdb', [
      ...['-D', temporary, '-U', 'raffia', '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256', `--pwfile=${secret}`],
      ...(sync ? [] : ['--no-sync']),
    ]);
    if (made.status !== 0) throw new Error(`PostgreSQL could not be set up in ${directory}: ${made.output}`);
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(join(directory, 'PG_VERSION'))) throw error;
  } finally {
    rmSync(secret, { force: true });
  }
}

/** The process that wrote its number into the folder; NaN where none did. */
function processOf(cluster: Cluster): number {
  try {
    return Number.parseInt(readFileSync(join(cluster.directory, 'postmaster.pid'), 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.NaN;
    throw error;
  }
}

/** Whether it is there. */
function isRunning(cluster: Cluster): boolean {
  try {
    return isAlive(processOf(cluster));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The port of a server that runs on this folder and takes our password; undefined where none does. */
async function runningPort(cluster: Cluster): Promise<number | undefined> {
  if (!isRunning(cluster)) return undefined;
  const [, , , port] = readFileSync(join(cluster.directory, 'postmaster.pid'), 'utf8').split('\n');
  const client = new pg.Client({
    connectionString: urlOf(cluster, Number(port), 'postgres'),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
    return rows[0]?.folder === cluster.directory ? Number(port) : undefined;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * A database that was killed by itself is started again where it was; what it had promised is in its log.
 *
 * @returns ends the watch
 */
function watchOver(cluster: Cluster, options: Options, port: number): () => void {
  let busy = false;
  const look = async () => {
    if (busy || isRunning(cluster)) return;
    busy = true;
    options.log?.('PostgreSQL is gone and is started again');
    const { status } = await launch(cluster, options, port);
    if (status !== 0) options.log?.('PostgreSQL could not be started again; it is tried again');
    busy = false;
  };
  const timer = setInterval(() => void look(), watchMs).unref();
  return () => clearInterval(timer);
}

async function start(cluster: Cluster, options: Options): Promise<number> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort();
    const launching = launch(cluster, options, port);
    options.onLaunch?.();
    if ((await launching).status === 0) return port;
    // Another start may have been faster.
    const other = await runningPort(cluster);
    if (other !== undefined) return other;
  }
  throw new Error(`The embedded PostgreSQL did not start; ${logFileOf(cluster)} says why.`);
}

function logFileOf(cluster: Cluster): string {
  return join(cluster.directory, 'server.log');
}

function launch(cluster: Cluster, options: Options, port: number): Promise<Ended> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '32MB',
    jit: 'off',
    ...(options.sync === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  return run(cluster, 'pg_ctl', [
    ...['start', '-D', cluster.directory, '-l', logFileOf(cluster)],
    ...['-w', '-t', String(startSeconds), '-o', flags.join(' ')],
  ]);
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs one of PostgreSQL's programs as its user, with an environment that holds nothing of ours. */
function run(cluster: Cluster, program: 'initdb' | 'pg_ctl', args: string[]): Promise<Ended> {
  const { user } = cluster;
  // The server that pg_ctl starts would keep a pipe open for as long as it lives.
  const told = program === 'initdb' ? 'pipe' : 'ignore';
  const child = spawn(join(cluster.binaries, 'bin', program), args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', told, told],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (status) => done({ status, output }));
  });
}

async function createDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    const { rowCount } = await client.query(`select 1 from pg_database where datname = 'raffia'`);
    if (rowCount === 0) await client.query('create database raffia');
  } catch (error) {
    if ((error as { code?: string }).code !== '42P04') throw error;
  } finally {
    await client.end();
  }
}

function urlOf(cluster: Cluster, port: number, database = 'raffia'): string {
  const password = readFileSync(cluster.passwordFile, 'utf8').trim();
  return `postgres://raffia:${password}@127.0.0.1:${port}/${database}`;
}
