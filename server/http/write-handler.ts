import type { Operation } from '@raffia/contract/operation.ts';
import type { QuotaName } from '@raffia/contract/quotas.ts';
import type { ResourceName } from '@raffia/contract/resources.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { holdAuthority } from '../access/authority.ts';
import type { Person } from '../access/people.ts';
import type { Principal } from '../access/principal.ts';
import { checkStanding } from '../billing/standing.ts';
import type { OpenReply, OpenWriteCall, Route, Visit, WriteCall } from '../calls/route.ts';
import { recordAudit, recordOpenAudit } from '../changes/audit.ts';
import { askFor } from '../database/asker.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { ApiError, notFound } from '../foundation/api-error.ts';
import { refuseOverQuota } from '../quotas/usage.ts';
import type { Services } from '../services.ts';
import { constraintErrorOf } from './constraint-errors.ts';
import { decide } from './decide.ts';
import { withExisting } from './existing.ts';
import type { Admission, AdmittedRequest } from './gate.ts';
import { checkIdempotencyKey, claim, type IdempotentRequest, type RememberedAnswer, remember } from './idempotency.ts';
import { limitGuesses } from './limit-guesses.ts';
import { ownOrigin } from './same-origin.ts';

const attempts = 3;
const retryable = new Set(['40001', '40P01']);

export type WriteRoute = Extract<Route, { kind: 'write' }>;
export type OpenWriteRoute = Extract<Route, { kind: 'openWrite' }>;

/**
 * Runs a writing use case: idempotency, standing, the work, its audit entry and the remembered answer in one transaction; cached
 * values are dropped before the answer is sent.
 */
export function writeHandler(route: WriteRoute, services: Services) {
  const { operation } = route;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const admission = (request as AdmittedRequest).admission as Admission;
    const serialize = reply.getSerializationFunction(String(operation.status)) as (answer: unknown) => string;
    const idempotent = idempotentRequest(operation, request, admission);
    const answer = await refused(() =>
      transact(services.db, (tx) => answerIn(tx, route, services, request, admission, idempotent, serialize)),
    ).catch(async (error) => {
      throw await withExisting(services.pool, admission.principal, error);
    });
    reply.status(answer.status).type('application/json; charset=utf-8');
    if (answer.replayed) reply.header('idempotent-replayed', 'true');
    return reply.send(answer.text);
  };
}

/**
 * Runs a writing use case in no account's name: what takes its time, and then the work and its audit entry in one transaction. No answer
 * is remembered: there is no account for which it could be.
 */
export function openWriteHandler(route: OpenWriteRoute, services: Services) {
  const { operation } = route;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const visit = await visitOf(services, request as AdmittedRequest);
    if (route.answer !== undefined) {
      await route.prepare(visit);
      void askFor(undefined, () => openlyChanged(route, visit, undefined)).catch((error) =>
        services.log.error({ err: error, requestId: request.id }, `${operation.id} failed after its answer`),
      );
      return reply.status(operation.status).send(route.answer);
    }
    const {
      answer,
      cookies = [],
      location,
      refusal,
    } = await limitGuesses(services, operation, visit, async () =>
      openlyChanged(route, visit, await route.prepare(visit)),
    );
    if (cookies.length > 0) reply.header('set-cookie', cookies);
    if (refusal !== undefined) throw refusal;
    reply.status(operation.status);
    return operation.status === 302 ? reply.header('location', location ?? '/').send() : reply.send(answer);
  };
}

async function visitOf(services: Services, request: AdmittedRequest): Promise<Visit<Operation>> {
  const { cookie, 'user-agent': userAgent } = request.headers;
  return {
    services,
    params: request.params,
    query: request.query,
    body: request.body,
    caller: request.person === null ? await services.people.callerOf(cookie) : { state: 'in', ...request.person },
    cookie,
    userAgent,
    address: request.ip,
    origin: ownOrigin(services, request),
    requestId: request.id,
  };
}

function openlyChanged(
  route: OpenWriteRoute,
  visit: Visit<Operation>,
  prepared: unknown,
): Promise<OpenReply & { readonly answer: unknown }> {
  return refused(() =>
    transact(visit.services.db, async (tx) => {
      if (route.operation.access.who === 'operator') await visit.services.people.holdOperator(tx, personOf(visit));
      const call: OpenWriteCall<Operation, unknown> = { ...visit, tx, prepared, audit: { details: {} }, reply: {} };
      const answer = await route.handle(call);
      await recordOpenAudit(tx, route.operation, call);
      return { ...call.reply, answer };
    }),
  );
}

/** @throws ApiError 401 where nobody is signed in any more */
function personOf({ caller }: Visit<Operation>): Person {
  if (caller?.state !== 'in') throw new ApiError('sessionEnded');
  return caller;
}

/**
 * Runs what changes something: again where the database says that two were in each other's way, and with the refusal that a violated
 * constraint stands for.
 */
async function refused<T>(work: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt < attempts && retryable.has((error as { code?: string }).code ?? '')) continue;
      throw constraintErrorOf(error) ?? error;
    }
  }
}

async function answerIn(
  tx: Transaction,
  route: WriteRoute,
  services: Services,
  request: FastifyRequest,
  admission: Admission,
  idempotent: IdempotentRequest | undefined,
  serialize: (answer: unknown) => string,
): Promise<RememberedAnswer & { replayed: boolean }> {
  const { operation } = route;
  // Before authority is held: the wait for a duplicate must not keep a revocation waiting.
  const before = idempotent === undefined ? undefined : await claim(services, tx, idempotent);
  const principal = await standing(tx, operation, services, admission);
  if (before !== undefined) return { ...before, replayed: true };
  if (admission.isGone) throw notFound(operation.resource as ResourceName);
  if (operation.billing !== undefined) await checkStanding(tx, principal.accountId);
  if (operation.quota !== undefined) await refuseOverQuota(tx, principal.accountId, oneOfEach(operation.quota));
  const call: WriteCall<Operation> = {
    services,
    tx,
    principal,
    projectId: admission.projectId,
    params: request.params,
    query: request.query,
    body: request.body ?? {},
    requestId: request.id,
    origin: ownOrigin(services, request),
    audit: { details: {} },
  };
  const answer = await route.handle(call);
  if (operation.unaudited === undefined) await recordAudit(tx, operation, call, answer);
  const text = serialize(answer);
  if (idempotent !== undefined) {
    await remember(services, tx, idempotent, { status: operation.status, text }, operation.secret === true);
  }
  return { status: operation.status, text, replayed: false };
}

const oneOfEach = (names: readonly QuotaName[]) => Object.fromEntries(names.map((name) => [name, 1]));

/**
 * The caller as it is now, found to be allowed what the gate allowed before the body came. It stays so until the transaction ends.
 *
 * @throws ApiError as the gate does
 */
async function standing(
  tx: Transaction,
  operation: Operation,
  { principals, people, clock }: Services,
  { principal: before, projectId }: Admission,
): Promise<Principal> {
  const { kind, id, accountId, credential } = before;
  await holdAuthority(tx, {
    accountId,
    personId: kind === 'user' ? id : null,
    changes: operation.changesAuthority === true,
  });
  const now = kind === 'key' ? await principals.standing(tx, credential) : await people.standing(tx, before);
  if (now === undefined) throw new ApiError('invalidKey');
  decide(operation, now, projectId, clock.now());
  return now;
}

function idempotentRequest(
  operation: Operation,
  request: FastifyRequest,
  admission: Admission,
): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (operation.method !== 'POST' || key === undefined) return undefined;
  if (typeof key !== 'string') throw new ApiError('validation', { detail: 'Idempotency-Key must be sent once' });
  return {
    key: checkIdempotencyKey(key),
    credential: (request as AdmittedRequest).person?.token ?? (request.headers['x-api-key'] as string),
    principal: admission.principal,
    projectId: admission.projectId,
    method: request.method,
    url: urlOf(operation, request),
    body: request.body,
  };
}

/** The address with its ids in their one form: the same request, however its client spells them. */
function urlOf(operation: Operation, request: FastifyRequest): string {
  const params = request.params as Readonly<Record<string, string>>;
  const query = request.url.indexOf('?');
  return (
    operation.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '') +
    (query === -1 ? '' : request.url.slice(query))
  );
}
