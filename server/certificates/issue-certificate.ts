import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AcmeSettings } from './acme-settings.ts';
import type { ChallengeServer } from './challenge-server.ts';

/** What the thread is given. */
export interface Asked extends Pick<AcmeSettings, 'directory' | 'rootFile' | 'email' | 'name'> {
  /** In PEM. */
  readonly accountKey: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why there is no certificate, and how soon one is asked for again. */
export interface Reason {
  /** A sentence without its full stop. */
  readonly reason: string;
  /** Whether to ask again costs the authority nothing. Who refuses counts how often he is asked. */
  readonly isCheap: boolean;
  /** For how long the authority will not be asked again, in milliseconds; 0 where it does not say. */
  readonly afterMs: number;
}

/** What the thread says: what to answer for a token, then how it ended. */
export type Told =
  | { readonly token: string; readonly answer: string | undefined }
  | { readonly certificate: string }
  | Reason;

/** No certificate was given, for the reason that the message tells. */
export class NotIssued extends Error implements Reason {
  readonly reason: string;
  readonly isCheap: boolean;
  readonly afterMs: number;

  constructor({ reason, isCheap, afterMs }: Reason) {
    super(reason);
    this.reason = reason;
    this.isCheap = isCheap;
    this.afterMs = afterMs;
  }
}

/** An authority takes seconds, and minutes where there is much to do. */
const patienceMs = 600_000;

/**
 * Gets a certificate with a new key; both in PEM, the key first. The library that speaks to the authority takes 40 MB, so it is loaded in a
 * thread that ends.
 *
 * @throws NotIssued; the reason of the signal where that breaks it off
 */
export async function issueCertificate(
  asked: Asked,
  challenges: ChallengeServer,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const thread = new Worker(join(import.meta.dirname, 'issue-in-worker.ts'), { workerData: asked });
  const ended = Promise.withResolvers<string>();
  const breakOff = () => ended.reject(signal.reason);
  const late = setTimeout(() => {
    const reason = 'The authority did not come to an end within ten minutes';
    ended.reject(new NotIssued({ reason, isCheap: false, afterMs: 0 }));
  }, patienceMs);
  signal.addEventListener('abort', breakOff);
  thread.on('message', (told: Told) => {
    if ('certificate' in told) ended.resolve(told.certificate);
    else if ('reason' in told) ended.reject(new NotIssued(told));
    else {
      challenges.set(told.token, told.answer);
      thread.postMessage('set');
    }
  });
  thread.on('error', ended.reject);
  thread.on('exit', (code) => ended.reject(new Error(`the thread ended with ${code}`)));
  try {
    return await ended.promise;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', breakOff);
    await thread.terminate();
    challenges.forget();
  }
}
