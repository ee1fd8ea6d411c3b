import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Reply, sshPublicKey, TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';

/** Whatever is sent: a JSON error with a sentence, never a 5xx, never a stack, nothing half-written. */
let server: TestServer;
let vm: string;
/** What is there, by the name of its kind. */
const real: Record<string, string> = {};
const nowhere = '01900000-0000-7000-8000-000000000000';

before(async () => {
  server = await TestServer.start();
  vm = await server.vm('subject');
  await server.settled();
  const made = async (path: string, body: unknown): Promise<string> => {
    const reply = await server.call(server.owner, 'POST', path, { body });
    assert.ok(reply.status < 300, reply.text);
    return reply.body.data?.id ?? reply.body.tags?.[0].id;
  };
  real.vm = vm;
  real.project = server.first.project_id;
  real.tag = await made(`/api/v1/vms/${vm}/tags`, { name: 'subject' });
  real.sshKey = await made('/api/v1/ssh-keys', { name: 'subject', public_key: sshPublicKey() });
  real.apiKey = (await server.key({ account: 'member', project: 'viewer' })).id;
  real.role = await made('/api/v1/roles', {
    name: 'Subject',
    slug: 'subject',
    scope: 'account',
    permissions: ['account.settings.view'],
  });
  const role = systemRoles.find(({ slug }) => slug === 'member')?.id;
  real.member = await made('/api/v1/members', { email: 'subject@example.com', role_id: role });
  real.invitation = real.member;
});
after(() => server.stop());

function isClearError(reply: Reply, status: number, what: string): void {
  assert.equal(reply.status, status, `${what}: ${reply.status} ${reply.text}`);
  assert.equal(typeof reply.body?.error, 'string', `${what}: ${reply.text}`);
  assert.equal(typeof reply.body?.message, 'string', `${what}: ${reply.text}`);
  assert.ok(reply.body.message.length > 5, reply.text);
  assert.doesNotMatch(reply.text, /node_modules|\.ts:|\n +at |stack|syntax error at|violates/i);
}

const bodied = operations.filter(({ body }) => body !== undefined);

/** The path of an operation with ids of what is there. */
function pathOf({ path, resource }: (typeof operations)[number]): string {
  return path
    .replace('{id}', resource === undefined ? vm : (real[resource] ?? nowhere))
    .replace('{type}', 'account')
    .replace('{tagId}', real.tag ?? nowhere)
    .replaceAll(/\{\w+\}/g, real.member ?? nowhere);
}

/** A count of every row that a request could leave behind. */
async function rows(): Promise<string> {
  const { pool } = server.server.services;
  const tables = [
    'vms',
    'projects',
    'api_keys',
    'roles',
    'ssh_keys',
    'project_members',
    'vm_tags',
    'vm_notes',
    'operations',
  ];
  const parts = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  const { rows } = await pool.query(`select ${parts.join(', ')}`);
  return JSON.stringify(rows[0]);
}

const broken: [string, string, number][] = [
  ['malformed JSON', '{"name": ', 400],
  ['JSON that ends too late', '{} {}', 400],
  ['an array for an object', '[]', 400],
  ['a string for an object', '"name"', 400],
  ['a number for an object', '7', 400],
  ['null for an object', 'null', 400],
  ['half a surrogate pair', '{"name":"\\ud800"}', 400],
];

for (const [what, text, status] of broken) {
  test(`${what} is refused by every operation with a body`, async () => {
    const before = await rows();
    for (const operation of bodied) {
      const reply = await server.call(server.owner, operation.method, pathOf(operation), {
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      isClearError(reply, status, `${operation.id} with ${what}`);
    }
    assert.ok(bodied.length >= 30, `only ${bodied.length} operations have a body`);
    assert.equal(await rows(), before);
  });
}

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly anyOf?: readonly Schema[];
}

/** Values that a field of a type never takes. */
function wrongFor({ type, format, anyOf }: Schema): unknown[] {
  const both = [{}, { deep: [{}] }];
  if (anyOf !== undefined) return both;
  if (type === 'array') return [...both, 'x', 7.5, true, null, [7], ['\u0000'], ['\ud800']];
  if (type === 'boolean') return [...both, [], 'yes', 7, null];
  if (type === 'integer') return [...both, [], 'x', '1', 7.5, true, null, 1e300, -1e300];
  const text = [...both, [], 7.5, true, null, 'a\u0000b', '\ud800'];
  return format === 'uuid' ? [...text, 'x', `urn:uuid:${nowhere}`, `{${nowhere}}`, `${nowhere}0`] : text;
}

test('every field of every request refuses what it cannot be, on things that are there: 400 and nothing else', async () => {
  const before = await rows();
  let count = 0;
  for (const operation of bodied) {
    const properties = Object.entries((operation.body as { properties?: Record<string, Schema> }).properties ?? {});
    assert.ok(properties.length > 0, operation.id);
    for (const [property, schema] of properties) {
      for (const value of wrongFor(schema)) {
        const reply = await server.call(server.owner, operation.method, pathOf(operation), {
          body: { [property]: value },
        });
        isClearError(reply, 400, `${operation.id} ${property}=${JSON.stringify(value)}`);
        count++;
      }
    }
  }
  assert.ok(count > 500, `only ${count} values were sent`);
  assert.equal(await rows(), before);
});

test('a wrong type is told by field', async () => {
  const made = (body: unknown) => server.call(server.owner, 'POST', '/api/v1/vms', { body });
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ name: 5 }, /name must be a string/],
    [{ pricing_id: 'one' }, /pricing_id must be an integer/],
    [{ pricing_id: 1.5 }, /pricing_id must be an integer/],
    [{ template_id: 'ubuntu' }, /template_id must be a valid UUID/],
    [{ tags: 'web' }, /tags must be an array/],
    [{ tags: [7] }, /tags/],
    [{ skip_vpc: 'yes' }, /skip_vpc must be a boolean/],
  ];
  for (const [change, sentence] of cases) {
    const reply = await made({ ...vmRequest('typed'), ...change });
    isClearError(reply, 400, JSON.stringify(change));
    assert.match(reply.body.message, sentence);
  }
  for (const field of ['name', 'template_id', 'pricing_id', 'region']) {
    const reply = await made({ ...vmRequest('typed'), [field]: undefined });
    isClearError(reply, 400, `without ${field}`);
    assert.match(reply.body.message, new RegExp(`${field}`));
  }
});

test('a body over what its operation can need is 413, one just under it is read', async () => {
  const sized = (bytes: number) => JSON.stringify({ name: 'sized', pad: 'p'.repeat(bytes - 25) });
  const post = (body: string) => server.call(server.owner, 'POST', '/api/v1/projects', { body });
  assert.equal(sized(16_384).length, 16_384);
  isClearError(await post(sized(16_385)), 413, 'a large body');
  const under = await post(sized(16_384));
  assert.equal(under.status, 201, under.text);
});

test('a body of another content type is 415, and none at all is not', async () => {
  const form = await server.call(server.owner, 'POST', '/api/v1/projects', {
    body: 'name=x',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.ok([400, 415].includes(form.status), form.text);
  isClearError(form, form.status, 'a form');
  const nothing = await server.call(server.owner, 'POST', `/api/v1/vms/${vm}/start`);
  assert.equal(nothing.status, 200, nothing.text);
});

test('ids that are no UUID, unknown, or of another tenant are 404 in every path', async () => {
  const other = await server.account('Other');
  const theirs = { key: other.api_key, project: other.project_id };
  const foreign = await server.vm('theirs', {}, theirs);
  const ids = ['x', '1', nowhere, `${nowhere}0`, '%00', '%FF', '..%2f', 'null', foreign, 'a'.repeat(2000)];
  for (const operation of operations.filter(({ path }) => path.includes('{'))) {
    for (const id of ids) {
      const path = operation.path.replace(/\{\w+\}/, id).replaceAll(/\{\w+\}/g, nowhere);
      const reply = await server.call(server.owner, operation.method, path, {
        ...(operation.body === undefined ? {} : { body: {} }),
      });
      assert.ok([404, 400, 414].includes(reply.status), `${operation.method} ${path.slice(0, 80)}: ${reply.text}`);
      isClearError(reply, reply.status, path.slice(0, 80));
      if (id === foreign || id === nowhere) assert.equal(reply.status, 404, reply.text);
    }
  }
  const alive = await server.call(theirs, 'GET', `/api/v1/vms/${foreign}`);
  assert.equal(alive.body.data.status, 'active');
});

test('NUL bytes are refused where text is stored', async () => {
  const nul = 'a\u0000b';
  const cases: [string, string, unknown][] = [
    ['POST', '/api/v1/projects', { name: nul }],
    ['POST', '/api/v1/vms', { ...vmRequest('x'), name: nul }],
    ['POST', '/api/v1/vms', { ...vmRequest('x'), tags: [nul] }],
    ['PATCH', `/api/v1/vms/${vm}/rename`, { name: nul }],
    ['POST', `/api/v1/vms/${vm}/tags`, { name: nul }],
    ['PUT', `/api/v1/vms/${vm}/notes`, { type: 'account', content: nul }],
    ['POST', '/api/v1/api-keys', { name: nul }],
    ['POST', '/api/v1/roles', { name: nul, type: 'account', permissions: ['account.view'] }],
    ['POST', '/api/v1/ssh-keys', { name: nul, public_key: sshPublicKey() }],
  ];
  for (const [method, path, body] of cases) {
    isClearError(await server.call(server.owner, method, path, { body }), 400, `${method} ${path}`);
  }
  const query = await server.call(server.owner, 'GET', '/api/v1/vms?region=%00');
  assert.ok(query.status < 500);
});

test('deep nesting is refused or ignored, and never costs the server its stack', async () => {
  for (const depth of [100, 10_000, 250_000]) {
    const text = `{"name":"deep","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const reply = await server.call(server.owner, 'POST', '/api/v1/projects', { body: text });
    assert.ok(reply.status < 500, `${depth}: ${reply.status} ${reply.text}`);
  }
});

test('bytes that are no UTF-8 are refused rather than replaced', async () => {
  const { key } = server.owner;
  const response = await fetch(`${server.server.url}/api/v1/projects`, {
    method: 'POST',
    headers: { 'x-api-key': key ?? '', 'content-type': 'application/json' },
    body: Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /UTF-8/);
});

test('the names that reach an object’s prototype change nothing', async () => {
  for (const text of ['{"__proto__":{"name":"p"}}', '{"constructor":{"prototype":{"name":"p"}}}']) {
    const reply = await server.call(server.owner, 'POST', '/api/v1/projects', { body: text });
    isClearError(reply, 400, text);
  }
  assert.equal(({} as { name?: string }).name, undefined);
});

/** Writes bytes to the server as they are and reads whatever comes back. */
function raw(lines: string[]): Promise<string> {
  const { port } = new URL(server.server.url);
  return new Promise((done, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => done(text));
    socket.on('error', reject);
  });
}

test('duplicate headers are an error with a sentence', async () => {
  const { key, project } = server.owner;
  const twice = (...headers: string[]) =>
    raw(['POST /api/v1/projects HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Length: 0', ...headers]);
  for (const answer of [
    await twice(`X-API-Key: ${key}`, `X-API-Key: ${key}`),
    await twice(`X-API-Key: ${key}`, `X-Project-ID: ${project}`, `X-Project-ID: ${nowhere}`),
    await twice(`X-API-Key: ${key}`, 'Idempotency-Key: a', 'Idempotency-Key: b'),
  ]) {
    assert.match(answer, /^HTTP\/1\.1 40[0-9] /);
    assert.match(answer, /"message":"[^"]{10,}"/);
  }
});

test('what is no HTTP is answered with JSON and an end of the connection', async () => {
  for (const lines of [['NONSENSE'], ['GET /api/v1/vms HTTP/1.1', 'Host: x', 'Bad Header: x']]) {
    const answer = await raw(lines);
    assert.match(answer, /^HTTP\/1\.1 40[05] /);
    assert.match(answer, /application\/json/);
    assert.match(answer, /"message":"[^"]{10,}"/);
  }
  const large = await raw(['GET /api/v1/vms HTTP/1.1', 'Host: x', `X-Large: ${'x'.repeat(40_000)}`]);
  assert.match(large, /^HTTP\/1\.1 431 /);
  assert.match(large, /"message":"[^"]{10,}"/);
});

test('an unknown method on a known path is 405 and names those that are known', async () => {
  for (const [method, path, allowed] of [
    ['PUT', '/api/v1/vms', ['GET', 'POST']],
    ['DELETE', '/api/v1/projects', ['GET', 'POST']],
    ['PATCH', '/health', ['GET']],
    ['GET', `/api/v1/vms/${vm}/start`, ['POST']],
    ['OPTIONS', '/api/v1/vms', ['GET', 'POST']],
  ] as const) {
    const reply = await server.call(server.owner, method, path);
    isClearError(reply, 405, `${method} ${path}`);
    for (const name of allowed) assert.ok(reply.headers.get('allow')?.includes(name), reply.headers.get('allow') ?? '');
  }
});

test('an unknown path is 404 in JSON, with or without a trailing slash, and nothing redirects', async () => {
  for (const path of ['/api', '/api/v1', '/api/v1/vms/', '/api/v1/volumes', '/api/v2/vms', '//api/v1/vms']) {
    const reply = await server.call(server.owner, 'GET', path);
    isClearError(reply, 404, path);
  }
});

test('pages outside their bounds are 400 and say the bound', async () => {
  for (const [query, sentence] of [
    ['limit=0', /limit/],
    ['limit=-1', /limit/],
    ['limit=x', /limit/],
    ['limit=1e9', /limit/],
    ['offset=-1', /offset/],
    ['offset=1.5', /offset/],
    ['project_id=x', /project ID must be a UUID/],
    ['status=nope', /status/],
  ] as const) {
    const reply = await server.call(server.owner, 'GET', `/api/v1/vms?${query}`);
    isClearError(reply, 400, query);
    assert.match(reply.body.message, sentence);
  }
});

test('the documented strings are said exactly', async () => {
  const { key } = server.owner;
  const missing = await server.call({ key }, 'POST', '/api/v1/vms', { body: vmRequest('x') });
  assert.equal(missing.status, 400);
  assert.deepEqual([missing.body.error, missing.body.message], ['Bad Request', 'X-Project-ID required']);

  const nobody = await server.call({ key: undefined }, 'GET', '/api/v1/vms');
  assert.deepEqual(
    [nobody.status, nobody.body.error, nobody.body.message],
    [401, 'Unauthorized', 'Authentication required'],
  );

  const wrong = await server.call({ key: 'raff_no' }, 'GET', '/api/v1/vms');
  assert.deepEqual([wrong.status, wrong.body.error, wrong.body.message], [401, 'Unauthorized', 'Invalid API key']);

  const running = await server.call(server.owner, 'POST', `/api/v1/vms/${vm}/resize`, { body: { pricing_id: 2 } });
  assert.deepEqual([running.status, running.body.message], [400, 'VM must be stopped']);

  const viewer = await server.key({ project: 'viewer' });
  const denied = await server.call(viewer, 'DELETE', `/api/v1/vms/${vm}`, { body: {} });
  assert.deepEqual(
    [denied.status, denied.body.error, denied.body.message],
    [403, 'Forbidden', 'permission denied: vm.delete'],
  );

  const cidr = (vpc_cidr: string) =>
    server.call(server.owner, 'POST', '/api/v1/vms', { body: { ...vmRequest('x'), vpc_name: 'n', vpc_cidr } });
  assert.equal((await cidr('10.0.0.0/8')).body.message, 'CIDR prefix must be between /16 and /28');
  assert.equal(
    (await cidr('8.8.8.0/24')).body.message,
    'CIDR must be in private range (10.x.x.x, 172.16-31.x.x, 192.168.x.x, or 100.64-127.x.x)',
  );

  await server.operator('quota', server.first.account_id, '--vms', '1');
  assert.match(
    (await server.call(server.owner, 'POST', '/api/v1/vms', { body: vmRequest('x') })).body.message,
    /too many VMs/,
  );
  await server.operator('quota', server.first.account_id, '--vms', '100', '--ram', '1');
  assert.match(
    (await server.call(server.owner, 'POST', '/api/v1/vms', { body: vmRequest('x') })).body.message,
    /RAM quota exceeded/,
  );
  await server.operator('quota', server.first.account_id, '--ram', 'none');
});

test('every error carries the id of its request', async () => {
  const reply = await server.call(server.owner, 'GET', `/api/v1/vms/${nowhere}`);
  assert.ok(reply.headers.get('x-request-id'));
});
