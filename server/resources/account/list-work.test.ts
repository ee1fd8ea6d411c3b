import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { operationStatuses } from '@raffia/contract/enums.ts';
import { kindsOfWork, resources } from '@raffia/contract/resources.ts';
import { largestPage } from '@raffia/contract/schemas.ts';
import type { Visible } from '../../access/visible.ts';
import type { ListCall } from '../../calls/route.ts';
import type { OperationRow } from '../../operations/workflow.ts';
import { TestServer } from '../../testing/test-server.ts';
import { listWork, stepsOf as presentSteps } from './list-work.ts';

let server: TestServer;
const matches = (asked: string | undefined, status: string) =>
  asked === undefined || asked === status || (asked === 'open' && ['pending', 'running'].includes(status));

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('the list shows work on a kind where that kind is seen, also where others are seen elsewhere', async () => {
  const { db, pool } = server.server.services;
  const { account_id: accountId } = server.first;
  const [here, there, subject] = [randomUUID(), randomUUID(), randomUUID()];
  const rows: { id: string; kind: string; project: string; resource: string; status: string }[] = [];
  for (const kind of kindsOfWork)
    for (const project of [here, there, randomUUID()])
      for (const status of operationStatuses)
        for (const resource of [subject, randomUUID()])
          rows.push({ id: randomUUID(), kind, project, resource, status });
  for (const { id, kind, project, resource, status } of rows) {
    await pool.query(
      // What is open is somebody else's for as long as the test looks: nobody takes it up.
      `insert into operations (id, account_id, project_id, resource_id, queue, kind, status, created_by, created_at, finished_at,
                               lease_owner, lease_until)
       values ($1, $2, $3, $4, $4, $5, $6, $1, now(), case when $6 in ('succeeded', 'failed') then now() end,
               'somebody else', now() + interval '29 seconds')`,
      [id, accountId, project, resource, `${resources[kind as 'vm'].noun}.delete`, status],
    );
  }
  const many = [...Array.from({ length: 20 }, () => randomUUID()), there];
  const places: (string[] | null)[] = [null, [], [here], [here, there], many];
  let tried = 0;
  for (const first of places) {
    for (const others of places) {
      const projectsOf = (kind: string) => (kind === kindsOfWork[0] ? first : others);
      const visible = { byHand: () => ({ db, pool, accountId, projectsOf }) } as unknown as Visible;
      for (const query of [
        {},
        { status: 'failed' },
        { status: 'open' },
        { resource_id: subject },
        { resource_id: subject, status: 'failed' },
        { resource_id: subject, status: 'open' },
      ]) {
        const call = (page: object) =>
          ({ visible, query: { ...query, ...page }, params: {} }) as unknown as ListCall<never>;
        const { data, total } = await listWork(call({ limit: largestPage }));
        // The last one that was begun comes first.
        const expected = rows
          .toReversed()
          .filter(
            ({ kind, project, resource, status }) =>
              (projectsOf(kind)?.includes(project) ?? true) &&
              matches(query.status, status) &&
              (query.resource_id ?? resource) === resource,
          );
        const asked = JSON.stringify({ first, others, query });
        const ids = expected.map(({ id }) => id);
        assert.deepEqual(
          data.map(({ id }) => id),
          ids.slice(0, largestPage),
          asked,
        );
        assert.equal(total, expected.length, asked);
        const further = await listWork(call({ limit: 3, offset: 2 }));
        assert.deepEqual(
          further.data.map(({ id }) => id),
          ids.slice(2, 5),
          asked,
        );
        tried++;
      }
    }
  }
  assert.ok(kindsOfWork.length >= 2, 'one kind alone is seen nowhere else');
  assert.equal(tried, 150);
  await pool.query('delete from operations where id = any ($1::uuid[])', [rows.map(({ id }) => id)]);
});

/** The steps of the last work on a machine, each as `name: status`. */
async function stepsOf(vm: string) {
  const { body } = await server.call(server.owner, 'GET', `/api/raffia/v1/operations?resource_id=${vm}`);
  const [operation] = body.data;
  for (const { status, started_at, finished_at } of operation.steps) {
    const hasBegun = !['waiting', 'skipped'].includes(status);
    assert.deepEqual(
      [started_at !== undefined, finished_at !== undefined],
      [hasBegun, hasBegun && status !== 'running'],
      JSON.stringify(operation),
    );
    if (finished_at !== undefined) assert.ok(finished_at >= started_at && started_at >= operation.created_at);
  }
  return {
    status: operation.status,
    steps: operation.steps.map((step: { name: string; status: string }) => `${step.name}: ${step.status}`),
  };
}

test('each step says itself whether it waits, runs, is done, failed, is skipped or was undone', async () => {
  const names = ['take up', 'build the machine', 'start the machine'];
  const vm = await server.vm('well');
  await server.settled();
  const well = await stepsOf(vm);
  assert.equal(well.status, 'succeeded');
  assert.ok(well.steps.length >= 3 && well.steps.every((step: string) => step.endsWith(': done')), `${well.steps}`);
  for (const name of names) assert.ok(well.steps.includes(`${name}: done`), `${well.steps}`);
  const stateOf = async (id: string) => {
    const { status, steps } = await stepsOf(id);
    const found = names.map((name) => steps.find((step: string) => step.startsWith(`${name}: `)));
    return [status, ...found.map((step, index) => step?.slice(`${names[index]}: `.length))];
  };
  await server.operator('fault', 'add', 'create', '--name', 'unbuilt', '--fail', 'The disk pool is full');
  const unbuilt = await server.vm('unbuilt', {}, server.owner, false);
  await server.settled();
  assert.deepEqual(await stateOf(unbuilt), ['failed', 'done', 'failed', 'skipped']);
  await server.operator('fault', 'add', 'start', '--name', 'unstarted', '--fail', 'No power');
  const unstarted = await server.vm('unstarted', {}, server.owner, false);
  await server.settled();
  assert.deepEqual(await stateOf(unstarted), ['failed', 'done', 'undone', 'failed']);
});

test('a step that is being done runs, those after it wait, and of work that fails the steps behind are undone one by one', () => {
  const at = (seconds: number) => new Date(seconds * 1000);
  const row = (changes: object) =>
    presentSteps({
      kind: 'vm.create',
      status: 'running',
      step: null,
      error: null,
      created_at: at(0),
      failed_at: null,
      finished_at: null,
      finished_names: [],
      finished_steps: [],
      undone_names: [],
      ...changes,
    } as unknown as OperationRow).map(({ name, status, started_at, finished_at }) => [
      name,
      status,
      started_at === undefined ? undefined : Date.parse(started_at) / 1000,
      finished_at === undefined ? undefined : Date.parse(finished_at) / 1000,
    ]);
  const waits = (names: string[]) => names.map((name) => [name, 'waiting', undefined, undefined]);
  const all = row({ status: 'pending' }).map(([name]) => String(name));
  assert.deepEqual(row({ status: 'pending' }), waits(all));
  const [first, second, third, ...rest] = all as [string, string, string, ...string[]];
  assert.deepEqual(row({}), [[first, 'running', 0, undefined], ...waits([second, third, ...rest])]);
  const done = { step: third, finished_names: [first, second], finished_steps: [at(1), at(5)] };
  const begun = [
    [first, 'done', 0, 1],
    [second, 'done', 1, 5],
  ];
  assert.deepEqual(row(done), [...begun, [third, 'running', 5, undefined], ...waits(rest)]);
  const skipped = rest.map((name) => [name, 'skipped', undefined, undefined]);
  const failing = { ...done, error: 'no', failed_at: at(9), undoing: third };
  assert.deepEqual(row(failing), [...begun, [third, 'failed', 5, 9], ...skipped]);
  assert.deepEqual(row({ ...failing, undone_names: [third, second], undoing: first }), [
    [first, 'done', 0, 1],
    [second, 'undone', 1, 5],
    [third, 'failed', 5, 9],
    ...skipped,
  ]);
});
