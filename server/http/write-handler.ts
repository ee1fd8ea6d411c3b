import type { Operation } from '@raffia/contract/operation.ts';
import type { QuotaName } from '@raffia/contract/quotas.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { recordAudit } from '../access/audit.ts';
import { checkStanding } from '../billing/standing.ts';
import { refusalOf } from '../database/constraint-errors.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { refuseOverQuota } from '../quotas/usage.ts';
import type { Services } from '../services.ts';
import { ApiError } from './api-error.ts';
import type { Admission, AdmittedRequest } from './gate.ts';
import { checkIdempotencyKey, claim, type IdempotentRequest, type RememberedAnswer, remember } from './idempotency.ts';
import type { Route, WriteCall } from './route.ts';
import { ownOrigin } from './same-origin.ts';

const attempts = 3;
const retryable = new Set(['40001', '40P01']);

/**
 * Runs a writing use case: idempotency, standing, the work, its audit entry and the remembered answer in one transaction; cached
 * values are dropped before the answer is sent.
 */
export function writeHandler(route: Extract<Route, { kind: 'write' }>, services: Services) {
  const { operation } = route;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const admission = (request as AdmittedRequest).admission as Admission;
    const serialize = reply.getSerializationFunction(String(operation.status)) as (answer: unknown) => string;
    const idempotent = idempotentRequest(operation, request, admission);
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await transact(services.db, (tx) =>
          answerIn(tx, route, services, request, admission, idempotent, serialize),
        );
        reply.status(answer.status).type('application/json; charset=utf-8');
        if (answer.replayed) reply.header('idempotent-replayed', 'true');
        return reply.send(answer.text);
      } catch (error) {
        if (attempt < attempts && retryable.has((error as { code?: string }).code ?? '')) continue;
        throw refusalOf(error) ?? error;
      }
    }
  };
}

async function answerIn(
  tx: Transaction,
  route: Extract<Route, { kind: 'write' }>,
  services: Services,
  request: FastifyRequest,
  admission: Admission,
  idempotent: IdempotentRequest | undefined,
  serialize: (answer: unknown) => string,
): Promise<RememberedAnswer & { replayed: boolean }> {
  const { operation } = route;
  if (idempotent !== undefined) {
    const before = await claim(services, tx, idempotent);
    if (before !== undefined) return { ...before, replayed: true };
  }
  if (operation.billing !== undefined) await checkStanding(tx, admission.principal.accountId);
  if (operation.quota !== undefined)
    await refuseOverQuota(tx, admission.principal.accountId, oneOfEach(operation.quota));
  const call: WriteCall<Operation> = {
    services,
    tx,
    principal: admission.principal,
    projectId: admission.projectId,
    params: request.params as never,
    query: request.query as never,
    body: (request.body ?? {}) as never,
    requestId: request.id,
    origin: ownOrigin(services, request),
    audit: { details: {} },
  };
  const answer = await route.handle(call);
  await recordAudit(tx, operation, call, answer);
  const text = serialize(answer);
  if (idempotent !== undefined) {
    await remember(services, tx, idempotent, { status: operation.status, text }, operation.secret === true);
  }
  return { status: operation.status, text, replayed: false };
}

const oneOfEach = (names: readonly QuotaName[]) => Object.fromEntries(names.map((name) => [name, 1]));

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
    credential: (request as AdmittedRequest).sessionToken ?? (request.headers['x-api-key'] as string),
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
