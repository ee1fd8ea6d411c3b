// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';

const rounds = process.env.CI === 'true' ? 30 : 15;

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any;
}

interface Key {
  readonly id: string;
  readonly secret: string;
}

describe('three nodes', { skip: whyNoRedis() ?? whyNoProxy('nginx') ?? false }, () => {
  let cluster: ServerCluster;
  let key: string;
  let roleId: string;

  before(async () => {
    // All are started at once: one of them makes the first account.
    cluster = await ServerCluster.start({ RAFFIA_SIMULATED_DELAY: '0.1' });
    key = cluster.first.api_key;
    await cluster.isWhole();
    roleId = (await call(0, 'GET', '/api/v1/roles?scope=account')).body.data[0].id;
  });
  after(() => cluster?.stop());

  async function call(node: number, method: string, path: string, body?: unknown, withKey = key): Promise<Answer> {
    const response = await fetch(`${cluster.nodes[node]?.process.url}${path}`, {
      method,
      headers: {
        'x-api-key': withKey,
        'x-project-id': cluster.first.project_id,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // The limit of whoever makes things ready is not the subject.
    if (response.status === 429 && withKey === key) {
      await new Promise((room) => setTimeout(room, 200));
      return call(node, method, path, body);
    }
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async function makeKey(name: string): Promise<Key> {
    const made = await call(0, 'POST', '/api/v1/api-keys', { name, role_id: roleId });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body.data;
  }

  const limiterOf = async (node: number) => (await call(node, 'GET', '/ready')).body.parts.limiter;

  test('91 at once from one key over three nodes are 90 and one 429', async () => {
    const { secret } = await makeKey('burst');
    const answers = await Promise.all(
      Array.from({ length: 91 }, (_, i) => call(i % 3, 'GET', '/api/v1/api-keys', undefined, secret)),
    );
    assert.equal(answers.filter(({ status }) => status === 429).length, 1);
  });

  test('a machine made on one node is worked on, and seen on all at once', async () => {
    for (let round = 0; round < 10; round++) {
      const made = await call(round % 3, 'POST', '/api/v1/vms', vmRequest(`machine-${round}`));
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const lists = await Promise.all([0, 1, 2].map((node) => call(node, 'GET', '/api/v1/vms?limit=100')));
      for (const list of lists) assert.ok(list.body.data.some((vm: { id: string }) => vm.id === made.body.data.id));
      await new Promise((done) => setTimeout(done, 200));
    }
    await until(
      'all are active',
      async () => {
        const list = await call(1, 'GET', '/api/v1/vms?limit=100');
        return list.body.data?.every((vm: { status: string }) => vm.status === 'active');
      },
      { everyMs: 200 },
    );
  });

  /** Revokes keys on one node while all are used on the others; the answer is how many were let in after that. */
  async function revocations(count: number): Promise<{ late: number; letIn: number }> {
    const keys: Key[] = [];
    for (let i = 0; i < count; i++) keys.push(await makeKey(`victim ${i}`));
    let letIn = 0;
    let late = 0;
    for (const { id, secret } of keys) {
      for (const node of [1, 2]) {
        const before = await call(node, 'GET', '/api/v1/vms?limit=1', undefined, secret);
        assert.equal(before.status, 200, JSON.stringify(before.body));
      }
      const revoked = await call(0, 'DELETE', `/api/v1/api-keys/${id}`);
      assert.equal(revoked.status, 200, JSON.stringify(revoked.body));
      // Twice each: the first may find out what the second has to know.
      for (const node of [1, 2, 1, 2]) {
        late++;
        if ((await call(node, 'GET', '/api/v1/vms?limit=1', undefined, secret)).status !== 401) letIn++;
      }
      await new Promise((next) => setTimeout(next, 150));
    }
    return { late, letIn };
  }

  test('what a key is given back on one node it has on the others at once', async () => {
    const { id, secret } = await makeKey('given back');
    const status = async (node: number) => (await call(node, 'GET', '/api/v1/vms?limit=1', undefined, secret)).status;
    const set = async (is_active: boolean) => {
      const { status: answered, body } = await call(0, 'PATCH', `/api/v1/api-keys/${id}`, { is_active });
      assert.equal(answered, 200, JSON.stringify(body));
    };
    const found: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await set(false);
      found.push(await status(1), await status(2), await status(1), await status(2));
      await set(true);
      found.push(await status(1), await status(2));
      await new Promise((next) => setTimeout(next, 250));
    }
    assert.deepEqual(found, Array.from({ length: rounds }, () => [401, 401, 401, 401, 200, 200]).flat());
  });

  test('a node that is cut off from Redis changes nothing behind the others, which go on with it', async () => {
    cluster.nodes[0]?.toRedis.cut();
    try {
      const { late, letIn } = await revocations(rounds);
      assert.equal(late, 4 * rounds);
      assert.equal(letIn, 0);
      assert.deepEqual((await limiterOf(0)).status, 'degraded');
      assert.match((await limiterOf(1)).message, /1 of 3 nodes cannot reach Redis/);
    } finally {
      cluster.nodes[0]?.toRedis.mend();
    }
    await cluster.isWhole();
    assert.equal((await revocations(rounds)).letIn, 0);
  });

  test('one that is cut off while the others do not know yet waits with its change until they do', async () => {
    let letIn = 0;
    for (let round = 0; round < 5; round++) {
      const { id, secret } = await makeKey(`at the moment ${round}`);
      await cluster.isWhole();
      for (const node of [1, 2]) assert.equal((await call(node, 'GET', '/api/v1/vms', undefined, secret)).status, 200);
      cluster.nodes[0]?.toRedis.cut();
      try {
        const began = performance.now();
        const revoked = await call(0, 'DELETE', `/api/v1/api-keys/${id}`);
        assert.equal(revoked.status, 200, JSON.stringify(revoked.body));
        console.log(`revoked without Redis after ${Math.round(performance.now() - began)} ms`);
        for (const node of [1, 2]) {
          if ((await call(node, 'GET', '/api/v1/vms', undefined, secret)).status !== 401) letIn++;
        }
      } finally {
        cluster.nodes[0]?.toRedis.mend();
      }
      await cluster.isWhole();
    }
    assert.equal(letIn, 0);
  });

  test('without Redis all nodes together admit what a key may, and say that they are degraded', async () => {
    const { secret } = await makeKey('without');
    await cluster.redis.kill();
    try {
      await until('all know', async () => {
        const states = await Promise.all([0, 1, 2].map(limiterOf));
        return states.every(({ status }) => status === 'degraded');
      });
      await new Promise((over) => setTimeout(over, 1500));
      const began = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, i) => call(i % 3, 'GET', '/api/v1/api-keys', undefined, secret)),
      );
      const seconds = (performance.now() - began) / 1000;
      const statuses = answers.map(({ status }) => status);
      const admitted = statuses.filter((status) => status === 200).length;
      assert.equal(admitted + statuses.filter((status) => status === 429).length, 300);
      // The burst, and what came in meanwhile.
      assert.ok(admitted >= 90 && admitted <= 90 + 30 * seconds, `${admitted} in ${seconds} s`);
    } finally {
      await cluster.redis.open();
    }
    await cluster.isWhole();
    // What was admitted without it is counted now that it is back: of the burst nothing is left.
    const again = await Promise.all(
      Array.from({ length: 60 }, (_, i) => call(i % 3, 'GET', '/api/v1/api-keys', undefined, secret)),
    );
    assert.ok(again.filter(({ status }) => status === 200).length <= 30);
  });

  test('a node with another secret, with a name that another has, or without company is told why it does not start', async () => {
    const [node] = cluster.nodes;
    assert.ok(node);
    const tries: [Record<string, string | undefined>, RegExp][] = [
      [{ RAFFIA_SECRET: 'cd'.repeat(32), RAFFIA_NODE: 'stranger' }, /another RAFFIA_SECRET/],
      [{ RAFFIA_NODE: 'node-1' }, /has the name node-1.*RAFFIA_NODE/],
      [{ REDIS_URL: undefined, RAFFIA_NODE: undefined }, /Another Raffia server uses this database/],
    ];
    for (const [env, sentence] of tries) {
      const { status, output } = await node.process.another('start', env);
      assert.notEqual(status, 0);
      assert.match(output, sentence);
    }
  });
});
