import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import { type Clock, systemClock } from '../foundation/clock.ts';
import { notingWorkflow, workerOf } from '../testing/queue-runner.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';

let server: TestServer;
/** Another process, as far as the worker can tell. */
let other: pg.Client;

before(async () => {
  server = await TestServer.start({}, { works: false });
  other = new pg.Client({ connectionString: server.server.services.configuration.databaseUrl as string });
  await other.connect();
  await other.query('create table noted (operation_id uuid, step text)');
});
beforeEach(() => other.query('truncate operations, noted'));
after(async () => {
  await other.end();
  await server.stop();
});

/** Timers that come only when they are told to. */
class HeldClock implements Clock {
  readonly held = new Set<{ ms: number; call: () => void }>();
  now = systemClock.now;
  monotonic = systemClock.monotonic;

  after(ms: number, call: () => void): () => void {
    const timer = { ms, call };
    this.held.add(timer);
    return () => this.held.delete(timer);
  }

  /** The times for which timers wait, in order. */
  get waits(): number[] {
    return [...this.held].map(({ ms }) => ms).sort((a, b) => a - b);
  }

  letCome(ms: number): void {
    const due = [...this.held].filter((timer) => timer.ms === ms);
    assert.equal(due.length, 1, `timers that wait for ${ms} ms, of ${this.waits}`);
    for (const timer of due) {
      this.held.delete(timer);
      timer.call();
    }
  }
}

const insert = `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
  select i, $1, i, i, i, 'vm.start', i, now() from (select gen_random_uuid() i) o`;

const accept = () => other.query(insert, [server.first.account_id]);

const done = async () => {
  const { rows } = await other.query("select count(*)::integer as done from operations where status = 'succeeded'");
  return rows[0].done as number;
};

const listeners = `from pg_stat_activity where datname = current_database() and application_name = 'raffia work'`;

async function working(t: { after: (end: () => Promise<void>) => void }, url?: string) {
  const { services } = server.server;
  const clock = new HeldClock();
  const worker = workerOf(
    url ?? (services.configuration.databaseUrl as string),
    { db: services.db, configuration: services.configuration, clock },
    'alone',
    notingWorkflow(0),
  );
  t.after(() => worker.stop());
  worker.start();
  return clock;
}

/** The three timers of a worker at rest. */
const atRest = { listening: [5000, 10_000], deaf: [1000, 10_000] };

test('what another process commits is taken up though nobody looks by himself', async (t) => {
  const clock = await working(t);
  await until('it listens', () => clock.waits.includes(5000));
  for (let n = 1; n <= 20; n++) {
    await accept();
    await until(`operation ${n} ends`, async () => (await done()) === n, { everyMs: 1 });
  }
  assert.deepEqual(clock.waits, atRest.listening, 'no timer came');
});

test('while nobody listens it is looked for every second, and at once when somebody listens again', async (t) => {
  const clock = await working(t);
  await until('it listens', () => clock.waits.includes(5000));
  await other.query(`select pg_terminate_backend(pid, 5000) ${listeners}`);
  await until('it is noticed', () => clock.waits.includes(200));
  assert.deepEqual(clock.waits, [200, ...atRest.deaf]);
  await accept();
  clock.letCome(1000);
  await until('its look finds it', async () => (await done()) === 1);
  await accept();
  clock.letCome(200);
  await until('it looks when it listens', async () => (await done()) === 2);
  await until('it listens', () => clock.waits.includes(5000));
  assert.deepEqual(clock.waits, atRest.listening);
  await accept();
  await until('it hears again', async () => (await done()) === 3);
});

test('where it can never listen, it tries ever later, and work is done all the same', async (t) => {
  const url = new URL(server.server.services.configuration.databaseUrl as string);
  url.pathname = '/there_is_none';
  const clock = await working(t, url.href);
  for (const wait of [200, 400, 800, 1600, 3200, 5000, 5000]) {
    await until(`it waits ${wait} ms`, () => clock.waits.includes(wait));
    clock.letCome(wait);
  }
  await accept();
  clock.letCome(1000);
  await until('it ends', async () => (await done()) === 1);
});
