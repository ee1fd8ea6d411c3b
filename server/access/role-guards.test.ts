import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '../testing/test-person.ts';
import { type Caller, TestServer } from '../testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const slugId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;

async function ok(caller: Caller, method: string, path: string, body?: unknown) {
  const reply = await server.call(caller, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body.data;
}

async function role(slug: string, scope: string, permissions: string[]): Promise<string> {
  return (await ok(server.owner, 'POST', '/api/v1/roles', { name: slug, slug, scope, permissions })).id;
}

test('a role is not edited or deleted by who holds less than it gives', async () => {
  const strong = await role('strong', 'account', [
    'account.roles.manage',
    'account.roles.delete',
    'account.billing.manage',
  ]);
  const weak = await server.key({
    account: await role('weak', 'account', ['account.roles.manage', 'account.roles.delete', 'account.roles.create']),
  });
  const path = `/api/v1/roles/${strong}`;
  const stripped = await server.call(weak, 'PATCH', path, { body: { permissions: ['account.roles.manage'] } });
  assert.deepEqual([stripped.status, stripped.body.message], [403, 'permission denied: account.billing.manage']);
  assert.equal((await server.call(weak, 'DELETE', path)).status, 403);
  assert.equal((await ok(server.owner, 'GET', path)).permissions.length, 3);
});

test('a project’s role is not edited by who lacks it on one of the projects where it is given', async () => {
  const shared = await role('shared', 'project', ['vm.view']);
  const elsewhere = (await ok(server.owner, 'POST', '/api/v1/projects', { name: 'elsewhere' })).id;
  await server.key({ project: shared, on: elsewhere });
  const editor = await server.key({
    account: await role('editor', 'account', ['account.roles.manage']),
    project: 'operator',
  });
  const edit = () => server.call(editor, 'PATCH', `/api/v1/roles/${shared}`, { body: { permissions: ['vm.power'] } });
  assert.equal((await edit()).status, 403);
  await ok(server.owner, 'POST', `/api/v1/projects/${elsewhere}/members`, {
    api_key_id: editor.id,
    role_id: slugId('operator'),
  });
  assert.equal((await edit()).status, 200);
});

test('who manages a project’s members touches nobody that holds more', async () => {
  const keeper = await server.key({
    project: await role('keeper', 'project', [
      'project.members.view',
      'project.members.manage',
      'project.members.remove',
    ]),
  });
  const admin = await server.key({ project: 'project-admin' });
  const members = `/api/v1/projects/${server.first.project_id}/members`;
  const list = await ok(server.owner, 'GET', `${members}?limit=100`);
  const id = list.find(({ email }: { email: string }) => email.includes(admin.id)).id;
  for (const [method, body] of [
    ['PATCH', { status: 'suspended' }],
    ['PATCH', { role_id: slugId('viewer') }],
    ['DELETE', undefined],
  ] as const) {
    const reply = await server.call(keeper, method, `${members}/${id}`, body === undefined ? {} : { body });
    assert.equal(reply.status, 403, `${method} ${JSON.stringify(body)}: ${reply.text}`);
  }
});

test('nothing that a key makes, prolongs or wakes ends after it', async () => {
  const keys = '/api/v1/api-keys';
  const caller = await server.key({ account: 'owner' });
  const other = await server.key({ account: 'member' });
  const end = new Date(Math.floor((Date.now() + server.time.offset) / 1000) * 1000 + 600_000).toISOString();
  await ok(server.owner, 'PATCH', `${keys}/${caller.id}`, { expires_at: end });
  const child = await ok(caller, 'POST', keys, { name: 'child' });
  assert.equal(Date.parse(child.expires_at), Date.parse(end));
  const later = { expires_at: '2099-01-01T00:00:00Z' };
  for (const [method, path, body] of [
    ['POST', keys, { name: 'later', ...later }],
    ['PATCH', `${keys}/${caller.id}`, later],
    ['PATCH', `${keys}/${child.id}`, later],
    ['PATCH', `${keys}/${other.id}`, { is_active: true }],
    ['POST', `${keys}/${other.id}/regenerate`, undefined],
  ] as const) {
    const reply = await server.call(caller, method, path, body === undefined ? {} : { body });
    assert.equal(reply.status, 403, `${method} ${path}: ${reply.text}`);
  }
  const renewed = await ok(caller, 'POST', `${keys}/${caller.id}/regenerate`);
  assert.ok(Date.parse(renewed.expires_at) <= Date.parse(end), renewed.expires_at);
});

test('nobody gives himself a role, however his id is written', async () => {
  const admin = await server.key({ account: 'admin' });
  const reply = await server.call(admin, 'POST', `/api/v1/projects/${server.first.project_id}/members`, {
    body: { api_key_id: admin.id.toUpperCase(), role_id: slugId('project-admin') },
  });
  assert.equal(reply.status, 409, reply.text);
});

test('an invitation ends with the key that made it, and with the permission of that key', async () => {
  const invitations = '/api/v1/invitations';
  for (const take of ['revoke', 'suspend', 'keep'] as const) {
    const inviter = await server.key({ account: 'admin' });
    const body = { email: `${take}@example.com`, role_id: slugId('admin') };
    const { accept_url } = await ok(inviter, 'POST', invitations, body);
    if (take === 'revoke') await ok(server.owner, 'DELETE', `/api/v1/api-keys/${inviter.id}`);
    if (take === 'suspend') await ok(server.owner, 'PATCH', `/api/v1/api-keys/${inviter.id}`, { is_active: false });
    const accepted = await new TestPerson(server).call('POST', '/api/raffia/v1/invitations/accept', {
      body: { token: accept_url.split('#')[1], password: 'a long password' },
    });
    assert.equal(accepted.status, take === 'keep' ? 200 : 400, `${take}: ${accepted.text}`);
  }
});

test('a personal note that a key writes is the key’s own', async () => {
  const vm = await server.vm('noted');
  const viewer = await server.key({ project: 'viewer' });
  const path = `/api/v1/vms/${vm}/notes/personal`;
  await server.call(server.owner, 'PUT', path, { body: { content: 'the owner’s' } });
  await server.call(viewer, 'PUT', path, { body: { content: 'the vendor’s' } });
  const of = async (caller: Caller) =>
    (await server.call(caller, 'GET', `/api/v1/vms/${vm}/notes`)).body.personal_note.content;
  assert.deepEqual([await of(server.owner), await of(viewer)], ['the owner’s', 'the vendor’s']);
});

test('after a transfer the Owner’s keys of before are suspended', async () => {
  const owner = server.owner;
  await server.operator(
    'account',
    'add-member',
    server.first.account_id,
    '--email',
    'next@example.com',
    '--role',
    'admin',
  );
  const told = await server.operator('account', 'transfer', server.first.account_id, '--to', 'next@example.com');
  assert.match(told, /API keys? with the Owner role suspended/);
  assert.equal((await server.call(owner, 'POST', '/api/v1/api-keys', { body: { name: 'one more' } })).status, 401);
});
