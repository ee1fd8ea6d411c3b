import type { approveTierRequest, declineTierRequest, listTierRequestsForOperator } from '@raffia/contract/operator.ts';
import { sql } from 'kysely';
import { pageOf } from '../../calls/page.ts';
import type { OpenWriteCall, ReadCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, notFound } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';
import type { Db } from '../members/memberships.ts';
import { type Deed, enterDeed } from './deed.ts';

type Found = Row<'tier_requests'> & { readonly key_name: string; readonly account_name: string };

/** All requests: those that wait, the oldest first, then those that were answered, the latest first. */
export function tierRequestsOfAll(db: Db, { id }: { id?: string } = {}) {
  return db
    .selectFrom('tier_requests as t')
    .innerJoin('api_keys as k', 'k.id', 't.api_key_id')
    .innerJoin('accounts as a', 'a.id', 't.account_id')
    .selectAll('t')
    .select(['k.name as key_name', 'a.name as account_name'])
    .$if(id !== undefined, (query) => query.where('t.id', '=', id as string))
    .orderBy(sql`t.status <> 'pending'`)
    .orderBy(sql`case when t.status = 'pending' then t.created_at end`)
    .orderBy('t.decided_at', 'desc')
    .orderBy('t.id');
}

/**
 * Answers a request that waits. An approval gives the account one more high key, and moves this one.
 *
 * @throws ApiError 404 where there is none of this id, 409 where it was answered
 */
export async function answerRequest(
  { clock }: Pick<Services, 'clock'>,
  tx: Transaction,
  id: string,
  status: 'approved' | 'declined',
  text: string | undefined,
): Promise<Deed> {
  const request = await tx.db
    .updateTable('tier_requests')
    .set({ status, answer: text ?? null, decided_at: new Date(clock.now()) })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .returningAll()
    .executeTakeFirst();
  if (request === undefined) {
    const there = await tx.db.selectFrom('tier_requests').select('status').where('id', '=', id).executeTakeFirst();
    const before = there?.status === 'approved' ? 'granted' : 'declined';
    if (there === undefined) throw notFound('tier request');
    throw new ApiError('conflict', {
      detail: `There is no request ${id} that waits for an answer: it was ${before} before; look at the list again`,
    });
  }
  if (status === 'approved') {
    await tx.db
      .updateTable('accounts')
      .set((row) => ({ high_tier_allowance: row('high_tier_allowance', '+', 1) }))
      .where('id', '=', request.account_id)
      .execute();
    await tx.db.updateTable('api_keys').set({ rate_limit_tier: 'high' }).where('id', '=', request.api_key_id).execute();
  }
  return {
    accountId: request.account_id,
    resourceId: request.api_key_id,
    details: { keyId: request.api_key_id, text },
  };
}

export async function listTierRequests({ services: { db }, query }: ReadCall<typeof listTierRequestsForOperator>) {
  const { limit, offset } = pageOf(query, 50);
  const all = db.selectFrom('tier_requests').select('id');
  const { rows, total } = await readPage<Found>(db, all, tierRequestsOfAll(db).limit(limit).offset(offset));
  return { success: true, data: rows.map(present), total };
}

export const approve = (call: OpenWriteCall<typeof approveTierRequest, void>) => answer(call, 'approved');
export const decline = (call: OpenWriteCall<typeof declineTierRequest, void>) => answer(call, 'declined');

async function answer(
  call: OpenWriteCall<typeof approveTierRequest | typeof declineTierRequest, void>,
  status: 'approved' | 'declined',
) {
  const { services, tx, params, body } = call;
  const text = body?.text === undefined || body.text.trim() === '' ? undefined : body.text;
  enterDeed(call, await answerRequest(services, tx, params.request_id, status, text));
  const row = await tierRequestsOfAll(tx.db, { id: params.request_id }).executeTakeFirstOrThrow();
  return { success: true, data: present(row) };
}

function present(row: Found) {
  return {
    id: row.id,
    account_id: row.account_id,
    account_name: row.account_name,
    api_key_id: row.api_key_id,
    api_key_name: row.key_name,
    workload: row.workload,
    peak_rps: row.peak_rps,
    status: row.status,
    ...(row.answer === null ? {} : { answer: row.answer }),
    created_at: row.created_at.toISOString(),
    ...(row.decided_at === null ? {} : { decided_at: row.decided_at.toISOString() }),
  };
}
