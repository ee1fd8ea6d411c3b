import { randomUUIDv7 } from 'node:crypto';
import type { setApiKeyPatience } from '@raffia/contract/account.ts';
import type { createApiKey, regenerateApiKey, revokeApiKey, updateApiKey } from '@raffia/contract/api-keys.ts';
import { makeApiKey } from '../../access/api-key.ts';
import { mayBeHigh, mayGiveAccountRole, mayHandle, mayLastUntil, roleOf } from '../../access/role-guards.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Row } from '../../database/tables.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { keyViews, presentApiKey } from './present-api-key.ts';

/** Creates a key. Only its hash is stored; this answer is the only place where the secret is ever seen. */
export async function createKey(call: WriteCall<typeof createApiKey>) {
  const { services, tx, principal, body } = call;
  if (body.role_id !== undefined) {
    mayGiveAccountRole(principal, await roleOf(tx, principal.accountId, body.role_id, 'account'));
  }
  const tier = (body.rate_limit_tier as string) === '' ? 'standard' : (body.rate_limit_tier ?? 'standard');
  if (tier === 'high') await mayBeHigh(tx, principal.accountId);
  const now = new Date(services.clock.now());
  const { secret, ...stored } = makeApiKey();
  const id = randomUUIDv7();
  // What is made by a key that ends, ends with it.
  const usual = Number.isFinite(principal.expiresAt) ? wholeSecond(principal.expiresAt) : null;
  const expiresAt = body.expires_at === undefined ? usual : futureTime(body.expires_at, now);
  mayLastUntil(principal, expiresAt);
  await tx.db
    .insertInto('api_keys')
    .values({
      id,
      account_id: principal.accountId,
      name: body.name,
      ...stored,
      rate_limit_tier: tier,
      expires_at: expiresAt,
      issued_at: wholeSecond(now.getTime()),
      role_id: body.role_id ?? null,
      created_by: principal.actorId,
      created_at: now,
    })
    .execute();
  call.audit.details = { name: body.name, prefix: stored.key_prefix, roleId: body.role_id ?? null };
  return { success: true, data: { ...(await shown(call, id)), secret } };
}

/**
 * Changes name, tier, expiry, or suspends and re-enables; works from the next request on. Nothing at all changes nothing: the published
 * contract has no 400 of it, and Terraform sends an empty change for what it clears.
 */
export async function updateKey(call: WriteCall<typeof updateApiKey>) {
  const { services, tx, principal, body, params } = call;
  const key = await lockKey(call, params.id);
  await mayHandle(tx, principal, key);
  const expiresAt =
    body.expires_at === undefined ? key.expires_at : futureTime(body.expires_at, new Date(services.clock.now()));
  if (body.expires_at !== undefined || body.is_active === true) mayLastUntil(principal, expiresAt);
  const tier = (body.rate_limit_tier as string) === '' ? undefined : body.rate_limit_tier;
  if (tier === 'high' && key.rate_limit_tier !== 'high') await mayBeHigh(tx, principal.accountId);
  await tx.db
    .updateTable('api_keys')
    .set({
      name: body.name ?? key.name,
      rate_limit_tier: tier ?? key.rate_limit_tier,
      expires_at: expiresAt,
      is_active: body.is_active ?? key.is_active,
    })
    .where('id', '=', key.id)
    .execute();
  call.audit.details = withBefore(key, body);
  return { success: true, data: await shown(call, key.id) };
}

/** Tells a key how long to wait; works from the next request on. */
export async function setPatience(call: WriteCall<typeof setApiKeyPatience>) {
  const { tx, principal, params, body } = call;
  const key = await lockKey(call, params.id);
  await mayHandle(tx, principal, key);
  await tx.db.updateTable('api_keys').set({ wait_ms: body.wait_ms }).where('id', '=', key.id).execute();
  call.audit.details = { name: key.name, wait_ms: body.wait_ms };
  return { success: true, data: { wait_ms: body.wait_ms } };
}

/** Ends a key for good; requests that begin after the answer are refused. */
export async function revokeKey(call: WriteCall<typeof revokeApiKey>) {
  const { tx, principal, params } = call;
  const key = await lockKey(call, params.id);
  await mayHandle(tx, principal, key);
  await tx.db.deleteFrom('api_keys').where('id', '=', key.id).execute();
  call.audit.details = { name: key.name, prefix: key.key_prefix };
  return { success: true, message: 'The API key was revoked' };
}

/**
 * A new secret for the same key; the old one ends with this answer. The length of the expiration begins anew, and an expired key
 * lives again (identity.md §8.5). A key that renews itself keeps its end.
 */
export async function regenerateKey(call: WriteCall<typeof regenerateApiKey>) {
  const { services, tx, principal, params } = call;
  const key = await lockKey(call, params.id);
  await mayHandle(tx, principal, key);
  const issuedAt = new Date(services.clock.now());
  const now = wholeSecond(issuedAt.getTime());
  const { secret, ...stored } = makeApiKey();
  const length =
    key.expires_at === null ? null : key.expires_at.getTime() - wholeSecond(key.issued_at.getTime()).getTime();
  const renewed = length === null ? null : new Date(now.getTime() + length);
  const expiresAt =
    key.id === principal.id && renewed !== null && renewed > (key.expires_at as Date) ? key.expires_at : renewed;
  mayLastUntil(principal, expiresAt);
  await tx.db
    .updateTable('api_keys')
    .set({
      ...stored,
      // To the millisecond: what the old secret was used for is told from it.
      issued_at: issuedAt,
      last_used_at: null,
      last_used_from: null,
      expires_at: expiresAt,
    })
    .where('id', '=', key.id)
    .execute();
  await tx.db.deleteFrom('api_key_addresses').where('api_key_id', '=', key.id).execute();
  call.audit.details = { name: key.name, oldPrefix: key.key_prefix, prefix: stored.key_prefix };
  return { success: true, data: { ...(await shown(call, key.id)), secret } };
}

/** Locks a key's row. */
async function lockKey({ tx, principal }: Change, id: string): Promise<Row<'api_keys'>> {
  const key = await tx.db
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (key === undefined) throw notFound('apiKey');
  return key;
}

async function shown({ tx, principal }: Change, id: string) {
  const { rows } = await keyViews(tx.db, principal.accountId, { id, limit: 1, offset: 0 });
  const [row] = rows;
  if (row === undefined) throw new Error('the key is not there');
  return presentApiKey(row);
}

function futureTime(text: string, now: Date): Date {
  const time = wholeSecond(Date.parse(text));
  if (time <= now) throw invalid('expires_at must lie in the future');
  return time;
}

/** Expiries begin and end on whole seconds: the length that a regenerated key gets again has nothing of the moment's milliseconds. */
function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}
