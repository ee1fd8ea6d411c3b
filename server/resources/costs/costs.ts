import {
  type getCostsByDay,
  type listCostsByProject,
  type listCostsByResource,
  mostCostDays,
} from '@raffia/contract/costs.ts';
import { type BilledKind, billedKinds } from '@raffia/contract/enums.ts';
import { type RawBuilder, sql } from 'kysely';
import {
  byProject,
  byResource,
  type Days,
  daysOf,
  hourAtEnd,
  inDollars,
  microsOf,
  ofBilled,
  stepsOf,
  zeros,
} from '../../billing/spent.ts';
import { pageOf } from '../../calls/page.ts';
import type { ReadCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import { invalid } from '../../foundation/api-error.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const startOf = (day: string) => Date.parse(`${day}T00:00:00Z`);
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** What each day cost, by kinds; of today what it cost until now. */
export async function costsByDay({ services, principal, query }: ReadCall<typeof getCostsByDay>) {
  const now = services.clock.now();
  const span = spanOf(query, now);
  const { rows } = await stepsOf(principal.accountId, span, query.project_id).execute(services.db);
  const days = daysOf(rows, span);
  const kinds = zeros();
  for (const day of days) for (const kind of billedKinds) kinds[kind] += day.kinds[kind];
  const { balanceDays } = services.configuration.retention;
  return {
    success: true,
    data: {
      since: dayOf(span.since.getTime()),
      until: span.until,
      counted_until: span.end.toISOString(),
      ...(balanceDays === 0 ? {} : { complete_since: dayOf(now - balanceDays * dayMs + dayMs) }),
      total: inDollars(sum(kinds)),
      kinds: presentKinds(kinds),
      ...(span.until === dayOf(now) ? { per_hour: inDollars(hourAtEnd(rows)) } : {}),
      days: days.map(({ day, kinds: its }) => ({ day, total: inDollars(sum(its)), kinds: presentKinds(its) })),
    },
  };
}

/** What each project cost, dearest first. */
export async function costsByProject({ services, principal, query }: ReadCall<typeof listCostsByProject>) {
  const all = byProject(principal.accountId, spanOf(query, services.clock.now()));
  const { rows, total } = await readPage(services.db, all, paged(all, query));
  return {
    success: true,
    data: rows.map(({ project_id, units, resources }) => ({
      ...(project_id === null ? {} : { project_id }),
      cost: inDollars(microsOf(BigInt(units))),
      resources,
    })),
    total,
  };
}

/** What each resource cost, dearest first, also what is there no more. */
export async function costsByResource({ services, principal, query }: ReadCall<typeof listCostsByResource>) {
  const all = byResource(principal.accountId, spanOf(query, services.clock.now()), query.project_id);
  const beside = { as: 'q', columns: ofBilled };
  const { rows, total } = await readPage(services.db, all, paged(all, query), undefined, beside);
  return {
    success: true,
    data: rows.map((row) => ({
      kind: row.item,
      id: row.resource_id,
      name: row.name_now ?? row.name,
      ...(row.project_id === null ? {} : { project_id: row.project_id }),
      cost: inDollars(microsOf(BigInt(row.units))),
      first_at: row.first_at.toISOString(),
      last_at: row.last_at.toISOString(),
      exists: row.exists ?? false,
    })),
    total,
  };
}

function paged<Row>(all: RawBuilder<Row>, query: { limit?: number; offset?: number }): RawBuilder<Row> {
  const { limit, offset } = pageOf(query, 50);
  return sql<Row>`${all} limit ${limit} offset ${offset}`;
}

/**
 * The days that are asked for, up to the last whole minute.
 *
 * @throws ApiError 400 where there are none, or too many
 */
function spanOf(query: { readonly since?: string; readonly until?: string }, now: number): Days {
  const today = dayOf(now);
  const until = query.until === undefined || query.until > today ? today : query.until;
  const since = query.since ?? `${until.slice(0, 8)}01`;
  if (since > today) throw invalid('since must not be in the future');
  if (since > until) throw invalid('since must not be later than until');
  if (startOf(until) - startOf(since) >= mostCostDays * dayMs) {
    throw invalid(`since and until must be at most ${mostCostDays} days apart; ask for fewer at once`);
  }
  // What is asked for together is counted up to the same moment.
  const end = Math.min(startOf(until) + dayMs, now - (now % minuteMs));
  return { since: new Date(startOf(since)), until, end: new Date(end) };
}

const sum = (kinds: Readonly<Record<BilledKind, bigint>>) => billedKinds.reduce((all, kind) => all + kinds[kind], 0n);

const presentKinds = (kinds: Readonly<Record<BilledKind, bigint>>) =>
  Object.fromEntries(billedKinds.map((kind) => [kind, inDollars(kinds[kind])])) as Record<BilledKind, string>;
