import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { sshPublicKey, TestServer, vmRequest } from '../testing/test-server.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const post = (path: string, body: unknown, caller = server.owner) => server.call(caller, 'POST', path, { body });
const role = (slug: string) => systemRoles.find((one) => one.slug === slug)?.id;

/** Names as a person might write them, on which whoever reads the database's words could trip. */
const names = ['plain', 'a, b', "it's (one)=(two)", 'null', 'ends) already exists.'];

test('whatever exists already is told by its id, in the answer and in the sentence', async () => {
  const vm = await server.vm('tagged');
  const { first } = server;
  const key = (await server.key()).id;
  const permissions = ['account.settings.view'];
  const public_key = sshPublicKey();
  const creations: [string, unknown, ((body: { data: { id: string } }) => string)?][] = [
    ...names.map((name): [string, unknown] => ['/api/v1/projects', { name }]),
    ...names.map((name, n): [string, unknown] => ['/api/v1/vpcs', { name, cidr: `10.9.${n}.0/24` }]),
    ['/api/v1/roles', { name: 'Twice', slug: 'twice', scope: 'account', permissions }],
    ['/api/v1/vms', vmRequest('twice')],
    ['/api/v1/ssh-keys', { name: 'twice', public_key }],
    ['/api/v1/invitations', { email: 'twice@example.com', role_id: role('member') }],
    [`/api/v1/projects/${first.project_id}/invitations`, { email: 'twice@example.com', role_id: role('viewer') }],
    [`/api/v1/projects/${first.project_id}/members`, { api_key_id: key, role_id: role('viewer') }],
    [
      `/api/v1/vms/${vm}/tags`,
      { name: 'a, b' },
      (body) => (body as unknown as { tags: { id: string }[] }).tags[0]?.id as string,
    ],
  ];
  for (const [path, body, idOf = (answer: { data: { id: string } }) => answer.data.id] of creations) {
    const made = await post(path, body);
    assert.ok(made.status < 300, `${path}: ${made.text}`);
    const again = await post(path, body);
    const id = idOf(made.body);
    assert.equal(again.status, 400, `${path}: ${again.text}`);
    assert.equal(again.body.existing_id, id, `${path}: ${again.text}`);
    assert.ok(again.body.message.endsWith(` (id ${id})`), again.text);
  }
  const viewer = await post('/api/v1/roles', { name: 'Viewer', slug: 'mine', scope: 'account', permissions });
  assert.equal(viewer.body.existing_id, role('viewer'));
});

test('who may not see what is there is refused without its id', async () => {
  const { id: project } = (await post('/api/v1/projects', { name: 'own' })).body.data;
  const there = await server.key({ project: 'project-admin', on: project });
  const vm = await server.vm('hidden');
  const reply = await post('/api/v1/vms', vmRequest('hidden'), there);
  assert.deepEqual([reply.status, reply.body.message], [400, 'name already exists']);
  assert.ok(!reply.text.includes(vm));
});
