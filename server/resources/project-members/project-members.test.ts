import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accept, liveAsMember, raceForMembership, readMember, roleId } from '../../testing/member-life.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let project: string;
let members: string;
let invitations: string;
before(async () => {
  server = await TestServer.start();
  project = server.first.project_id;
  members = `/api/v1/projects/${project}/members`;
  invitations = `/api/v1/projects/${project}/invitations`;
});
after(() => server.stop());

const roles = ['viewer', 'operator', 'project-member'] as const;
const owner = (method: string, path: string, body?: object) =>
  server.call(server.owner, method, path, body === undefined ? {} : { body });
const invite = (email: string, role = 'viewer') => owner('POST', invitations, { email, role_id: roleId(role) });

test('one who is invited is one member of the project from the invitation to the removal', async () => {
  await liveAsMember({
    server,
    members,
    create: () => invite('New.Person@Example.COM'),
    accept: (made) => TestPerson.invited(server, made.body.data.accept_url),
    roles,
    expected: { email: 'New.Person@Example.COM', project_id: project },
  });
});

test('one who is known is one member of the project from the addition to the removal', async () => {
  const made = await owner('POST', '/api/v1/members', { email: 'known@example.com', role_id: roleId('member') });
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  const { user } = (await person.call('GET', '/api/raffia/v1/session')).body.data;
  await liveAsMember({
    server,
    members,
    create: () => owner('POST', members, { target_user_id: user.id, role_id: roleId('viewer') }),
    roles,
    expected: { email: 'known@example.com', user_id: user.id },
  });
});

test('a key is one member of the project from the addition to the removal', async () => {
  const key = await server.key();
  await liveAsMember({
    server,
    members,
    create: () => owner('POST', members, { api_key_id: key.id, role_id: roleId('viewer') }),
    roles,
    expected: { email: `key-${key.id}@apikeys.invalid`, user_id: null },
  });
});

test('a key’s membership of a project outlives a new secret, and ends with the key', async () => {
  const key = await server.key({ project: 'viewer' });
  const list = (await owner('GET', members)).body.data;
  const { id } = list.find(({ email }: { email: string }) => email.includes(key.id));
  const renewed = await owner('POST', `/api/v1/api-keys/${key.id}/regenerate`);
  assert.equal((await readMember(server, members, id)).body.data.role, 'viewer');
  assert.equal((await server.call({ key: renewed.body.data.secret, project }, 'GET', '/api/v1/vms')).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/api-keys/${key.id}`)).status, 200);
  assert.equal((await readMember(server, members, id)).status, 404);
});

test('accepted by several, cancelled, removed or changed at once, it is one membership of the project', async () => {
  console.log(await raceForMembership({ server, members, invite, roles: ['viewer', 'operator'] }));
});

test('in another project, and to another account, the members of this one do not exist', async () => {
  const elsewhere = (await owner('POST', '/api/v1/projects', { name: 'elsewhere' })).body.data.id;
  const other = await server.account('Other');
  const key = await server.key({ project: 'viewer' });
  const list = (await owner('GET', members)).body.data;
  const ofKey = list.find(({ email }: { email: string }) => email.includes(key.id)).id;
  const waiting = (await invite('waits@example.com')).body.data.id;
  for (const id of [ofKey, waiting]) {
    for (const [caller, path] of [
      [server.owner, `/api/v1/projects/${elsewhere}/members/${id}`],
      [server.owner, `/api/v1/members/${id}`],
      [{ key: other.api_key }, `${members}/${id}`],
      [{ key: other.api_key }, `/api/v1/projects/${other.project_id}/members/${id}`],
    ] as const) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PATCH', { role_id: roleId('operator') }],
        ['DELETE', undefined],
      ] as const) {
        const reply = await server.call(caller, method, path, body === undefined ? {} : { body });
        assert.equal(reply.status, 404, `${method} ${path}: ${reply.text}`);
      }
    }
    assert.equal((await readMember(server, members, id)).body.data.role, 'viewer');
  }
});

test('who manages a project’s members changes an invitation within what he may give, and only if he may invite', async () => {
  const role = async (slug: string, permissions: string[]) =>
    (await owner('POST', '/api/v1/roles', { name: slug, slug, scope: 'project', permissions })).body.data.id;
  const viewing = ['project.members.view', 'vm.view'];
  const seeing = await role('seeing', viewing);
  const watching = await role('watching', ['vm.view']);
  const keeping = await role('keeping', [...viewing, 'project.members.manage']);
  const inviting = await role('inviting', [...viewing, 'project.members.manage', 'project.members.invite']);
  const made = await owner('POST', invitations, { email: 'kept@example.com', role_id: seeing });
  const strong = await invite('strong@example.com', 'project-admin');
  const change = (caller: { key: string }, id: string, to: string) =>
    server.call(caller, 'PATCH', `${members}/${id}`, { body: { role_id: to } });
  const keeper = await server.key({ project: keeping });
  const inviter = await server.key({ project: inviting });
  assert.match((await change(keeper, made.body.data.id, watching)).body.message, /project\.members\.invite or/);
  assert.equal((await change(inviter, made.body.data.id, roleId('operator'))).status, 403);
  assert.equal((await change(inviter, strong.body.data.id, watching)).status, 403);
  assert.equal((await change(inviter, made.body.data.id, watching)).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/api-keys/${inviter.id}`)).status, 200);
  assert.equal((await accept(server, made)).body.error, 'Invitation expired', 'it stood with who changed it');
});
