import { randomUUIDv7 } from 'node:crypto';
import type { getApiKeyUsage, listTierRequests, requestHighTier } from '@raffia/contract/account.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import type { ReadCall, WriteCall } from '../../calls/route.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';

const mostMinutes = 7 * 24 * 60;

/** Requests, refusals and burst of a key, a row a minute in which there was something. */
export async function usage({ services, principal, params, query }: ReadCall<typeof getApiKeyUsage>) {
  // What was just used shows at once, and not only with the next batch.
  await services.keyUse.flush();
  const key = await services.db
    .selectFrom('api_keys')
    .select(['id', 'rate_limit_tier', 'wait_ms', 'last_used_from'])
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .executeTakeFirst();
  if (key === undefined) throw notFound('apiKey');
  const since = new Date(services.clock.now() - Math.min(query.minutes ?? 60, mostMinutes) * 60_000);
  const rows = await services.db
    .selectFrom('api_key_usage')
    .selectAll()
    .where('api_key_id', '=', key.id)
    .where('minute', '>=', since)
    .orderBy('minute')
    .execute();
  const { perSecond, burst } = tiers[key.rate_limit_tier];
  const [burstUsed = 0] = await services.limits.burstUsed([key.id]);
  return {
    success: true,
    data: {
      ...(key.last_used_from === null ? {} : { last_used_from: key.last_used_from }),
      limit: perSecond,
      wait_ms: key.wait_ms,
      burst,
      burst_remaining: burst - burstUsed,
      minutes: rows.map((row) => ({
        minute: row.minute.toISOString(),
        requests: row.requests,
        refused: row.refused,
        burst_used: row.burst_used,
      })),
    },
  };
}

/** Asks the operator; one question at a time for each key. */
export async function askForHighTier({
  services,
  tx,
  principal,
  params,
  body,
  audit,
}: WriteCall<typeof requestHighTier>) {
  const key = await tx.db
    .selectFrom('api_keys')
    .select(['id', 'rate_limit_tier'])
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .executeTakeFirst();
  if (key === undefined) throw notFound('apiKey');
  if (key.rate_limit_tier === 'high') throw invalid('This key has the tier high already');
  const id = randomUUIDv7();
  await tx.db
    .insertInto('tier_requests')
    .values({
      id,
      account_id: principal.accountId,
      api_key_id: key.id,
      requested_by: principal.actorId,
      workload: body.workload,
      peak_rps: body.peak_rps,
      created_at: new Date(services.clock.now()),
    })
    .execute();
  audit.details = { workload: body.workload, peak_rps: body.peak_rps };
  const [data] = await views(tx, principal.accountId, { id });
  if (data === undefined) throw new Error('the request is not there');
  return { success: true, data };
}

export async function tierRequests({ services, principal, query }: ReadCall<typeof listTierRequests>) {
  return { success: true, data: await views(services, principal.accountId, { keyId: query.api_key_id }) };
}

async function views(
  { db }: Pick<Services, 'db'>,
  accountId: string,
  { id, keyId }: { id?: string; keyId?: string | undefined },
) {
  const rows = await db
    .selectFrom('tier_requests as t')
    .innerJoin('api_keys as k', 'k.id', 't.api_key_id')
    .selectAll('t')
    .select('k.name')
    .where('t.account_id', '=', accountId)
    .$if(id !== undefined, (select) => select.where('t.id', '=', id as string))
    .$if(keyId !== undefined, (select) => select.where('t.api_key_id', '=', keyId as string))
    .orderBy('t.created_at', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    api_key_id: row.api_key_id,
    api_key_name: row.name,
    workload: row.workload,
    peak_rps: row.peak_rps,
    status: row.status,
    ...(row.answer === null ? {} : { answer: row.answer }),
    created_at: row.created_at.toISOString(),
    ...(row.decided_at === null ? {} : { decided_at: row.decided_at.toISOString() }),
  }));
}
