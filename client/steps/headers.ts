import type { Step } from '../request.ts';

/** Says who is asking, and what the body is. */
export function headers(all: Readonly<Record<string, string>>): Step {
  return (next) => (request) =>
    next({
      ...request,
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...all,
        ...request.headers,
      },
    });
}
