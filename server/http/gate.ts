import { isPersonal, type Operation } from '@raffia/contract/operation.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { largestInt32 } from '@raffia/contract/schemas.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashApiKey } from '../access/api-key.ts';
import type { Entered } from '../access/limits.ts';
import { locate } from '../access/locate.ts';
import type { Person } from '../access/people.ts';
import { type Principal, powerless } from '../access/principal.ts';
import { rateLimitHeader, rateLimitPolicy } from '../access/rate-limiter.ts';
import { Visible } from '../access/visible.ts';
import type { Asker } from '../database/asker.ts';
import { ApiError, notFound } from '../foundation/api-error.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import type { Services } from '../services.ts';
import { checkKey, checkReach, decide } from './decide.ts';
import { checkOrigin } from './same-origin.ts';

/** What the gate found out, left on the request for the handler. */
export interface Admission {
  readonly principal: Principal;
  readonly projectId: string | null;
  /** True where what the path names is not there: nothing can be done, but what was answered before is answered again. */
  readonly isGone?: true;
  /** What a list over projects may show; null for all other operations. */
  readonly visible: Visible | null;
}

export interface AdmittedRequest extends FastifyRequest {
  admission: Admission | null;
  /** Who is asking, where it is a person and not a key. */
  person: Person | null;
  /** The key that is asking, also where it is refused. */
  keyId: string | null;
  /** For whom it asks the database. */
  asker: Asker | null;
}

/**
 * The access rules of one operation, in the order of design.md §4: key (401), rate limit (429), project header (400), project
 * (403), resource (404), permission (403). Runs before the body is read.
 *
 * Synchronous wherever what it needs is in memory: the hot path makes no promise.
 */
export function gate(operation: Operation, services: Services) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const admitted = request as AdmittedRequest;
    try {
      const secret = request.headers['x-api-key'];
      if (secret === undefined || secret === '') {
        if (request.headers.cookie === undefined) throw new ApiError('missingKey');
        finish(admitPerson(operation, services, admitted, reply), admitted, done);
        return;
      }
      if (isPersonal(operation)) throw new ApiError('sessionEnded');
      const keyHash = hashApiKey(secret as string);
      const principal = services.principals.cached(keyHash);
      if (principal !== undefined) {
        const admission = admit(operation, services, principal, admitted, reply);
        if (!(admission instanceof Promise)) {
          admitted.admission = admission;
          done();
          return;
        }
        finish(admission, admitted, done);
        return;
      }
      finish(
        lookUp(services, keyHash, request.ip).then((found) => admit(operation, services, found, admitted, reply)),
        admitted,
        done,
      );
    } catch (error) {
      done(error as Error);
    }
  };
}

/**
 * A person with a session. The account is a header: a form of another site could not send it, and a page that tried would be stopped
 * by its origin.
 */
async function admitPerson(
  operation: Operation,
  services: Services,
  request: AdmittedRequest,
  reply: FastifyReply,
): Promise<Admission> {
  checkOrigin(services, request);
  if (!(await services.guessLimiter.admit(request.ip))) throw rateLimited('standard');
  const person = await services.people.personOf(request.headers.cookie).catch((error) => {
    services.guessLimiter.found(request.ip);
    throw error;
  });
  if (person === undefined) {
    await services.guessLimiter.failed(request.ip);
    throw new ApiError(request.headers.cookie?.includes('session_token') ? 'sessionEnded' : 'missingKey');
  }
  services.guessLimiter.found(request.ip);
  request.person = person;
  const cookies = await services.people.prolong(person, request.headers.cookie).catch((error) => {
    // It is good for today also where nothing can be written.
    services.log.warn({ err: error }, 'a session could not be prolonged');
    return [];
  });
  if (cookies.length > 0) reply.header('set-cookie', cookies);
  if (isPersonal(operation)) {
    const { id, email: name, sessionId: credential } = person;
    const principal = { ...powerless, id, name, actorId: id, credential };
    decided(services, await services.limits.enter(principal, request.raw.socket), request, reply);
    if (operation.access.who === 'operator') await services.people.checkOperator(person);
    return { principal, projectId: null, visible: null };
  }
  const account = request.headers['x-account-id'];
  if (typeof account !== 'string' || !isUuid(account)) throw new ApiError('missingAccount');
  const principal = await services.people.principalOf(person, account.toLowerCase());
  return admit(operation, services, principal, request, reply);
}

function finish(admission: Promise<Admission>, request: AdmittedRequest, done: (error?: Error) => void): void {
  admission.then((found) => {
    request.admission = found;
    done();
  }, done);
}

/** Unknown keys are limited by address before the database is asked; a key that turns out to be real is not counted. */
async function lookUp(services: Services, keyHash: string, address: string): Promise<Principal> {
  const { guessLimiter, limits } = services;
  if (!(await guessLimiter.admit(address))) {
    const known = (await limits.isKnown(keyHash)) ? await services.principals.load(keyHash) : undefined;
    if (known === undefined) throw rateLimited('standard');
    return known;
  }
  let principal: Principal | undefined;
  try {
    principal = await services.principals.load(keyHash);
  } catch (error) {
    guessLimiter.found(address);
    throw error;
  }
  if (principal === undefined) {
    await guessLimiter.failed(address);
    throw new ApiError('invalidKey');
  }
  guessLimiter.found(address);
  limits.found(keyHash);
  return principal;
}

function admit(
  operation: Operation,
  services: Services,
  principal: Principal,
  request: AdmittedRequest,
  reply: FastifyReply,
): Admission | Promise<Admission> {
  const { limits, clock } = services;
  if (principal.kind === 'key') request.keyId = principal.id;
  if (!limits.isShared) checkKey(principal, clock.now());
  const entered = limits.enter(principal, request.raw.socket);
  if (!(entered instanceof Promise)) {
    decided(services, entered, request, reply);
    return admitLimited(operation, services, principal, request);
  }
  return entered.then((found) => {
    // What was taken from it meanwhile is taken, and what was given back is given.
    checkKey(found.principal, clock.now());
    decided(services, found, request, reply);
    return admitLimited(operation, services, found.principal, request);
  });
}

/** The rest, for a request that is within its limit. */
function admitLimited(
  operation: Operation,
  services: Services,
  principal: Principal,
  request: FastifyRequest,
): Admission | Promise<Admission> {
  const header = projectHeader(operation, request);

  switch (operation.project) {
    case 'account':
      if (operation.resource !== undefined) return admitResource(operation, services, principal, null, request);
      return permit(operation, services, principal, null);
    case 'readable': {
      const isAsked = operation.query?.properties.project_id !== undefined;
      const asked = (isAsked ? (request.query as { project_id?: unknown }).project_id : undefined) ?? header;
      if (asked === undefined) return permit(operation, services, principal, null);
      if (typeof asked !== 'string' || !isUuid(asked)) throw new ApiError('malformedProject');
      const projectId = asked.toLowerCase();
      return afterReach(operation, services, principal, projectId, () =>
        permit(operation, services, principal, projectId),
      );
    }
    case 'header':
      return afterReach(operation, services, principal, header as string, () =>
        operation.resource === undefined
          ? permit(operation, services, principal, header as string)
          : admitResource(operation, services, principal, header as string, request),
      );
    case 'path':
    case 'resource':
      return admitResource(operation, services, principal, null, request);
    default:
      throw new Error(`unknown project source of ${operation.id}`);
  }
}

/** Writes down what was decided, and refuses the request or tells what is left. */
function decided(
  services: Services,
  { principal, remaining }: Entered,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { tier } = principal;
  if (principal.kind === 'key') services.keyUse.note(principal.id, remaining >= 0, request);
  services.meters?.limited(tier, remaining >= 0);
  if (remaining < 0) throw rateLimited(tier);
  reply.header('x-ratelimit-limit', tiers[tier].perSecond);
  reply.header('x-ratelimit-remaining', remaining);
  reply.header('ratelimit-policy', rateLimitPolicy(tier));
  reply.header('ratelimit', rateLimitHeader(tier, remaining));
}

/** The refusal of a request over the limit of its tier. */
export function rateLimited(tier: Principal['tier']): ApiError {
  const { perSecond } = tiers[tier];
  return new ApiError(
    'rateLimited',
    { limit: perSecond },
    {
      headers: {
        'Retry-After': '1',
        'X-RateLimit-Limit': String(perSecond),
        'X-RateLimit-Remaining': '0',
        'RateLimit-Policy': rateLimitPolicy(tier),
        RateLimit: rateLimitHeader(tier, 0),
      },
    },
  );
}

/** The project of the header, checked for presence and form; undefined where the operation does not look at it. */
function projectHeader(operation: Operation, request: FastifyRequest): string | undefined {
  if (operation.projectHeader === 'unused') return undefined;
  const header = request.headers['x-project-id'];
  if (operation.projectHeader === 'required' && (header === undefined || header === '')) {
    throw new ApiError('missingProject');
  }
  if (header === undefined) return undefined;
  // An empty one is no absent one: whoever meant one project must not get all.
  if (!isUuid(header as string)) throw new ApiError('malformedProject');
  return (header as string).toLowerCase();
}

/** Goes on if the project is of the caller's account and the caller has a role on it; otherwise 403, whoever's it is. */
function afterReach(
  operation: Operation,
  services: Services,
  principal: Principal,
  projectId: string,
  next: () => Admission | Promise<Admission>,
): Admission | Promise<Admission> {
  checkReach(operation, principal, projectId);
  if (!principal.isOwner) return next();
  const accountId = services.projectAccounts.cached(projectId);
  if (accountId === undefined) {
    return services.projectAccounts.load(projectId).then((found) => {
      if (found !== principal.accountId) throw new ApiError('projectForbidden');
      return next();
    });
  }
  if (accountId !== principal.accountId) throw new ApiError('projectForbidden');
  return next();
}

/**
 * Finds what the path names within the account (404), in the header's project if there is one (404), readable if it is only read
 * (404: a resource in a project that the key does not reach does not exist for it), then asks for the permission (403).
 */
async function admitResource(
  operation: Operation,
  services: Services,
  principal: Principal,
  headerProject: string | null,
  request: FastifyRequest,
): Promise<Admission> {
  const resource = operation.resource as NonNullable<Operation['resource']>;
  const params = request.params as { id: string | number };
  const missing = () => notFound(resource);
  const text = String(params.id);
  const id = isNumbered(resource) ? numberOf(text) : isUuid(text) ? text.toLowerCase() : undefined;
  if (id === undefined) throw missing();
  params.id = id;
  const found = await locate(services.pool, resource, principal.accountId, id);
  if (found === undefined) {
    if (headerProject === null || !isRepeatable(operation, request)) throw missing();
    return { ...permit(operation, services, principal, headerProject), isGone: true };
  }
  if (operation.project === 'account') return permit(operation, services, principal, null);
  const projectId = found.projectId as string;
  if (headerProject !== null && projectId !== headerProject) throw missing();
  return permit(operation, services, principal, projectId);
}

const isNumbered = (kind: ResourceName) => (resources[kind] as Resource).isNumbered === true;

/** A number in its one form: `07` is the number of nothing. */
function numberOf(text: string): number | undefined {
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  return number <= largestInt32 ? number : undefined;
}

/** Whether it may have been done and answered before: the answer was lost, and what it was about went with it. */
const isRepeatable = ({ method }: Operation, request: FastifyRequest) =>
  method === 'POST' && request.headers['idempotency-key'] !== undefined;

function permit(operation: Operation, services: Services, principal: Principal, projectId: string | null): Admission {
  decide(operation, principal, projectId, services.clock.now());
  const visible = operation.project === 'readable' ? new Visible(services, principal, projectId) : null;
  return { principal, projectId, visible };
}
