import type { Answer, Step } from '../request.ts';

/** Templates, plans, prices and regions are asked for once in the life of the client; a failure is not kept. */
export function keepCatalogue(): Step {
  const kept = new Map<string, Promise<Answer>>();
  return (next) => (request) => {
    if (request.travel.catalogue !== true) return next(request);
    const before = kept.get(request.url);
    if (before !== undefined) return before;
    const forget = () => kept.delete(request.url);
    const answer = next(request).then(
      (found) => {
        if (found.status >= 400) forget();
        return found;
      },
      (error) => {
        forget();
        throw error;
      },
    );
    kept.set(request.url, answer);
    return answer;
  };
}
