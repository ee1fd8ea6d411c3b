import type { ErrorCode } from '@raffia/contract/errors.ts';
import { ApiError } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';

/** What says that there is no link with a token. */
const missing: readonly ErrorCode[] = ['linkExpired', 'invitationExpired'];

/**
 * Does what looks up the token of a link for somebody unknown: who guesses is limited by address, as with keys.
 *
 * @throws ApiError 429
 */
export async function limitGuesses<T>({ guessLimiter }: Services, address: string, work: () => Promise<T>): Promise<T> {
  if (!guessLimiter.admit(address)) {
    throw new ApiError('tooManyAttempts', { seconds: 1 }, { headers: { 'Retry-After': '1' } });
  }
  try {
    const answer = await work();
    guessLimiter.found(address);
    return answer;
  } catch (error) {
    if (error instanceof ApiError && missing.includes(error.code)) guessLimiter.failed(address);
    else guessLimiter.found(address);
    throw error;
  }
}
