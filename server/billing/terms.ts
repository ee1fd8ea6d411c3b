import { randomUUIDv7 } from 'node:crypto';
import type { BilledKind, BillingPeriod } from '@raffia/contract/enums.ts';
import { type RawBuilder, sql } from 'kysely';
import type { Row } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { type Charge, charge, credit, takeBack } from './balance.ts';

/**
 * What is billed: a row for each span of time in which something had one price. With a subscription it is paid a term ahead, and what a
 * change or the end leaves unused comes back; without one it only counts, for the invoice. The rules are those of billing.md §3 and §4.
 *
 * Where money is at stake the account's row is locked before the term's: two that end, change or take back the same wait for each other.
 */
type Term = Row<'terms'>;

const periods: Readonly<Record<BillingPeriod, number>> = { monthly: 1, yearly: 12, twenty_four_month: 24 };
export const monthHours = 720;
const hourMs = 3_600_000;
/** What every period divides: so many months cost whole micro-dollars, whatever their period. */
export const commonMonths = 24;

export interface Resource {
  readonly kind: string;
  readonly id: string;
}

export interface NewTerm {
  readonly accountId: string;
  /** Where it is: what was spent is told by project. */
  readonly projectId: string;
  /** Paid ahead under this id; null: counted from now on, and paid later. */
  readonly subscriptionId: string | null;
  readonly item: BilledKind;
  readonly resource: Resource;
  readonly name: string;
  /** A month of one, in micro-dollars. */
  readonly unitPriceMicros: number;
  readonly quantity?: number;
  readonly period?: BillingPeriod;
  readonly now: Date;
}

/** How an entry of the balance reads. */
export interface About {
  readonly reason: string;
  /** The machine that it belongs to. */
  readonly resourceId: string;
}

/** What a change of price did to the account, in micro-dollars. */
export interface Change {
  /** For `finishChange` or `undoChange`; null where nothing is billed. */
  readonly id: string | null;
  readonly isPaidAhead: boolean;
  /** What the rest of the term costs more; negative: less. */
  readonly amount: number;
  readonly charged: Charge;
}

const nothing: Charge = { credits: 0, balance: 0 };

/**
 * Begins to bill something; the first term of a subscription is charged.
 *
 * @throws ApiError 402 where credits and balance are too little
 */
export async function beginTerm(tx: Transaction, term: NewTerm, about: About): Promise<void> {
  const { item, resource, now, period = 'monthly', quantity = 1 } = term;
  const id = randomUUIDv7();
  const months = periods[period];
  const monthsPaid = monthsToPay(item, period);
  const isPaidAhead = term.subscriptionId !== null;
  const price = term.unitPriceMicros * quantity * monthsPaid;
  const charged = isPaidAhead ? await charge(tx, term.accountId, price, { ...about, termId: id }) : nothing;
  await tx.db
    .insertInto('terms')
    .values({
      id,
      account_id: term.accountId,
      project_id: term.projectId,
      subscription_id: term.subscriptionId,
      item,
      resource_kind: resource.kind,
      resource_id: resource.id,
      name: term.name,
      unit_price_micros: term.unitPriceMicros,
      quantity,
      months,
      months_paid: monthsPaid,
      started_at: now,
      paid_until: isPaidAhead ? new Date(now.getTime() + months * monthHours * hourMs) : null,
      from: now,
      balance_micros: -charged.balance,
      credits_micros: -charged.credits,
    })
    .execute();
}

/** Machines are cheaper for longer, other things are not. */
export function monthsToPay(item: BilledKind, period: BillingPeriod): number {
  if (item !== 'vm' || period === 'monthly') return periods[period];
  return period === 'yearly' ? 10 : 20;
}

/**
 * Bills something at another price or in another quantity from now on: what the rest of the term costs more is charged now, what it
 * costs less is given when the change is finished.
 *
 * @throws ApiError 402 where credits and balance are too little
 */
export async function changeTerm(
  tx: Transaction,
  resource: Resource,
  item: BilledKind,
  to: { readonly unitPriceMicros?: number; readonly quantity?: number },
  now: Date,
  about: About,
): Promise<Change> {
  const old = (await lockTerms(tx, resource)).find((term) => term.item === item && term.until === null);
  if (old === undefined) return { id: null, isPaidAhead: false, amount: 0, charged: nothing };
  const id = randomUUIDv7();
  const { unitPriceMicros = old.unit_price_micros, quantity = old.quantity } = to;
  const isPaidAhead = old.subscription_id !== null;
  const difference = unitPriceMicros * quantity - old.unit_price_micros * old.quantity;
  const amount = isPaidAhead ? Math.sign(difference) * unused(old, Math.abs(difference), now) : 0;
  const charged = amount > 0 ? await charge(tx, old.account_id, amount, { ...about, termId: id }) : nothing;
  await tx.db.updateTable('terms').set({ until: now }).where('id', '=', old.id).execute();
  await tx.db
    .insertInto('terms')
    .values({
      ...old,
      id,
      unit_price_micros: unitPriceMicros,
      quantity,
      from: now,
      until: null,
      replaces: old.id,
      is_pending: true,
      credit_due_micros: Math.max(0, -amount),
      balance_micros: -charged.balance,
      credits_micros: -charged.credits,
    })
    .execute();
  return { id, isPaidAhead, amount, charged };
}

/** The change was made, and stands: what became cheaper is given. Once, however often it is said. */
export async function finishChange(tx: Transaction, id: string | null | undefined, about: About): Promise<void> {
  const change = await lockPending(tx, id);
  if (change === undefined) return;
  const due = change.credit_due_micros;
  await credit(tx, change.account_id, due, { ...about, termId: change.id });
  await tx.db
    .updateTable('terms')
    .set({ is_pending: false, credit_due_micros: 0, balance_micros: change.balance_micros + due })
    .where('id', '=', change.id)
    .execute();
}

/** The change was not made: the price before it goes on, and its money returns to where it came from. Once, however often it is said. */
export async function undoChange(tx: Transaction, id: string | null | undefined, about: About): Promise<void> {
  const change = await lockPending(tx, id);
  if (change === undefined) return;
  const charged = { balance: -change.balance_micros, credits: -change.credits_micros };
  await takeBack(tx, change.account_id, charged, { ...about, termId: change.id });
  await tx.db.deleteFrom('terms').where('id', '=', change.id).execute();
  const before = change.replaces as string;
  await tx.db.updateTable('terms').set({ until: change.until }).where('id', '=', before).execute();
  await tx.db.updateTable('terms').set({ replaces: before }).where('replaces', '=', change.id).execute();
}

/** What is billed is something else from now on, at the same price: no money moves, and what was paid ahead is. None of it may be changing. */
export async function moveTerms(
  tx: Transaction,
  from: Resource,
  to: { readonly resource: Resource; readonly name: string },
  now: Date,
): Promise<void> {
  const { resource, name } = to;
  for (const term of await lockTerms(tx, from)) {
    await tx.db.updateTable('terms').set({ until: now }).where('id', '=', term.id).execute();
    const its = { resource_kind: resource.kind, resource_id: resource.id, name };
    await tx.db
      .insertInto('terms')
      .values({
        ...term,
        ...its,
        id: randomUUIDv7(),
        from: now,
        replaces: term.id,
        balance_micros: 0,
        credits_micros: 0,
      })
      .execute();
  }
}

/** What was billed was never there: all of its terms are no more, and their money returns to where it came from. */
export async function undoTerms(tx: Transaction, resource: Resource, about: About): Promise<void> {
  const { kind, id } = resource;
  for (const term of await lock(tx, sql`select id from terms where resource_kind = ${kind} and resource_id = ${id}`)) {
    const charged = { balance: -term.balance_micros, credits: -term.credits_micros };
    await takeBack(tx, term.account_id, charged, { ...about, termId: term.id });
    await tx.db.deleteFrom('terms').where('id', '=', term.id).execute();
  }
}

/** Ends all billing of a resource: a change that is pending stands, and unused time comes back. Once, however often it is said. */
export async function endTerms(tx: Transaction, resource: Resource, now: Date, about: About): Promise<void> {
  const terms = await lockTerms(tx, resource);
  const pending = terms.filter((term) => term.is_pending);
  for (const { id } of pending) await finishChange(tx, id, about);
  const standing = pending.length === 0 ? terms : await lockTerms(tx, resource);
  for (const term of standing.filter((one) => one.until === null)) {
    const price = term.unit_price_micros * term.quantity;
    const left = term.subscription_id === null ? 0 : unused(term, price, now);
    await credit(tx, term.account_id, left, { ...about, termId: term.id });
    await tx.db
      .updateTable('terms')
      .set({ until: now, balance_micros: term.balance_micros + left })
      .where('id', '=', term.id)
      .execute();
  }
}

/** The part of a month's price, for the whole of a term, that is left of it, by the hour (billing.md §4). */
function unused(term: Pick<Term, 'months' | 'months_paid' | 'started_at'>, monthMicros: number, now: Date): number {
  const hours = term.months * monthHours;
  const elapsed = Math.ceil(Math.max(0, now.getTime() - term.started_at.getTime()) / hourMs);
  return Math.round((monthMicros * term.months_paid * Math.max(0, hours - elapsed)) / hours);
}

/** The open terms of a resource, and changes that are pending. */
function lockTerms(tx: Transaction, { kind, id }: Resource): Promise<Term[]> {
  const theirs = sql`select id from terms where resource_kind = ${kind} and resource_id = ${id}`;
  return lock(tx, sql`${theirs} and until is null union ${theirs} and is_pending`);
}

async function lockPending(tx: Transaction, id: string | null | undefined): Promise<Term | undefined> {
  if (id === null || id === undefined) return undefined;
  const [change] = await lock(tx, sql`select id from terms where id = ${id}`);
  return change?.is_pending ? change : undefined;
}

async function lock(tx: Transaction, ids: RawBuilder<unknown>): Promise<Term[]> {
  await sql`select from accounts where id in (select account_id from terms where id in (${ids}) and subscription_id is not null)
               for no key update`.execute(tx.db);
  // Read after the wait for the account, and not before: another may have ended them.
  const { rows } = await sql<Term>`select * from terms where id in (${ids}) order by "from", id for update`.execute(
    tx.db,
  );
  return rows;
}
