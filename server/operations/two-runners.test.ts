// timeout: 6m
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { notingWorkflow, workerOf } from '../testing/queue-runner.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';

const many = process.env.CI === 'true' ? 5000 : 1000;
const killEveryMs = process.env.CI === 'true' ? 5000 : 1500;
const atOnce = 4;

let server: TestServer;
let accounts: { account_id: string; project_id: string }[];

before(async () => {
  server = await TestServer.start({ RAFFIA_OPERATIONS_AT_ONCE: String(atOnce) }, { works: false });
  accounts = await Promise.all(Array.from({ length: 10 }, (_, i) => server.account(`Account ${i}`)));
  await server.server.services.pool.query(
    'create table noted (position bigserial, operation_id uuid, step text, at timestamptz default clock_timestamp())',
  );
});
after(() => server.stop());

const query = async <T extends object>(text: string, values: unknown[] = []) =>
  (await server.server.services.pool.query<T>(text, values)).rows;

const url = () => server.server.services.pool.options.connectionString as string;

/** Accepts operations of an account, on so many resources, in one order. */
async function accept(account: number, howMany: number, resources: number): Promise<void> {
  const { account_id, project_id } = accounts[account] as (typeof accounts)[0];
  await query(
    `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
     select gen_random_uuid(), $1, $2, q, q, 'vm.start', $1, clock_timestamp()
       from (select n, (lpad($5::text, 8, '0') || '-0000-0000-0000-' || lpad((n % $4)::text, 12, '0'))::uuid as q
               from generate_series(1, $3) n) o order by n`,
    [account_id, project_id, howMany, resources, account],
  );
}

const open = async () =>
  (await query<{ open: number }>('select count(*) as open from operations where finished_at is null'))[0]?.open;

async function eachCommitOnce(operations: number): Promise<void> {
  const ended = await query<{ status: string; count: number }>(
    'select status, count(*) from operations group by status',
  );
  assert.deepEqual(ended, [{ status: 'succeeded', count: operations }]);
  const [noted] = await query<{ commits: number; different: number }>(
    'select count(*) as commits, count(distinct (operation_id, step)) as different from noted',
  );
  assert.deepEqual(noted, { commits: 2 * operations, different: 2 * operations });
  const overtaken = await query(
    `select from (
       select o.sequence, lag(o.sequence) over (partition by o.queue order by n.position) as before
         from noted n join operations o on o.id = n.operation_id) commits
      where sequence < before limit 1`,
  );
  assert.equal(overtaken.length, 0, 'nothing was overtaken in its queue');
  await query('truncate noted, operations');
}

test('a thousand operations of ten accounts, one of which floods: bound, order and turns hold', async () => {
  const { services } = server.server;
  let busy = 0;
  let most = 0;
  const begun: string[] = [];
  const workflow = notingWorkflow(3);
  const counted = workflow.steps.map((step) => ({
    ...step,
    act: async (work: Parameters<NonNullable<typeof step.act>>[0]) => {
      busy++;
      most = Math.max(most, busy);
      if (step.name === 'first') begun.push(work.operation.account_id as string);
      const progress = await (step.act as NonNullable<typeof step.act>)(work);
      busy--;
      return progress;
    },
  }));
  await accept(0, 730, 23);
  const worker = workerOf(url(), services, 'alone', { ...workflow, steps: counted });
  worker.start();
  // The others come in small lots while the flood is on.
  const waits: number[] = [];
  for (let round = 0; round < 30; round++) {
    for (let account = 1; account < 10; account++) {
      const { account_id } = accounts[account] as (typeof accounts)[0];
      const before = begun.length;
      await accept(account, 1, 3);
      if (account === 1) {
        await until('it begins', () => begun.slice(before).includes(account_id), { everyMs: 1 });
        const flood = accounts[0]?.account_id;
        const at = begun.indexOf(account_id, before);
        waits.push(begun.slice(before, at).filter((id) => id === flood).length);
      }
    }
  }
  assert.ok(((await open()) ?? 0) > atOnce, 'the flood was still on');
  await until('all end', async () => (await open()) === 0, { everyMs: 50 });
  await worker.stop();
  assert.equal(most, atOnce, 'all places were used, and never more');
  assert.equal(waits.length, 30);
  // A claim may be under way when it is accepted; behind that one it is the first.
  assert.ok(Math.max(...waits) <= 2 * atOnce, `at most so many of the flood went before: ${Math.max(...waits)}`);
  console.log(`of the flood went before another account's operation: at most ${Math.max(...waits)}`);
  await eachCommitOnce(1000);
});

test(`two runners share ${many} operations while one is killed again and again: each commit happens once`, async () => {
  for (let account = 0; account < 10; account++) await accept(account, many / 10, 20);
  const script = join(import.meta.dirname, '../testing/queue-runner.ts');
  const begin = (name: string) => spawn(process.execPath, [script, url(), name, String(atOnce)], { stdio: 'inherit' });
  const runners: ChildProcess[] = [begin('one'), begin('two')];
  let kills = 0;
  let looks = 0;
  let most = 0;
  let nextKill = Date.now() + killEveryMs;
  try {
    await until(
      'all end',
      async () => {
        const [row] = await query<{ open: number; places: number }>(
          `select count(*) as open, count(*) filter (where has_place) as places from operations where finished_at is null`,
        );
        most = Math.max(most, row?.places ?? 0);
        looks++;
        if (Date.now() > nextKill && (row?.open ?? 0) > 0) {
          const which = kills++ % 2;
          const died = runners[which] as ChildProcess;
          const gone = new Promise((ended) => died.once('exit', ended));
          died.kill('SIGKILL');
          await gone;
          runners[which] = begin(which === 0 ? 'one' : 'two');
          nextKill = Date.now() + killEveryMs;
        }
        return row?.open === 0;
      },
      { withinMs: 240_000, everyMs: 10 },
    );
  } finally {
    for (const runner of runners) runner.kill('SIGKILL');
  }
  console.log(`${kills} kills, ${looks} looks`);
  assert.ok(kills >= 2, `${kills} kills`);
  assert.ok(most <= atOnce, `${most} operations had a place`);
  await eachCommitOnce(many);
});
