import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accept, liveAsMember, raceForMembership, readMember, roleId } from '../../testing/member-life.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let owner: TestPerson;
let project: string;
const members = '/api/v1/members';

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
    ['account', email.toUpperCase(), 'Member', 'My cloud'],
  );
  assert.match(data.accept_url, /^http:.*\/invitation#/);
  const pending = await owner.call('GET', '/api/v1/members?status=pending&limit=100');
  const row = pending.body.data.find((member: { id: string }) => member.id === data.id);
  assert.deepEqual(
    [row.status, row.user_id, row.invitation_id, row.email],
    ['pending', null, data.id, email.toUpperCase()],
  );
  await TestPerson.invited(server, data.accept_url);
  const active = await owner.call('GET', '/api/v1/members?status=active&limit=100');
  assert.ok(active.body.data.some((member: { id: string }) => member.id === data.id));
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
  assert.match((await change(admin, admin.memberId, 'member')).body.message, /can't change or remove yourself/);
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

test('a key gets an account role once, and a key that was made with one keeps it', async () => {
  const key = await server.key({ project: 'viewer' });
  const give = (slug: string) =>
    owner.call('POST', '/api/v1/members', { body: { api_key_id: key.id, role_id: roleId(slug) } });
  assert.equal((await server.call({ key: key.key }, 'GET', '/api/v1/roles')).status, 403);
  assert.equal((await give('admin')).status, 201);
  assert.equal((await server.call({ key: key.key }, 'GET', '/api/v1/roles')).status, 200);
  assert.match((await give('member')).body.message, /member already; change its role with PATCH \/api\/v1\/members\//);
  const made = await server.key({ account: 'member' });
  const again = await owner.call('POST', members, { body: { api_key_id: made.id, role_id: roleId('admin') } });
  assert.match(again.body.message, /made with an account role, which is never changed/);
});

test('another account sees nothing of members and invitations', async () => {
  const person = await joined();
  const invitation = (await invite(address())).body.data;
  const key = await server.key();
  const ofKey = await owner.call('POST', members, { body: { api_key_id: key.id, role_id: roleId('member') } });
  const [itsOwner] = (await owner.call('GET', `${members}?limit=100`)).body.data.slice(-1);
  const other = await server.account('Third');
  const stranger = { key: other.api_key };
  for (const id of [person.memberId, invitation.id, ofKey.body.data.id, itsOwner.id]) {
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { role_id: roleId('member') }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await server.call(stranger, method, `${members}/${id}`, body === undefined ? {} : { body });
      assert.equal(reply.status, 404, `${method} ${id}: ${reply.text}`);
    }
    assert.equal((await readMember(server, members, id)).status, 200);
  }
  assert.equal((await server.call(stranger, 'DELETE', `/api/v1/invitations/${invitation.id}`)).status, 404);
  const theirs = (await server.call(stranger, 'GET', members)).body;
  assert.deepEqual([theirs.total, theirs.data[0].role, theirs.data[0].email], [1, 'owner', 'third@example.com']);
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

const roles = ['member', 'billing', 'admin'] as const;

test('one who is invited by e-mail is one member from the invitation to the removal', async () => {
  await liveAsMember({
    server,
    members,
    create: () =>
      server.call(server.owner, 'POST', members, {
        body: { email: 'New.Person@Example.COM', role_id: roleId('member') },
      }),
    accept: (made) => TestPerson.invited(server, made.body.data.accept_url),
    roles,
    expected: { email: 'New.Person@Example.COM' },
  });
});

test('one who is known is one member from the addition to the removal', async () => {
  const made = await server.call(server.owner, 'POST', `/api/v1/projects/${project}/invitations`, {
    body: { email: 'known@example.com', role_id: roleId('viewer') },
  });
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  const { user } = (await person.call('GET', '/api/raffia/v1/session')).body.data;
  await liveAsMember({
    server,
    members,
    create: () =>
      server.call(server.owner, 'POST', members, { body: { target_user_id: user.id, role_id: roleId('member') } }),
    roles,
    expected: { email: 'known@example.com', user_id: user.id },
  });
});

test('a key is one member from the addition to the removal', async () => {
  const key = await server.key();
  await liveAsMember({
    server,
    members,
    create: () =>
      server.call(server.owner, 'POST', members, { body: { api_key_id: key.id, role_id: roleId('member') } }),
    roles,
    expected: { email: `key-${key.id}@apikeys.invalid`, user_id: null },
  });
  assert.equal((await server.call(server.owner, 'GET', `/api/v1/api-keys/${key.id}`)).body.data.role_id, undefined);
});

test('what a key may do follows its membership with the next request, and roles on projects are apart', async () => {
  const key = await server.key({ project: 'viewer' });
  const asKey = async () => (await server.call({ key: key.key }, 'GET', '/api/v1/roles')).status;
  const made = await owner.call('POST', members, { body: { api_key_id: key.id, role_id: roleId('billing') } });
  const path = `${members}/${made.body.data.id}`;
  assert.equal(await asKey(), 403);
  for (const [body, status] of [
    [{ role_id: roleId('admin') }, 200],
    [{ status: 'suspended' }, 403],
    [{ status: 'active' }, 200],
  ] as const) {
    assert.equal((await owner.call('PATCH', path, { body })).status, 200);
    assert.equal(await asKey(), status, JSON.stringify(body));
  }
  const self = await server.call({ key: key.key }, 'PATCH', path, { body: { role_id: roleId('member') } });
  assert.deepEqual([self.status, /can't change or remove yourself/.test(self.body.message)], [409, true], self.text);
  assert.equal((await owner.call('DELETE', path)).status, 200);
  assert.equal(await asKey(), 403);
  assert.equal((await server.call(key, 'GET', '/api/v1/vms')).status, 200, 'its role on the project stays');
});

test('a membership of a key outlives a new secret, and ends with the key', async () => {
  const key = await server.key();
  const made = await owner.call('POST', members, { body: { api_key_id: key.id, role_id: roleId('admin') } });
  const { id } = made.body.data;
  const renewed = await owner.call('POST', `/api/v1/api-keys/${key.id}/regenerate`);
  assert.equal(renewed.status, 200, renewed.text);
  assert.equal((await readMember(server, members, id)).body.data.role, 'admin');
  assert.equal((await server.call({ key: renewed.body.data.secret }, 'GET', '/api/v1/roles')).status, 200);
  assert.equal((await owner.call('DELETE', `/api/v1/api-keys/${key.id}`)).status, 200);
  assert.equal((await readMember(server, members, id)).status, 404);
});

test('a key that may do less changes no member that may do more, key or not', async () => {
  const manager = await owner.call('POST', '/api/v1/roles', {
    body: {
      name: 'manager',
      slug: 'manager',
      scope: 'account',
      permissions: ['account.members.view', 'account.members.manage', 'account.members.remove'],
    },
  });
  const weak = await server.key({ account: manager.body.data.id });
  const strong = await server.key();
  const made = await owner.call('POST', members, { body: { api_key_id: strong.id, role_id: roleId('admin') } });
  const waiting = await invite(address(), 'admin');
  const humble = await owner.call('POST', members, { body: { email: address(), role_id: manager.body.data.id } });
  const change = (id: string, role: string, by = weak) =>
    server.call(by, 'PATCH', `${members}/${id}`, { body: { role_id: role } });
  for (const id of [made.body.data.id, waiting.body.data.id]) {
    const reply = await change(id, manager.body.data.id);
    assert.deepEqual([reply.status, reply.body.error], [403, 'Forbidden'], reply.text);
  }
  assert.equal((await server.call(weak, 'DELETE', `${members}/${made.body.data.id}`)).status, 403);
  const raised = await change(humble.body.data.id, roleId('admin'));
  assert.equal(raised.status, 403, raised.text);
  const without = await change(humble.body.data.id, manager.body.data.id);
  assert.deepEqual([without.status, without.body.message], [403, 'permission denied: account.members.invite']);
});

test('an invitation stands with who changed it last, and not longer', async () => {
  const admin = await server.key({ account: 'admin' });
  const weaker = await server.key({ account: 'admin' });
  const kept = await invite(address());
  const lost = await invite(address());
  const lift = (made: typeof kept, by: { key: string }) =>
    server.call(by, 'PATCH', `${members}/${made.body.data.id}`, { body: { role_id: roleId('admin') } });
  for (const [made, by] of [
    [kept, admin],
    [lost, weaker],
  ] as const) {
    assert.equal((await lift(made, by)).body.data.role, 'admin');
  }
  assert.equal((await owner.call('DELETE', `/api/v1/api-keys/${weaker.id}`)).status, 200);
  assert.equal((await accept(server, lost)).body.error, 'Invitation expired');
  assert.equal((await accept(server, kept)).status, 200);
  assert.equal((await readMember(server, members, kept.body.data.id)).body.data.role, 'admin');
});

test('who waits is neither suspended nor enabled, and gets no Owner role', async () => {
  const { id } = (await invite(address())).body.data;
  for (const body of [{ status: 'suspended' }, { status: 'active', role_id: roleId('admin') }]) {
    const reply = await owner.call('PATCH', `${members}/${id}`, { body });
    assert.deepEqual([reply.status, /has not accepted yet/.test(reply.body.message)], [409, true], reply.text);
  }
  assert.match(
    (await owner.call('PATCH', `${members}/${id}`, { body: { role_id: roleId('owner') } })).text,
    /one Owner/,
  );
  assert.equal((await owner.call('PATCH', `${members}/${id}`, { body: {} })).status, 400);
  assert.deepEqual((await readMember(server, members, id)).body.data.role, 'member');
});

test('one who waits is cancelled with either call, and the link is dead', async () => {
  for (const path of ['/api/v1/members/', '/api/v1/invitations/']) {
    const made = await invite(address());
    const { id } = made.body.data;
    assert.equal((await owner.call('DELETE', path + id)).status, 200);
    assert.equal((await accept(server, made)).body.error, 'Invitation expired');
    assert.equal((await readMember(server, members, id)).status, 404);
    assert.equal((await owner.call('DELETE', path + id)).status, 404);
  }
});

test('one whose invitation has run out is no member any more', async () => {
  const { id } = (await invite(address())).body.data;
  server.time.jump = 7 * 86_400_000 + 1000;
  assert.equal((await readMember(server, members, id)).status, 404);
  const body = { role_id: roleId('admin') };
  assert.equal((await server.call(server.owner, 'PATCH', `${members}/${id}`, { body })).status, 404);
  assert.equal((await server.call(server.owner, 'DELETE', `${members}/${id}`)).status, 404);
  server.time.jump = 0;
});

test('an address is one person however it is written, and is shown as it was', async () => {
  const made = await owner.call('POST', members, {
    body: { email: 'Mixed.Case@Example.Com', role_id: roleId('member') },
  });
  const { id } = made.body.data;
  assert.match((await invite('mixed.case@example.com')).body.message, /invited already/);
  assert.match((await invite('MIXED.CASE@EXAMPLE.COM')).body.message, /invited already/);
  assert.equal((await readMember(server, members, id)).body.data.email, 'Mixed.Case@Example.Com');
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  assert.match((await invite('mixed.case@example.com')).body.message, /member already/);
  assert.equal((await readMember(server, members, id)).body.data.email, 'Mixed.Case@Example.Com');
  const { user } = (await person.call('GET', '/api/raffia/v1/session')).body.data;
  assert.equal(user.email, 'mixed.case@example.com');
  // The same person in another account, written in another way, signed in as before.
  const other = await server.account('Fourth');
  const there = await server.call({ key: other.api_key }, 'POST', members, {
    body: { email: 'mixed.case@EXAMPLE.com', role_id: roleId('member') },
  });
  const token = there.body.data.accept_url.split('#')[1];
  const accepted = await person.call('POST', '/api/raffia/v1/invitations/accept', { body: { token } });
  assert.equal(accepted.status, 200, accepted.text);
  const row = await readMember(server, members, there.body.data.id, { key: other.api_key });
  assert.deepEqual([row.body.data.email, row.body.data.user_id], ['mixed.case@EXAMPLE.com', user.id]);
});

test('who is invited already is not added beside, and whom the operator adds keeps the id', async () => {
  const toProject = await server.call(server.owner, 'POST', `/api/v1/projects/${project}/invitations`, {
    body: { email: 'twice@example.com', role_id: roleId('viewer') },
  });
  const person = await TestPerson.invited(server, toProject.body.data.accept_url);
  const { user } = (await person.call('GET', '/api/raffia/v1/session')).body.data;
  const waiting = await invite('Twice@example.com');
  const beside = await owner.call('POST', members, { body: { target_user_id: user.id, role_id: roleId('admin') } });
  assert.match(beside.body.message, /invited already/);
  await server.operator(
    'account',
    'add-member',
    server.first.account_id,
    '--email',
    'twice@example.com',
    '--role',
    'billing',
    '--unproven',
  );
  const { data } = (await readMember(server, members, waiting.body.data.id)).body;
  assert.deepEqual([data.status, data.role, data.user_id], ['active', 'billing', user.id]);
  assert.equal((await accept(server, waiting)).body.error, 'Invitation expired');
});

test('accepted by several, cancelled, removed or changed at once, it is one membership', async () => {
  const stories = await raceForMembership({
    server,
    members,
    invite: (email) => invite(email),
    roles: ['member', 'billing'],
  });
  console.log(stories);
});

test('the Owner stands among the members from the first start on, and is out of everybody’s reach', async (t) => {
  const fresh = await TestServer.start();
  t.after(() => fresh.stop());
  const list = await fresh.call(fresh.owner, 'GET', members);
  assert.deepEqual(
    [list.body.total, list.body.data[0].role, list.body.data[0].status, list.body.data[0].email],
    [1, 'owner', 'active', 'owner@example.com'],
  );
  const { id } = (await owner.call('GET', `${members}?limit=100`)).body.data.at(-1);
  const admin = await server.key({ account: 'admin' });
  for (const by of [server.owner, admin]) {
    for (const body of [{ role_id: roleId('admin') }, { status: 'suspended' }]) {
      const reply = await server.call(by, 'PATCH', `${members}/${id}`, { body });
      assert.deepEqual([reply.status, /The Owner cannot be/.test(reply.body.message)], [409, true], reply.text);
    }
  }
  for (const path of [`${members}/${id}`, `/api/raffia/v1/members/${id}/role`]) {
    const reply = await server.call(server.owner, 'DELETE', path);
    assert.deepEqual([reply.status, /The Owner cannot be/.test(reply.body.message)], [409, true], reply.text);
  }
  assert.equal((await readMember(server, members, id)).body.data.role, 'owner');
  const add = (to: string) =>
    server.operator('account', 'add-member', server.first.account_id, '--email', to, '--role', 'admin');
  await assert.rejects(add('owner@example.com'), /is the Owner of this account/);
});

test('after a transfer both are the members they were, with each other’s place', async () => {
  const other = await server.account('Fifth');
  const caller = { key: other.api_key };
  const made = await server.call(caller, 'POST', members, {
    body: { email: 'Heir@example.com', role_id: roleId('member') },
  });
  await TestPerson.invited(server, made.body.data.accept_url);
  const heir = made.body.data.id;
  const before = (await server.call(caller, 'GET', members)).body.data.find(
    (row: { role: string }) => row.role === 'owner',
  );
  const transfer = (to: string) => server.operator('account', 'transfer', other.account_id, '--to', to);
  await transfer('heir@example.com');
  await assert.rejects(transfer('heir@example.com'), /is the Owner of this account already/);
  const rows = await server.server.services.db
    .selectFrom('members as m')
    .innerJoin('roles as r', 'r.id', 'm.role_id')
    .select(['m.id', 'r.slug', 'm.user_id'])
    .where('m.account_id', '=', other.account_id)
    .execute();
  assert.deepEqual(
    new Map(rows.map(({ id, slug }) => [id, slug])),
    new Map([
      [heir, 'owner'],
      [before.id, 'admin'],
    ]),
  );
  assert.equal(rows.find(({ id }) => id === before.id)?.user_id, before.user_id);
});
