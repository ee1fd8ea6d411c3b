import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authPath } from '../access/people.ts';
import { type Attempt, admitted } from '../access/sign-in-limiter.ts';
import type { Services } from '../services.ts';
import { ApiError, invalid } from './api-error.ts';
import { askingHandler } from './asking.ts';
import { smallBody } from './body-limit.ts';
import { nameForm } from './canonical-form.ts';
import { limitVisits } from './limit-visits.ts';
import { checkOrigin, ownOrigin } from './same-origin.ts';

/** better-auth's endpoints, behind our own origin check and our limit of attempts. */
export function registerPeople(app: FastifyInstance, services: Services): void {
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: `${authPath}/*`,
    bodyLimit: smallBody,
    onRequest: limitVisits(services),
    handler: askingHandler(async (request, reply) => {
      // The way back from a provider is a link from another site, and carries no change that was not begun here.
      if (request.method === 'POST') checkOrigin(services, request);
      const path = request.url.split('?', 1)[0] as string;
      nameInForm(request);
      // One spelling for each path: what is limited cannot be asked for by another name.
      if (!/^(\/[a-z0-9-]+)+$/.test(path)) throw new ApiError('unknownPath', { path: path.slice(0, 200) });
      const attempt = path === `${authPath}/sign-in/email` ? await admitAttempt(services, request) : undefined;
      const response = await services.people.handle(requestOf(services, request));
      if (attempt !== undefined && response.status !== 401) services.signInLimiter.withdraw(attempt);
      return send(response, reply);
    }, 'write'),
  });
}

/** A person's own name is read by others as any name is. */
function nameInForm(request: FastifyRequest): void {
  const body = request.body as { name?: unknown } | null | undefined;
  if (body == null || typeof body.name !== 'string') return;
  body.name = nameForm(body.name, 'name');
  if ((body.name as string).length > 128) throw invalid('name must have at most 128 characters');
}

/**
 * Admits an attempt to sign in with a password; the person may have been here from this address before.
 *
 * @throws ApiError 429
 */
async function admitAttempt(services: Services, request: FastifyRequest): Promise<Attempt | undefined> {
  const { email } = (request.body ?? {}) as { email?: unknown };
  if (typeof email !== 'string') return undefined;
  const { rowCount } = await services.pool.query(
    `select 1 from sessions s join users u on u.id = s.user_id where u.email = $1 and s.ip_address = $2 limit 1`,
    [email.toLowerCase(), request.ip],
  );
  return admitted(services.signInLimiter.admit(email, request.ip, rowCount !== 0));
}

function requestOf(services: Services, request: FastifyRequest): Request {
  const headers = new Headers();
  for (const name of ['cookie', 'user-agent', 'origin', 'content-type', 'accept', 'referer']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  headers.set('x-raffia-client-address', request.ip);
  return new Request(new URL(request.url, ownOrigin(services, request)), {
    method: request.method === 'POST' ? 'POST' : 'GET',
    headers,
    ...(request.method !== 'POST' ? {} : { body: JSON.stringify(request.body ?? {}) }),
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
  const error = status === 401 ? 'Unauthorized' : status === 403 ? 'Forbidden' : 'Bad Request';
  return JSON.stringify({ error, message: sentences[code ?? ''] ?? message });
}

/** What better-auth says shortly, said so that one knows what to do. */
const sentences: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: 'The e-mail address or the password is not right; try again, or ask for a new password',
  INVALID_PASSWORD: 'The password is not right',
  PASSWORD_TOO_SHORT: 'The password must have at least 10 characters',
  INVALID_CODE: 'The code is not right or has run out; take the one that your app shows now',
  INVALID_TWO_FACTOR_COOKIE: 'Signing in took too long; begin again with your password',
};
