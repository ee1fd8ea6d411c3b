import { isLongRefusal, RaffConnectionError, RaffTimeoutError, retryAfterOf } from '../errors.ts';
import type { Answer, Request, Step, Surroundings } from '../request.ts';

const longestMs = 60_000;

export interface RetryOptions {
  /** How often a request may be repeated; 5 gives 1, 2, 4, 8, 16 s. */
  readonly retries: number;
  /** Whether the service knows `Idempotency-Key`, so that a POST whose outcome is unknown can be repeated. */
  readonly repeatPosts: boolean;
}

/**
 * Repeats what failed for the moment: 429 by its `Retry-After`, unless that is long, 5xx and broken connections after 1, 2, 4, 8, 16 s with jitter.
 * A request whose outcome is unknown is repeated only where a second execution does no harm.
 */
export function retry(options: RetryOptions, surroundings: Surroundings): Step {
  return (next) => async (first) => {
    const request = withIdempotencyKey(first, surroundings);
    let wasAmbiguous = false;
    for (let attempt = 0; ; attempt++) {
      const outcome = await next(request).catch((error: unknown) => {
        if (error instanceof RaffConnectionError || error instanceof RaffTimeoutError) return error;
        throw error;
      });
      const isAnswer = !(outcome instanceof Error);
      if (isAnswer && isFinal(outcome)) return wasAmbiguous ? goneAsAsked(request, outcome) : outcome;
      const isRefusal = isAnswer && outcome.status === 429;
      if (attempt >= options.retries || !(isRefusal || maySendTwice(request, options))) {
        if (isAnswer) return outcome;
        throw outcome;
      }
      if (!isRefusal) wasAmbiguous = true;
      await surroundings.sleep(delayOf(outcome, attempt, surroundings), request.signal);
    }
  };
}

/** 501 and 505 will not change; a 409 with `Retry-After` says that the first of two equal requests is still running. */
function isFinal(answer: Answer): boolean {
  const { status, headers } = answer;
  if (status === 429) return isLongRefusal(answer);
  if (status === 409) return !headers.has('retry-after');
  return status < 500 || status === 501 || status === 505;
}

function maySendTwice({ travel, headers }: Request, { repeatPosts }: RetryOptions): boolean {
  switch (travel.method) {
    case 'GET':
    case 'PUT':
    case 'DELETE':
      return true;
    case 'POST':
      return repeatPosts && headers['idempotency-key'] !== undefined;
    default:
      return false;
  }
}

/** The wait that the server asks for, or 1 → 2 → 4 → 8 → 16 s; with jitter on top, never below. */
function delayOf(outcome: Answer | Error, attempt: number, { random }: Surroundings): number {
  const asked = outcome instanceof Error ? undefined : retryAfterOf(outcome);
  if (asked !== undefined) return asked * 1000;
  return Math.min(longestMs, 2 ** attempt * 1000 * (1 + random() / 4));
}

function withIdempotencyKey(request: Request, { uuid }: Surroundings): Request {
  if (request.travel.method !== 'POST' || request.headers['idempotency-key'] !== undefined) return request;
  return { ...request, headers: { ...request.headers, 'idempotency-key': uuid() } };
}

/** A DELETE that worked, whose answer was lost, finds nothing the second time: that is what was asked for. */
function goneAsAsked({ travel }: Request, answer: Answer): Answer {
  if (travel.method !== 'DELETE' || answer.status !== 404) return answer;
  return { status: 200, headers: answer.headers, body: { success: true } };
}
