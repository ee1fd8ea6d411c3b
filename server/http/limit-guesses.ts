import type { ErrorCode } from '@raffia/contract/errors.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import type { OpenReply, Visit } from '../calls/route.ts';
import { ApiError } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';

/** What says that there is no link with a token. */
const missing: readonly ErrorCode[] = ['linkExpired', 'invitationExpired'];

/**
 * Does what finds out whether a secret is right, as often as the limit lets that be tried which the operation names.
 *
 * @throws ApiError 429
 */
export async function limitGuesses<T extends OpenReply>(
  services: Services,
  { guesses }: Operation,
  { body, caller, address }: Visit<Operation>,
  work: () => Promise<T>,
): Promise<T> {
  switch (guesses) {
    case undefined:
      return work();
    case 'link':
      return byAddress(services, address, work);
    case 'email': {
      const { email } = body as { email: string };
      return services.people.limited({ email, address }, work, isGuess);
    }
    case 'person':
      // Without a person there is nothing to guess at, and the answer is the same whatever is tried.
      return caller === undefined ? work() : services.people.limited({ email: caller.email, address }, work, isGuess);
  }
}

/** Whatever is refused was a guess: what fails before the secret is looked at costs its sender an attempt as well. */
function isGuess({ refusal }: OpenReply): boolean {
  return refusal !== undefined && refusal.status < 500;
}

/** Who guesses at tokens is limited by address, as with keys. */
async function byAddress<T>({ guessLimiter }: Services, address: string, work: () => Promise<T>): Promise<T> {
  if (!(await guessLimiter.admit(address))) {
    throw new ApiError('tooManyAttempts', { seconds: 1 }, { headers: { 'Retry-After': '1' } });
  }
  try {
    const answer = await work();
    guessLimiter.found(address);
    return answer;
  } catch (error) {
    if (error instanceof ApiError && missing.includes(error.code)) await guessLimiter.failed(address);
    else guessLimiter.found(address);
    throw error;
  }
}
