import { RaffConnectionError } from '../errors.ts';
import type { Answer, Request, Send } from '../request.ts';

/** The end of the chain: sends the request and reads the whole answer. */
export function sendWith(fetcher: typeof fetch): Send {
  return async (request) => {
    try {
      const response = await fetcher(request.url, {
        method: request.travel.method,
        headers: request.headers,
        // An API never redirects; who does is somebody else, and must not get the key.
        redirect: 'error',
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
    } catch (error) {
      throw unreachable(request, error);
    }
  };
}

function parsed(text: string): Answer['body'] {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unreachable(request: Request, cause: unknown): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  const { host } = new URL(request.url);
  const detail = (cause as { cause?: { code?: string } }).cause?.code;
  return new RaffConnectionError(
    `${host} could not be reached${detail === undefined ? '' : ` (${detail})`}; check the address and the network`,
    request.operation,
    { cause },
  );
}
