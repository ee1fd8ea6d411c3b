import { isLongRefusal, retryAfterOf } from '../errors.ts';
import type { Answer, Step, Surroundings } from '../request.ts';

const atOnce = 32;
/** After a refusal the burst budget is empty for up to a minute: until then only the sustained rate is safe. */
const cautionMs = 60_000;
/** A tenth below the rate: the key may have other clients. */
const share = 0.9;
/** The server's sliding second, and the tick by which two clocks may read it differently. */
const windowMs = 1001;

/**
 * Sends what waits no faster than the key's limit allows. Free until the first 429; from then on nothing is sent before its
 * `Retry-After`, and afterwards evenly, by the limit that the server names in `X-RateLimit-Limit`.
 *
 * What is sent evenly arrives in bunches where anything on the way is held up. When the server counted a request is known only to lie
 * between its sending and its answer: it takes a place in the window until a second after that. While no more than the limit have one,
 * no second of the server's can hold more, whatever the delays.
 */
export function pace({ now, sleep }: Surroundings): Step {
  const waiting: (() => void)[] = [];
  let running = 0;
  let closedUntil = Number.NEGATIVE_INFINITY;
  let cautiousUntil = Number.NEGATIVE_INFINITY;
  /** A second, once a refusal has named it. */
  let limit = Number.POSITIVE_INFINITY;
  let gapMs = 0;
  let underWay = 0;
  /** When the answers of the last second came, the oldest first. */
  const answeredAt: number[] = [];
  let nextSlot = Number.NEGATIVE_INFINITY;

  const slot = (): number => {
    const at = Math.max(now(), closedUntil);
    if (at >= cautiousUntil) return at;
    const mine = Math.max(at, nextSlot);
    nextSlot = mine + gapMs;
    return mine;
  };
  const hasRoom = (): boolean => {
    const at = now();
    while ((answeredAt[0] ?? at) <= at - windowMs) answeredAt.shift();
    return at >= cautiousUntil || underWay + answeredAt.length < limit;
  };
  const counted = async (send: () => Promise<Answer>): Promise<Answer> => {
    underWay++;
    try {
      return await send();
    } finally {
      underWay--;
      answeredAt.push(now());
    }
  };
  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    if (running >= atOnce) {
      await new Promise<void>((go, reject) => {
        const turn = () => {
          signal?.removeEventListener('abort', aborted);
          go();
        };
        const aborted = () => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal?.reason);
        };
        waiting.push(turn);
        signal?.addEventListener('abort', aborted, { once: true });
      });
    } else {
      running++;
    }
  };
  /** Hands the place to the next in line, or gives it up. */
  const leave = () => {
    const turn = waiting.shift();
    if (turn === undefined) running--;
    else turn();
  };

  return (next) => async (request) => {
    await enter(request.signal);
    try {
      // A refusal of another request, while this one waits for its slot, moves the slot; so does a second that is full.
      do {
        const at = slot();
        for (let wait = at - now(); wait > 0; wait = at - now()) await sleep(Math.ceil(wait), request.signal);
      } while (now() < closedUntil || !hasRoom());
      const answer = await counted(() => next(request));
      if (answer.status === 429 && !isLongRefusal(answer)) {
        limit = Number(answer.headers.get('x-ratelimit-limit')) || 10;
        gapMs = 1000 / (limit * share);
        closedUntil = Math.max(closedUntil, now() + (retryAfterOf(answer) ?? 1) * 1000);
        cautiousUntil = now() + cautionMs;
        nextSlot = Math.max(nextSlot, closedUntil);
      }
      return answer;
    } finally {
      leave();
    }
  };
}
