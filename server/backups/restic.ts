import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { EngineError } from '../engines/engine.ts';
import { BackupStoreAway, BackupStoreFull } from './backup-store.ts';
import { sealRepositoryKey } from './repository-key.ts';
import type { ResticPlace } from './restic-place.ts';

/** Of what it says, as much as tells why it failed. */
const longestSaid = 16_384;
const longestAnswer = 64 << 20;
/** How long one that is told to end has to give its lock back. */
const endMs = 5000;
/** How often it may try a request again that its place refuses, while the place answers us. */
const retriesAtMost = 4;

/** A restic that runs. */
export interface ResticRun {
  readonly pid: number | undefined;
  readonly input: Writable;
  readonly output: Readable;
  /** Rejects with ResticFailure, or where its place cannot be used, with what says so. */
  readonly ended: Promise<void>;
  /** Ends it before its time; `ended` tells when it is over. */
  stop(): void;
}

/** It ended with an error while its place could be used; the message is its own: for logs, never for users. */
export class ResticFailure extends Error {
  constructor(said: string) {
    super(said);
    this.name = 'ResticFailure';
  }

  /** Somebody else is at the repository, or was, and was killed. */
  get isLocked(): boolean {
    return /already locked/.test(this.message);
  }
}

/** Runs restic. What is secret is in its environment alone, where nobody but root and its own user reads it. */
export class Restic {
  readonly #place: ResticPlace;
  readonly #passwordOf: (accountId: string) => string;

  constructor(place: ResticPlace, passwordOf: (accountId: string) => string) {
    this.#place = place;
    this.#passwordOf = passwordOf;
  }

  /** What it is, for people. */
  async version(): Promise<string> {
    const child = spawn('restic', ['version'], { env: environment({}), stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise<void>((over, reject) => child.once('close', over).once('error', reject)).catch((cause) => {
      throw new EngineError('restic is not installed on the host of this server', { cause });
    });
    return text.split(' ').slice(0, 2).join(' ');
  }

  begin(accountId: string, args: readonly string[]): ResticRun {
    const place = this.#place;
    const child = spawn('restic', [...place.options, ...args], {
      env: environment({
        ...place.environment,
        RESTIC_REPOSITORY: place.repositoryOf(accountId),
        RESTIC_PASSWORD: this.#passwordOf(accountId),
      }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Whoever writes to one that has ended learns why from its end.
    child.stdin.on('error', () => {});
    return {
      pid: child.pid,
      input: child.stdin,
      output: child.stdout,
      ended: this.#end(child),
      stop: () => stop(child),
    };
  }

  /** @returns what it answered; once more where only a lock was in the way that nobody holds any more */
  async ask(accountId: string, args: readonly string[], input = ''): Promise<string> {
    try {
      return await this.#ask(accountId, args, input);
    } catch (error) {
      if (!(error instanceof ResticFailure) || !error.isLocked) throw error;
      await this.unlock(accountId);
      return await this.#ask(accountId, args, input);
    }
  }

  /**
   * Makes an account's repository. Its key is one that is hardly stretched, in the place of restic's own: that costs every command
   * half a second of a processor, which keeps out who guesses the password of a person. Where this breaks off, that one serves.
   */
  async init(accountId: string): Promise<void> {
    await this.ask(accountId, ['init', '--quiet']);
    const masterKey = await this.ask(accountId, ['cat', 'masterkey', '--no-lock']);
    const { name, content } = await sealRepositoryKey(masterKey, this.#passwordOf(accountId));
    await this.#place.addKey(accountId, name, content);
    const withIt = ['--key-hint', name, 'key'];
    const keys: { id: string; current: boolean }[] = JSON.parse(
      await this.ask(accountId, [...withIt, 'list', '--json']),
    );
    if (!keys.some(({ id, current }) => current && name.startsWith(id)))
      throw new ResticFailure('it did not take its key');
    for (const { id } of keys.filter(({ current }) => !current)) await this.ask(accountId, [...withIt, 'remove', id]);
  }

  /** Removes the locks of those that were killed. */
  async unlock(accountId: string): Promise<void> {
    await this.#ask(accountId, ['unlock'], '');
  }

  async #ask(accountId: string, args: readonly string[], input: string): Promise<string> {
    const { input: stdin, output, ended, stop } = this.begin(accountId, args);
    const chunks: Buffer[] = [];
    let length = 0;
    output.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestAnswer) stop();
      else chunks.push(chunk);
    });
    stdin.end(input);
    await ended;
    return Buffer.concat(chunks).toString();
  }

  /** It goes on trying for minutes: where its place does not answer us either, or only it is refused, that is the end. */
  async #end(child: ChildProcess): Promise<void> {
    let said = '';
    let retries = 0;
    let away: unknown;
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-longestSaid);
      if (!/returned error, retrying/.test(String(chunk))) return;
      if (++retries > retriesAtMost) return stop(child);
      this.#place.check().catch((error) => {
        away = error;
        stop(child);
      });
    });
    const code = await new Promise<number | null>((over, reject) =>
      child.once('error', reject).once('close', over),
    ).catch((cause) => {
      throw new EngineError('restic is not installed on the host of this server', { cause });
    });
    if (code === 0) return;
    if (away !== undefined) throw away;
    const cause = new ResticFailure(said.trim() || `restic ended with ${code}`);
    if (/no space left|quota exceeded|StorageFull|InsufficientStorage/i.test(said))
      throw new BackupStoreFull({ cause });
    if (/wrong password or no key found/.test(said)) {
      throw new EngineError(
        'What is kept of this account was made under another secret of this server; ask the operator of this cloud',
        { cause },
      );
    }
    await this.#place.check();
    throw cause;
  }
}

/** Nothing of the server's own environment but where programs are. */
function environment(own: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '/usr/bin:/bin', HOME = '/nonexistent', TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...own };
}

function stop(child: ChildProcess): void {
  // It gives its lock back.
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
  child.once('close', () => clearTimeout(timer));
}

/** A failure of restic as that of a verb. */
export function asStoreFault(error: unknown): unknown {
  return error instanceof ResticFailure ? new BackupStoreAway({ cause: error }) : error;
}
