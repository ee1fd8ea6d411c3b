import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let owner: TestPerson;
let project: string;
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
  project = server.first.project_id;
});
after(() => server.stop());

let count = 0;
const address = () => `person${++count}@example.com`;

async function invite(email: string, slug = 'member', by: TestPerson = owner) {
  return by.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId(slug) } });
}

async function joined(slug = 'member'): Promise<TestPerson & { email: string; memberId: string; userId: string }> {
  const email = address();
  const made = await invite(email, slug);
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  const members = await owner.call('GET', '/api/v1/members?limit=100');
  const row = members.body.data.find((member: { email: string }) => member.email === email);
  return Object.assign(person, { email, memberId: row.id, userId: row.user_id });
}

test('an invitation is a pending member until it is accepted, with the documented fields', async () => {
  const email = address();
  const made = await invite(email.toUpperCase());
  assert.equal(made.status, 201, made.text);
  const { data } = made.body;
  assert.deepEqual(
    [data.type, data.email, data.role_name, data.account_name],
    ['account', email, 'Member', 'My cloud'],
  );
  assert.match(data.accept_url, /^http:.*\/invitation#/);
  const pending = await owner.call('GET', '/api/v1/members?status=pending&limit=100');
  const row = pending.body.data.find((member: { email: string }) => member.email === email);
  assert.deepEqual([row.status, row.user_id, row.invitation_id], ['pending', null, data.id]);
  await TestPerson.invited(server, data.accept_url);
  const active = await owner.call('GET', '/api/v1/members?status=active&limit=100');
  assert.ok(active.body.data.some((member: { email: string }) => member.email === email));
});

test('an invitation is used once, and is dead once it is cancelled or seven days old', async () => {
  const look = (link: string) =>
    new TestPerson(server).call('POST', '/api/raffia/v1/invitations/look', { body: { token: link.split('#')[1] } });
  const used = (await invite(address())).body.data.accept_url;
  await TestPerson.invited(server, used);
  assert.equal((await look(used)).body.error, 'Invitation expired');
  const cancelled = (await invite(address())).body.data;
  assert.equal((await owner.call('DELETE', `/api/v1/invitations/${cancelled.id}`)).status, 200);
  assert.equal((await look(cancelled.accept_url)).status, 400);
  assert.equal((await owner.call('DELETE', `/api/v1/invitations/${cancelled.id}`)).status, 404);
  const old = (await invite(address())).body.data.accept_url;
  const before = server.time.offset;
  server.time.offset += 7 * 86_400_000 + 1000;
  assert.equal((await look(old)).body.error, 'Invitation expired');
  server.time.offset = before;
  assert.equal((await look(old)).status, 200);
});

test('accepted twice at once, an invitation makes one member', async () => {
  const email = address();
  const token = (await invite(email)).body.data.accept_url.split('#')[1];
  const accept = () =>
    new TestPerson(server).call('POST', '/api/raffia/v1/invitations/accept', {
      body: { token, password: 'a password 1' },
    });
  const statuses = (await Promise.all([accept(), accept(), accept()])).map(({ status }) => status).sort();
  assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
});

test('a second invitation to the same place, or of a member, is refused', async () => {
  const email = address();
  await invite(email);
  assert.match((await invite(email)).body.message, /invited already/);
  const person = await joined();
  assert.match((await invite(person.email)).body.message, /member already/);
  assert.match((await invite('owner@example.com')).body.message, /member already/);
});

test('a role of the wrong scope, the Owner role and nonsense are refused', async () => {
  assert.equal((await invite(address(), 'viewer')).status, 400);
  assert.match((await invite(address(), 'owner')).body.message, /one Owner/);
  assert.equal((await invite('not an address')).status, 400);
  const toProject = await owner.call('POST', `/api/v1/projects/${project}/invitations`, {
    body: { email: address(), role_id: roleId('member') },
  });
  assert.equal(toProject.status, 400);
});

test('an invitation to a project gives that project and nothing else', async () => {
  const email = address();
  const made = await owner.call('POST', `/api/v1/projects/${project}/invitations`, {
    body: { email, role_id: roleId('viewer') },
  });
  assert.deepEqual([made.body.data.type, made.body.data.project_id], ['project', project]);
  const listed = await owner.call('GET', `/api/v1/projects/${project}/members?status=pending`);
  assert.ok(listed.body.data.some((row: { email: string }) => row.email === email));
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  assert.equal((await person.call('GET', '/api/v1/projects')).body.data.length, 1);
  assert.equal((await person.call('GET', '/api/v1/vms', { project })).status, 200);
  assert.match((await person.call('GET', '/api/v1/members')).body.message, /account\.members\.view/);
  // Direct from now on, by the person's id: an account role without another mail.
  const row = (await owner.call('GET', `/api/v1/projects/${project}/members`)).body.data.find(
    (member: { email: string }) => member.email === email,
  );
  const added = await owner.call('POST', '/api/v1/members', {
    body: { target_user_id: row.user_id, role_id: roleId('admin') },
  });
  assert.equal(added.status, 201, added.text);
  assert.equal((await person.call('GET', '/api/v1/roles')).status, 200);
});

test('who is known accepts only when signed in as the one who was invited', async () => {
  const known = await joined();
  const other = await server.account('Second');
  const inviter = { key: other.api_key };
  const made = await server.call(inviter, 'POST', '/api/v1/invitations', {
    body: { email: known.email, role_id: roleId('member') },
  });
  const token = made.body.data.accept_url.split('#')[1];
  const stranger = new TestPerson(server);
  const unsigned = await stranger.call('POST', '/api/raffia/v1/invitations/accept', { body: { token } });
  assert.match(unsigned.body.message, /Sign in as/);
  const asOwner = await owner.call('POST', '/api/raffia/v1/invitations/accept', { body: { token } });
  assert.match(asOwner.body.message, /sign out first/);
  assert.equal((await known.call('POST', '/api/raffia/v1/invitations/accept', { body: { token } })).status, 200);
  const { data } = (await known.call('GET', '/api/raffia/v1/session')).body;
  assert.equal(data.accounts.length, 2);
});

test('the Owner, oneself and who may do more are out of reach', async () => {
  const admin = await joined('admin');
  const billing = await joined('billing');
  const change = (by: TestPerson, id: string, slug: string) =>
    by.call('PATCH', `/api/v1/members/${id}`, { body: { role_id: roleId(slug) } });
  assert.match((await change(admin, admin.memberId, 'member')).body.message, /Nobody can change/);
  assert.equal((await change(admin, billing.memberId, 'member')).status, 403);
  assert.equal((await change(owner, billing.memberId, 'member')).status, 200);
  assert.match((await change(owner, billing.memberId, 'owner')).body.message, /one Owner/);
});

test('a suspended member is refused by the next request, and let in again', async () => {
  const person = await joined();
  const set = (status: string) => owner.call('PATCH', `/api/v1/members/${person.memberId}`, { body: { status } });
  assert.equal((await set('suspended')).body.data.status, 'suspended');
  const refused = await person.call('GET', '/api/v1/projects');
  assert.deepEqual(
    [refused.status, refused.body.message],
    [403, 'Your access to this account is suspended; ask its owner'],
  );
  await set('active');
  assert.equal((await person.call('GET', '/api/v1/projects')).status, 200);
});

test('a member who is removed loses everything at once, and what he made stays', async () => {
  const person = await joined('admin');
  await owner.call('POST', `/api/v1/projects/${project}/members`, {
    body: { target_user_id: person.userId, role_id: roleId('viewer') },
  });
  const made = await person.call('POST', '/api/v1/api-keys', {
    body: { name: 'kept', role_id: roleId('member') },
  });
  assert.equal(made.status, 201, made.text);
  assert.equal((await owner.call('DELETE', `/api/v1/members/${person.memberId}`)).status, 200);
  assert.equal((await person.call('GET', '/api/v1/projects')).status, 403);
  assert.equal((await server.call({ key: made.body.data.secret }, 'GET', '/api/v1/projects')).status, 200);
  const left = await owner.call('GET', `/api/v1/projects/${project}/members?limit=100`);
  assert.ok(!left.body.data.some((row: { user_id: string }) => row.user_id === person.userId));
});

test('only the account role can be taken away, the projects stay', async () => {
  const person = await joined('admin');
  assert.equal((await person.call('GET', '/api/v1/roles')).status, 200);
  await owner.call('POST', `/api/v1/projects/${project}/members`, {
    body: { target_user_id: person.userId, role_id: roleId('viewer') },
  });
  assert.equal((await owner.call('DELETE', `/api/raffia/v1/members/${person.memberId}/role`)).status, 200);
  assert.equal((await person.call('GET', '/api/v1/roles')).status, 403);
  assert.equal((await person.call('GET', '/api/v1/vms', { project })).status, 200);
});

test('a key gets an account role once', async () => {
  const key = await server.key({ project: 'viewer' });
  const give = (slug: string) =>
    owner.call('POST', '/api/v1/members', { body: { api_key_id: key.id, role_id: roleId(slug) } });
  assert.equal((await server.call({ key: key.key }, 'GET', '/api/v1/roles')).status, 403);
  assert.equal((await give('admin')).status, 201);
  assert.equal((await server.call({ key: key.key }, 'GET', '/api/v1/roles')).status, 200);
  assert.match((await give('member')).body.message, /never changed/);
});

test('another account sees nothing of members and invitations', async () => {
  const person = await joined();
  const invitation = (await invite(address())).body.data;
  const other = await server.account('Third');
  const stranger = { key: other.api_key };
  assert.equal((await server.call(stranger, 'GET', `/api/v1/members/${person.memberId}`)).status, 404);
  assert.equal(
    (await server.call(stranger, 'PATCH', `/api/v1/members/${person.memberId}`, { body: { status: 'suspended' } }))
      .status,
    404,
  );
  assert.equal((await server.call(stranger, 'DELETE', `/api/v1/members/${person.memberId}`)).status, 404);
  assert.equal((await server.call(stranger, 'DELETE', `/api/v1/invitations/${invitation.id}`)).status, 404);
  assert.equal((await server.call(stranger, 'GET', '/api/v1/members')).body.total, 0);
});

test('exactly one of e-mail, user and key is to be given', async () => {
  const add = (body: object) => owner.call('POST', '/api/v1/members', { body });
  assert.equal((await add({ role_id: roleId('member') })).status, 400);
  assert.equal((await add({ email: address() })).status, 400);
  assert.equal((await add({ email: address(), api_key_id: project, role_id: roleId('member') })).status, 400);
  const invited = await add({ email: address(), role_id: roleId('member') });
  assert.deepEqual([invited.status, invited.body.data.status], [201, 'pending']);
});

test('a role that an invitation promises is not deleted', async () => {
  const role = await owner.call('POST', '/api/v1/roles', {
    body: { name: 'promised', slug: 'promised', scope: 'account', permissions: ['account.roles.view'] },
  });
  await owner.call('POST', '/api/v1/invitations', { body: { email: address(), role_id: role.body.data.id } });
  assert.match((await owner.call('DELETE', `/api/v1/roles/${role.body.data.id}`)).body.message, /in use/);
});
