import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
const roles = '/api/v1/roles';
const owner = (method: string, path: string, body?: unknown) =>
  server.call(server.owner, method, path, body === undefined ? {} : { body });
const body = (name: string, more: object = {}) => ({
  name,
  slug: name.toLowerCase(),
  scope: 'project',
  permissions: ['vm.view'],
  ...more,
});

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('eight system roles are listed, of no account, and none of them can be changed or deleted', async () => {
  const { data } = (await owner('GET', roles)).body;
  const system = data.filter((role: { is_system: boolean }) => role.is_system);
  assert.equal(system.length, 8);
  for (const role of system) {
    assert.equal(role.account_id, undefined);
    assert.equal((await owner('PATCH', `${roles}/${role.id}`, { name: 'x' })).status, 400);
    assert.equal((await owner('DELETE', `${roles}/${role.id}`)).status, 400);
  }
});

test('a role’s fields are checked', async () => {
  await owner('POST', roles, body('Taken'));
  const refused: [object, RegExp][] = [
    [body('Taken', { slug: 'other' }), /name already exists/],
    [body('Other', { slug: 'taken' }), /slug already exists/],
    [body('Viewer', { slug: 'fresh' }), /name already exists/],
    [body('Fresh', { slug: 'viewer' }), /slug already exists/],
    [body('A', { slug: 'No Good' }), /slug/],
    [body('A', { scope: 'galaxy' }), /scope/],
    [body('A', { permissions: [] }), /permissions/],
    [body('A', { permissions: ['vm.fly'] }), /vm\.fly/],
    [body('A', { permissions: ['account.billing.view'] }), /account\.billing\.view/],
    [body('A', { scope: 'account', permissions: ['vm.view'] }), /vm\.view/],
    [body('n'.repeat(65), { slug: 'n' }), /name/],
    [body('A', { permissions: ['account.audit.read'] }), /account\.audit\.read/],
  ];
  for (const [request, sentence] of refused) {
    const reply = await owner('POST', roles, request);
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.body.message, sentence);
  }
});

test('an edit replaces the whole set, keeps scope and slug, and needs at least one field', async () => {
  const made = (await owner('POST', roles, body('Edited', { permissions: ['vm.view', 'vm.power'] }))).body.data;
  const edited = await owner('PATCH', `${roles}/${made.id}`, {
    permissions: ['vpc.view'],
    scope: 'account',
    slug: 'x',
  });
  assert.equal(edited.status, 200);
  const { data } = (await owner('GET', `${roles}/${made.id}`)).body;
  assert.deepEqual([data.permissions, data.scope, data.slug], [['vpc.view'], 'project', 'edited']);
  assert.equal((await owner('PATCH', `${roles}/${made.id}`, {})).status, 400);
  assert.equal((await owner('PATCH', `${roles}/${made.id}`, { permissions: ['account.billing.view'] })).status, 400);
});

test('a role in use cannot be deleted; once nobody has it, it can, and its name is free', async () => {
  const made = (await owner('POST', roles, body('Used'))).body.data;
  const caller = await server.key({ project: made.id });
  const refused = await owner('DELETE', `${roles}/${made.id}`);
  assert.equal(refused.status, 400);
  assert.match(refused.body.message, /use/);
  await owner('DELETE', `/api/v1/api-keys/${caller.id}`);
  assert.equal((await owner('DELETE', `${roles}/${made.id}`)).status, 200);
  assert.equal((await owner('GET', `${roles}/${made.id}`)).status, 404);
  assert.equal((await owner('POST', roles, body('Used'))).status, 201);
});

test('roles of another account are not found and cannot be given', async () => {
  const other = await server.account('Roles');
  const theirs = (await server.call({ key: other.api_key }, 'POST', roles, { body: body('Theirs') })).body.data.id;
  assert.equal((await owner('GET', `${roles}/${theirs}`)).status, 404);
  assert.equal((await owner('PATCH', `${roles}/${theirs}`, { name: 'x' })).status, 404);
  assert.equal((await owner('DELETE', `${roles}/${theirs}`)).status, 404);
  const key = (await owner('POST', '/api/v1/api-keys', { name: 'x' })).body.data;
  const given = await owner('POST', `/api/v1/projects/${server.first.project_id}/members`, {
    api_key_id: key.id,
    role_id: theirs,
  });
  assert.equal(given.status, 400, given.text);
  assert.equal((await owner('POST', roles, body('Theirs'))).status, 201);
});

test('a caller cannot give a role more than he has himself', async () => {
  const admin = await server.key({ account: 'admin' });
  const make = (permissions: string[], slug: string) =>
    server.call(admin, 'POST', roles, { body: { name: slug, slug, scope: 'account', permissions } });
  assert.equal((await make(['account.members.view'], 'modest')).status, 201);
  const strong = await make(['account.billing.manage'], 'strong');
  assert.deepEqual([strong.status, strong.body.message], [403, 'permission denied: account.billing.manage']);
  const mine = (
    await owner('POST', roles, { name: 'Mine', slug: 'mine', scope: 'account', permissions: ['account.billing.view'] })
  ).body.data.id;
  const raised = await server.call(admin, 'PATCH', `${roles}/${mine}`, {
    body: { permissions: ['account.billing.view', 'account.billing.manage'] },
  });
  assert.equal(raised.status, 403);
});

test('permissions are the same for all, and filtered by scope', async () => {
  const weak = await server.key({ account: 'billing' });
  const all = (await server.call(weak, 'GET', '/api/v1/permissions')).body.data;
  assert.equal(all.length, 61);
  for (const [scope, count] of [
    ['account', 21],
    ['project', 40],
  ] as const) {
    const some = (await server.call(weak, 'GET', `/api/v1/permissions?scope=${scope}`)).body.data;
    assert.equal(some.length, count);
    for (const item of some) assert.deepEqual(Object.keys(item).sort(), ['category', 'description', 'name', 'scope']);
  }
  assert.equal((await server.call(weak, 'GET', '/api/v1/permissions?scope=x')).status, 400);
  assert.equal(systemRoles.length, 8);
});
