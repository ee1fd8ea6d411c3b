import type { ErrorCode } from '@raffia/contract/errors.ts';
import { ApiError } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';

/**
 * Looks up the secret of a link for somebody unknown: who guesses is limited by address, as with keys.
 *
 * @throws ApiError 400 with `missing` where there is none; 429
 */
export async function admitGuess<T>(
  { services: { guessLimiter }, address }: { readonly services: Services; readonly address: string },
  find: () => Promise<T | undefined>,
  missing: ErrorCode,
): Promise<T> {
  if (!guessLimiter.admit(address)) {
    throw new ApiError('tooManyAttempts', { seconds: 1 }, { headers: { 'Retry-After': '1' } });
  }
  const found = await find().catch((error) => {
    guessLimiter.found(address);
    throw error;
  });
  if (found === undefined) {
    guessLimiter.failed(address);
    throw new ApiError(missing);
  }
  guessLimiter.found(address);
  return found;
}
