import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestServer, vmRequest } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
const nowhere = '01900000-0000-7000-8000-000000000000';
const role = (slug: string) => systemRoles.find((candidate) => candidate.slug === slug)?.id as string;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const keys = '/api/v1/api-keys';
const owner = (method: string, path: string, body?: unknown) =>
  server.call(server.owner, method, path, body === undefined ? {} : { body });
const works = async (key: string | undefined) => (await server.call({ key }, 'GET', '/api/v1/permissions')).status;
const inDays = (days: number) => new Date(Date.now() + server.time.offset + days * 86_400_000).toISOString();

test('a key is raff_ and 64 hex whose last 8 check the first 56, is shown once, and is stored as a hash', async () => {
  const made = await owner('POST', keys, { name: 'mine' });
  assert.equal(made.status, 201);
  const { id, secret, key_prefix } = made.body.data;
  assert.match(secret, /^raff_[0-9a-f]{64}$/);
  assert.equal(crc32(secret.slice(5, 61)).toString(16).padStart(8, '0'), secret.slice(61));
  assert.equal(key_prefix, secret.slice(0, 13));
  const seen = await owner('GET', `${keys}/${id}`);
  assert.equal(seen.body.data.secret, undefined);
  assert.ok(!seen.text.includes(secret));
  assert.ok(!(await owner('GET', keys)).text.includes(secret));
  const { rows } = await server.server.services.pool.query('select k::text as row from api_keys k where id = $1', [id]);
  assert.ok(!rows[0].row.includes(secret.slice(13)));
});

test('a new key is standard, active, never expires, and has neither role nor project unless given', async () => {
  const { data } = (await owner('POST', keys, { name: 'plain' })).body;
  assert.deepEqual([data.rate_limit_tier, data.is_active, data.scope], ['standard', true, 'public']);
  assert.equal(data.expires_at, undefined);
  assert.equal(data.role_id, undefined);
  assert.deepEqual(data.project_accesses ?? [], []);
  const admin = (await owner('POST', keys, { name: 'admin', role_id: role('admin') })).body.data;
  assert.deepEqual([admin.role_slug, admin.role_name], ['admin', 'Admin']);
});

test('a suspended key is refused and works again when it is resumed', async () => {
  const { id, secret } = (await owner('POST', keys, { name: 'pause' })).body.data;
  assert.equal(await works(secret), 200);
  await owner('PATCH', `${keys}/${id}`, { is_active: false });
  assert.equal(await works(secret), 401);
  await owner('PATCH', `${keys}/${id}`, { is_active: true });
  assert.equal(await works(secret), 200);
});

test('a key expires by the clock of each use, stays listed, and lives again when regenerated, for as long as before', async () => {
  const { id, secret } = (await owner('POST', keys, { name: 'brief', expires_at: inDays(10) })).body.data;
  assert.equal(await works(secret), 200);
  server.time.offset += 10 * 86_400_000 + 1000;
  assert.equal(await works(secret), 401);
  assert.ok((await owner('GET', keys)).body.data.some((key: { id: string }) => key.id === id));
  const again = await owner('POST', `${keys}/${id}/regenerate`);
  assert.equal(again.status, 200);
  assert.notEqual(again.body.data.secret, secret);
  assert.equal(await works(again.body.data.secret), 200);
  assert.equal(await works(secret), 401);
  const days = (Date.parse(again.body.data.expires_at) - Date.now() - server.time.offset) / 86_400_000;
  assert.ok(Math.abs(days - 10) < 0.01, String(days));
});

test('regenerating keeps name, roles, projects and tier, and the old secret is refused at once', async () => {
  const caller = await server.key({ account: 'admin', project: 'viewer' });
  const before = (await owner('GET', `${keys}/${caller.id}`)).body.data;
  const again = (await owner('POST', `${keys}/${caller.id}/regenerate`)).body.data;
  assert.equal(await works(caller.key), 401);
  for (const field of ['name', 'role_id', 'project_accesses', 'rate_limit_tier', 'is_active']) {
    assert.deepEqual(again[field], before[field], field);
  }
  assert.equal((await server.call({ key: again.secret }, 'GET', '/api/v1/vms')).status, 200);
});

test('a revoked key is refused at once and gone from the list', async () => {
  const { id, secret } = (await owner('POST', keys, { name: 'gone' })).body.data;
  assert.equal(await works(secret), 200);
  assert.equal((await owner('DELETE', `${keys}/${id}`)).status, 200);
  assert.equal(await works(secret), 401);
  assert.equal((await owner('GET', `${keys}/${id}`)).status, 404);
  assert.equal((await owner('DELETE', `${keys}/${id}`)).status, 404);
});

test('the fields of a key are checked', async () => {
  const refused: [unknown, RegExp][] = [
    [{}, /name/],
    [{ name: '' }, /name/],
    [{ name: 'n'.repeat(129) }, /name/],
    [{ name: 'x', expires_at: 'tomorrow' }, /expires_at/],
    [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, /expires_at.*future/],
    [{ name: 'x', role_id: nowhere }, /role_id/],
    [{ name: 'x', role_id: role('viewer') }, /scope/],
    [{ name: 'x', rate_limit_tier: 'extreme' }, /rate_limit_tier/],
    [{ name: 'x', rate_limit_tier: 'high' }, /operator/i],
  ];
  for (const [body, sentence] of refused) {
    const reply = await owner('POST', keys, body);
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.body.message, sentence);
  }
  const { id } = (await owner('POST', keys, { name: 'x', rate_limit_tier: '' })).body.data;
  const kept = await owner('PATCH', `${keys}/${id}`, { name: 'y', rate_limit_tier: '' });
  assert.deepEqual([kept.body.data.name, kept.body.data.rate_limit_tier], ['y', 'standard']);
});

test('a change of nothing changes nothing', async () => {
  const ends = inDays(10);
  const forever = await owner('POST', keys, { name: 'for ever' });
  const ending = await owner('POST', keys, { name: 'ending', expires_at: ends });
  assert.deepEqual([forever.status, forever.body.data.expires_at, ending.status], [201, undefined, 201]);
  for (const { body } of [forever, ending]) {
    const { secret: _, ...made } = body.data;
    for (const change of [{}, { rate_limit_tier: '' }]) {
      const kept = await owner('PATCH', `${keys}/${made.id}`, change);
      assert.deepEqual([kept.status, kept.body.data], [200, made], JSON.stringify(change));
    }
  }
});

test('as many keys of one name as one wants are made with one key', async () => {
  const made = [];
  for (let i = 0; i < 3; i++) made.push(await owner('POST', keys, { name: 'one name' }));
  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201, 201],
  );
  assert.equal(new Set(made.map(({ body }) => body.data.secret)).size, 3);
});

test('the high tier needs the operator’s allowance, and only as many keys have it as he allowed', async () => {
  await server.operator('tier', 'allow', server.first.account_id, '--keys', '1');
  const first = await owner('POST', keys, { name: 'fast', rate_limit_tier: 'high' });
  assert.equal(first.status, 201, first.text);
  assert.equal((await owner('POST', keys, { name: 'fast too', rate_limit_tier: 'high' })).status, 400);
  await owner('PATCH', `${keys}/${first.body.data.id}`, { rate_limit_tier: 'standard' });
  const [a, b] = [
    (await owner('POST', keys, { name: 'a' })).body.data,
    (await owner('POST', keys, { name: 'b' })).body.data,
  ];
  const raised = await Promise.all(
    [a, b].map(({ id }) => owner('PATCH', `${keys}/${id}`, { rate_limit_tier: 'high' })),
  );
  assert.deepEqual(raised.map(({ status }) => status).sort(), [200, 400]);
});

test('nobody mints, revives, rotates or takes over a key that is stronger than his own', async () => {
  const admin = await server.key({ account: 'admin' });
  const mint = (role_id: string) => server.call(admin, 'POST', keys, { body: { name: 'x', role_id } });
  assert.equal((await mint(role('owner'))).status, 403);
  const billing = await mint(role('billing'));
  assert.deepEqual([billing.status, billing.body.message], [403, 'permission denied: account.billing.view']);
  assert.equal((await mint(role('member'))).status, 201);
  assert.equal((await mint(role('admin'))).status, 201);
  const strong = (await owner('POST', keys, { name: 'owner', role_id: role('owner') })).body.data;
  assert.equal((await server.call(admin, 'POST', `${keys}/${strong.id}/regenerate`)).status, 403);
  const patched = await server.call(admin, 'PATCH', `${keys}/${strong.id}`, { body: { is_active: false } });
  assert.ok([200, 403].includes(patched.status));
  await owner('PATCH', `${keys}/${strong.id}`, { is_active: false });
  const revived = await server.call(admin, 'PATCH', `${keys}/${strong.id}`, { body: { is_active: true } });
  assert.equal(revived.status, 403, revived.text);
  assert.equal(await works(strong.secret), 401);
});

test('a custom role gives what it says, and its edit counts from the next request', async () => {
  const made = await owner('POST', '/api/v1/roles', {
    name: 'Stopper',
    slug: 'stopper',
    scope: 'project',
    permissions: ['vm.view', 'vm.power'],
  });
  assert.equal(made.status, 201, made.text);
  const caller = await server.key({ project: made.body.data.id });
  const vm = await server.vm('live-role');
  const stop = () => server.call(caller, 'POST', `/api/v1/vms/${vm}/stop`);
  assert.equal((await stop()).status, 200);
  await owner('PATCH', `/api/v1/roles/${made.body.data.id}`, { permissions: ['vm.view'] });
  const refused = await stop();
  assert.deepEqual([refused.status, refused.body.message], [403, 'permission denied: vm.power']);
  await owner('PATCH', `/api/v1/roles/${made.body.data.id}`, { permissions: ['vm.view', 'vm.power'] });
  assert.equal((await stop()).status, 200);
});

test('a key without the Owner role sees nothing of a project until it is a member there', async () => {
  const admin = await server.key({ account: 'admin' });
  assert.deepEqual((await server.call({ key: admin.key }, 'GET', '/api/v1/vms')).body.data, []);
  const create = await server.call(admin, 'POST', '/api/v1/vms', { body: vmRequest('never') });
  assert.equal(create.status, 403);
  const member = await owner('POST', `/api/v1/projects/${admin.project}/members`, {
    api_key_id: admin.id,
    role_id: role('project-admin'),
  });
  assert.equal(member.status, 201, member.text);
  assert.equal((await server.call(admin, 'POST', '/api/v1/vms', { body: vmRequest('now') })).status, 201);
  await owner('DELETE', `/api/v1/projects/${admin.project}/members/${member.body.data.id}`);
  assert.equal((await server.call(admin, 'POST', '/api/v1/vms', { body: vmRequest('no more') })).status, 403);
});

test('a key’s last use is seen within seconds, and a new secret has none', async () => {
  const caller = await server.key({ account: 'member' });
  await works(caller.key);
  const seen = async () => (await owner('GET', `${keys}/${caller.id}`)).body.data.last_used_at;
  await until('the last use is seen', async () => (await seen()) !== undefined);
  assert.ok(Math.abs(Date.parse(await seen()) - Date.now() - server.time.offset) < 60_000);
  await owner('POST', `${keys}/${caller.id}/regenerate`);
  assert.equal(await seen(), undefined);
});

test('keys of another account are not found, whatever is asked of them', async () => {
  const other = await server.account('Others');
  const theirs = (await server.call({ key: other.api_key }, 'GET', keys)).body.data[0].id;
  for (const [method, path, body] of [
    ['GET', `${keys}/${theirs}`],
    ['PATCH', `${keys}/${theirs}`, { name: 'x' }],
    ['DELETE', `${keys}/${theirs}`],
    ['POST', `${keys}/${theirs}/regenerate`],
  ] as const) {
    assert.equal((await owner(method, path, body)).status, 404, `${method} ${path}`);
  }
  assert.equal(await works(other.api_key), 200);
});

test('an operation on the account needs no project header', async () => {
  const { api_key } = server.first;
  assert.equal((await server.call({ key: api_key }, 'POST', keys, { body: { name: 'no header' } })).status, 201);
  assert.equal(
    (await server.call({ key: api_key }, 'POST', '/api/v1/projects', { body: { name: 'no header' } })).status,
    201,
  );
});
