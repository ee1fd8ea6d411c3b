import type { PersonVerb } from '@raffia/contract/enums.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authPath } from '../access/make-auth.ts';
import { enterPersonAudit } from '../changes/audit.ts';
import { transact } from '../database/transaction.ts';
import { nameForm } from '../foundation/canonical-form.ts';
import type { Services } from '../services.ts';
import { askingHandler } from './asking.ts';
import { type AuthEndpoint, authEndpoints } from './auth-endpoints.ts';
import { smallBody } from './body-limit.ts';
import { limitVisits } from './limit-visits.ts';
import { letWrite } from './register-route.ts';
import { checkOrigin, ownOrigin } from './same-origin.ts';

/** The endpoints of better-auth that are served, each behind our own origin check and, where one can guess, our limit of attempts. */
export function registerPeople(app: FastifyInstance, services: Services): void {
  for (const endpoint of authEndpoints) {
    const handler = askingHandler(async (request, reply) => {
      if (endpoint.method === 'POST') checkOrigin(services, request);
      nameInForm(request);
      return send(await answer(services, endpoint, request), reply);
    }, 'write');
    letWrite(handler);
    app.route({
      method: endpoint.method,
      url: `${authPath}${endpoint.path}`,
      bodyLimit: smallBody,
      onRequest: limitVisits(services),
      handler,
    });
  }
}

async function answer(services: Services, endpoint: AuthEndpoint, request: FastifyRequest): Promise<Response> {
  const { people } = services;
  const caller = await callerOf(services, endpoint, request);
  const work = () => people.handle(requestOf(services, endpoint, request));
  const response =
    caller === undefined || endpoint.guesses === undefined
      ? await work()
      : await people.limited({ email: caller.email, address: request.ip }, work, isGuess);
  const entry = await entryOf(services, endpoint, caller, response);
  if (entry !== undefined) {
    const { verb, id, email } = entry;
    await transact(services.db, (tx) =>
      enterPersonAudit(tx, {
        email,
        verb,
        actor: { kind: id === null ? 'anonymous' : 'user', id, name: email.toLowerCase() },
        address: request.ip,
        requestId: request.id,
        details: { by: endpoint.path.slice(1) },
      }),
    );
  }
  return response;
}

/** Who a request says it is from: named by an address, signed in, or with the second factor still to show. */
interface Caller {
  /** Where that is known. */
  readonly id: string | null;
  readonly email: string;
  readonly state: 'named' | 'halfway' | 'in';
  readonly hasSecondFactor?: boolean;
}

async function callerOf(
  { people }: Services,
  { guesses, audit }: AuthEndpoint,
  request: FastifyRequest,
): Promise<Caller | undefined> {
  if (guesses === undefined && audit === undefined) return undefined;
  if (guesses === 'email') {
    const { email } = (request.body ?? {}) as { email?: unknown };
    return typeof email === 'string' ? { id: null, email, state: 'named' } : undefined;
  }
  const { cookie } = request.headers;
  const person = await people.personOf(cookie);
  if (person !== undefined) return { ...person, state: 'in' };
  const halfway = await people.halfSignedIn(cookie);
  return halfway === undefined ? undefined : { id: null, email: halfway.email, state: 'halfway' };
}

/** What has happened, as the audit log has it; undefined where nothing has. */
async function entryOf(
  { people }: Services,
  { guesses, audit }: AuthEndpoint,
  caller: Caller | undefined,
  response: Response,
): Promise<{ verb: PersonVerb; id: string | null; email: string } | undefined> {
  if (guesses === undefined && audit === undefined) return undefined;
  if (caller !== undefined && guesses !== undefined && isGuess(response)) {
    return { ...caller, verb: caller.state === 'in' ? 'person.check-failed' : 'person.sign-in-failed' };
  }
  if (response.status >= 400) return undefined;
  // Whoever was not in and has a session now has signed in, by whatever way.
  if (caller?.state !== 'in') {
    const person = await people.personOf(cookiesOf(response));
    return person === undefined ? undefined : { ...person, verb: 'person.sign-in' };
  }
  if (response.headers.has('location')) return await providerEntry(people, caller, response);
  if (audit === undefined || (audit === 'person.second-factor-on' && caller.hasSecondFactor === true)) return undefined;
  return { ...caller, verb: audit };
}

/** The way back from the provider of somebody who was in: with a new session, or a link. */
async function providerEntry(people: Services['people'], caller: Caller, response: Response) {
  if (/[?&]error=/.test(response.headers.get('location') ?? '')) return undefined;
  const person = await people.personOf(cookiesOf(response));
  return person === undefined
    ? { ...caller, verb: 'person.single-sign-on' as const }
    : { ...person, verb: 'person.sign-in' as const };
}

/** The cookies of an answer, as the browser sends them next. */
function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

/** Whatever is refused was a guess: what fails before the password is looked at costs its sender an attempt as well. */
function isGuess({ status }: Response): boolean {
  return status >= 400 && status < 500;
}

/** A person's own name is read by others as any name is. */
function nameInForm(request: FastifyRequest): void {
  const body = request.body as { name?: unknown } | null | undefined;
  if (body == null || typeof body.name !== 'string') return;
  body.name = nameForm(body.name, 'name', 128);
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
