import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Principal } from '../access/principal.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError, invalid } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';

/** How long an answer is remembered. */
export const idempotencyHours = 24;

/** How long a repeated request waits for the first. */
const firstWaitMs = 5000;

/** A request that carries an `Idempotency-Key`. */
export interface IdempotentRequest {
  readonly key: string;
  /** The caller's secret: answers that hold a secret are encrypted under it. */
  readonly credential: string;
  readonly principal: Principal;
  /** The project that decides: the same request in another project is another request. */
  readonly projectId: string | null;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

export interface RememberedAnswer {
  readonly status: number;
  readonly text: string;
}

/** @throws ApiError 400 for a key that is empty, too long or not printable ASCII */
export function checkIdempotencyKey(key: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid('Idempotency-Key must be 1 to 255 printable ASCII characters without spaces, such as a UUID');
  }
  return key;
}

/**
 * Claims the key within the request's transaction. A duplicate that runs at the same time waits here until the first has ended,
 * then gets its answer, or becomes the first if that one failed.
 *
 * @returns the answer given before, or undefined where this request is the first
 * @throws ApiError 422 where the key was used for another request, 409 where the first is still running after the wait
 */
export async function claim(
  services: Services,
  tx: Transaction,
  request: IdempotentRequest,
): Promise<RememberedAnswer | undefined> {
  const { secrets, clock } = services;
  const accountId = request.principal.accountId;
  const key_digest = secrets.digest('idempotency key', accountId, request.key);
  const request_digest = digestRequest(services, request);
  const now = new Date(clock.now());
  await sql`select set_config('lock_timeout', ${`${firstWaitMs}ms`}, true)`.execute(tx.db);
  try {
    await tx.db
      .deleteFrom('idempotency_keys')
      .where('account_id', '=', accountId)
      .where('key_digest', '=', key_digest)
      .where('created_at', '<', new Date(now.getTime() - idempotencyHours * 3_600_000))
      .execute();
    const claimed = await tx.db
      .insertInto('idempotency_keys')
      .values({
        account_id: accountId,
        key_digest,
        request_digest,
        credential_digest: secrets.digest('idempotency credential', request.credential),
        created_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key_digest')
      .executeTakeFirst();
    if (claimed !== undefined) return undefined;
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    throw new ApiError('idempotencyInProgress', {}, { headers: { 'Retry-After': '1' } });
  } finally {
    // The connection's own again. Fails where the transaction is aborted already; then it does not matter.
    await sql`set local lock_timeout to default`.execute(tx.db).catch(() => undefined);
  }
  const row = await tx.db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('key_digest', '=', key_digest)
    .executeTakeFirst();
  if (row === undefined || row.status === null || row.answer === null) {
    throw new ApiError('idempotencyInProgress', {}, { headers: { 'Retry-After': '1' } });
  }
  if (row.request_digest !== request_digest) throw new ApiError('idempotencyMismatch');
  if (!row.is_sealed) return { status: row.status, text: row.answer.toString('utf8') };
  if (row.credential_digest !== secrets.digest('idempotency credential', request.credential)) {
    throw new ApiError('idempotencyMismatch');
  }
  return { status: row.status, text: secrets.openUnder(request.credential, sealPurpose(request.key), row.answer) };
}

/** Stores the answer in the same transaction as the work: it is remembered exactly if the work is done. */
export async function remember(
  services: Services,
  tx: Transaction,
  request: IdempotentRequest,
  answer: RememberedAnswer,
  isSecret: boolean,
): Promise<void> {
  const stored = isSecret
    ? services.secrets.sealUnder(request.credential, sealPurpose(request.key), answer.text)
    : Buffer.from(answer.text, 'utf8');
  await tx.db
    .updateTable('idempotency_keys')
    .set({ status: answer.status, answer: stored, is_sealed: isSecret })
    .where('account_id', '=', request.principal.accountId)
    .where('key_digest', '=', services.secrets.digest('idempotency key', request.principal.accountId, request.key))
    .execute();
}

function digestRequest(services: Services, request: IdempotentRequest): string {
  const body = request.body === undefined ? '' : JSON.stringify(sortKeys(request.body));
  const { principal, projectId, method, url } = request;
  return services.secrets.digest(
    'idempotency request',
    principal.kind,
    principal.id,
    projectId ?? '',
    method,
    url,
    body,
  );
}

/** The same body with its keys in one order, so that a client may build it anew. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

/** A key's purpose is hashed: HKDF takes a short text. */
function sealPurpose(key: string): string {
  return `idempotency ${createHash('sha256').update(key).digest('hex')}`;
}
