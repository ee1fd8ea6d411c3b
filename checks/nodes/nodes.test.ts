import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { TestRedis, whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';

const skip = whyNoRedis() ?? false;
const secret = 'ab'.repeat(32);

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any;
  readonly headers: Headers;
}

describe('three nodes', { skip }, () => {
  let redis: TestRedis;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const nodes: ServerProcess[] = [];
  let key: string;
  let project: string;

  before(async () => {
    redis = await TestRedis.start();
    database = await createTestDatabase();
    for (const name of ['a', 'b', 'c']) {
      nodes.push(
        await ServerProcess.create({
          DATABASE_URL: database.url,
          REDIS_URL: redis.url,
          RAFFIA_SECRET: secret,
          RAFFIA_NODE: name,
          RAFFIA_SIMULATED_DELAY: '0.1',
          RAFFIA_LOG_LEVEL: 'info',
        }),
      );
    }
    await Promise.all(nodes.map((node) => node.start()));
    const first = nodes.flatMap((node) => {
      try {
        return [node.first];
      } catch {
        return [];
      }
    });
    assert.equal(first.length, 1, 'one of those that start at once makes the first account');
    key = (first[0] as { api_key: string }).api_key;
    project = (first[0] as { project_id: string }).project_id;
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.end('SIGTERM')));
    for (const node of nodes) node.remove();
    await database?.drop();
    await redis?.stop();
  });

  async function call(node: number, method: string, path: string, body?: unknown, withKey = key): Promise<Answer> {
    const response = await fetch(`${(nodes[node] as ServerProcess).url}${path}`, {
      method,
      headers: {
        'x-api-key': withKey,
        'x-project-id': project,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
  }

  test('all say that they share', async () => {
    for (const node of nodes) {
      const ready = (await (await fetch(`${node.url}/ready`)).json()) as {
        status: string;
        parts: { limiter: { message: string } };
      };
      assert.equal(ready.parts.limiter.message, 'shared by 3 nodes');
      assert.equal(ready.status, 'ready');
    }
  });

  test('91 at once from one key over three nodes are 90 and one 429', async () => {
    const made = await call(0, 'POST', '/api/v1/api-keys', { name: 'burst', role_id: undefined });
    assert.equal(made.status, 201);
    const { secret: own } = made.body.data;
    const answers = await Promise.all(
      Array.from({ length: 91 }, (_, i) => call(i % 3, 'GET', '/api/v1/api-keys', undefined, own)),
    );
    const statuses = Map.groupBy(answers, ({ status }) => status);
    assert.equal(statuses.get(429)?.length, 1, JSON.stringify([...statuses].map(([s, a]) => [s, a.length])));
  });

  test('a machine made on one node is worked on, and seen on all at once', async () => {
    for (let round = 0; round < 20; round++) {
      const made = await call(round % 3, 'POST', '/api/v1/vms', vmRequest(`machine-${round}`));
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const lists = await Promise.all([0, 1, 2].map((node) => call(node, 'GET', '/api/v1/vms?limit=100')));
      for (const list of lists) assert.ok(list.body.data.some((vm: { id: string }) => vm.id === made.body.data.id));
      await new Promise((done) => setTimeout(done, 400));
    }
    await until(
      'all are active',
      async () => {
        const list = await call(1, 'GET', '/api/v1/vms?limit=100');
        return list.body.data.every((vm: { status: string }) => vm.status === 'active');
      },
      { everyMs: 200 },
    );
  });
});
