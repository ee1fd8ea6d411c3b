import { fork } from 'node:child_process';
import { join } from 'node:path';
import { guardProcess } from './guard.ts';

/** What stands for a number of each request's own. */
export const serial = '################';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests in turn: what each has of its own, beside what all have. */
export interface Requests {
  readonly shared: Request;
  readonly each: readonly Partial<Request>[];
}

/** One kind of load: either so many a second, whatever the server does (open), or so many at once (closed). */
export interface Stream {
  readonly name: string;
  readonly requests: Requests;
  readonly perSecond?: number;
  readonly atOnce?: number;
  readonly seconds: number;
  readonly afterSeconds: number;
}

export interface Plan {
  readonly url: string;
  /** When it begins, as the clock of all processes has it. */
  readonly startAt: number;
  readonly streams: readonly Stream[];
}

/** Times are from when a request was due to the end of its answer, in milliseconds. */
export interface Answers {
  readonly sent: number;
  /** How many answers by status; 0: none came. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** By the second: successes that arrived in it, and the 99th percentile of what was due in it. */
  readonly bySecond: readonly { readonly ok: number; readonly p99: number }[];
}

/** Runs streams of requests in a process of their own. */
export function generate(url: string, startAt: number, streams: readonly Stream[]): Promise<Record<string, Answers>> {
  const child = guardProcess(fork(join(import.meta.dirname, 'generator.ts'), [], { serialization: 'advanced' }));
  return new Promise((done, reject) => {
    child.once('message', (answers) => done(answers as Record<string, Answers>));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}`)));
    child.send({ url, startAt, streams } satisfies Plan);
  });
}

/** Long enough from now for processes to be there. */
export const soon = () => Date.now() + 700;

export const successes = ({ statuses }: Answers) =>
  Object.entries(statuses).reduce((sum, [status, count]) => (/^2/.test(status) ? sum + count : sum), 0);

export const inWords = ({ statuses }: Answers) =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status === '0' ? 'no answer' : status}`)
    .join(', ');
