/** What a single call may set beside its input. */
export interface CallOptions {
  /** Another project than the client's. */
  readonly projectId?: string;
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs?: number;
  /** Ends the call, wherever it is, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Sent instead of one made for this call. */
  readonly idempotencyKey?: string;
}

/** How an operation travels. */
export interface Travel {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: readonly string[];
  readonly body?: boolean;
  readonly project?: 'required' | 'optional';
  readonly catalogue?: boolean;
}

/** A request on its way through the steps. */
export interface Request {
  /** The published operation id. */
  readonly operation: string;
  readonly travel: Travel;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; text where it is none; undefined where nothing came. */
  readonly body: unknown;
}

export type Send = (request: Request) => Promise<Answer>;

/** One thing that happens to requests on their way. */
export type Step = (next: Send) => Send;

/** Time and chance, so that tests need neither. */
export interface Surroundings {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** @throws the signal's reason when it is aborted */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly uuid: () => string;
}

export const realSurroundings: Surroundings = {
  now: () => performance.now(),
  random: Math.random,
  // Pages served without TLS have no crypto.randomUUID, but do have random bytes.
  uuid: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  sleep: (ms, signal) =>
    new Promise((done, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const aborted = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', aborted);
        done();
      }, ms);
      signal?.addEventListener('abort', aborted, { once: true });
    }),
};
