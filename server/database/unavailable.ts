import { ApiError } from '../foundation/api-error.ts';

/** What stops the database from answering for a while. */
export type Reason = 'busy' | 'notReady' | 'storageFull';

/** The database does not answer now, and may do so soon. */
export class Unavailable extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, options?: ErrorOptions) {
    super(`the database is ${reason}`, options);
    this.name = 'Unavailable';
    this.reason = reason;
  }
}

/** PostgreSQL's and the system's codes, and the words of the driver where it has no code. */
const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'notReady',
  ECONNRESET: 'notReady',
  ENOTFOUND: 'notReady',
  EPIPE: 'notReady',
  ETIMEDOUT: 'notReady',
  '08000': 'notReady',
  '08001': 'notReady',
  '08003': 'notReady',
  '08006': 'notReady',
  '25006': 'notReady',
  '57P01': 'notReady',
  '57P02': 'notReady',
  '57P03': 'notReady',
  '57P05': 'notReady',
  '53300': 'notReady',
  // Time-outs: of a statement, of a lock, of a transaction that idles or as a whole.
  '57014': 'busy',
  '55P03': 'busy',
  '25P03': 'busy',
  '25P04': 'busy',
  // Deadlocks and serialisation failures that trying again did not get past.
  '40001': 'busy',
  '40P01': 'busy',
  '53200': 'busy',
  '53100': 'storageFull',
  ENOSPC: 'storageFull',
};

const words: readonly [RegExp, Reason][] = [
  [/^Connection terminated/, 'notReady'],
  [/^timeout exceeded when trying to connect/, 'notReady'],
  [/^Client (was closed|has encountered a connection error) and is not queryable/, 'notReady'],
  [/^Cannot use a pool after calling end/, 'notReady'],
  [/No space left on device/, 'storageFull'],
];

/** Why the database did not answer; undefined for any other error. */
export function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof Unavailable) return error.reason;
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  return words.find(([pattern]) => pattern.test(message))?.[1] ?? reasons[code ?? ''];
}

/** The 503 behind an error of the database; undefined for any other error. */
export function unavailable(error: unknown): ApiError | undefined {
  const reason = reasonOf(error);
  if (reason === undefined) return undefined;
  return new ApiError(reason, {}, { cause: error, headers: { 'Retry-After': reason === 'storageFull' ? '30' : '1' } });
}
