import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../foundation/free-port.ts';
import type { NewAccount } from '../resources/account/bootstrap-account.ts';
import { guardFolder, guardProcess, removeFolder } from './guard.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');

/** The server as a process of its own, as an operator runs it: to be killed and started again. It ends with who started it, its database too. */
export class ServerProcess {
  readonly url: string;
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #prefix: readonly string[];
  #root: string;
  #child: ChildProcess | null = null;
  #log = '';
  #printed = '';

  private constructor(
    port: number,
    folder: string,
    env: Record<string, string>,
    prefix: readonly string[],
    version: string,
  ) {
    const scheme = env.RAFFIA_TLS_CERTIFICATE === undefined ? 'http' : 'https';
    this.url = `${scheme}://${env.RAFFIA_HOST ?? '127.0.0.1'}:${port}`;
    this.folder = folder;
    this.#prefix = prefix;
    this.#root = version;
    this.#env = {
      ...process.env,
      RAFFIA_TEST_DATABASE_URL: undefined,
      NODE_TEST_CONTEXT: undefined,
      // What test files write there, under other flags of V8, a server cannot use.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE && join(process.env.NODE_COMPILE_CACHE, 'servers'),
      RAFFIA_PORT: String(port),
      RAFFIA_DATA: join(folder, 'data'),
      RAFFIA_BOOTSTRAP_FILE: join(folder, 'first.json'),
      RAFFIA_LOG_LEVEL: 'error',
      ...env,
    };
  }

  /**
   * @param prefix what goes before its command: it becomes the server
   * @param version the folder of the version that it runs: this one, or one of the past
   */
  static async create(
    env: Record<string, string> = {},
    prefix: readonly string[] = [],
    version = root,
  ): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-process-'));
    guardFolder(folder);
    return new ServerProcess(await freePort(), folder, env, prefix, version);
  }

  /** It is this version from its next start on. */
  upgrade(): void {
    this.#root = root;
  }

  get #main(): string {
    return join(this.#root, 'server/main.ts');
  }

  /** Starts it and waits until it is ready. The answer is how long that took, in milliseconds. */
  async start(): Promise<number> {
    const started = performance.now();
    this.launch();
    const child = this.#child as ChildProcess;
    await until(
      'the server is ready',
      async () => {
        if (child.exitCode !== null)
          throw new Error(`the server ended with ${child.exitCode}: ${this.log.slice(-4000)}`);
        return (await fetch(`${this.url}/ready`).catch(() => undefined))?.ok;
      },
      { everyMs: 10 },
    );
    return performance.now() - started;
  }

  /** Starts it. */
  launch(): void {
    const child = this.#spawn('start', this.#env);
    guardProcess(child);
    child.stdout.on('data', (chunk) => {
      this.#printed += chunk;
    });
    child.stderr.on('data', (chunk) => {
      this.#log = `${this.#log}${chunk}`.slice(-1_000_000);
    });
    this.#child = child;
  }

  #spawn(command: string, env: NodeJS.ProcessEnv) {
    const [program = '', ...args] = [...this.#prefix, process.execPath, this.#main, command];
    return spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Tells it something by a signal that is not to end it. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it with a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    child.kill(signal);
    return ended;
  }

  /** With which its commands run. */
  get environment(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** When the process that runs now has ended. */
  get ended(): Promise<unknown> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((done) => child.once('exit', done));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get first(): NewAccount {
    return JSON.parse(readFileSync(join(this.folder, 'first.json'), 'utf8')) as NewAccount;
  }

  /** What it wrote to its log, as far as it is not too long ago. */
  get log(): string {
    return this.#log;
  }

  /** What it printed for people. */
  get printed(): string {
    return this.#printed;
  }

  /** Runs another of its commands, as one does in a terminal beside it. */
  command(...args: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#main, ...args], {
      env: this.#env,
      encoding: 'utf8',
    });
    return { status, output: `${stdout}${stderr}` };
  }

  /** Another process with other settings, on a port and in a folder of its own, until it ends by itself. */
  async another(
    command: string,
    env: Record<string, string | undefined>,
  ): Promise<{ status: number | null; output: string }> {
    const own = { RAFFIA_PORT: String(await freePort()), RAFFIA_DATA: join(this.folder, 'another') };
    const child = guardProcess(this.#spawn(command, { ...this.#env, ...own, ...env }));
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const status = await new Promise<number | null>((done) => child.once('close', done));
    return { status, output };
  }

  /** The same without waiting for its end. */
  inBackground(...args: string[]): { readonly ended: boolean } {
    const child = spawn(process.execPath, [this.#main, ...args], { env: this.#env, stdio: 'ignore' });
    return {
      get ended() {
        return child.exitCode !== null;
      },
    };
  }

  remove(): void {
    removeFolder(this.folder);
  }
}
