import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { metricSpans } from '@raffia/contract/vm-metrics.ts';
import type { Engine, MachineUsage } from '../../engines/engine.ts';
import { openEngine } from '../../engines/open-engine.ts';
import { type GuardedEngine, outsideTransactions } from '../../engines/outside-transactions.ts';
import { simulatedUsage } from '../../engines/simulated/simulated-usage.ts';
import { tidy } from '../../housekeeping.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';
import { metricTiers, UsageRecorder } from './usage-recorder.ts';

let server: TestServer;
/** Off, so that the server itself measures nothing of it. */
let vm: string;
let told: MachineUsage[] = [];

const engine = outsideTransactions({ machines: { usage: async () => told } } as unknown as Engine) as GuardedEngine;

before(async () => {
  server = await TestServer.start();
  vm = await server.vm('measured');
  await server.settled();
  await server.call(server.owner, 'POST', `/api/v1/vms/${vm}/stop`);
  await server.settled();
});
after(() => server.stop());
beforeEach(() => server.server.services.pool.query('delete from vm_metrics where vm_id = $1', [vm]));

const seconds = () => server.server.services.clock.monotonic() / 1000;
/** What has used so much a second from the start on. */
const steady = (id = vm): MachineUsage => {
  const at = seconds();
  return { id, cpuSeconds: 0.5 * at, memory: 1e9, received: 1000 * at, sent: 2000 * at };
};
const ask = async (range: string) => {
  const { status, body, text } = await server.send(
    server.owner,
    'GET',
    `/api/raffia/v1/vms/${vm}/metrics?range=${range}`,
  );
  assert.equal(status, 200, text);
  return body.data;
};
/** So many rounds, 15 seconds apart. */
async function rounds(recorder: UsageRecorder, count: number, usage = steady): Promise<void> {
  for (let round = 0; round < count; round++) {
    server.time.offset += 15_000;
    told = [usage()];
    await recorder.record();
  }
}

test('every 15 seconds there is a point with what was used since the one before', async () => {
  const recorder = new UsageRecorder(server.server.services, engine);
  await rounds(recorder, 5);
  const { every, cpu, memory, points, from, to } = await ask('1h');
  assert.deepEqual([every, points.length], [15, 4]);
  assert.ok(cpu >= 1 && memory >= 2 ** 30);
  for (const point of points) {
    const { at, ...used } = point;
    assert.ok(at >= from && at <= to && Date.parse(at) % 15_000 === 0);
    assert.deepEqual(Object.keys(used).sort(), ['cpu', 'memory', 'received', 'sent']);
    const expected = { cpu: 0.5, memory: 1e9, received: 1000, sent: 2000 };
    for (const [name, value] of Object.entries(expected))
      assert.ok(Math.abs(used[name] / value - 1) < 0.001, `${name} ${used[name]}`);
  }
});

test('where counters begin anew, where nobody measured for more than a minute, and while it is off, there is no point', async () => {
  const recorder = new UsageRecorder(server.server.services, engine);
  await rounds(recorder, 3);
  // Started anew.
  await rounds(recorder, 1, () => ({ id: vm, cpuSeconds: 0, received: 0, sent: 0 }));
  assert.equal((await ask('1h')).points.length, 2);
  server.time.offset += 61_000;
  await rounds(recorder, 1);
  assert.equal((await ask('1h')).points.length, 2);
  await rounds(recorder, 1);
  assert.equal((await ask('1h')).points.length, 3);
  told = [];
  server.time.offset += 15_000;
  await recorder.record();
  await rounds(recorder, 1);
  assert.equal((await ask('1h')).points.length, 3);
});

test('averages of five minutes and of an hour are made once each, also by two recorders and after a pause', async () => {
  const { pool } = server.server.services;
  const two = [1, 2].map(() => new UsageRecorder(server.server.services, engine));
  // The second half of each five minutes uses three times as much.
  const usage = () => {
    const { id, ...rest } = steady();
    const at = server.server.services.clock.now() / 1000;
    const spans = Math.floor(at / 300);
    const into = at % 300;
    return { id, ...rest, cpuSeconds: spans * 600 + (into < 150 ? into : 150 + 3 * (into - 150)) };
  };
  const hour = () => Math.floor(server.server.services.clock.now() / 3_600_000);
  const began = hour();
  for (let round = 0; round < 4 * 62; round++) {
    server.time.offset += 15_000;
    told = [usage()];
    await Promise.all(two.map((recorder) => recorder.record()));
  }
  const { rows } = await pool.query(
    'select every, count(*)::int as count from vm_metrics where vm_id = $1 group by 1 order by 1',
    [vm],
  );
  assert.deepEqual(
    rows.map(({ every }) => every),
    [15, 300, 3600],
  );
  assert.ok(rows[0].count >= 4 * 62 - 2 && rows[0].count < 4 * 62);
  assert.ok(rows[1].count >= 12 && rows[1].count <= 13);
  const hours = hour() - began;
  assert.equal(rows[2].count, hours);
  const { points, every } = await ask('6h');
  assert.equal(every, 300);
  // The first began in the middle.
  for (const { cpu } of points.slice(1)) assert.ok(Math.abs(cpu - 2) < 0.15, String(cpu));
  assert.equal((await ask('7d')).points.length, hours);
  // A leader that comes later makes what is missing.
  await pool.query('delete from vm_metrics where every > 15 and vm_id = $1', [vm]);
  server.time.offset += 15_000;
  told = [];
  await new UsageRecorder(server.server.services, engine).record();
  const again = await pool.query(
    'select every, count(*)::int as count from vm_metrics where vm_id = $1 group by 1 order by 1',
    [vm],
  );
  assert.deepEqual(again.rows.slice(1), rows.slice(1));
});

test('each span is kept for longer than can be asked for, and then goes', async () => {
  const { pool, clock } = server.server.services;
  for (const { every, keptSeconds } of metricTiers) {
    const asked = Object.values(metricSpans).filter((span) => span.every === every);
    for (const span of asked) assert.ok(keptSeconds > span.seconds);
    for (const age of [keptSeconds - 60, keptSeconds + 60]) {
      await pool.query('insert into vm_metrics (every, at, vm_id, cpu) values ($1, $2, $3, 0)', [
        every,
        new Date(clock.now() - age * 1000),
        vm,
      ]);
    }
  }
  const { gone } = await tidy(server.server.services);
  assert.ok((gone.vm_metrics ?? 0) >= 3);
  const { rows } = await pool.query('select every from vm_metrics where vm_id = $1 order by 1', [vm]);
  assert.deepEqual(
    rows.map(({ every }) => every),
    metricTiers.map(({ every }) => every),
  );
});

test('the simulated engine tells of what runs alone, in counters that never go back', async () => {
  const running = await server.vm('running');
  await server.settled();
  const simulated = await openEngine(server.server.services, async () => []);
  const ids = (await simulated.machines.usage()).map(({ id }) => id);
  await simulated.close();
  assert.ok(ids.includes(running) && !ids.includes(vm));
  const machines = Array.from({ length: 20 }, () => ({ id: randomUUID(), ram: 4 }));
  let compared = 0;
  for (const machine of machines) {
    let last = simulatedUsage(machine, 1.8e9);
    for (let at = 15; at < 86_400; at += 15) {
      const next = simulatedUsage(machine, 1.8e9 + at);
      for (const name of ['cpuSeconds', 'received', 'sent', 'read', 'written'] as const) {
        assert.ok((next[name] as number) >= (last[name] as number), `${name} goes back`);
        compared++;
      }
      assert.ok(next.cpuSeconds - last.cpuSeconds <= 15 && (next.memory as number) <= 4 * 2 ** 30);
      last = next;
    }
  }
  assert.equal(compared, 20 * 5759 * 5);
});

test('a span that there is not is 400 with those that there are', async () => {
  const { status, body } = await server.call(server.owner, 'GET', `/api/raffia/v1/vms/${vm}/metrics?range=2h`);
  assert.equal(status, 400);
  assert.match(body.message, /1h.*30d/);
});

/** Points by hour and by five minutes, as averages are written: so many hours and minutes ago, and how many processors were busy. */
async function measured(id: string, points: readonly (readonly [every: number, secondsAgo: number, cpu: number])[]) {
  const { pool, clock } = server.server.services;
  for (const [every, ago, cpu] of points) {
    await pool.query('insert into vm_metrics (every, at, vm_id, cpu) values ($1, to_timestamp($2), $3, $4)', [
      every,
      Math.floor(clock.now() / 1000 / every) * every - ago,
      id,
      cpu,
    ]);
  }
}
const hoursOf = async (ids: readonly string[], { caller = server.owner as Caller, more = '' } = {}) => {
  const { status, body, text } = await server.send(caller, 'GET', `/api/raffia/v1/vm-metrics?ids=${ids.join()}${more}`);
  assert.equal(status, 200, text);
  return body.data;
};

test('of many machines it is told by the hour, the one that is not over by its five minutes, and none that is older than a day', async () => {
  const { clock } = server.server.services;
  // In the middle of an hour.
  server.time.offset += 5_400_000 - (clock.now() % 3_600_000);
  const idle = await server.vm('never-measured');
  await server.settled();
  await measured(vm, [
    [3600, 24 * 3600, 8],
    [3600, 23 * 3600, 0.25],
    [3600, 2 * 3600, 1.5],
    [3600, 3600, 0.5],
    [300, 0, 0.4],
    [300, 600, 0.2],
    // Of the hour before, whose average is there.
    [300, 3600, 4],
    [15, 0, 4],
  ]);
  await server.server.services.pool.query('delete from vm_metrics where vm_id = $1', [idle]);
  const [none, one, ...more] = await hoursOf([vm, idle]);
  assert.deepEqual(more, []);
  assert.deepEqual([none.vm_id, none.points], [idle, []]);
  const hour = Math.floor(clock.now() / 3_600_000) * 3_600_000;
  const ago = (hours: number) => new Date(hour - hours * 3_600_000).toISOString();
  assert.deepEqual([one.vm_id, one.every, one.from, one.to], [vm, 3600, ago(23), ago(0)]);
  assert.deepEqual(
    one.points.map(({ at, cpu }: { at: string; cpu: number }) => [at, Math.round(cpu * 1000) / 1000]),
    [
      [ago(23), 0.25],
      [ago(2), 1.5],
      [ago(1), 0.5],
      [ago(0), 0.3],
    ],
  );
  assert.ok(one.cpu >= 1);
});

test('of machines of another account and of another project nothing is told, nor of ids that name none', async () => {
  const { api_key, project_id } = await server.account('Other');
  const other = { key: api_key, project: project_id };
  const foreign = await server.vm('foreign', {}, other);
  const body = { name: 'Elsewhere' };
  const elsewhere = (await server.call(server.owner, 'POST', '/api/v1/projects', { body })).body.data.id;
  const apart = await server.vm('apart', {}, { key: server.owner.key, project: elsewhere });
  await server.settled();
  for (const id of [foreign, apart]) await measured(id, [[3600, 3600, 0.5]]);
  const asked = [vm, foreign, apart, randomUUID()];
  const told = async (options = {}) =>
    (await hoursOf(asked, options)).map(({ vm_id }: { vm_id: string }) => vm_id).sort();
  const everywhere = { key: server.owner.key };
  assert.deepEqual(await told({ caller: everywhere }), [vm, apart].sort());
  assert.deepEqual(await told({ caller: everywhere, more: `&project_id=${elsewhere}` }), [apart]);
  const looks = await server.key({ project: 'viewer', on: elsewhere });
  assert.deepEqual(await told({ caller: looks }), [apart]);
  assert.deepEqual(await told({ caller: other }), [foreign]);
  const blind = await server.key({});
  const { status } = await server.send(blind, 'GET', `/api/raffia/v1/vm-metrics?ids=${vm}`);
  assert.equal(status, 403);
});

test('more than 100 ids, and what is none, are refused', async () => {
  const ids = (count: number) => Array.from({ length: count }, () => randomUUID()).join();
  const asked: number[] = [];
  for (const text of [ids(100), ids(101), 'web-1', '']) {
    asked.push((await server.send(server.owner, 'GET', `/api/raffia/v1/vm-metrics?ids=${text}`)).status);
  }
  assert.deepEqual(asked, [200, 400, 400, 400]);
});
