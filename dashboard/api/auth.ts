import { observedFetch } from './connection.ts';

/** A refusal of the sign-in endpoints: the server's sentence, and its request id. */
export class AuthError extends Error {
  readonly status: number;
  readonly requestId: string | undefined;

  constructor(message: string, status: number, requestId?: string) {
    super(message);
    this.status = status;
    this.requestId = requestId;
  }
}

/** Calls a sign-in endpoint. A body makes it a POST. */
export async function auth<T = unknown>(path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await observedFetch(`/api/raffia/v1/auth/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new AuthError('The server could not be reached; check the network and try again', 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new AuthError(
      answer.message ?? `The server answered with status ${response.status}`,
      response.status,
      response.headers.get('x-request-id') ?? undefined,
    );
  }
  return answer as T;
}
