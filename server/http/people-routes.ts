import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authPath } from '../access/people.ts';
import type { Services } from '../services.ts';
import { invalid } from './api-error.ts';
import { askingHandler } from './asking.ts';
import { type AuthEndpoint, authEndpoints } from './auth-endpoints.ts';
import { smallBody } from './body-limit.ts';
import { nameForm } from './canonical-form.ts';
import { limitVisits } from './limit-visits.ts';
import { checkOrigin, ownOrigin } from './same-origin.ts';

/** The endpoints of better-auth that are served, each behind our own origin check and, where one can guess, our limit of attempts. */
export function registerPeople(app: FastifyInstance, services: Services): void {
  for (const endpoint of authEndpoints) {
    app.route({
      method: endpoint.method,
      url: `${authPath}${endpoint.path}`,
      bodyLimit: smallBody,
      onRequest: limitVisits(services),
      handler: askingHandler(async (request, reply) => {
        if (endpoint.method === 'POST') checkOrigin(services, request);
        nameInForm(request);
        return send(await answer(services, endpoint, request), reply);
      }, 'write'),
    });
  }
}

async function answer(services: Services, endpoint: AuthEndpoint, request: FastifyRequest): Promise<Response> {
  const { people } = services;
  const work = () => people.handle(requestOf(services, endpoint, request));
  const email = await emailOf(services, endpoint, request);
  return email === undefined ? work() : people.limited({ email, address: request.ip }, work, isGuess);
}

/** Whose password or code a request may guess. Whoever is nobody is told so without a hash. */
async function emailOf(
  { people }: Services,
  { guesses }: AuthEndpoint,
  request: FastifyRequest,
): Promise<string | undefined> {
  const { cookie } = request.headers;
  if (guesses === 'person') return ((await people.personOf(cookie)) ?? (await people.halfSignedIn(cookie)))?.email;
  const { email } = (request.body ?? {}) as { email?: unknown };
  return guesses === 'email' && typeof email === 'string' ? email : undefined;
}

/** Whatever is refused was a guess: what fails before the password is looked at costs its sender an attempt as well. */
function isGuess({ status }: Response): boolean {
  return status >= 400 && status < 500;
}

/** A person's own name is read by others as any name is. */
function nameInForm(request: FastifyRequest): void {
  const body = request.body as { name?: unknown } | null | undefined;
  if (body == null || typeof body.name !== 'string') return;
  body.name = nameForm(body.name, 'name');
  if ((body.name as string).length > 128) throw invalid('name must have at most 128 characters');
}

/** The path is the table's: what is limited cannot be asked for by another spelling. */
function requestOf(services: Services, { method, path }: AuthEndpoint, request: FastifyRequest): Request {
  const headers = new Headers();
  for (const name of ['cookie', 'user-agent', 'origin', 'content-type', 'accept', 'referer']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  headers.set('x-raffia-client-address', request.ip);
  const query = method === 'GET' ? /\?.*/s.exec(request.url)?.[0] : undefined;
  return new Request(new URL(`${authPath}${path}${query ?? ''}`, ownOrigin(services, request)), {
    method,
    headers,
    ...(method !== 'POST' ? {} : { body: JSON.stringify(request.body ?? {}) }),
  });
}

async function send(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const location = response.headers.get('location');
  if (location !== null) reply.header('location', location);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) reply.header('set-cookie', cookies);
  const text = await response.text();
  reply.status(response.status).type('application/json; charset=utf-8');
  return reply
    .serializer((body: string) => body)
    .send(response.ok || text === '' ? text : errorOf(response.status, text));
}

/** Failures as everywhere else: two strings. */
function errorOf(status: number, text: string): string {
  let message = text;
  let code: string | undefined;
  try {
    const parsed = JSON.parse(text) as { message?: string; code?: string };
    message = parsed.message ?? text;
    code = parsed.code;
  } catch {}
  const error = labels[status] ?? 'Bad Request';
  return JSON.stringify({ error, message: sentences[code ?? ''] ?? message });
}

const labels: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too many attempts',
  500: 'Internal Server Error',
};

/** What better-auth says shortly, said so that one knows what to do. */
const sentences: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: 'The e-mail address or the password is not right; try again, or ask for a new password',
  INVALID_PASSWORD: 'The password is not right',
  PASSWORD_TOO_SHORT: 'The password must have at least 10 characters',
  INVALID_CODE: 'The code is not right or has run out; take the one that your app shows now',
  INVALID_BACKUP_CODE: 'The backup code is not right, or was used; take another one',
  ACCOUNT_TEMPORARILY_LOCKED: 'Too many wrong codes; wait a quarter of an hour and try again',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'Too many wrong codes; begin again with your password',
  INVALID_TWO_FACTOR_COOKIE: 'Signing in took too long; begin again with your password',
};
