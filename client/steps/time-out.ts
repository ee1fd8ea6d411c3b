import { RaffTimeoutError } from '../errors.ts';
import type { Step, Surroundings } from '../request.ts';

/** Ends an attempt that takes too long. */
export function timeOut({ sleep }: Surroundings): Step {
  return (next) => async (request) => {
    const controller = new AbortController();
    const passOn = () => controller.abort(request.signal?.reason);
    if (request.signal?.aborted) passOn();
    request.signal?.addEventListener('abort', passOn, { once: true });
    const finished = new AbortController();
    sleep(request.timeoutMs, finished.signal).then(
      () =>
        controller.abort(
          new RaffTimeoutError(`No answer within ${request.timeoutMs / 1000} s; try again later`, request.operation),
        ),
      () => {},
    );
    try {
      return await next({ ...request, signal: controller.signal });
    } finally {
      finished.abort();
      request.signal?.removeEventListener('abort', passOn);
    }
  };
}
