import { limiterKeys } from '@raffia/server/cluster/keys.ts';
import { Redis } from '@raffia/server/cluster/redis.ts';
import { enterScript } from '@raffia/server/cluster/scripts.ts';
import { TestRedis, whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { until } from '@raffia/server/testing/until.ts';
import { pino } from 'pino';
import { bed, keysFile, keysInUse, measure, median, ratio, rounds, say, show, spread } from './side-by-side.ts';
import { accountsOf, create } from './since-released.ts';

const calls = 50_000;
const atOnce = 64;

/** A server that serves alone beside one that is a node, in turns: what the question to Redis costs. */
export async function nodes(): Promise<void> {
  const missing = whyNoRedis();
  if (missing !== undefined) {
    say(`\nNodes are not measured: that ${missing}`);
    return;
  }
  const redis = await TestRedis.start();
  const shared = { REDIS_URL: redis.url, RAFFIA_SECRET: 'ab'.repeat(32), RAFFIA_NODE: 'bench' };
  const beds = { alone: await bed('alone', keysInUse), node: await bed('node', keysInUse, 0, undefined, shared) };
  try {
    const keys = keysFile(keysInUse);
    const reads = await measure({
      alone: { target: beds.alone.target, keys },
      node: { target: beds.node.target, keys },
    });
    const { alone, node } = reads as Record<keyof typeof beds, (typeof reads)[string]>;
    say('\nOne server alone, and as a node: GET /api/v1/vms, a second and CPU time of the server for each');
    show('alone', alone);
    show('node', node, `${ratio(node.perSecond, alone.perSecond)} of it (aim 0.5)`);

    const creations: Record<keyof typeof beds, number[]> = { alone: [], node: [] };
    const accounts = { alone: accountsOf(beds.alone), node: accountsOf(beds.node) };
    for (const { pool } of Object.values(beds)) await pool.query(`update api_keys set rate_limit_tier = 'high'`);
    for (let round = -1; round < rounds; round++) {
      for (const side of ['alone', 'node'] as const) {
        const made = await create(beds[side], accounts[side]);
        // The first round warms up.
        if (round >= 0) creations[side].push(made.creations);
      }
    }
    say('\nCreations of VMs a second');
    say(
      `  alone ${spread(creations.alone)}   node ${spread(creations.node)}   ${ratio(creations.node, creations.alone)} of it`,
    );
    await question(redis);
  } finally {
    for (const { drop } of Object.values(beds)) await drop();
    await redis.stop();
  }
}

/** What one question takes by itself, and how many are answered. */
async function question(server: TestRedis): Promise<void> {
  const redis = new Redis(server.url, pino({ level: 'silent' }), () => {});
  redis.start();
  await until('Redis is there', () => redis.isUp, { everyMs: 5 });
  const ask = (number: number) =>
    redis.run(
      enterScript,
      ...limiterKeys(`bench ${number % 1000}`),
      `account ${number % 100}`,
      'bench epoch',
      'bench',
      '',
      '30',
      '60',
      '0',
    );
  const times: number[] = [];
  for (let number = 0; number < 2000; number++) {
    const began = performance.now();
    await ask(number);
    times.push(performance.now() - began);
  }
  let number = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (number < calls) await ask(number++);
    }),
  );
  const perSecond = (calls * 1000) / (performance.now() - began);
  say('\nThe question itself: the limit of a caller and the marks of its account');
  say(`  alone ${median(times).toFixed(2)} ms; ${atOnce} at once ${Math.round(perSecond)} a second`);
  await redis.close();
}
