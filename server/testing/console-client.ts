import assert from 'node:assert/strict';
import { consoleEnds, consolePath } from '@raffia/contract/console-socket.ts';
import { WebSocket } from 'ws';
import { until } from './until.ts';

export interface ConsoleOptions {
  /** Whether it says that it has read what came. */
  readonly reads?: boolean;
  readonly headers?: object;
  readonly path?: string;
}

export const consoleSize = { columns: 80, rows: 24 };

/** A client of a console as a program would be: what it was shown, and how it ended. */
export class ConsoleClient {
  readonly socket: WebSocket;
  shown = Buffer.alloc(0);
  readonly words: Record<string, unknown>[] = [];
  closed: { code: number; reason: string; at: number } | undefined;
  refused: { status: number; text: string } | undefined;
  reads: boolean;
  #all = 0;

  /** @param url of the server, or of what is before it */
  constructor(url: string, { reads = true, headers = {}, path = consolePath }: ConsoleOptions = {}) {
    this.reads = reads;
    this.socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers: headers as Record<string, string> });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.words.push(JSON.parse(String(data)));
        return;
      }
      this.#all += data.length;
      this.shown = Buffer.concat([this.shown, data]).subarray(-100_000);
      if (this.reads) this.say({ read: this.#all });
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason), at: Date.now() };
    });
    this.socket.on('error', () => {});
    this.socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => {
        this.refused = { status: response.statusCode ?? 0, text };
      });
    });
  }

  get all(): number {
    return this.#all;
  }

  get text(): string {
    return this.shown.toString();
  }

  get isOpen(): boolean {
    return this.words.some(({ state }) => state === 'open');
  }

  /** Says its ticket as soon as it may. */
  greet(ticket: string): void {
    this.socket.on('open', () => this.say({ ticket, ...consoleSize }));
  }

  say(word: object): void {
    this.socket.send(JSON.stringify(word));
  }

  type(text: string): void {
    this.socket.send(Buffer.from(text));
  }

  /** Types a line, and waits for what it brings. */
  async run(line: string, answer: RegExp): Promise<void> {
    this.shown = Buffer.alloc(0);
    this.type(`${line}\r`);
    await until(`${line} brings ${answer}`, () => answer.test(this.text));
  }

  async ends(code: keyof typeof consoleEnds, withinMs = 5000): Promise<string> {
    await until(`it ends: ${code}`, () => this.closed !== undefined, { withinMs });
    assert.deepEqual([this.closed?.code, this.closed?.reason], [consoleEnds[code], this.closed?.reason]);
    return this.closed?.reason as string;
  }
}
