import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type Scraped, scrape } from '../testing/scrape.ts';
import { TestRedis, whyNoRedis } from '../testing/test-redis.ts';
import type { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';

describe('what three nodes tell', { skip: whyNoRedis() ?? false }, () => {
  let server: TestServer;
  let redis: TestRedis;

  before(async () => {
    process.env.RAFFIA_TEST_NODES = '3';
    const { TestServer } = await import('../testing/test-server.ts');
    redis = await TestRedis.start();
    server = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0', REDIS_URL: redis.url });
  });
  after(async () => {
    await server?.stop();
    await redis?.stop();
  });

  const look = (of = server.nodes) => Promise.all(of.map(({ metricsUrl }) => scrape(metricsUrl as string)));
  /** Of each node, what a series says. */
  const all = (scraped: readonly Scraped[], series: string) => scraped.map((one) => one.get(`raffia_${series}`));
  /** Waits until each node says so. */
  const say = (what: string, series: string, expected: readonly (number | undefined)[]) =>
    until(what, async () => {
      const found = await look();
      return JSON.stringify(all(found, series)) === JSON.stringify(expected) && found;
    });

  test('how many live, who of them leads under which term, that they share, and what Redis takes', async () => {
    await say('all keep what they may', 'node_answers_from_memory', [1, 1, 1]);
    const found = await say('all know each other', 'nodes{state="live"}', [3, 3, 3]);
    for (const state of ['alone', 'silent']) assert.deepEqual(all(found, `nodes{state="${state}"}`), [0, 0, 0]);
    const leading = await until('one leads', async () => {
      const now = await look();
      return all(now, 'node_leads').includes(1) && now;
    });
    assert.deepEqual(all(leading, 'node_leads').toSorted(), [0, 0, 1]);
    const { rows } = await server.server.services.pool.query<{ term: number }>(
      'select term::float8 as term from leadership',
    );
    const term = rows[0]?.term as number;
    assert.ok(term >= 1);
    assert.deepEqual(
      all(leading, 'node_leader_term'),
      all(leading, 'node_leads').map((leads) => (leads === 1 ? term : undefined)),
    );
    assert.deepEqual(all(found, 'redis_up'), [1, 1, 1]);
    assert.deepEqual(all(found, 'rate_limiter_local_share_ratio'), [0, 0, 0]);
    const asked = async () => all(await look(), 'redis_call_duration_seconds_count').map(Number);
    const before = await asked();
    for (let i = 0; i < 9; i++) assert.equal((await server.call(server.owner, 'GET', '/api/v1/vms')).status, 200);
    for (const [node, count] of (await asked()).entries()) assert.ok(count >= (before[node] as number) + 3, `${count}`);
    // They run on the host of the database.
    for (const offset of all(found, 'node_clock_offset_seconds'))
      assert.ok(Math.abs(offset as number) < 1, `${offset}`);
  });

  test('a node that ended without a word is silent until one of its name is back', async () => {
    const { pool } = server.server.services;
    const insert = `insert into nodes (id, name, version, roles, address, is_cut_off, keeps_nothing, seen_at)
                    values ($1, $2, '1', '{}', '', false, true, clock_timestamp() - interval '10 seconds')`;
    await pool.query(insert, [randomUUID(), 'node-1']);
    await pool.query(insert, [randomUUID(), 'gone']);
    await pool.query(insert, [randomUUID(), 'gone']);
    const found = await say('the one is told', 'nodes{state="silent"}', [1, 1, 1]);
    assert.deepEqual(all(found, 'nodes{state="live"}'), [3, 3, 3]);
    await pool.query("delete from nodes where name = 'gone'");
    await say('it is not told any more', 'nodes{state="silent"}', [0, 0, 0]);
  });

  test('without Redis they say so, and that each admits a third; with it again that it counts for all', async () => {
    await redis.kill();
    const found = await say('all are alone', 'nodes{state="alone"}', [3, 3, 3]);
    assert.deepEqual(all(found, 'nodes{state="live"}'), [0, 0, 0]);
    assert.deepEqual(all(found, 'redis_up'), [0, 0, 0]);
    assert.deepEqual(all(found, 'node_answers_from_memory'), [0, 0, 0]);
    assert.deepEqual(all(found, 'rate_limiter_local_share_ratio'), [1 / 3, 1 / 3, 1 / 3]);
    assert.deepEqual(all(found, 'part_ready{part="limiter"}').includes(1), false);
    await redis.open();
    const back = await say('they share again', 'node_answers_from_memory', [1, 1, 1]);
    assert.deepEqual(all(back, 'rate_limiter_local_share_ratio'), [0, 0, 0]);
    assert.deepEqual(all(back, 'redis_up'), [1, 1, 1]);
  });
});
