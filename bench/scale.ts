import { TestRedis, whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { type Answers, generate, serial, soon, successes } from './generate.ts';
import { throughput } from './load.ts';
import { seedHistory, seedKeys } from './seed.ts';
import { cpuMicros, memoryMb, stopTarget, type Target, withChildrenMicros } from './servers.ts';
import { type Bed, bed, keysFile, rounds, say, seconds, spread } from './side-by-side.ts';
import { accountsOf } from './since-released.ts';

/** One server that serves alone, and so many nodes together. */
const sizes = [0, 1, 2, 3, 4] as const;
/** Few enough that each node knows all of them after the round that warms up, and enough that none of them comes to its limit. */
const keysHere = 1_000;
const creationSeconds = 6;
const history = { vms: 20_000, operations: 200_000, audit: 500_000 };

/** CPU time in microseconds of what serves: all nodes together, Redis, PostgreSQL. */
interface Cost {
  readonly nodes: number;
  readonly redis: number;
  readonly database: number;
}

interface Size {
  readonly ours: Bed;
  readonly targets: readonly Target[];
  readonly redis: TestRedis | undefined;
  readonly accounts: Record<string, string>[];
  readonly reads: number[];
  readonly readCosts: Cost[];
  readonly creations: number[];
  readonly creationCosts: Cost[];
}

/** What a request, a machine with its operation, and a key cost at several numbers of nodes: the figures of docs/scale.md. */
export async function scale(): Promise<void> {
  const missing = whyNoRedis();
  if (missing !== undefined) {
    say(`\nNodes are not measured: that ${missing}`);
    return;
  }
  const all: Size[] = [];
  try {
    for (const size of sizes) all.push(await start(size));
    const keys = keysFile(keysHere);
    // The first round warms up.
    for (let round = -1; round < rounds; round++) {
      for (const size of all) await read(size, keys, round < 0);
      for (const size of all) await create(size, round < 0);
    }
    tell(all);
    await memory(all);
  } finally {
    for (const { ours, targets, redis } of all) {
      await Promise.all(targets.slice(1).map(stopTarget));
      await ours.drop();
      await redis?.stop();
    }
  }
  await storage();
}

async function start(count: number): Promise<Size> {
  const redis = count === 0 ? undefined : await TestRedis.start();
  const settings: Record<string, string> =
    redis === undefined ? {} : { REDIS_URL: redis.url, RAFFIA_SECRET: 'ab'.repeat(32) };
  const ours = await bed(`nodes-${count}`, keysHere, 0, undefined, settings);
  const targets = [ours.target];
  while (targets.length < count) targets.push(await ours.another(`nodes-${count}-${targets.length}`));
  const accounts = accountsOf(ours);
  await ours.pool.query(`update api_keys set rate_limit_tier = 'high' where name <> 'bench'`);
  return { ours, targets, redis, accounts, reads: [], readCosts: [], creations: [], creationCosts: [] };
}

async function spent({ ours, targets, redis }: Size): Promise<Cost> {
  const { rows } = await ours.pool.query<{ text: string }>("select pg_read_file('postmaster.pid') as text");
  return {
    nodes: targets.reduce((sum, { child }) => sum + cpuMicros(child.pid as number), 0),
    redis: redis === undefined ? 0 : cpuMicros(redis.pid),
    database: withChildrenMicros(Number.parseInt(rows[0]?.text ?? '', 10)),
  };
}

async function costOf(size: Size, act: () => Promise<number>): Promise<{ count: number; cost: Cost }> {
  const before = await spent(size);
  const count = await act();
  const after = await spent(size);
  const each = (name: keyof Cost) => (after[name] - before[name]) / count;
  return { count, cost: { nodes: each('nodes'), redis: each('redis'), database: each('database') } };
}

async function read(size: Size, keys: string, isWarmUp: boolean): Promise<void> {
  const { count, cost } = await costOf(size, async () => {
    const found = await Promise.all(size.targets.map((target) => throughput(target, keys, seconds)));
    return found.reduce((sum, { perSecond }) => sum + perSecond, 0) * seconds;
  });
  if (isWarmUp) return;
  size.reads.push(count / seconds);
  size.readCosts.push(cost);
}

/** Creations as fast as accounts get their answers, and all the work that they bring. */
async function create(size: Size, isWarmUp: boolean): Promise<void> {
  const { ours, targets, accounts } = size;
  const { count, cost } = await costOf(size, async () => {
    const startAt = soon();
    const shared = { method: 'POST', path: '/api/v1/vms', headers: {}, body: JSON.stringify(vmRequest(serial)) };
    const answers = await Promise.all(
      targets.map((target, at) => {
        const each = accounts.filter((_, index) => index % targets.length === at).map((headers) => ({ headers }));
        const stream = { name: 'creations', requests: { shared, each }, atOnce: each.length, seconds: creationSeconds };
        return generate(target.url, startAt, [{ ...stream, afterSeconds: 0 }]);
      }),
    );
    await until('all work ends', async () => {
      const { rows } = await ours.pool.query('select 1 from operations where finished_at is null limit 1');
      return rows.length === 0;
    });
    return answers.reduce((sum, { creations }) => sum + successes(creations as Answers), 0);
  });
  if (isWarmUp) return;
  size.creations.push(count / creationSeconds);
  size.creationCosts.push(cost);
}

const nameOf = (at: number) => (sizes[at] === 0 ? 'alone' : `${sizes[at]} ${sizes[at] === 1 ? 'node' : 'nodes'}`);

function tell(all: readonly Size[]): void {
  const costs = (of: readonly Cost[]) =>
    (['nodes', 'redis', 'database'] as const).map((name) => spread(of.map((cost) => cost[name])).padEnd(22)).join(' ');
  const head = `  ${''.padEnd(8)} ${'a second'.padEnd(22)} ${['nodes', 'Redis', 'PostgreSQL'].map((name) => name.padEnd(22)).join(' ')}`;
  say(`\nGET /api/v1/vms, all nodes on one core, ${keysHere} keys, each used on every node: CPU time of each, in µs`);
  say(head);
  for (const [at, size] of all.entries())
    say(`  ${nameOf(at).padEnd(8)} ${spread(size.reads).padEnd(22)} ${costs(size.readCosts)}`);
  say('\nCreations of VMs, until the last is active: CPU time of each with its operation, in µs');
  say(head);
  for (const [at, size] of all.entries())
    say(`  ${nameOf(at).padEnd(8)} ${spread(size.creations).padEnd(22)} ${costs(size.creationCosts)}`);
}

async function memory(all: readonly Size[]): Promise<void> {
  say('\nMemory after that');
  for (const [at, { targets, redis }] of all.entries()) {
    const nodes = targets.map(({ child }) => memoryMb(child.pid as number).toFixed(0)).join(', ');
    const shared = /used_memory:(\d+)/.exec(redis?.command('INFO', 'memory') ?? '')?.[1];
    const told = shared === undefined ? '' : `; Redis ${(Number(shared) / 1e6).toFixed(1)} MB`;
    say(`  ${nameOf(at).padEnd(8)} ${nodes} MB${told}, with ${keysHere} keys in use`);
  }
}

/** What a row with its indexes takes, of each table that grows. */
async function storage(): Promise<void> {
  const ours = await bed('storage', 0);
  try {
    const { rows: accounts } = await ours.pool.query<{ account_id: string; project_id: string }>(
      'select account_id, id as project_id from projects limit 1',
    );
    await seedHistory(ours.pool, accounts, history);
    await seedKeys(ours.pool, 100_000);
    say('\nBytes of a row with its indexes');
    for (const table of ['vms', 'nics', 'vpcs', 'public_addresses', 'operations', 'audit_log', 'api_keys']) {
      const { rows } = await ours.pool.query<{ bytes: string; count: string }>(
        `select pg_total_relation_size('${table}') as bytes, (select count(*) from ${table}) as count`,
      );
      const { bytes, count } = rows[0] as { bytes: string; count: string };
      say(`  ${table.padEnd(18)} ${Math.round(Number(bytes) / Number(count))}   (${count} rows)`);
    }
  } finally {
    await ours.drop();
  }
}
