import { RaffApiError } from '../errors.ts';
import type { Step } from '../request.ts';

/** Turns refusals into errors with a type. */
export function refuse(): Step {
  return (next) => async (request) => {
    const answer = await next(request);
    if (answer.status >= 400) throw new RaffApiError(request, answer);
    return answer;
  };
}
