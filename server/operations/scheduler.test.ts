import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestServer } from '../testing/test-server.ts';
import { schedules } from '../workflows.ts';
import { Scheduler } from './scheduler.ts';

let server: TestServer;

before(async () => {
  // Nothing begins by itself: these tests look.
  server = await TestServer.start({}, { works: false });
});
after(() => server.stop());

const scheduler = () => new Scheduler(server.server.services, schedules);
const query = async <T extends object>(text: string) => (await server.server.services.pool.query<T>(text)).rows;
const dueInMs = async () => {
  const [row] = await query<{ due_at: Date }>(`select due_at from schedules where kind = 'cloud.tidy'`);
  return (row as { due_at: Date }).due_at.getTime() - server.server.services.clock.now();
};
const operations = () =>
  query<{ status: string; account_id: string | null }>(
    `select status, account_id from operations where kind = 'cloud.tidy' order by sequence`,
  );
const end = () => query(`update operations set status = 'succeeded', finished_at = now() where finished_at is null`);
const hour = schedules['cloud.tidy'].everyMs;

beforeEach(async () => {
  await query('delete from operations');
  await query('delete from schedules');
  await scheduler().enter();
});

test('the first turn comes soon after the first start; a later start does not put it off', async () => {
  assert.deepEqual(await scheduler().look(), []);
  const due = await dueInMs();
  assert.ok(due > 0 && due <= schedules['cloud.tidy'].firstMs, `${due} ms`);
  server.time.offset += 30_000;
  await scheduler().enter();
  assert.ok((await dueInMs()) <= due - 30_000);
  server.time.offset += 31_000;
  assert.deepEqual(await scheduler().look(), ['cloud.tidy']);
  assert.deepEqual(await operations(), [{ status: 'pending', account_id: null }]);
});

test('turns that were missed are made up for once, and the next is a whole period away', async () => {
  server.time.offset += 10 * hour;
  assert.deepEqual(await scheduler().look(), ['cloud.tidy']);
  const due = await dueInMs();
  assert.ok(due > hour - 60_000 && due <= hour, `${due} ms`);
  await end();
  assert.deepEqual(await scheduler().look(), []);
  assert.equal((await operations()).length, 1);
});

test('of servers that look at the same moment one begins a turn', async () => {
  let begun = 0;
  for (let round = 1; round <= 10; round++) {
    server.time.offset += hour + 1;
    const found = await Promise.all(Array.from({ length: 6 }, () => scheduler().look()));
    begun += found.flat().length;
    await end();
    assert.equal(begun, round);
  }
  assert.equal((await operations()).length, 10);
});

test('while the work of the last turn goes on no second begins', async () => {
  server.time.offset += hour;
  await scheduler().look();
  server.time.offset += hour + 1;
  assert.deepEqual(await scheduler().look(), []);
  assert.ok((await dueInMs()) > hour - 60_000, 'that turn is left out');
  await end();
  server.time.offset += hour + 1;
  assert.deepEqual(await scheduler().look(), ['cloud.tidy']);
});

test('a clock that is set back by a year costs one period at most', async () => {
  server.time.offset += hour;
  await scheduler().look();
  await end();
  server.time.offset -= 365 * 24 * hour;
  assert.deepEqual(await scheduler().look(), []);
  assert.ok((await dueInMs()) <= hour);
  server.time.offset += hour + 1;
  assert.deepEqual(await scheduler().look(), ['cloud.tidy']);
});

test('a schedule of another version is left as it is', async () => {
  const due = new Date(server.server.services.clock.now() - hour);
  await server.server.services.pool.query(
    `insert into schedules (kind, resource_id, due_at) values ('cloud.paint', gen_random_uuid(), $1)`,
    [due],
  );
  assert.deepEqual(await scheduler().look(), []);
  const rows = await query<{ due_at: Date }>(`select due_at from schedules where kind = 'cloud.paint'`);
  assert.deepEqual(rows, [{ due_at: due }]);
});
