import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type BilledKind, billedKinds, billingPeriods } from '@raffia/contract/enums.ts';
import { pick, seededRandom } from '../testing/random.ts';
import { TestServer } from '../testing/test-server.ts';
import { byProject, byResource, type Days, daysOf, hourAtEnd, inDollars, microsOf, stepsOf } from './spent.ts';
import { commonMonths, monthsToPay } from './terms.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({}, { works: false });
});
after(() => server.stop());

const dayMs = 86_400_000;
const start = Date.parse('2026-02-25T00:00:00Z');

interface Planted {
  readonly id: string;
  readonly item: BilledKind;
  readonly resource: string;
  readonly project: string;
  readonly price: number;
  readonly quantity: number;
  readonly months: number;
  readonly monthsPaid: number;
  readonly from: number;
  readonly until: number | null;
}

async function plant(account: string, terms: readonly Planted[]): Promise<void> {
  const { pool } = server.server.services;
  for (const term of terms) {
    await pool.query(
      `insert into terms (id, account_id, project_id, item, resource_kind, resource_id, name, unit_price_micros, quantity, months, months_paid,
                          started_at, "from", until)
       values ($1, $2, $3, $4, 'x', $5, 'planted', $6, $7, $8, $9, $10, $10, $11)`,
      [
        term.id,
        account,
        term.project,
        term.item,
        term.resource,
        term.price,
        term.quantity,
        term.months,
        term.monthsPaid,
        new Date(term.from),
        term.until === null ? null : new Date(term.until),
      ],
    );
  }
}

/** The seconds of a term, one by one, on each day of a span. */
function secondsOn({ from, until }: Planted, { since, end }: Days): number[] {
  const seconds: number[] = [];
  for (let at = since.getTime(); at < end.getTime(); at += 1000) {
    if (at < from || (until !== null && at >= until)) continue;
    const day = Math.floor((at - since.getTime()) / dayMs);
    seconds[day] = (seconds[day] ?? 0) + 1;
  }
  return seconds;
}

/** Micro-dollars of fractions with one denominator, rounded once. */
const rounded = (numerator: bigint) => (numerator * 2n + denominator) / (denominator * 2n);
const denominator = 24n * 720n * 3600n;
const worth = ({ price, quantity, months, monthsPaid }: Planted, seconds: number) =>
  (BigInt(price) * BigInt(quantity) * BigInt(monthsPaid) * BigInt(seconds) * 24n) / BigInt(months);

test('days, projects and resources cost what their seconds cost, to the micro-dollar', async () => {
  const random = seededRandom();
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  let compared = 0;
  let costly = 0;
  let goingOn = 0;
  for (let round = 0; round < 12; round++) {
    const { account_id: account } = await server.account(`payer ${round}`);
    const projects = [randomUUID(), randomUUID(), randomUUID()];
    const resources = Array.from({ length: 8 }, () => ({
      resource: randomUUID(),
      item: pick(random, billedKinds),
      project: pick(random, projects),
    }));
    const terms = Array.from({ length: 30 }, (): Planted => {
      const [months, monthsPaid] = pick(random, [
        [1, 1],
        [12, 10],
        [12, 12],
        [24, 20],
      ] as const);
      const from = start + upTo(12 * 86_400) * 1000 - pick(random, [0, 3 * dayMs]);
      // The open ones of a kind are of different resources: the database has it so.
      const length = pick(random, [0, 1, 59, 3600, 86_400, upTo(5 * 86_400), upTo(86_400)]);
      return {
        id: randomUUID(),
        ...pick(random, resources),
        price: pick(random, [0, 1, 7, 4_990_000, upTo(900_000_000)]),
        quantity: pick(random, [1, 1, 50, 10_000]),
        months,
        monthsPaid,
        from,
        until: from + length * 1000,
      };
    });
    const open = resources.map((resource): Planted => {
      const times = { from: start + upTo(10 * 86_400) * 1000, until: null };
      return {
        id: randomUUID(),
        ...resource,
        price: upTo(90_000_000),
        quantity: 1,
        months: 1,
        monthsPaid: 1,
        ...times,
      };
    });
    const planted = [...terms, ...open.slice(0, upTo(open.length))];
    await plant(account, planted);
    const first = upTo(6);
    const last = first + upTo(5);
    const until = new Date(start + last * dayMs).toISOString().slice(0, 10);
    const end = new Date(start + (last + 1) * dayMs - pick(random, [0, 0, 1000, upTo(86_400) * 1000]));
    const span: Days = { since: new Date(start + first * dayMs), until, end };
    const { db } = server.server.services;
    const seconds = new Map(planted.map((term) => [term.id, secondsOn(term, span)]));
    const cost = (chosen: readonly Planted[], day?: number) =>
      rounded(
        chosen.reduce((sum, term) => {
          const its = seconds.get(term.id) ?? [];
          const lasted = day === undefined ? its.reduce((all, one) => all + one, 0) : (its[day] ?? 0);
          return sum + worth(term, lasted);
        }, 0n),
      );
    for (const project of [undefined, projects[0]]) {
      const { rows } = await stepsOf(account, span, project).execute(db);
      const days = daysOf(rows, span);
      assert.equal(days.length, last - first + 1);
      const its = planted.filter((term) => project === undefined || term.project === project);
      const goesOn = its.filter(({ from, until: to }) => from < +end && (to === null || (to >= +end && to > from)));
      const hour = rounded(goesOn.reduce((sum, term) => sum + worth(term, 3600), 0n));
      assert.equal(hourAtEnd(rows), hour, `an hour at the end of round ${round}`);
      if (hour > 0n) goingOn++;
      for (const [index, { day, kinds }] of days.entries()) {
        for (const kind of billedKinds) {
          const expected = cost(
            its.filter(({ item }) => item === kind),
            index,
          );
          assert.equal(kinds[kind], expected, `${kind} on ${day} of round ${round}`);
          compared++;
          if (expected > 0n) costly++;
        }
      }
    }
    const { rows: ofResources } = await byResource(account, span).execute(db);
    for (const { item, resource_id, units, first_at, last_at } of ofResources) {
      const its = planted.filter((term) => term.item === item && term.resource === resource_id);
      assert.equal(microsOf(BigInt(units)), cost(its), `${item} ${resource_id}`);
      assert.ok(first_at >= span.since && first_at < last_at && last_at <= span.end);
      compared++;
    }
    const { rows: ofProjects } = await byProject(account, span).execute(db);
    for (const { project_id, units } of ofProjects) {
      assert.equal(microsOf(BigInt(units)), cost(planted.filter(({ project }) => project === project_id)));
      compared++;
    }
    const lasted = planted.filter((term) => (seconds.get(term.id) ?? []).some((one) => one > 0));
    const count = (key: (term: Planted) => string) => new Set(lasted.map(key)).size;
    assert.equal(
      ofResources.length,
      count(({ item, resource }) => item + resource),
    );
    assert.equal(
      ofProjects.length,
      count(({ project }) => project),
    );
    assert.equal(
      ofProjects.reduce((sum, one) => sum + one.resources, 0),
      ofResources.length,
    );
  }
  console.log(`${compared} amounts compared, ${costly} of days and kinds that cost something; ${goingOn} hours`);
  assert.ok(compared > 400 && costly > 80, `${compared} compared, ${costly} of them not nothing`);
  assert.ok(goingOn > 6, `${goingOn} hours that cost something`);
});

test('months of every period are whole in the common unit, so that nothing is rounded before the end', () => {
  const months = { monthly: 1, yearly: 12, twenty_four_month: 24 };
  for (const period of billingPeriods) {
    assert.equal(monthsToPay('volume', period), months[period]);
    assert.equal(commonMonths % months[period], 0, period);
  }
});

test('a millisecond counts, and so does what lasts until now', async () => {
  const { account_id: account } = await server.account('milliseconds');
  const day = Date.parse('2026-03-01T00:00:00Z');
  const one = { project: randomUUID(), quantity: 1, months: 1, monthsPaid: 1 };
  // 720 hours for 2,592 dollars: a micro-dollar each millisecond.
  const price = 2_592_000_000;
  await plant(account, [
    {
      ...one,
      id: randomUUID(),
      item: 'vm',
      resource: randomUUID(),
      price,
      from: day + dayMs - 3,
      until: day + dayMs + 4,
    },
    { ...one, id: randomUUID(), item: 'volume', resource: randomUUID(), price, from: day + dayMs + 10, until: null },
  ]);
  const span = { since: new Date(day), until: '2026-03-02', end: new Date(day + dayMs + 15) };
  const { rows } = await stepsOf(account, span).execute(server.server.services.db);
  const days = daysOf(rows, span).map(({ day: name, kinds }) => [name, kinds.vm, kinds.volume]);
  assert.deepEqual(days, [
    ['2026-03-01', 3n, 0n],
    ['2026-03-02', 4n, 5n],
  ]);
});

test('micro-dollars are dollars with six decimals', () => {
  assert.deepEqual([0n, 7n, 1_000_000n, 12_340_000n].map(inDollars), ['0.000000', '0.000007', '1.000000', '12.340000']);
});
