import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runnerOf, workerOf } from '../testing/queue-runner.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { OperationQueue } from './operation-queue.ts';
import type { Work, Workflow } from './workflow.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({}, { works: false });
});
after(() => server.stop());

const query = async <T extends object>(text: string) => (await server.server.services.pool.query<T>(text)).rows;
const url = () => server.server.services.pool.options.connectionString as string;

interface Operation {
  readonly id: string;
  readonly finished_at: Date | null;
  readonly attempts: number;
  readonly lease_token: string | null;
}
const operation = async () =>
  (await query<Operation>('select id, finished_at, attempts, lease_token from operations'))[0] as Operation;

/** A step that goes on until it is broken off, and how often it was. */
function endless(): { workflow: Workflow; begun: () => number; broken: () => number } {
  let begun = 0;
  let broken = 0;
  const act = ({ signal }: Work) =>
    new Promise<never>((_, fail) => {
      begun++;
      signal.addEventListener('abort', () => {
        broken++;
        fail(signal.reason);
      });
    });
  return {
    workflow: { steps: [{ name: 'stream', act }], failed: async () => {} },
    begun: () => begun,
    broken: () => broken,
  };
}

beforeEach(async () => {
  await query('delete from operations');
  const { account_id, project_id } = server.first;
  await query(`insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
    values (gen_random_uuid(), '${account_id}', '${project_id}', gen_random_uuid(), gen_random_uuid(), 'vm.start', '${account_id}', now())`);
});

test('a server that stops breaks off what takes long: it is no attempt, and the next one begins it anew', async () => {
  const { workflow, begun, broken } = endless();
  for (let life = 1; life <= 3; life++) {
    const worker = workerOf(url(), server.server.services, 'the same', workflow);
    worker.start();
    await until('it is begun', async () => begun() === life);
    await worker.stop();
    assert.equal(broken(), life);
    const { finished_at, attempts, lease_token } = await operation();
    assert.deepEqual([finished_at, attempts, lease_token], [null, 0, null]);
  }
});

test('who has lost the lease is told which, and breaks off', async () => {
  const { services } = server.server;
  const queue = new OperationQueue(services.db, 'one');
  const [claimed] = await queue.claim(1, []);
  assert.ok(claimed !== undefined);
  assert.deepEqual(await queue.renew([claimed]), []);
  await query(`update operations set lease_token = gen_random_uuid(), lease_owner = 'another'`);
  assert.deepEqual(await queue.renew([claimed]), [claimed]);
  await query('update operations set lease_token = null, lease_owner = null, lease_until = null, has_place = false');

  const { workflow, begun, broken } = endless();
  const runner = runnerOf(services, queue, workflow);
  const [again] = await queue.claim(1, []);
  assert.ok(again !== undefined);
  const ended = runner.run(again);
  await until('it is begun', async () => begun() === 1);
  runner.breakOff(claimed);
  assert.equal(broken(), 0, 'an older lease is another’s');
  runner.breakOff(again);
  await assert.rejects(ended, /lease/);
  assert.equal(broken(), 1);
  assert.equal((await operation()).attempts, 0);
});
