import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { type Reply, TestServer } from '../testing/test-server.ts';

let server: TestServer;
let vm: string;
before(async () => {
  server = await TestServer.start({ RAFFIA_SIGN_UP: 'open' });
  vm = await server.vm('surface');
  await server.settled();
});
after(() => server.stop());

const nowhere = '01900000-0000-7000-8000-000000000000';
const owner = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  server.call(server.owner, method, path, { body, ...(headers === undefined ? {} : { headers }) });

function isGuarded(reply: Reply, what: string): void {
  assert.equal(reply.headers.get('cache-control'), 'no-store', what);
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff', what);
  assert.match(reply.headers.get('x-request-id') ?? '', /^req_/, what);
}

const readable = operations.filter(({ method }) => method === 'GET');
const pathOf = (path: string) =>
  path
    .replace('{id}', vm)
    .replace('{type}', 'account')
    .replaceAll(/\{\w+\}/g, nowhere);

test('what can be read can be asked for its head, by whom it can be read, without a body', async () => {
  let count = 0;
  for (const { id, path } of readable) {
    const get = await owner('GET', pathOf(path));
    const head = await owner('HEAD', pathOf(path));
    assert.equal(head.status, get.status, `${id}: ${get.text}`);
    assert.equal(head.text, '');
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'), id);
    isGuarded(get, id);
    isGuarded(head, id);
    const stranger = await server.call({ key: 'raff_no' }, 'HEAD', pathOf(path));
    const known = await server.call({ key: 'raff_no' }, 'GET', pathOf(path));
    assert.equal(stranger.status, known.status, id);
    if (get.status === 200) count++;
  }
  assert.ok(count >= 25, `only ${count} operations were read`);
  for (const path of ['/', '/docs', '/openapi.json']) assert.equal((await owner('HEAD', path)).status, 200, path);
  const refused = await owner('PUT', '/api/v1/vms');
  assert.equal(refused.headers.get('allow'), 'GET, HEAD, POST');
});

test('every refusal has the same guards as an answer, and no code that is not ours', async () => {
  const refusals: [number, Reply][] = [
    [401, await server.call({ key: undefined }, 'GET', '/api/v1/vms')],
    [404, await owner('GET', '/api/v1/nothing')],
    [404, await owner('GET', '/api/v1/vms/%FF')],
    [404, await owner('GET', `/api/v1/vms/${'a'.repeat(2000)}`)],
    [405, await owner('PUT', '/api/v1/vms')],
    [400, await owner('POST', '/api/v1/vms', '{')],
    [415, await owner('POST', '/api/v1/vms', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })],
  ];
  for (const [status, reply] of refusals) {
    assert.equal(reply.status, status, reply.text);
    isGuarded(reply, reply.text);
    assert.deepEqual(Object.keys(reply.body), ['error', 'message'], reply.text);
  }
});

test('a fault of ours names its request in the sentence', async () => {
  const { pool } = server.server.services;
  await pool.query('alter table ssh_keys rename to ssh_keys_away');
  try {
    const reply = await owner('GET', '/api/v1/ssh-keys');
    assert.equal(reply.status, 500);
    isGuarded(reply, 'a fault');
    assert.ok(reply.body.message.includes(reply.headers.get('x-request-id')), reply.text);
  } finally {
    await pool.query('alter table ssh_keys_away rename to ssh_keys');
  }
});

test('the reference cannot be framed', async () => {
  const reply = await owner('GET', '/docs');
  assert.match(reply.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
  assert.equal(reply.headers.get('x-frame-options'), 'DENY');
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
});

test('who asks for the root without a browser is told that the server lives and where its reference is', async () => {
  for (const headers of [{ accept: '*/*' }, { accept: 'application/json' }]) {
    const reply = await server.call({ key: undefined }, 'GET', '/', { headers });
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.body.message, /lives/);
    for (const path of [reply.body.reference, reply.body.contract, reply.body.health]) {
      assert.equal((await server.call({ key: undefined }, 'GET', path)).status, 200, path);
    }
  }
});

test('what no id can be names nothing, wherever it stands in a path', async () => {
  for (const tag of ['x', 'urn:uuid:01900000-0000-7000-8000-000000000000', `${nowhere}0`]) {
    for (const [method, body] of [
      ['PATCH', { name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await owner(method, `/api/v1/vms/${vm}/tags/${tag}`, body);
      assert.deepEqual([reply.status, reply.body.message], [404, 'tag not found']);
    }
  }
});

test('storage in a region that is not there has no price: 404', async () => {
  for (const kind of ['volume', 'snapshot', 'backup']) {
    const reply = await owner('GET', `/api/v1/public/pricing/${kind}?region=eu-nowhere`);
    assert.equal(reply.status, 404, reply.text);
    assert.equal((await owner('GET', `/api/v1/public/pricing/${kind}?region=us-east`)).status, 200);
  }
});

test('sentences that tools print have no words of the API', async () => {
  const tier = await owner('POST', '/api/v1/api-keys', { name: 'x', rate_limit_tier: 'huge' });
  assert.equal(tier.body.message, 'rate_limit_tier must be one of: standard, high');
  await owner('POST', `/api/v1/vms/${vm}/stop`);
  await server.status(vm, 'passive');
  const stopped = await owner('POST', `/api/v1/vms/${vm}/reboot`);
  assert.deepEqual([stopped.status, stopped.body.message], [400, 'This VM is stopped; it must be running']);
  await server.server.services.pool.query(`update vms set status = 'failure' where id = $1`, [vm]);
  const failed = await owner('POST', `/api/v1/vms/${vm}/start`);
  assert.deepEqual([failed.status, failed.body.message], [400, 'This VM has failed, and can only be deleted']);
});

test('of sign-ups at once with one address, one is let in and the others are told why not', async () => {
  const statuses = new Map<number, number>();
  for (let round = 0; round < 3; round++) {
    server.time.offset += 3_600_000;
    const email = `Once${round}@example.com`;
    const replies = await Promise.all(
      Array.from({ length: 6 }, () =>
        server.call({ key: undefined }, 'POST', '/api/raffia/v1/sign-up', {
          body: { email, name: 'Once', password: 'a long password', account_name: 'Once' },
        }),
      ),
    );
    for (const { status, text } of replies) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 400) assert.match(text, /There is a user with this e-mail address already/);
    }
  }
  assert.deepEqual([...statuses].sort(), [
    [201, 3],
    [400, 15],
  ]);
});

test('a HEAD on the stream of changes ends at once', async () => {
  const { port } = new URL(server.address);
  const status = await new Promise((done, reject) => {
    request({ port, method: 'HEAD', path: '/api/raffia/v1/events', headers: { 'x-api-key': server.owner.key ?? '' } })
      .on('response', (response) => response.resume().on('end', () => done(response.statusCode)))
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
});
