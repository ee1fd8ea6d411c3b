import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { errors } from '@raffia/contract/errors.ts';
import { openapi } from '@raffia/contract/openapi.ts';
import { isWrite } from '@raffia/contract/operation.ts';
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

const readable = operations.filter((operation) => !isWrite(operation));
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

/** Sends a method that fetch refuses as well. */
function send(method: string, path: string, headers: Record<string, string> = {}) {
  const { port } = new URL(server.address);
  return new Promise<{ status: number; allow: string | undefined; text: string }>((done, reject) => {
    request({ port, method, path, headers: { 'x-api-key': server.owner.key ?? '', ...headers } })
      .on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => done({ status: response.statusCode ?? 0, allow: response.headers.allow, text }));
      })
      .on('error', reject)
      .end();
  });
}

test('every path refuses the methods that it does not have with 405, and lists exactly those that it has', async () => {
  const paths = [...new Set(operations.map(({ path }) => path))];
  let count = 0;
  for (const path of paths) {
    const here = operations.filter((operation) => operation.path === path);
    const own = here.map(({ method }) => String(method));
    // What changes something has no head to be asked for.
    if (here.some((operation) => !isWrite(operation))) own.push('HEAD');
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND']) {
      if (own.includes(method)) continue;
      server.time.offset += 100;
      const { status, allow, text } = await send(method, pathOf(path));
      assert.deepEqual([status, allow], [405, own.sort().join(', ')], `${method} ${path}: ${text}`);
      if (method !== 'HEAD') assert.match(text, new RegExp(`${method} is not defined for this path`));
      count++;
    }
  }
  assert.ok(count > 450, `only ${count} were tried`);
});

test('every answer has the type and the headers that are documented, streams too', async () => {
  interface Documented {
    readonly headers?: Record<string, { $ref: string }>;
    readonly content: Record<string, unknown>;
  }
  const document = openapi(operations, []) as {
    paths: Record<string, Record<string, { responses: Record<string, Documented> }>>;
    components: { headers: Record<string, { required: boolean }>; responses: Record<string, Documented> };
  };
  const statuses = new Set<number>();
  const isDocumented = (path: string, method: string, { status, headers, text }: Reply) => {
    const found = document.paths[path]?.[method.toLowerCase()]?.responses[status] as Documented & { $ref?: string };
    assert.ok(found, `${method} ${path}: ${status} is not documented`);
    const named = found.$ref === undefined ? found : document.components.responses[`Error${status}`];
    assert.ok(named);
    assert.deepEqual(Object.keys(named.content), [headers.get('content-type')?.split(';')[0]], `${path}: ${text}`);
    for (const name of Object.keys(named.headers ?? {})) {
      if (document.components.headers[name]?.required) assert.ok(headers.get(name), `${method} ${path}: no ${name}`);
    }
    statuses.add(status);
  };
  for (const { path } of readable) {
    isDocumented(path, 'GET', await owner('GET', pathOf(path)));
    isDocumented(path, 'GET', await server.call({ key: 'raff_no' }, 'GET', pathOf(path)));
  }
  isDocumented('/api/v1/projects', 'POST', await owner('POST', '/api/v1/projects', { name: 'documented' }));
  const tired = await server.key({ account: 'member' });
  let refused: Reply | undefined;
  // However slow the machine is.
  server.time.stopped = performance.now();
  for (let i = 0; i < 200 && refused?.status !== 429; i++)
    refused = await server.send(tired, 'GET', '/api/v1/projects');
  delete server.time.stopped;
  isDocumented('/api/v1/projects', 'GET', refused as Reply);
  // 400: one that has to be told of which ids it is to speak.
  assert.deepEqual([...statuses].sort(), [200, 201, 400, 401, 404, 429]);
});

test('a stream too many is refused as everything else is', async () => {
  const { port } = new URL(server.address);
  const { key } = await server.key({ account: 'member' });
  const headers = { 'x-api-key': key };
  const open = [];
  for (let i = 0; i < 20; i++) {
    server.time.offset += 100;
    const one = request({ port, path: '/api/raffia/v1/events', headers }).on('error', () => {});
    open.push(one);
    await new Promise((done) => one.on('response', done).end());
  }
  const reply = await server.call({ key }, 'GET', '/api/raffia/v1/events');
  for (const one of open) one.destroy();
  assert.equal(reply.status, 429, reply.text);
  assert.equal(reply.headers.get('retry-after'), '5');
  assert.match(reply.body.message, /may have 20 streams of changes open at once/);
  isGuarded(reply, 'a stream too many');
});

test('a change that finds the line full is refused before its body is read, as everything else is', async (t) => {
  t.mock.method(server.server.services.pool, 'isFull', (_account: string, lane: string) => lane === 'write');
  const reply = await server.call(server.owner, 'POST', '/api/v1/projects', { body: '{' });
  assert.equal(reply.status, 503, reply.text);
  assert.deepEqual(reply.body, { error: errors.busy.error, message: errors.busy.message });
  assert.equal(reply.headers.get('retry-after'), '1');
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.ok(Number(reply.headers.get('x-ratelimit-remaining')) >= 0);
  isGuarded(reply, 'a full line');
  assert.equal((await server.call(server.owner, 'GET', '/api/v1/projects')).status, 200);
});

test('an empty project is no absent one: a list is not widened by a variable that was not set', async () => {
  const lists = operations.filter(({ projectHeader }) => projectHeader === 'optional');
  assert.ok(lists.length >= 3);
  for (const { path } of lists) {
    const reply = await owner('GET', path, undefined, { 'x-project-id': '' });
    assert.deepEqual([reply.status, reply.body.message], [400, 'The project ID must be a UUID'], path);
  }
  const write = await owner('POST', `/api/v1/vms/${vm}/start`, undefined, { 'x-project-id': '' });
  assert.deepEqual([write.status, write.body.message], [400, 'X-Project-ID required']);
});

test('an Idempotency-Key is taken where the documented pattern takes it', async () => {
  const document = openapi(operations, []) as never as {
    paths: Record<string, { post: { parameters: { name: string; schema: { pattern: string } }[] } }>;
  };
  const { parameters } = document.paths['/api/v1/projects']?.post ?? { parameters: [] };
  const pattern = new RegExp(parameters.find(({ name }) => name === 'Idempotency-Key')?.schema.pattern ?? 'x^');
  let tried = 0;
  for (const key of ['a', 'A-1_.', '~!"#$%&', 'a b', 'a\tb', 'caf\u00e9', '\u00ff']) {
    const reply = await owner('POST', '/api/v1/projects', { name: `keyed ${tried++}` }, { 'idempotency-key': key });
    assert.equal(reply.status, pattern.test(key) ? 201 : 400, `${JSON.stringify(key)}: ${reply.text}`);
    if (reply.status === 400) assert.match(reply.body.message, /Idempotency-Key must/);
  }
});

test('a query takes whole numbers up to the largest that is documented', async () => {
  const before = (value: string) => owner('GET', `/api/raffia/v1/audit?before=${value}`);
  assert.equal((await before(String(Number.MAX_SAFE_INTEGER))).status, 200);
  assert.equal((await before('9007199254740992')).status, 400);
});
