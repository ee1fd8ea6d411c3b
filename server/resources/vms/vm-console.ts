import {
  type ConsoleEnd,
  type ConsoleWord,
  consoleEnds,
  largestSize,
  mostUnread,
  mostUntaken,
} from '@raffia/contract/console-socket.ts';
import type { RawData, WebSocket } from 'ws';
import type { Principal } from '../../access/principal.ts';
import type { Listener, News } from '../../changes/event-streams.ts';
import type { MachineConsole, TerminalSize } from '../../engines/engine.ts';
import { ApiError } from '../../foundation/api-error.ts';
import type { Clock } from '../../foundation/clock.ts';

/** Nothing typed for so long, and it ends. */
const idleMs = 30 * 60_000;
/** Who was not looked at for so long has nothing passed on: the database is away, and nobody knows whether the access stands. */
const unseenMs = 2500;
/** How long a client has to answer the close. */
const closingMs = 1000;
/** Bytes of the reason of a close, by the protocol. */
const longestReason = 123;
/** The client is told what was taken of what it typed each so many bytes. */
const toldEach = mostUntaken / 4;

/** Why a console ended, and what went over it. */
export interface ConsoleOutcome {
  readonly end: ConsoleEnd | 'left';
  readonly seconds: number;
  /** Bytes that the machine wrote, and that were typed. */
  readonly shown: number;
  readonly typed: number;
}

interface Needs {
  readonly socket: WebSocket;
  readonly caller: Principal;
  readonly vmId: string;
  readonly clock: Clock;
  /** @throws ApiError where the caller, as it is now, may have no console */
  readonly check: (now: Principal) => void;
  /** Called when the machine's side has ended by itself; whoever knows why ends it. */
  readonly shellEnded: () => Promise<void>;
  /** Called when it is over, once. */
  readonly over: (outcome: ConsoleOutcome) => void;
}

/**
 * A console between a client's websocket and a machine. Nothing passes but while its caller may have it; what is under way in either
 * direction is bounded, and who does not say that it dealt with it holds up what it comes from, and nothing else.
 */
export class VmConsole implements Listener {
  readonly isWatched = true;
  readonly caller: Principal;
  readonly vmId: string;
  readonly #with: Needs;
  readonly #began: number;
  readonly #seen = Promise.withResolvers<Principal | undefined>();
  #machine: MachineConsole | undefined;
  #isOver = false;
  #lastTyped: number;
  #lastSeen: number;
  #shown = 0;
  #read = 0;
  #typed = 0;
  #taken = 0;
  #told = 0;
  /** What was typed and not passed on yet: of a bounded number of bytes. */
  readonly #waiting: Buffer[] = [];

  constructor(needs: Needs) {
    this.#with = needs;
    this.caller = needs.caller;
    this.vmId = needs.vmId;
    this.#began = needs.clock.monotonic();
    this.#lastTyped = this.#began;
    this.#lastSeen = this.#began;
    const { socket } = needs;
    socket.on('message', (data, isBinary) => this.#heard(data, isBinary));
    socket.on('close', () => this.#ended('left'));
    socket.on('error', () => socket.terminate());
  }

  /** The caller as it is, when it was looked at for the first time; undefined where it may have none. */
  get seen(): Promise<Principal | undefined> {
    return this.#seen.promise;
  }

  isOpen(): boolean {
    return !this.#isOver;
  }

  tell({ now }: News): void {
    try {
      this.#with.check(now);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.end('access', error.message);
      return;
    }
    const at = this.#with.clock.monotonic();
    this.#lastSeen = at;
    if (at - this.#lastTyped > idleMs) this.end('idle', 'Nothing was typed for 30 minutes');
    this.#seen.resolve(now);
    this.#goOn();
  }

  accessEnded(): void {
    this.end('access', 'Your session, your key or your access to this account has ended');
  }

  serverEnds(): void {
    this.end('server', 'This server is being stopped; open the console again');
  }

  /** Passes on, from now on, what goes to a machine and comes from it. */
  join(machine: MachineConsole): void {
    const { stream } = machine;
    stream.on('error', () => this.end('host', hostSentence));
    if (this.#isOver) return void stream.destroy();
    this.#machine = machine;
    this.#with.socket.send(JSON.stringify({ state: 'open' }));
    this.#goOn();
    stream.on('data', (shown: Buffer) => {
      if (this.#isOver) return;
      this.#shown += shown.length;
      this.#with.socket.send(shown);
      this.#goOn();
    });
    stream.on('end', () => void this.#with.shellEnded());
  }

  /** Ends it for the client to know why. */
  end(end: ConsoleEnd, sentence: string): void {
    const { socket } = this.#with;
    if (!this.#ended(end)) return;
    socket.close(consoleEnds[end], within(sentence, longestReason));
    setTimeout(() => socket.terminate(), closingMs).unref();
  }

  #ended(end: ConsoleOutcome['end']): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#seen.resolve(undefined);
    this.#machine?.stream.destroy();
    const seconds = Math.round((this.#with.clock.monotonic() - this.#began) / 1000);
    this.#with.over({ end, seconds, shown: this.#shown, typed: this.#typed });
    return true;
  }

  /** Passes on what may be passed on now, in both directions. */
  #goOn(): void {
    const stream = this.#machine?.stream;
    if (stream === undefined) return;
    const isHeld = this.#isHeld();
    if (isHeld || this.#shown - this.#read >= mostUnread) stream.pause();
    else stream.resume();
    if (isHeld) return;
    for (const typed of this.#waiting.splice(0)) stream.write(typed, () => this.#took(typed.length));
  }

  /** Called each second: without a look nothing passes. */
  holdUnseen(): void {
    if (this.#isHeld()) this.#goOn();
  }

  #isHeld(): boolean {
    return this.#with.clock.monotonic() - this.#lastSeen > unseenMs;
  }

  #heard(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    if (isBinary) this.#type(data as Buffer);
    else this.#obey(wordOf(String(data)));
  }

  #obey(word: ConsoleWord | undefined): void {
    if (word === undefined) this.end('message', 'The client sent something that is no message of a console');
    else if ('columns' in word) this.#machine?.resize(word);
    else if (word.read < this.#read || word.read > this.#shown)
      this.end('message', 'The client said that it has read what was not sent');
    else {
      this.#read = word.read;
      this.#goOn();
    }
  }

  #type(typed: Buffer): void {
    this.#typed += typed.length;
    this.#lastTyped = this.#with.clock.monotonic();
    if (this.#typed - this.#taken > mostUntaken)
      this.end('message', `The client sent more than ${mostUntaken} bytes before they were taken`);
    else {
      this.#waiting.push(typed);
      this.#goOn();
    }
  }

  #took(bytes: number): void {
    this.#taken += bytes;
    if (this.#isOver || this.#taken - this.#told < toldEach) return;
    this.#told = this.#taken;
    this.#with.socket.send(JSON.stringify({ taken: this.#taken }));
  }
}

export const hostSentence = 'The host of this VM does not answer, or cannot do this';

/** The size in a client's words; undefined where it is none. */
export function sizeOf({ columns, rows }: { columns?: unknown; rows?: unknown }): TerminalSize | undefined {
  const isSize = (size: unknown): size is number =>
    Number.isInteger(size) && (size as number) >= 1 && (size as number) <= largestSize;
  return isSize(columns) && isSize(rows) ? { columns, rows } : undefined;
}

function wordOf(text: string): ConsoleWord | undefined {
  const word = objectOf(text);
  if (word === undefined) return undefined;
  if (Number.isSafeInteger(word.read)) return { read: word.read as number };
  return sizeOf(word);
}

/** A client's message as an object; undefined where it is none. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** As much of a sentence as fits into so many bytes. */
function within(sentence: string, bytes: number): string {
  let text = sentence;
  while (Buffer.byteLength(text) > bytes) text = text.slice(0, -1);
  return text;
}
