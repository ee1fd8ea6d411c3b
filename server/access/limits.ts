import type { Socket } from 'node:net';
import type { Principal } from './principal.ts';

/** What was decided on a request of a caller. */
export interface Entered {
  /** The caller as it stands now: what was taken from it while it waited is taken. */
  readonly principal: Principal;
  /** What remains of the second's R after this request, 0 or more; or -1: it is refused. */
  readonly remaining: number;
}

/**
 * The limit of design.md §6 over callers with a key or a session: of one process, or of all nodes together. A patient caller's request
 * waits for its room, in the order in which they came, and gives its place up when its socket closes.
 */
export interface Limits {
  /** Whether a caller that memory has may be out of date until it has entered: then it is judged after that. */
  readonly isShared: boolean;
  /**
   * Decides on one request, at once where it can.
   *
   * @throws ApiError 401 where the caller is gone by the time it is decided
   */
  enter(caller: Principal, socket: Socket): Entered | Promise<Entered>;
  /** How much of the burst budget of this minute each caller has used, in their order; decides nothing. */
  burstUsed(ids: readonly string[]): Promise<number[]>;
  /** A key turned out to be real: on no node its address's guesses are in its way for an hour. */
  found(credential: string): void;
  /** Whether a key that is not in memory turned out to be real on another node. */
  isKnown(credential: string): Promise<boolean>;
  /** How many requests of a caller wait in this process. */
  waiting(id: string): number;
  /** The callers that this process remembers. */
  readonly size: number;
}
