import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../database/database.ts';
import { transact } from '../database/transaction.ts';
import { pick, seededRandom } from '../testing/random.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { lowestFree } from './lowest-free.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let opened: ReturnType<typeof openDatabase>;

before(async () => {
  database = await createTestDatabase();
  opened = openDatabase(database.url, 2, () => {});
});
after(async () => {
  await opened.close();
  await database.drop();
});

interface Range {
  readonly first: number;
  readonly last: number;
}

function ask(within: Range, size: number, taken: readonly Range[]): Promise<number | undefined> {
  const rows = sql`select (t ->> 'first')::bigint as first, (t ->> 'last')::bigint as last
                     from jsonb_array_elements(${JSON.stringify(taken)}::jsonb) t`;
  return transact(opened.db, (tx) => lowestFree(tx, within, size, rows));
}

/** Address by address. */
function oracle(within: Range, size: number, taken: readonly Range[]): number | undefined {
  for (let free = Math.ceil(within.first / size) * size; free + size - 1 <= within.last; free += size) {
    if (!taken.some(({ first, last }) => first < free + size && last >= free)) return free;
  }
  return undefined;
}

test('it is what a search address by address finds, whatever is taken', async () => {
  const random = seededRandom();
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  let [full, found] = [0, 0];
  for (let round = 0; round < 300; round++) {
    const size = pick(random, [1, 4, 16]);
    const start = 3_232_235_520 + upTo(8) * 16;
    const within = { first: start + (size === 1 ? upTo(5) : 0), last: start + 16 + upTo(120) };
    const taken = Array.from({ length: upTo(40) }, () => {
      const first = start - 20 + upTo(150);
      return { first, last: first + pick(random, [0, 0, 3, 15, 40]) };
    });
    const expected = oracle(within, size, taken);
    if (expected === undefined) full++;
    else found++;
    assert.equal(await ask(within, size, taken), expected, JSON.stringify({ within, size, taken }));
  }
  assert.ok(full > 20 && found > 20, `${full} full, ${found} not`);
});
