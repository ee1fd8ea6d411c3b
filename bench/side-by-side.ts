import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@raffia/server/database/database.ts';
import { mustCall } from '@raffia/server/testing/call-api.ts';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { guardedFolder } from './guard.ts';
import { p99, throughput } from './load.ts';
import { benchKey, seedKeys, seedVms } from './seed.ts';
import { memoryMb, startTarget, stopTarget, type Target } from './servers.ts';

/**
 * Raffia beside bare Node, beside what one would write instead, and beside a mock, in one run: rounds in turn, medians with their
 * spread. Reported, never a gate.
 */
export const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
export const seconds = Number(process.env.BENCH_SECONDS ?? 4);
/** With 30 requests a second each they allow more than any server gives. */
export const keysInUse = 10_000;
const folder = guardedFolder();
let serial = 0;
export const say = (text = '') => process.stdout.write(`${text}\n`);

export interface Bed {
  readonly target: Target;
  readonly url: string;
  readonly drop: () => Promise<void>;
  readonly pool: ReturnType<typeof openDatabase>['pool'];
  readonly first: { api_key: string; project_id: string };
  /** Starts one more node on its database. */
  readonly another: (name: string) => Promise<Target>;
  /** Runs a command of whoever runs the server; the answer is what it prints. */
  readonly operator: (...command: string[]) => string;
}

/** Runs a part on a server of its own. */
export function onBed(part: (ours: Bed) => Promise<void>): () => Promise<void> {
  return async () => {
    const ours = await bed('raffia', keysInUse);
    try {
      await part(ours);
    } finally {
      await ours.drop();
    }
  };
}

/**
 * A Raffia on a database of its own with 20 machines, made through the API, and what SQL adds.
 *
 * @param from the folder of another version
 * @param settings what is set beside what all have
 */
export async function bed(
  name: string,
  keys: number,
  moreVms = 0,
  from?: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Bed> {
  const { url, drop } = await createTestDatabase({ isEmpty: from !== undefined });
  const { pool, close } = openDatabase(url, 4, () => {});
  const place = join(folder, `${name}-${++serial}`);
  const bootstrap = `${place}.json`;
  const env = {
    RAFFIA_DATA: place,
    RAFFIA_BOOTSTRAP_FILE: bootstrap,
    RAFFIA_SIMULATED_DELAY: '0',
    RAFFIA_LOG_LEVEL: 'error',
    RAFFIA_RECONCILE_SECONDS: '3600',
    RAFFIA_QUOTA_VMS: '1000000',
    DATABASE_URL: url,
    ...settings,
  };
  const start = (as = name, data = place) =>
    startTarget(as, ['server/main.ts', 'start'], (port) => ({ ...env, RAFFIA_DATA: data, RAFFIA_PORT: String(port) }), {
      ready: '/ready',
      ...(from === undefined ? {} : { from }),
    });
  let target = await start();
  const first = JSON.parse(readFileSync(bootstrap, 'utf8')) as Bed['first'];
  for (let index = 0; index < 20; index++)
    await mustCall(target.url, first, 'POST', '/api/v1/vms', vmRequest(`vm-${index}`));
  await until('all machines are active', async () => {
    const { body } = await mustCall(target.url, first, 'GET', '/api/v1/vms?status=active');
    return body.total === 20;
  });
  await stopTarget(target);
  await seedKeys(pool, keys);
  if (moreVms > 0) await seedVms(pool, moreVms);
  target = await start();
  return {
    target,
    url,
    pool,
    first,
    another: (as) => start(as, join(folder, `${as}-${++serial}`)),
    operator: (...command) =>
      execFileSync(process.execPath, ['server/main.ts', 'operator', ...command], {
        cwd: from ?? join(import.meta.dirname, '..'),
        env: { ...process.env, ...env },
        encoding: 'utf8',
      }),
    drop: async () => {
      await stopTarget(target);
      await close();
      await drop();
    },
  };
}

export function keysFile(count: number): string {
  const path = join(folder, `keys-${count}`);
  writeFileSync(path, Array.from({ length: count }, (_, index) => `${benchKey(index + 1)}\n`).join(''));
  return path;
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
export const median = (values: readonly number[]) => sorted(values)[Math.floor(values.length / 2)] as number;
export const spread = (values: readonly number[], digits = 0) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;

/** Each round's ratio, so that what disturbs a round disturbs both sides. */
export function ratio(of: readonly number[], to: readonly number[]): string {
  return spread(
    of.map((value, round) => value / (to[round] as number)),
    2,
  );
}

interface Case {
  readonly target: Target;
  readonly keys: string;
  /** What goes on beside the load. */
  readonly beside?: () => () => Promise<void>;
}

export interface Figures {
  readonly perSecond: number[];
  readonly cpu: number[];
}

/** Runs all cases in turn, round by round. Two rounds before warm up and are thrown away: each key is looked up once, code gets hot. */
export async function measure(cases: Record<string, Case>): Promise<Record<string, Figures>> {
  const figures: Record<string, Figures> = {};
  for (let round = -2; round < rounds; round++) {
    for (const [name, { target, keys, beside }] of Object.entries(cases)) {
      const end = beside?.();
      const { perSecond, cpuMicros } = await throughput(target, keys, round < 0 ? 5 : seconds);
      await end?.();
      figures[name] ??= { perSecond: [], cpu: [] };
      if (round < 0) continue;
      figures[name].perSecond.push(perSecond);
      figures[name].cpu.push(cpuMicros);
    }
  }
  return figures;
}

export function show(name: string, { perSecond, cpu }: Figures, relation = ''): void {
  say(`  ${name.padEnd(34)} ${spread(perSecond).padEnd(24)} ${`${spread(cpu)} µs`.padEnd(20)} ${relation}`);
}

/** Bare node:http with the page that Raffia answers. */
async function yardstick({ target, first }: Bed): Promise<{ bare: Target; text: string }> {
  const { text } = await mustCall(target.url, { api_key: first.api_key }, 'GET', '/api/v1/vms');
  const page = join(folder, 'page.json');
  writeFileSync(page, text);
  const env = (port: number) => ({ BENCH_PORT: String(port), BENCH_BODY: page });
  return { bare: await startTarget('bare', ['bench/bare.mjs'], env), text };
}

export async function againstPeers(ours: Bed): Promise<void> {
  const keys = keysFile(keysInUse);
  const { text: document } = await mustCall(ours.target.url, ours.first, 'GET', '/openapi.json');
  writeFileSync(join(folder, 'openapi.json'), document);
  const { bare, text } = await yardstick(ours);
  const peer = await startTarget('peer', ['bench/peer.mjs'], (port) => ({
    BENCH_PORT: String(port),
    DATABASE_URL: ours.url,
  }));
  const prism = await startTarget(
    'prism',
    [
      'bench/node_modules/@stoplight/prism-cli/dist/index.js',
      'mock',
      '-p',
      'PORT',
      '-h',
      '127.0.0.1',
      join(folder, 'openapi.json'),
    ],
    () => ({}),
  );
  const cases = { bare, ours: ours.target, peer, prism };
  const figures = await measure(
    Object.fromEntries(Object.entries(cases).map(([name, target]) => [name, { target, keys }])),
  );
  const { bare: floor, ours: us, peer: them, prism: mock } = figures as Record<keyof typeof cases, Figures>;
  say(
    `\nGET /api/v1/vms, 20 VMs, ${text.length} bytes, 10,000 keys in use: answers a second, CPU time of the server for each`,
  );
  show('bare node:http, prebuilt bytes', floor);
  show('Raffia', us, `${ratio(us.perSecond, floor.perSecond)} of bare (aim 0.45)`);
  show('Fastify + rate-limit + Kysely', them, `Raffia is ${ratio(us.perSecond, them.perSecond)} times that (aim 8)`);
  show('Prism mocking the contract', mock, `Raffia is ${ratio(us.perSecond, mock.perSecond)} times that (aim 15)`);

  const listed = readFileSync(keys, 'utf8').trim().split('\n');
  say('\np99 at a steady rate, from when a request was due, in ms');
  for (const [rate, names] of [
    [200, ['bare', 'ours', 'peer', 'prism']],
    [2000, ['bare', 'ours']],
  ] as const) {
    const times: Record<string, number[]> = {};
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        times[name] ??= [];
        times[name].push(await p99(cases[name], listed, rate, 3));
      }
    }
    const cells = names.map((name) => `${name} ${spread(times[name] as number[], 2)}`);
    say(`  ${rate}/s   ${cells.join('   ')}   Raffia to bare ${ratio(times.ours as number[], times.bare as number[])}`);
  }
  for (const target of [bare, peer, prism]) await stopTarget(target);
}

/** The same load while one write a second changes a machine of the same project. */
export async function withWrites(ours: Bed): Promise<void> {
  const keys = keysFile(keysInUse);
  const { body } = await mustCall(ours.target.url, ours.first, 'GET', '/api/v1/vms');
  const vm = body.data[0].id as string;
  let serial = 0;
  let writes = 0;
  const beside = () => {
    const timer = setInterval(() => {
      void mustCall(ours.target.url, ours.first, 'PATCH', `/api/v1/vms/${vm}/rename`, { name: `w-${serial++}` }).then(
        () => writes++,
      );
    }, 1000);
    return async () => clearInterval(timer);
  };
  const { bare } = await yardstick(ours);
  const figures = await measure({
    bare: { target: bare, keys },
    quiet: { target: ours.target, keys },
    writes: { target: ours.target, keys, beside },
  });
  const { bare: floor, quiet, writes: busy } = figures as Record<'bare' | 'quiet' | 'writes', Figures>;
  say(`\nThe same with one write a second to the same project (${writes} in all)`);
  show('without writes', quiet, `${ratio(quiet.perSecond, floor.perSecond)} of bare`);
  show('with writes', busy, `${ratio(busy.perSecond, floor.perSecond)} of bare (aim 0.4)`);
  await stopTarget(bare);
}

export async function byKeys(): Promise<void> {
  const [few, many] = [await bed('few', keysInUse), await bed('million', 1_000_000)];
  const keys = keysFile(keysInUse);
  const figures = await measure({ few: { target: few.target, keys }, many: { target: many.target, keys } });
  const { few: a, many: b } = figures as Record<'few' | 'many', Figures>;
  say('\nBy stored keys, 10,000 of them in use (aim: the same within 10 %)');
  show('10,000 keys', a);
  show('1,000,000 keys', b, `${ratio(b.perSecond, a.perSecond)} of it`);
  const fresh = async ({ target }: Bed, from: number, to: number) => {
    const times: number[] = [];
    for (let index = from; index < to; index++) {
      const started = performance.now();
      await (await fetch(`${target.url}/api/v1/vms`, { headers: { 'x-api-key': benchKey(index) } })).arrayBuffer();
      times.push(performance.now() - started);
    }
    return times;
  };
  // Keys that the server has not met since its start: a look-up in the database each.
  await stopTarget(few.target);
  const cold = await fresh(many, 500_001, 500_301);
  say(`  first use of a key among 1,000,000: ${spread(cold, 2)} ms`);
  await few.drop();
  await many.drop();
}

export async function byVms(ours: Bed): Promise<void> {
  const large = await bed('many-vms', keysInUse, 100_000);
  const keys = keysFile(keysInUse);
  const figures = await measure({ few: { target: ours.target, keys }, many: { target: large.target, keys } });
  const { few: a, many: b } = figures as Record<'few' | 'many', Figures>;
  say('\nBy VMs in the account, the first page (aim: the same within 20 %)');
  show('20 VMs', a);
  show('100,020 VMs', b, `${ratio(b.perSecond, a.perSecond)} of it`);
  const afterWrite = async ({ target, first }: Bed) => {
    const { body } = await mustCall(target.url, first, 'GET', '/api/v1/vms');
    const times: number[] = [];
    for (let index = 0; index < 40; index++) {
      await mustCall(target.url, first, 'PATCH', `/api/v1/vms/${body.data[0].id}/rename`, { name: `page-${index}` });
      const started = performance.now();
      await (await fetch(`${target.url}/api/v1/vms`, { headers: { 'x-api-key': benchKey(index + 1) } })).arrayBuffer();
      times.push(performance.now() - started);
    }
    return times;
  };
  const few: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < 3; round++) {
    few.push(...(await afterWrite(ours)));
    many.push(...(await afterWrite(large)));
  }
  say(`  the first page after a write, read anew: ${spread(few, 2)} ms with 20, ${spread(many, 2)} ms with 100,020`);
  await large.drop();
}

export async function starts(): Promise<void> {
  const cold: number[] = [];
  const warm: number[] = [];
  const memory: number[] = [];
  let resting = 0;
  const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
  for (let round = 0; round < rounds; round++) {
    const server = await ServerProcess.create();
    // As raffia.mjs does before a start where something changed, and packages when they are made.
    server.command('read');
    cold.push(await server.start());
    await server.end('SIGTERM');
    warm.push(await server.start());
    await pause(3000);
    memory.push(memoryMb(server.pid));
    if (round === rounds - 1) {
      await pause(57_000);
      resting = memoryMb(server.pid);
    }
    await server.end('SIGTERM');
    server.remove();
  }
  say('\nStart of the installed server to /ready, with the embedded database');
  say(`  cold (empty data directory) ${spread(cold)} ms (aim 4000)   warm ${spread(warm)} ms (aim 1000)`);
  say(
    `  memory, PostgreSQL aside: 3 s after a warm start ${spread(memory)} MB (aim 120), after a minute ${resting.toFixed(0)} MB`,
  );
}
