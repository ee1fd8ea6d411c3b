import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { formOf } from '@raffia/contract/forms.ts';
import { openapi, takesIdempotencyKey } from '@raffia/contract/openapi.ts';
import { isPersonal, needsBody, type Operation } from '@raffia/contract/operation.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import type { Place, Schema } from '@raffia/contract/schema-shape.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { bodyLimitOf } from '@raffia/server/http/body-limit.ts';
import { deletions } from '@raffia/server/testing/deletions.ts';
import { oneOfEach } from '@raffia/server/testing/one-of-each.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { type Reply, sshPublicKey, TestServer, ubuntu, vmRequest } from '@raffia/server/testing/test-server.ts';
import { badIds, badQueries, badValues, beyondNumbers, example, isNamed, placesOf, withValue } from './probes.ts';
import { brokenSentence } from './sentences.ts';

/** Whatever is sent: a JSON error with a sentence, never a 5xx, never a stack, nothing half-written. */
let server: TestServer;
let vm: string;
/** The Owner with a browser. */
let owner: TestPerson;
/** What is there, by the name of its kind. */
const real: Record<string, string> = {};
const nowhere = '01900000-0000-7000-8000-000000000000';

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
  await server.operator('people', 'add', 'owner@example.com');
  Object.assign(real, await oneOfEach(server));
  vm = real.vm as string;
  real.tag = await made(`/api/v1/vms/${vm}/tags`, { name: 'subject' }, ({ tags }) => tags[0].id);
  real.projectMember = await made(`/api/v1/projects/${real.project}/members`, {
    api_key_id: real.apiKey,
    role_id: systemRoles.find(({ slug }) => slug === 'viewer')?.id,
  });
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/operations');
  real.operation = body.data[0].id;
  assert.ok(
    Object.values(real).every((id) => typeof id === 'string'),
    JSON.stringify(real),
  );
});
after(() => server.stop());

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
async function made(path: string, body: unknown, idOf = (answer: any) => answer.data.id): Promise<string> {
  const reply = await server.call(server.owner, 'POST', path, { body });
  assert.ok(reply.status < 300, `${path}: ${reply.text}`);
  return idOf(reply.body);
}

function isClearError(reply: Reply, status: number, what: string): void {
  assert.equal(reply.status, status, `${what}: ${reply.status} ${reply.text}`);
  assert.equal(typeof reply.body?.error, 'string', `${what}: ${reply.text}`);
  assert.equal(typeof reply.body?.message, 'string', `${what}: ${reply.text}`);
  assert.ok(reply.body.message.length > 5, reply.text);
  assert.doesNotMatch(reply.body.message, brokenSentence, what);
  assert.deepEqual(
    Object.keys(reply.body).filter((key) => !['error', 'message', 'reason', 'existing_id'].includes(key)),
    [],
    `${what} answers more than two sentences: ${reply.text}`,
  );
  assert.doesNotMatch(reply.text, /node_modules|\.ts:|\n +at |stack|syntax error at|violates/i);
}

/** What each operation may answer with, as `/openapi.json` says. */
const documented = openapi(operations, ['http://localhost']).paths as Record<
  string,
  Record<string, { responses: Record<string, unknown> }>
>;
const undocumented = new Set<string>();

function isDocumented({ id, path, method }: Operation, { status }: Reply): void {
  const { responses = {} } = documented[path]?.[method.toLowerCase()] ?? {};
  if (!(status in responses)) undocumented.add(`${id}: ${status}`);
}

/** Asks as the Owner, with a key or, where a person is wanted, with a session; and looks whether the answer's status is documented. */
async function ask(
  operation: Operation,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const reply = await server.call(isPersonal(operation) ? { key: undefined } : server.owner, operation.method, path, {
    ...(body === undefined ? {} : { body }),
    headers: {
      ...(isPersonal(operation) ? { cookie } : {}),
      ...(operation.fromPages === true || isOfOperators(operation) ? { origin: server.server.url } : {}),
      ...headers,
    },
  });
  isDocumented(operation, reply);
  return reply;
}

const isOfOperators = ({ access }: Operation) => access.who === 'operator';

const bodied = operations.filter(({ body }) => body !== undefined);

/** Whether what its path names is known by a number: then `1` may be one. */
const isNumbered = ({ resource }: Operation) =>
  resource !== undefined && (resources[resource] as Resource).isNumbered === true;

/** The path of an operation with ids of what is there. */
function pathOf({ path, resource }: Operation): string {
  return path
    .replace('{id}', resource === undefined ? vm : (real[resource] as string))
    .replace('{account_id}', server.first.account_id)
    .replace('{request_id}', nowhere)
    .replace('{machine_id}', nowhere)
    .replace('{type}', 'account')
    .replace('{tagId}', real.tag ?? nowhere)
    .replace('{nic_id}', '1')
    .replace('{sg_id}', real.securityGroup ?? nowhere)
    .replace('{member_id}', real.projectMember ?? nowhere);
}

/** A count of every row that a request could leave behind. */
async function rows(): Promise<string> {
  const { pool } = server.server.services;
  const ofThese = ['project_members', 'vm_tags', 'vm_notes', 'nic_security_groups', 'operations'];
  const tables = [...Object.values(resources).map(({ table }) => table), ...ofThese];
  // What the cloud does for itself comes up by the clock.
  const counted = (table: string) => (table === 'operations' ? 'operations where account_id is not null' : table);
  const parts = tables.map((table) => `(select count(*) from ${counted(table)}) as ${table}`);
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
      const reply = await ask(operation, pathOf(operation), {
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      isClearError(reply, status, `${operation.id} with ${what}`);
    }
    assert.ok(bodied.length >= 30, `only ${bodied.length} operations have a body`);
    assert.equal(await rows(), before);
  });
}

/** How many were sent of each kind. What ends at the gate's 404 fails where a body or a query was to be looked at. */
const sent: Record<string, number> = {};
const count = (kind: string) => {
  sent[kind] = (sent[kind] ?? 0) + 1;
};

/** What an id of a request's field names, of what is there. */
const realFields: Record<string, () => unknown> = {
  vm_id: () => real.vm,
  role_id: () => real.role,
  api_key_id: () => real.apiKey,
  template_id: () => ubuntu,
  ids: () => [real.vm],
  project_id: () => real.project,
  resource_id: () => real.vm,
  vpc_id: () => real.vpc,
  security_group_id: () => real.securityGroup,
  ip_id: () => real.ip,
  before: () => real.operation,
  account_id: () => server.first.account_id,
  rule: () => 'default',
};

/** A body that its operation takes: what is required, and one field more. */
function goodBody(operation: Operation, field?: Place): unknown {
  const { properties = {}, required = [] } = operation.body as Schema & { required?: string[] };
  const names = [...required, ...(field === undefined ? [] : [String(field.path[0])])];
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, realFields[name]?.() ?? example(name, properties[name] as Schema)]),
  );
}

/** What was answered otherwise than it must be: all of it is told, not the first alone. */
const wrong: string[] = [];

/** A refusal with a status, and a sentence that has a word. */
function check(reply: Reply, status: number, word: string, what: string): void {
  try {
    isClearError(reply, status, what);
    assert.ok(reply.body.message.includes(word), `${what}: ${reply.text}`);
  } catch (error) {
    wrong.push((error as Error).message.slice(0, 300));
  }
}

function write(body: unknown): string {
  return JSON.stringify(body).replaceAll(`"${beyondNumbers}"`, '1e400').replaceAll(`"-${beyondNumbers}"`, '-1e400');
}

const short = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

test('every field of every body refuses what it cannot be, on things that are there: 400 that names the field, and nothing else', async () => {
  const before = await rows();
  let fields = 0;
  for (const operation of bodied) {
    const below = placesOf(operation).body;
    assert.ok(below.length > 0, operation.id);
    for (const field of below) {
      fields++;
      const good = goodBody(operation, field);
      const bad = badValues(field);
      assert.ok(bad.length >= 8, `${operation.id} ${field.path.join('.')}: ${bad.length} values`);
      for (const probe of bad) {
        const body = write(withValue(good, field.path, probe.value));
        const reply = await ask(operation, pathOf(operation), { body });
        const status = Buffer.byteLength(body) > bodyLimitOf(operation) ? 413 : 400;
        const names = isNamed(probe) && status === 400 ? field.name : '';
        check(reply, status, names, `${operation.id} ${field.path.join('.')} (${probe.kind})=${short(probe.value)}`);
        count(`body ${probe.kind}`);
      }
    }
    const large = JSON.stringify({ [below[0]?.name ?? '']: 'x'.repeat(bodyLimitOf(operation)) });
    const reply = await ask(operation, pathOf(operation), { body: large });
    check(reply, 413, '', `${operation.id} with a huge text`);
    count('body huge');
  }
  assert.deepEqual(wrong.splice(0), []);
  assert.ok(fields >= 80, `only ${fields} fields were found`);
  assert.equal(await rows(), before);
});

test('every parameter of every query refuses what it cannot be: 400 that names it', async () => {
  let parameters = 0;
  for (const operation of operations) {
    for (const [name, schema] of placesOf(operation).query) {
      // Of a region that has no price the answer is that there is none.
      const isPriced = schema['x-catalogue'] === 'pricedRegion';
      parameters++;
      for (const { kind, text } of badQueries(name, schema)) {
        const reply = await ask(operation, `${pathOf(operation)}?${text}`);
        const what = `${operation.id}?${text.slice(0, 80)} (${kind})`;
        const status = isPriced && ['form', 'NUL'].includes(kind) ? 404 : 400;
        const isTold = status === 400 && !['NUL', 'surrogate', 'UTF-8'].includes(kind);
        // Where it names the project of the request, the gate speaks of it.
        const told = name === 'project_id' && operation.project !== 'account' ? 'project ID' : name;
        check(reply, status, isTold ? told : '', what);
        count(`query ${kind}`);
      }
    }
  }
  assert.deepEqual(wrong.splice(0), []);
  assert.ok(parameters >= 50, `only ${parameters} parameters were found`);
});

/** What may be the number of something is asked for elsewhere. */
const noNumbers = [...badIds.filter((bad) => bad !== '1'), '0', '-1', '+1', '01', '1.0', '1e0', '2147483648', nowhere];

test('every id in a path that cannot be one names nothing: 404, and what is there stays as it was', async () => {
  const before = await rows();
  let places = 0;
  for (const operation of operations) {
    for (const [name, schema] of placesOf(operation).params) {
      places++;
      const isOne = (text: string) => text === String(schema.minimum);
      for (const bad of schema.type === 'integer' ? noNumbers.filter((text) => !isOne(text)) : badIds) {
        const path = pathOf({ ...operation, path: operation.path.replace(`{${name}}`, '~') }).replace('~', bad);
        const body = operation.body === undefined ? {} : { body: goodBody(operation) };
        const reply = await ask(operation, path, body);
        const what = `${operation.id} ${path.slice(0, 120)}`;
        // A word of few is told which; where the address itself cannot be read there is nothing to tell.
        if (schema.enum !== undefined && reply.status === 400) isClearError(reply, 400, what);
        else isClearError(reply, 404, what);
        count('path');
      }
    }
  }
  assert.ok(places >= 45, `only ${places} places were found`);
  assert.equal(await rows(), before);
});

test('every header that cannot be what it is for is 400', async () => {
  const ids = [
    'x',
    `urn:uuid:${nowhere}`,
    `{${nowhere}}`,
    `${nowhere}0`,
    `${nowhere}, ${nowhere}`,
    'é',
    'a'.repeat(5000),
  ];
  const keys = ['', 'a b', 'é', 'a\tb', 'a'.repeat(256), 'a'.repeat(5000)];
  const header = async (operation: Operation, name: string, value: string) => {
    const reply = await ask(operation, pathOf(operation), {
      ...(operation.body === undefined ? {} : { body: goodBody(operation) }),
      headers: { [name]: value },
    });
    isClearError(reply, 400, `${operation.id} ${name}: ${value.slice(0, 80)}`);
    count(`header ${name}`);
  };
  const before = await rows();
  for (const operation of operations) {
    const { headers } = placesOf(operation);
    if (headers.includes('x-project-id')) for (const value of ids) await header(operation, 'x-project-id', value);
    if (!headers.includes('idempotency-key')) continue;
    for (const value of keys) await header(operation, 'idempotency-key', value);
  }
  // A session may have several accounts: none is taken for another.
  for (const operation of operations) {
    if (operation.access.who === 'open' || isPersonal(operation)) continue;
    const headers = { 'x-account-id': undefined };
    const reply = await owner.call(operation.method, pathOf(operation), { project: real.project, headers });
    isDocumented(operation, reply);
    isClearError(reply, 400, `${operation.id} of a session without x-account-id`);
    count('header x-account-id');
  }
  for (const value of ids) {
    const reply = await owner.call('GET', '/api/v1/vms', { account: value });
    isClearError(reply, 400, `x-account-id: ${value.slice(0, 80)}`);
    count('header x-account-id');
  }
  assert.equal(await rows(), before);
});

/** An answer without what each write changes, and what time costs. */
const lasting = ({ status, text }: Reply) => [
  status,
  text.replace(/"(updated_at|counted_until|last_at)":"[^"]*"|"\d+\.\d{6}"/g, ''),
];

/** Ids, in whatever place, in upper case. */
const upper = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (found) => found.toUpperCase())) as T;

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
  isClearError(form, 415, 'a form');
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
      if (id === '1' && isNumbered(operation)) continue;
      const path = operation.path.replace(/\{\w+\}/, id).replaceAll(/\{\w+\}/g, nowhere);
      const reply = await ask(operation, path, {
        ...(operation.body === undefined ? {} : { body: {} }),
      });
      // Of these the gate does not look for what the path names: what the body must have comes first, where the path's id is one.
      const isOne = isOfOperators(operation) && needsBody(operation) && [nowhere, foreign].includes(id);
      isClearError(reply, isOne ? 400 : 404, `${operation.id} ${path.slice(0, 80)}`);
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
    ['PUT', `/api/v1/vms/${vm}/notes/account`, { content: nul }],
    ['POST', '/api/v1/api-keys', { name: nul }],
    ['POST', '/api/v1/roles', { name: nul, type: 'account', permissions: ['account.view'] }],
    ['POST', '/api/v1/ssh-keys', { name: nul, public_key: sshPublicKey() }],
  ];
  for (const [method, path, body] of cases) {
    isClearError(await server.call(server.owner, method, path, { body }), 400, `${method} ${path}`);
  }
  const query = await server.call(server.owner, 'GET', '/api/v1/vms?region=%00');
  isClearError(query, 400, 'a NUL in a query');
});

test('deep nesting is refused or ignored, and never costs the server its stack', async () => {
  for (const depth of [100, 10_000, 250_000]) {
    const text = `{"name":"deep","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const reply = await server.call(server.owner, 'POST', '/api/v1/projects', { body: text });
    isClearError(reply, depth > 5000 ? 413 : 400, `${depth} levels`);
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
  for (const path of ['/api', '/api/v1', '/api/v1/vms/', '/api/v1/buckets', '/api/v2/vms', '//api/v1/vms']) {
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

test('an id in upper case is the id in lower case, in every path, query, header and body', async () => {
  let pairs = 0;
  let successes = 0;
  for (const operation of operations) {
    if (operation.method === 'DELETE') continue;
    const { query, body: fields, headers } = placesOf(operation);
    const isId = (schema: Schema, name: string) => ['id', 'idOrExact'].includes(formOf(name, schema) ?? '');
    const path = pathOf(operation);
    const ids = query.filter(([name, schema]) => isId(schema, name)).map(([name]) => name);
    const asked = ids.map((name) => `${path}?${name}=${realFields[name]?.() ?? nowhere}`);
    const bodies = fields.filter(({ name, schema }) => isId(schema, name)).map((field) => goodBody(operation, field));
    const base = operation.body === undefined ? undefined : goodBody(operation);
    const { project } = server.owner;
    const tries: { path: string; body: unknown; project: string | undefined; in: string }[] = [
      ...(path === operation.path ? [] : [{ path: upper(path), body: base, project, in: 'path' }]),
      ...asked.map((address) => ({ path: upper(address), body: base, project, in: 'query' })),
      ...bodies.map((body) => ({ path, body: upper(body), project, in: 'body' })),
      ...(headers.includes('x-project-id') ? [{ path, body: base, project: upper(project), in: 'header' }] : []),
    ];
    for (const tried of tries) {
      await server.settled();
      const options = (body: unknown, named = '') => ({
        ...(body === undefined ? {} : { body }),
        headers: {
          ...(operation.method === 'POST' ? { 'idempotency-key': `pair-${pairs}` } : {}),
          'x-project-id': named,
        },
      });
      const lowerPath = tried.path.replace(/[0-9A-F]{8}-[0-9A-F-]{27}/g, (found) => found.toLowerCase());
      const lowerBody = tried.body === undefined ? undefined : JSON.parse(JSON.stringify(tried.body).toLowerCase());
      const body = tried.in === 'body' ? lowerBody : tried.body;
      const first = await ask(operation, lowerPath, options(body, server.owner.project));
      const second = await ask(operation, tried.path, options(tried.body, tried.project));
      const what = `${operation.id} with the ${tried.in}’s id in upper case: ${tried.path} ${short(tried.body)}`;
      assert.deepEqual(lasting(second), lasting(first), what);
      pairs++;
      if (first.status < 300) successes++;
      if (first.status < 300 && takesIdempotencyKey(operation)) {
        assert.equal(second.headers.get('idempotent-replayed'), 'true', `${what} is another request`);
      }
    }
  }
  assert.ok(pairs >= 80, `${pairs} pairs`);
  assert.ok(successes >= 50, `${successes} of ${pairs} pairs were successes`);
  console.log(`${pairs} pairs of requests with ids in lower and upper case, ${successes} of them successes`);
});

test('what is deleted by an id in upper case is gone for the one in lower case', async () => {
  const deletionBy = await deletions(server);
  let deleted = 0;
  for (const operation of operations.filter(({ method }) => method === 'DELETE')) {
    const { path, body } = deletionBy(operation);
    const send = async (spelled: <T>(value: T) => T) => {
      const options = body === undefined ? {} : { body: spelled(body) };
      return ask(operation, spelled(path), options);
    };
    const reply = await send(upper);
    assert.equal(reply.status, 200, `${operation.id} ${upper(path)}: ${reply.text}`);
    const again = await send((value) => value);
    if (body === undefined) isClearError(again, 404, `${operation.id} ${path} again`);
    else assert.deepEqual([reply.body.success_count, again.body.success_count], [1, 0], again.text);
    deleted++;
  }
  assert.ok(deleted >= 12, `${deleted} things were deleted`);
});

/** The least that is sent of each kind: a contract that shrinks must say so here. */
const leastSent: Record<string, number> = {
  'body type': 700,
  'body NUL': 70,
  'body surrogate': 140,
  'body length': 120,
  'body control': 150,
  'body bidi': 100,
  'body zero width': 100,
  'body form': 110,
  'body huge': 34,
  'body id': 120,
  'body range': 120,
  'body time': 20,
  'query type': 350,
  'query surrogate': 50,
  'query UTF-8': 200,
  'query NUL': 100,
  'query form': 80,
  'query range': 330,
  'query id': 63,
  'query length': 4,
  'query control': 10,
  'query bidi': 6,
  'query zero width': 8,
  'query time': 20,
  'query day': 60,
  path: 1200,
  'header idempotency-key': 140,
  'header x-project-id': 160,
  'header x-account-id': 70,
};

test('every status that bad input was answered with is documented for its operation', () => {
  assert.deepEqual([...undocumented].sort(), []);
});

test('bad input of each kind was sent in such numbers that a test which sends nothing fails', () => {
  const lacking = Object.entries(leastSent).filter(([kind, least]) => (sent[kind] ?? 0) < least);
  assert.deepEqual(lacking, [], JSON.stringify(sent));
  assert.deepEqual(Object.keys(sent).sort(), Object.keys(leastSent).sort());
  console.log(`${Object.values(sent).reduce((sum, of) => sum + of, 0)} sent: ${JSON.stringify(sent)}`);
});
