import { hash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { inTime } from '../foundation/in-time.ts';

const connectMs = 2000;
/** An answer takes a fraction of a millisecond; who waits longer does without. */
const answerMs = 1000;
const lookEveryMs = 500;
const againMs = 200;

type Client = ReturnType<typeof connection>;

/** A script in Lua, run as one act. All that there are are told to each new connection: what is asked first is then done first. */
export class Script {
  static readonly all: Script[] = [];
  readonly text: string;
  readonly sha: string;
  readonly keys: string;

  /** @param keys how many of its arguments are names of keys */
  constructor(keys: number, text: string) {
    this.text = text;
    this.sha = hash('sha1', text);
    this.keys = String(keys);
    Script.all.push(this);
  }
}

/** Redis did not answer: it is away, or the way to it is. */
export class RedisAway extends Error {
  constructor(cause?: unknown) {
    super('Redis does not answer', { cause });
    this.name = 'RedisAway';
  }
}

/** Asks Redis, and where that is away does otherwise. */
export async function unlessAway<T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RedisAway)) throw error;
    return otherwise();
  }
}

/**
 * One connection to Redis or Valkey, made again for as long as it breaks. What was asked over one that broke may have been done or not;
 * nothing waits for the next one.
 */
export class Redis {
  readonly #url: string;
  readonly #log: Logger;
  readonly #changed: (isUp: boolean) => void;
  readonly #aheadMs: () => number;
  /** Told how long each answer took, in seconds; undefined where nobody counts. */
  onAnswer: ((seconds: number) => void) | undefined;
  readonly #channels = new Map<string, (message: string) => void>();
  #client: Client | undefined;
  #isUp = false;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();

  /**
   * @param changed told when it is there, and when it is not: what was known of it then may be gone
   * @param aheadMs how far the clock in use is ahead of the system's
   */
  constructor(url: string, log: Logger, changed: (isUp: boolean) => void, aheadMs: () => number = () => 0) {
    this.#url = url;
    this.#log = log;
    this.#changed = changed;
    this.#aheadMs = aheadMs;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Begins to connect; `listen` comes before. */
  start(): void {
    this.#running = this.#keepUp();
  }

  /** Hears what is published in a channel. */
  listen(channel: string, listener: (message: string) => void): void {
    this.#channels.set(channel, listener);
  }

  /** @throws RedisAway */
  async run<T>(script: Script, ...args: string[]): Promise<T> {
    const client = this.#client;
    if (client === undefined || !this.#isUp) throw new RedisAway();
    args.push(String(Math.round(this.#aheadMs() * 1000)));
    try {
      return await this.#send<T>(client, ['EVALSHA', script.sha, script.keys, ...args]);
    } catch (error) {
      if ((error as Error).message?.startsWith('NOSCRIPT') === true) {
        return this.#answer<T>(client, ['EVAL', script.text, script.keys, ...args]);
      }
      throw this.#broken(client, error);
    }
  }

  /** @throws RedisAway */
  async command<T>(...args: string[]): Promise<T> {
    const client = this.#client;
    if (client === undefined || !this.#isUp) throw new RedisAway();
    return this.#answer(client, args);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#client?.destroy();
    await this.#running;
  }

  async #answer<T>(client: Client, args: string[]): Promise<T> {
    try {
      return await this.#send<T>(client, args);
    } catch (error) {
      throw this.#broken(client, error);
    }
  }

  async #send<T>(client: Client, args: string[]): Promise<T> {
    const began = performance.now();
    const answer = await client.sendCommand(args);
    this.onAnswer?.((performance.now() - began) / 1000);
    return answer as T;
  }

  /** What Redis itself refuses, such as a write where its memory is full, is no better than none at all. */
  #broken(client: Client, error: unknown): RedisAway {
    this.#down(client, error);
    return new RedisAway(error);
  }

  async #keepUp(): Promise<void> {
    while (!this.#isClosed) {
      const client = connection(this.#url);
      client.on('error', (error) => this.#down(client, error));
      client.on('end', () => this.#down(client, undefined));
      try {
        await inTime(this.#prepare(client), connectMs, late);
        if (this.#isClosed) break;
        this.#client = client;
        this.#isUp = true;
        this.#changed(true);
        while (this.#client === client) {
          await wait(lookEveryMs);
          // What was sent is waited for as long as the connection stands: this ends the one on which nothing comes.
          await inTime(client.ping(), answerMs, late);
        }
      } catch (error) {
        this.#down(client, error);
      }
      if (client.isOpen) client.destroy();
      await wait(againMs);
    }
    if (this.#client?.isOpen === true) this.#client.destroy();
  }

  async #prepare(client: Client): Promise<void> {
    await client.connect();
    await Promise.all(Script.all.map(({ text }) => client.sendCommand(['SCRIPT', 'LOAD', text])));
    for (const [channel, listener] of this.#channels) await client.subscribe(channel, listener);
  }

  #down(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#isUp = false;
    if (client.isOpen) client.destroy();
    if (this.#isClosed) return;
    this.#log.warn({ err: error }, 'Redis is away');
    this.#changed(false);
  }
}

function late(): never {
  throw new Error('no answer in time');
}

function connection(url: string) {
  return createClient({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 50_000,
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: false, connectTimeout: connectMs },
  });
}
