import type { Answer, Request, Step } from '../request.ts';

/** Identical reads at once become one request. Whoever gives up leaves the others' alone. */
export function shareReads(): Step {
  const flights = new Map<string, { answer: Promise<Answer>; readers: number; controller: AbortController }>();
  return (next) => (request) => {
    if (request.travel.method !== 'GET') return next(request);
    const key = JSON.stringify([request.url, request.headers]);
    let flight = flights.get(key);
    if (flight === undefined) {
      const controller = new AbortController();
      const answer = next({ ...request, signal: controller.signal }).finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
      flight = { answer, readers: 0, controller };
      flights.set(key, flight);
    }
    flight.readers++;
    const own = flight;
    return waitedFor(own.answer, request, () => {
      own.readers--;
      if (own.readers > 0) return;
      flights.delete(key);
      own.controller.abort(request.signal?.reason);
    });
  };
}

function waitedFor(answer: Promise<Answer>, { signal }: Request, giveUp: () => void): Promise<Answer> {
  if (signal === undefined) return answer;
  return new Promise((done, reject) => {
    const aborted = () => {
      giveUp();
      reject(signal.reason);
    };
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    answer.then(done, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
