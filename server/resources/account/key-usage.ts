import { randomUUIDv7 } from 'node:crypto';
import type {
  getApiKeyHours,
  getApiKeyUsage,
  listApiKeyDays,
  listTierRequests,
  requestHighTier,
} from '@raffia/contract/account.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import { sql } from 'kysely';
import { pageOf } from '../../calls/page.ts';
import type { ReadCall, WriteCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';
import { mostAddresses } from '../api-keys/key-use.ts';

const mostMinutes = 7 * 24 * 60;
const mostHours = 31 * 24;
const hourMs = 3_600_000;

/** Requests, refusals and burst of a key, a row a minute in which there was something, and where they came from. */
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
  const addresses = await services.db
    .selectFrom('api_key_addresses')
    .select(['address', 'last_used_at'])
    .where('api_key_id', '=', key.id)
    .orderBy('last_used_at', 'desc')
    .orderBy('address')
    .limit(mostAddresses)
    .execute();
  const { perSecond, burst } = tiers[key.rate_limit_tier];
  const [burstUsed = 0] = await services.limits.burstUsed([key.id]);
  return {
    success: true,
    data: {
      ...(key.last_used_from === null ? {} : { last_used_from: key.last_used_from }),
      addresses: addresses.map(({ address, last_used_at }) => ({
        address,
        last_used_at: last_used_at.toISOString(),
      })),
      limit: perSecond,
      wait_ms: key.wait_ms,
      burst,
      burst_remaining: burst - burstUsed,
      minutes: rows.map((row) => ({
        minute: row.minute.toISOString(),
        requests: row.requests,
        refused: row.refused,
        denied: row.denied,
        burst_used: row.burst_used,
      })),
    },
  };
}

/** Requests and refusals of a key, a row an hour in which there was something; the hour of now is the last. */
export async function usageByHour({ services, principal, params, query }: ReadCall<typeof getApiKeyHours>) {
  await services.keyUse.flush();
  const hours = Math.min(query.hours ?? 24, mostHours);
  const { rows } = await sql<{ hour: Date | null; requests: number; refused: number; denied: number }>`
    select h.hour, h.requests, h.refused, h.denied from api_keys k
      left join api_key_hours h on h.api_key_id = k.id and h.hour > ${hoursAgo(services, hours)}
     where k.id = ${params.id} and k.account_id = ${principal.accountId} order by h.hour`.execute(services.db);
  if (rows.length === 0) throw notFound('apiKey');
  return {
    success: true,
    data: { hours: rows.flatMap(({ hour, ...of }) => (hour === null ? [] : [{ hour: hour.toISOString(), ...of }])) },
  };
}

interface KeyDayRow {
  id: string;
  last_used_from: string | null;
  hours: readonly { hour: string; requests: number; refused: number; denied: number }[];
}

/** What each key of a page did in the last 24 hours, that of now among them. */
export async function lastDay({ services, principal, query }: ReadCall<typeof listApiKeyDays>) {
  await services.keyUse.flush();
  const { limit, offset } = pageOf(query, 50);
  const since = hoursAgo(services, 24);
  const { rows, total } = await readPage(
    services.db,
    sql`select from api_keys where account_id = ${principal.accountId}`,
    sql<Omit<KeyDayRow, 'hours'>>`select id, last_used_from from api_keys where account_id = ${principal.accountId}
      order by created_at desc, id desc limit ${limit} offset ${offset}`,
    undefined,
    {
      as: 'k',
      columns: {
        hours: sql<
          KeyDayRow['hours']
        >`(select coalesce(json_agg(json_build_object('hour', h.hour, 'requests', h.requests,
            'refused', h.refused, 'denied', h.denied)), '[]') from api_key_hours h where h.api_key_id = k.id and h.hour > ${since})`,
      },
    },
  );
  return { success: true, data: rows.map((row) => dayOf(row, services.clock.now())), total };
}

function dayOf({ id, last_used_from, hours }: KeyDayRow, now: number) {
  const sum = (name: 'requests' | 'refused' | 'denied') => hours.reduce((total, hour) => total + hour[name], 0);
  const hourly = new Array<number>(24).fill(0);
  for (const { hour, requests } of hours) {
    const ago = Math.floor(now / hourMs) - Date.parse(hour) / hourMs;
    if (ago >= 0 && ago < 24) hourly[23 - ago] = requests;
  }
  return {
    api_key_id: id,
    ...(last_used_from === null ? {} : { last_used_from }),
    requests: sum('requests'),
    refused: sum('refused'),
    denied: sum('denied'),
    hourly,
  };
}

/** After which the last so many hours begin, that of now among them. */
const hoursAgo = ({ clock }: Services, hours: number) => new Date(clock.now() - hours * hourMs);

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
