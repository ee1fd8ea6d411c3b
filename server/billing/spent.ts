import { type BilledKind, billedKinds } from '@raffia/contract/enums.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { type RawBuilder, sql } from 'kysely';
import { commonMonths, monthHours } from './terms.ts';

const microsecondsOfHour = 3_600_000_000n;

/**
 * What time costs that a term lasts: its price for a month, by the part of 720 hours. Counted in whole numbers, so that nothing drifts: a
 * term costs its rate in each microsecond, and a micro-dollar is so many of these units.
 */
const unitsPerMicro = BigInt(commonMonths * monthHours) * microsecondsOfHour;

/** The nearest micro-dollar. */
export const microsOf = (units: bigint): bigint => (2n * units + unitsPerMicro) / (2n * unitsPerMicro);

/** Micro-dollars as dollars, such as `12.340000`. */
export function inDollars(micros: bigint): string {
  const digits = String(micros).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** From `since` on and before `end`. */
export interface Span {
  readonly since: Date;
  readonly end: Date;
}

/** Whole days up to `until`, which may not be over. */
export interface Days extends Span {
  readonly until: string;
}

/** Of which kind of resource something that is billed is. */
const resourceOf: Readonly<Record<BilledKind, ResourceName>> = {
  vm: 'vm',
  volume: 'volume',
  address: 'ip',
  snapshot: 'snapshot',
  image: 'image',
  backup: 'backup',
};

/** Something of the resource that `row` names, for as long as its row is there. */
const ofResource = (row: 't' | 'q', column: (resource: Resource) => RawBuilder<unknown>) =>
  sql`case ${sql.ref(`${row}.item`)} ${sql.join(
    billedKinds.map((kind) => {
      const resource: Resource = resources[resourceOf[kind]];
      const id = sql`${sql.ref(`${row}.resource_id`)}::${sql.raw(resource.isNumbered ? 'bigint' : 'uuid')}`;
      return sql`when ${sql.lit(kind)} then (select ${column(resource)} from ${sql.table(resource.table)} r where r.id = ${id})`;
    }),
    sql` `,
  )} end`;

/** Whether it is there for the account, which sees nothing of what is left to be done. */
const isThere = ({ hiddenBy, byItself }: Resource) =>
  sql.join(
    [
      sql`true`,
      ...(hiddenBy === undefined ? [] : [sql`${sql.ref(`r.${hiddenBy}`)} is null`]),
      ...(byItself === undefined ? [] : [sql.ref(`r.${byItself}`)]),
    ],
    sql` and `,
  );

const nameOf = (resource: Resource) => (resource.table === 'public_addresses' ? sql`host(r.address)` : sql`r.name`);

/** What is known of a resource that cost something, beside the columns of `q`. */
export const ofBilled = {
  exists: sql<boolean | null>`${ofResource('q', isThere)}`,
  name_now: sql<string | null>`${ofResource('q', nameOf)}`,
};

/** In which project: where it was written down, there; otherwise where the resource lies that is still there. */
const project = sql`coalesce(t.project_id, ${ofResource('t', () => sql`r.project_id`)})`;

const microseconds = (interval: RawBuilder<unknown>) => sql`(extract(epoch from ${interval}) * 1000000)`;

/** The parts of an account's terms that lie within a span, each with what a microsecond of it costs. */
function parts(accountId: string, { since, end }: Span, projectId?: string): RawBuilder<unknown> {
  const ofProject = projectId === undefined ? sql`true` : sql`${project} = ${projectId}`;
  return sql`
    select t.item, t.resource_kind, t.resource_id, t.name, ${project} as project_id,
           greatest(t."from", ${since}) as "from", least(t.until, ${end}) as until,
           t.unit_price_micros::numeric * t.quantity * t.months_paid * (${sql.lit(commonMonths)} / t.months) as rate
      from terms t
     where t.account_id = ${accountId} and t."from" < ${end} and (t.until is null or t.until > ${since})
       and (t.until is null or t.until > t."from") and ${ofProject}`;
}

/** On a day something began to cost more or less, in each microsecond; `rest` is what that makes of the day's rest. */
export interface Step {
  readonly day: string;
  readonly item: BilledKind;
  readonly rate: string;
  readonly rest: string;
}

/** All steps of a span, by day and kind, for `daysOf`; beyond its end nothing counts. */
export function stepsOf(accountId: string, span: Span, projectId?: string): RawBuilder<Step> {
  const rest = microseconds(sql`least(date_trunc('day', s.at, 'UTC') + interval '24 hours', ${span.end}) - s.at`);
  return sql<Step>`
    select to_char(s.at at time zone 'UTC', 'YYYY-MM-DD') as day, item, sum(s.rate)::text as rate, trunc(sum(s.rate * ${rest}))::text as rest
      from (${parts(accountId, span, projectId)}) p, lateral (values (p."from", p.rate), (p.until, -p.rate)) s (at, rate)
     where s.at < ${span.end}
     group by 1, 2`;
}

const units = sql`trunc(sum(p.rate * ${microseconds(sql`p.until - p."from"`)}))`;

/** What each project cost in a span, in units. */
export const byProject = (accountId: string, span: Span) => sql<{
  project_id: string | null;
  units: string;
  resources: number;
}>`
  select p.project_id, ${units}::text as units, count(distinct (p.item, p.resource_id)) as resources
    from (${parts(accountId, span)}) p group by 1 order by ${units} desc, 1`;

/** What each resource cost in a span, in units. */
export const byResource = (accountId: string, span: Span, projectId?: string) => sql<{
  item: BilledKind;
  resource_id: string;
  name: string;
  project_id: string | null;
  units: string;
  first_at: Date;
  last_at: Date;
}>`
  select p.item, p.resource_id, (array_agg(p.name order by p.until desc))[1] as name,
         (array_agg(p.project_id order by p.until desc))[1] as project_id, ${units}::text as units,
         min(p."from") as first_at, max(p.until) as last_at
    from (${parts(accountId, span, projectId)}) p group by 1, 2 order by ${units} desc, 1, 2`;

/** A day and what each kind cost on it, in micro-dollars. */
export interface DayCost {
  readonly day: string;
  readonly kinds: Readonly<Record<BilledKind, bigint>>;
}

const dayMs = 86_400_000;

/** The days of a span, the last one as far as it has come, and what each kind cost on it. */
export function daysOf(steps: readonly Step[], { since, until, end }: Days): DayCost[] {
  const byDay = Map.groupBy(steps, ({ day }) => day);
  const rates = zeros();
  const days: DayCost[] = [];
  for (let at = since.getTime(); ; at += dayMs) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day > until) return days;
    const lasted = BigInt(Math.min(dayMs, end.getTime() - at)) * 1000n;
    const spent = zeros();
    for (const kind of billedKinds) spent[kind] = rates[kind] * lasted;
    for (const { item, rate, rest } of byDay.get(day) ?? []) {
      spent[item] += BigInt(rest);
      rates[item] += BigInt(rate);
    }
    for (const kind of billedKinds) spent[kind] = microsOf(spent[kind]);
    days.push({ day, kinds: spent });
  }
}

/** What an hour costs just before the end of a span, in micro-dollars. */
export const hourAtEnd = (steps: readonly Step[]): bigint =>
  microsOf(steps.reduce((rates, { rate }) => rates + BigInt(rate), 0n) * microsecondsOfHour);

/** Nothing of every kind. */
export const zeros = () => Object.fromEntries(billedKinds.map((kind) => [kind, 0n])) as Record<BilledKind, bigint>;
