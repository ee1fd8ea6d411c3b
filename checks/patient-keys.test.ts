import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { type Caller, TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';

/** Keys that wait where others are refused, as programs meet them that send all at once and never try again. */
let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

type Key = Caller & { id: string };

const path = (key: Key) => `/api/raffia/v1/api-keys/${key.id}/patience`;
const setPatience = (key: Key, wait_ms: unknown, by: Caller = server.owner) =>
  server.call(by, 'PUT', path(key), { body: { wait_ms } });

async function keyOf(waitMs = 0): Promise<Key> {
  const { id, key } = await server.key({ account: 'owner' });
  const made = { id, key, project: server.first.project_id } as Key;
  if (waitMs > 0) assert.equal((await setPatience(made, waitMs)).status, 200);
  return made;
}

/** Takes all that a key may send at this moment. */
async function useUp(key: Key): Promise<void> {
  server.time.stopped ??= Math.ceil(performance.now());
  const answers = await Promise.all(Array.from({ length: 90 }, () => server.send(key, 'GET', '/api/v1/vms')));
  assert.ok(answers.every(({ status }) => status === 200));
}

const waiting = (key: Key) => server.nodes.reduce((sum, { services }) => sum + services.limits.waiting(key.id), 0);

/** Ten at once, each as soon as one has ended. */
async function tenAtOnce<T>(items: readonly T[], act: (item: T) => Promise<{ status: number }>): Promise<number[]> {
  const rest = [...items];
  const statuses: number[] = [];
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) statuses.push((await act(item)).status);
    }),
  );
  return statuses;
}

/** What a program does that makes 96 machines, looks at them three times, and takes them away. */
async function lifeOf96(key: Key, name: string): Promise<{ refused: number; sent: number }> {
  const ids: string[] = [];
  const statuses = await tenAtOnce(
    Array.from({ length: 96 }, (_, index) => `${name}-${index}`),
    async (one) => {
      const made = await server.send(key, 'POST', '/api/v1/vms', { body: vmRequest(one) });
      if (made.status === 201) ids.push(made.body.data.id);
      return made;
    },
  );
  for (let round = 0; round < 3; round++) {
    statuses.push(...(await tenAtOnce(ids, (id) => server.send(key, 'GET', `/api/v1/vms/${id}`))));
  }
  statuses.push(...(await tenAtOnce(ids, (id) => server.send(key, 'DELETE', `/api/v1/vms/${id}`))));
  assert.ok(
    statuses.every((status) => status < 300 || status === 429),
    `${[...new Set(statuses)]}`,
  );
  return { refused: statuses.filter((status) => status === 429).length, sent: statuses.length };
}

test('a standard key that waits makes, reads and deletes 96 machines without one 429; one that does not is refused', async () => {
  const patient = await lifeOf96(await keyOf(5000), 'patient');
  assert.deepEqual(patient, { refused: 0, sent: 480 });
  const hasty = await lifeOf96(await keyOf(), 'hasty');
  assert.ok(hasty.refused > 0, 'the load is over the limit');
});

test('a request that waits is answered as soon as there is room, and counts like any other', async () => {
  const key = await keyOf(5000);
  await useUp(key);
  const answer = server.send(key, 'GET', '/api/v1/vms');
  await until('it waits', async () => waiting(key) === 1);
  delete server.time.stopped;
  server.time.offset += 2000;
  const { status, headers } = await answer;
  assert.equal(status, 200);
  // Of several nodes it is judged at the moment at which its place begins: then the others of that second still count.
  const remaining = Number(headers.get('x-ratelimit-remaining'));
  assert.ok(server.nodes.length > 1 ? remaining >= 0 && remaining < 30 : remaining === 29, `${remaining}`);
});

test('a key that is revoked, suspended or narrowed while its request waits is refused when its turn comes', async () => {
  const { project_id: project } = server.first;
  const of = (key: Key) => `/api/v1/api-keys/${key.id}`;
  const memberships = async () =>
    (await server.call(server.owner, 'GET', `/api/v1/projects/${project}/members?limit=100`)).body.data;
  const ends: [string, (key: Key) => Promise<{ status: number }>, number][] = [
    ['revoked', (key) => server.call(server.owner, 'DELETE', of(key)), 401],
    ['suspended', (key) => server.call(server.owner, 'PATCH', of(key), { body: { is_active: false } }), 401],
    ['regenerated', (key) => server.call(server.owner, 'POST', `${of(key)}/regenerate`), 401],
    [
      'taken off the project',
      async ({ id }) => {
        const [{ id: member }] = (await memberships()).filter((one: { email: string }) => one.email.includes(id));
        return server.call(server.owner, 'DELETE', `/api/v1/projects/${project}/members/${member}`);
      },
      403,
    ],
  ];
  for (const [what, end, expected] of ends) {
    const key: Key = await server.key({ project: 'viewer' });
    assert.equal((await setPatience(key, 5000)).status, 200);
    await useUp(key);
    const answer = server.send(key, 'GET', '/api/v1/vms');
    await until('it waits', async () => waiting(key) === 1);
    const ended = await end(key);
    assert.ok(ended.status < 300, `${what}: ${ended.status}`);
    delete server.time.stopped;
    server.time.offset += 2000;
    assert.equal((await answer).status, expected, what);
  }
});

test('a client that goes away gives its place up, and what it would have taken of the limit', async () => {
  const key = await keyOf(5000);
  await useUp(key);
  const calls = Array.from({ length: 20 }, () => {
    const call = request(`${server.server.url}/api/v1/vms`, { headers: { 'x-api-key': key.key ?? '' } });
    call.on('error', () => {});
    call.end();
    return call;
  });
  await until('they wait', async () => waiting(key) === 20);
  for (const call of calls) call.destroy();
  await until('none waits', async () => waiting(key) === 0);
  delete server.time.stopped;
  server.time.offset += 2000;
  assert.equal((await server.send(key, 'GET', '/api/v1/vms')).headers.get('x-ratelimit-remaining'), '29');
});

test('patience ends with the 429 of the founding page', async () => {
  const key = await keyOf(300);
  await useUp(key);
  const began = performance.now();
  let isRefused = false;
  const answer = server.send(key, 'GET', '/api/v1/vms').finally(() => {
    isRefused = true;
  });
  // Nodes know at once that it would wait for nothing.
  await until('it waits', async () => waiting(key) === 1 || isRefused);
  // Its room comes later than its patience ends.
  server.time.stopped = (server.time.stopped as number) + 300;
  const { status, headers, body } = await answer;
  assert.deepEqual([status, headers.get('retry-after'), body.error], [429, '1', 'Rate limit exceeded']);
  assert.ok(performance.now() - began < 5000);
  delete server.time.stopped;
});

test('a key is told to wait by whoever manages keys, and by the operator; the usage of the key shows it', async () => {
  const key = await keyOf();
  const shown = async () =>
    (await server.call(server.owner, 'GET', `/api/raffia/v1/api-keys/${key.id}/usage`)).body.data.wait_ms;
  assert.equal(await shown(), 0);
  assert.deepEqual((await setPatience(key, 1500)).body.data, { wait_ms: 1500 });
  assert.equal(await shown(), 1500);
  for (const wrong of [-1, 5001, 1.5, '100', null, undefined]) {
    const { status, body } = await setPatience(key, wrong);
    assert.equal(status, 400, `${wrong}`);
    assert.match(body.message, /wait_ms/, `${wrong}`);
  }
  const other = await server.account('Another');
  assert.equal((await setPatience(key, 1, { key: other.api_key })).status, 404);
  const { key: viewer } = await server.key({ project: 'viewer' });
  assert.equal((await setPatience(key, 1, { key: viewer })).status, 403);
  assert.equal(await shown(), 1500);
  assert.equal(await server.operator('key', 'wait', key.id, '5000'), 'done\n');
  assert.equal(await shown(), 5000);
  await assert.rejects(server.operator('key', 'wait', key.id, '5001'), /at most 5000 ms/);
  await assert.rejects(server.operator('key', 'wait', 'nothing', '1'), /There is no API key nothing/);
});
