import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { BilledKind } from '@raffia/contract/enums.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { pick, seededRandom } from '../testing/random.ts';
import { TestServer } from '../testing/test-server.ts';
import { beginTerm, changeTerm, endTerms, finishChange, monthsToPay, moveTerms, undoChange } from './terms.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({}, { works: false });
});
after(() => server.stop());

const inOne = <T>(work: (tx: Transaction) => Promise<T>) => transact(server.server.services.db, work);
const ask = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;
const about = { reason: 'planted', resourceId: randomUUID() };
const hourMs = 3_600_000;
const projectId = randomUUID();

async function payer(dollars: number, credits: number): Promise<string> {
  const { account_id } = await server.account(randomUUID().slice(0, 8));
  await server.operator('balance', account_id, '--set', String(dollars), '--credits', String(credits));
  return account_id;
}

async function purse(account: string) {
  const [row] = await ask<{ balance: number; credits: number }>(
    'select balance_micros as balance, credits_micros as credits from accounts where id = $1',
    account,
  );
  return { ...row };
}

/** Terms whose entries of the balance are not what they say they brought; a term that was taken back brought nothing. */
const disagreeing = (account: string) =>
  ask(
    `select e.*, t.balance_micros, t.credits_micros
       from (select term_id, sum(balance_micros)::bigint as balance, sum(credits_micros)::bigint as credits
               from balance_entries where account_id = $1 group by 1) e
       full join (select * from terms where account_id = $1) t on t.id = e.term_id
      where (coalesce(e.balance, 0), coalesce(e.credits, 0)) <> (coalesce(t.balance_micros, 0), coalesce(t.credits_micros, 0))`,
    account,
  );

/** One thing that is billed, kept beside the rows by the rules alone. */
class Model {
  price = 0;
  pending: { id: string; before: number; taken: { balance: number; credits: number }; due: number } | undefined;
  isOpen = false;
  started = 0;
  readonly hours: number;
  readonly monthsPaid: number;
  readonly isPaidAhead: boolean;
  readonly resource = { kind: 'vm', id: randomUUID() };

  constructor(isPaidAhead: boolean, months: number, monthsPaid: number) {
    this.isPaidAhead = isPaidAhead;
    this.hours = months * 720;
    this.monthsPaid = monthsPaid;
  }

  left(price: number, now: number): number {
    if (!this.isPaidAhead) return 0;
    const left = Math.max(0, this.hours - Math.ceil((now - this.started) / hourMs));
    return Math.round((price * this.monthsPaid * left) / this.hours);
  }
}

test('whatever begins, changes, fails and ends, the account has what the prices and the hours say, and every term its entries', async () => {
  const random = seededRandom();
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const seen: Record<string, number> = {};
  const saw = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  for (let round = 0; round < 25; round++) {
    const account = await payer(pick(random, [5, 60, 1000]), pick(random, [0, 0.5, 30]));
    const expected = { ...(await purse(account)) } as { balance: number; credits: number };
    const take = (amount: number) => {
      const credits = Math.min(expected.credits, amount);
      if (expected.balance < amount - credits) return undefined;
      expected.credits -= credits;
      expected.balance -= amount - credits;
      return { credits, balance: amount - credits };
    };
    const [period, months, monthsPaid] = pick(random, [
      ['monthly', 1, 1],
      ['yearly', 12, 10],
      ['twenty_four_month', 24, 20],
    ] as const);
    const model = new Model(random() < 0.8, months, monthsPaid);
    let { resource } = model;
    let now = Date.parse('2026-03-01T10:20:30Z');
    for (let step = 0; step < 30; step++) {
      now += pick(random, [0, 1, hourMs, upTo(100) * hourMs + upTo(hourMs), upTo(2) * 500 * hourMs]);
      const at = new Date(now);
      const times = 1 + upTo(1);
      const price = upTo(20_000_000);
      const { pending } = model;
      if (!model.isOpen) {
        model.started = now;
        const taken = model.isPaidAhead ? take(price * monthsPaid) : { credits: 0, balance: 0 };
        const begun = inOne((tx) =>
          beginTerm(
            tx,
            {
              accountId: account,
              projectId,
              subscriptionId: model.isPaidAhead ? randomUUID() : null,
              item: 'vm',
              resource,
              name: 'web',
              unitPriceMicros: price,
              period,
              now: at,
            },
            about,
          ),
        );
        if (taken === undefined) {
          await assert.rejects(begun, /Insufficient balance/);
          saw('begins too poor');
        } else {
          await begun;
          Object.assign(model, { isOpen: true, price, pending: undefined });
          saw('begins');
        }
      } else if (pending === undefined && random() < 0.2) {
        const before = resource;
        resource = { kind: 'vm', id: randomUUID() };
        const to = { resource, name: `web ${step}` };
        for (let time = 0; time < times; time++) await inOne((tx) => moveTerms(tx, before, to, at));
        const [row] = await ask<{ name: string }>(
          'select name from terms where resource_id = $1 and until is null',
          resource.id,
        );
        assert.equal(row?.name, to.name);
        assert.deepEqual(await ask('select from terms where resource_id = $1 and until is null', before.id), []);
        saw('moves');
      } else if (pending === undefined && random() < 0.8) {
        const difference = price - model.price;
        const amount = Math.sign(difference) * model.left(Math.abs(difference), now);
        const taken = amount > 0 ? take(amount) : { credits: 0, balance: 0 };
        const changed = inOne((tx) => changeTerm(tx, resource, 'vm', { unitPriceMicros: price }, at, about));
        if (taken === undefined) {
          await assert.rejects(changed, /Insufficient balance/);
          saw('changes too poor');
        } else {
          const change = await changed;
          assert.deepEqual([change.amount + 0, change.charged], [amount + 0, taken]);
          model.pending = { id: change.id as string, before: model.price, taken, due: Math.max(0, -amount) };
          model.price = price;
          saw(amount > 0 ? 'grows' : 'shrinks');
        }
      } else if (pending !== undefined && random() < 0.45) {
        for (let time = 0; time < times; time++) await inOne((tx) => finishChange(tx, pending.id, about));
        expected.balance += pending.due;
        model.pending = undefined;
        if (random() < 0.3) await inOne((tx) => undoChange(tx, pending.id, about));
        saw('finishes');
      } else if (pending !== undefined && random() < 0.8) {
        for (let time = 0; time < times; time++) await inOne((tx) => undoChange(tx, pending.id, about));
        expected.balance += pending.taken.balance;
        expected.credits += pending.taken.credits;
        model.price = pending.before;
        model.pending = undefined;
        if (random() < 0.3) await inOne((tx) => finishChange(tx, pending.id, about));
        saw('is undone');
      } else {
        for (let time = 0; time < times; time++) await inOne((tx) => endTerms(tx, resource, at, about));
        expected.balance += (pending?.due ?? 0) + model.left(model.price, now);
        model.isOpen = false;
        model.pending = undefined;
        if (pending !== undefined) {
          await inOne((tx) => pick(random, [undoChange, finishChange])(tx, pending.id, about));
          saw('ends while it changes');
        }
        saw('ends');
      }
      assert.deepEqual(await purse(account), expected);
      assert.deepEqual(await disagreeing(account), []);
      assert.deepEqual(
        await ask('select unit_price_micros as price from terms where resource_id = $1 and until is null', resource.id),
        model.isOpen ? [{ price: model.price }] : [],
      );
      // The spans of a resource follow each other without an overlap: what an invoice adds up.
      assert.deepEqual(
        await ask(
          `select a.id from terms a join terms b on b.resource_id = a.resource_id and b.id <> a.id
            where a.resource_id = $1 and a."from" < coalesce(b.until, 'infinity') and b."from" < a.until`,
          resource.id,
        ),
        [],
      );
    }
  }
  for (const what of [
    'begins too poor',
    'changes too poor',
    'grows',
    'shrinks',
    'finishes',
    'is undone',
    'moves',
    'ends while it changes',
    'ends',
  ]) {
    assert.ok((seen[what] ?? 0) > 0, `${what}: never, of ${JSON.stringify(seen)}`);
  }
});

async function begun(account: string, subscriptionId: string | null = randomUUID()) {
  const resource = { kind: 'vm', id: randomUUID() };
  const now = new Date('2026-03-01T00:00:00Z');
  const term = {
    accountId: account,
    projectId,
    subscriptionId,
    item: 'vm' as const,
    resource,
    name: 'web',
    unitPriceMicros: 7_200_000,
    now,
  };
  await inOne((tx) => beginTerm(tx, term, about));
  return { resource, now };
}

test('ten that end, undo or finish the same at once settle it once', async () => {
  const account = await payer(100, 1);
  for (const isUndone of [true, false]) {
    const at = await purse(account);
    const { resource, now } = await begun(account);
    const change = await inOne((tx) => changeTerm(tx, resource, 'vm', { unitPriceMicros: 14_400_000 }, now, about));
    await Promise.all(
      Array.from({ length: 10 }, () => inOne((tx) => (isUndone ? undoChange : finishChange)(tx, change.id, about))),
    );
    await Promise.all(Array.from({ length: 10 }, () => inOne((tx) => endTerms(tx, resource, now, about))));
    const { balance = 0, credits = 0 } = await purse(account);
    assert.equal(balance + credits, (at.balance ?? 0) + (at.credits ?? 0), isUndone ? 'undone' : 'finished');
    assert.deepEqual(await disagreeing(account), []);
  }
});

test('a term is paid from credits first, then from the balance, and a change that is undone returns to both', async () => {
  const account = await payer(100, 10);
  const { resource, now } = await begun(account);
  assert.deepEqual(await purse(account), { balance: 100_000_000, credits: 2_800_000 });
  const change = await inOne((tx) => changeTerm(tx, resource, 'vm', { unitPriceMicros: 14_400_000 }, now, about));
  assert.deepEqual(change.charged, { credits: 2_800_000, balance: 4_400_000 });
  assert.deepEqual(await purse(account), { balance: 95_600_000, credits: 0 });
  await inOne((tx) => undoChange(tx, change.id, about));
  assert.deepEqual(await purse(account), { balance: 100_000_000, credits: 2_800_000 });
});

test('what is billed stays in its project, however its price and name change', async () => {
  const account = await payer(100, 10);
  const { resource, now } = await begun(account);
  const change = await inOne((tx) => changeTerm(tx, resource, 'vm', { unitPriceMicros: 14_400_000 }, now, about));
  await inOne((tx) => finishChange(tx, change.id, about));
  const to = { resource: { kind: 'vm', id: randomUUID() }, name: 'other' };
  await inOne((tx) => moveTerms(tx, resource, to, now));
  const rows = await ask('select project_id from terms where account_id = $1', account);
  assert.deepEqual(rows, Array(3).fill({ project_id: projectId }));
});

test('years of a VM cost ten months each, those of other things twelve', () => {
  const months = (item: BilledKind) =>
    (['monthly', 'yearly', 'twenty_four_month'] as const).map((period) => monthsToPay(item, period));
  assert.deepEqual(months('vm'), [1, 10, 20]);
  assert.deepEqual(months('volume'), [1, 12, 24]);
  assert.deepEqual(months('address'), [1, 12, 24]);
});

test('what an invoice needs is in the row, and what is metered costs nothing ahead', async () => {
  const account = await payer(1, 0);
  const resource = { kind: 'image', id: randomUUID() };
  const now = new Date('2026-03-01T00:00:00Z');
  const later = new Date('2026-03-02T00:00:00Z');
  await inOne((tx) =>
    beginTerm(
      tx,
      {
        accountId: account,
        projectId,
        subscriptionId: null,
        item: 'image',
        resource,
        name: 'golden',
        unitPriceMicros: 50_000,
        quantity: 30,
        now,
      },
      about,
    ),
  );
  await inOne((tx) => endTerms(tx, resource, later, about));
  const [row] = await ask(
    `select item, resource_kind, resource_id, name, unit_price_micros, quantity, "from", until, paid_until from terms where account_id = $1`,
    account,
  );
  assert.deepEqual(row, {
    item: 'image',
    resource_kind: 'image',
    resource_id: resource.id,
    name: 'golden',
    unit_price_micros: 50_000,
    quantity: 30,
    from: now,
    until: later,
    paid_until: null,
  });
  assert.deepEqual(await purse(account), { balance: 1_000_000, credits: 0 });
  const { resource: machine } = await begun(await payer(100, 0));
  const [paid] = await ask<{ paid_until: Date }>('select paid_until from terms where resource_id = $1', machine.id);
  assert.equal(paid?.paid_until.toISOString(), '2026-03-31T00:00:00.000Z');
});
