import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quotaNames } from '@raffia/contract/quotas.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { sshPublicKey, TestServer, vmRequest } from '../testing/test-server.ts';
import { quotas } from './quotas.ts';
import { recount, usage } from './usage.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const db = () => server.server.services.db;
const used = async () => usage(db(), server.first.account_id, { streams: 0, consoles: 0 });

function make(name: string, extra: Record<string, unknown> = {}) {
  return server.call(server.owner, 'POST', '/api/v1/vms', { body: { ...vmRequest(name), ...extra } });
}

test('forty creations at once get exactly the ten places that are left', async () => {
  await server.operator('quota', 'My cloud', '--vms', '10');
  const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => make(`race-${i}`, { skip_vpc: i % 2 === 0 })));
  assert.equal(replies.filter((reply) => reply.status === 201).length, 10);
  const refused = replies.filter((reply) => reply.status !== 201);
  assert.ok(
    refused.every((reply) => reply.status === 400 && /^too many VMs: the account may have 10/.test(reply.body.message)),
  );
  assert.equal((await used()).vms.used, 10);
  await server.operator('quota', 'My cloud', '--vms', 'default');
  await server.settled();
});

test('twenty VMs of one account that come at once get blocks and addresses of their own', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => make(`block-${i}`)));
  assert.ok(
    replies.every((reply) => reply.status === 201),
    String(replies.find((reply) => reply.status !== 201)?.text),
  );
  const distinct = (key: string) => new Set(replies.map((reply) => reply.body.data[key])).size;
  assert.equal(distinct('public_ipv4_address'), 20);
  assert.equal(distinct('private_ipv4_address'), 20);
  await server.settled();
});

test('a larger plan is refused at the quota, also to two VMs that ask at once', async () => {
  const ids = [await server.vm('grow-1'), await server.vm('grow-2')];
  for (const id of ids) await server.call(server.owner, 'POST', `/api/v1/vms/${id}/stop`);
  for (const id of ids) await server.status(id, 'passive');
  const larger = 2;
  const { ram } = await used();
  await server.operator('quota', 'My cloud', '--ram', String(ram.used + 1));
  const replies = await Promise.all(
    ids.map((id) => server.call(server.owner, 'POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id: larger } })),
  );
  assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 400], replies.map((reply) => reply.text).join());
  assert.match(replies.find((reply) => reply.status === 400)?.body.message, /^RAM quota exceeded/);
  await server.operator('quota', 'My cloud', '--ram', 'none');
  await server.settled();
});

test('whatever is counted by rows is refused when the account has as many as it may', async () => {
  const role = systemRoles.find(({ slug }) => slug === 'member')?.id;
  const project = server.first.project_id;
  const requests = {
    sshKeys: () => ['/api/v1/ssh-keys', { name: 'k', public_key: sshPublicKey() }],
    apiKeys: () => ['/api/v1/api-keys', { name: 'k' }],
    projects: (i: number) => ['/api/v1/projects', { name: `p${i}` }],
    roles: (i: number) => [
      '/api/v1/roles',
      { name: `r${i}`, slug: `r${i}`, scope: 'project', permissions: ['vm.view'] },
    ],
    invitations: (i: number) => ['/api/v1/invitations', { email: `person${i}@example.com`, role_id: role }],
  } as const;
  for (const [name, request] of Object.entries(requests)) {
    const quota = quotas[name as keyof typeof requests];
    const limit = (await used())[name as keyof typeof requests].used + 2;
    await server.operator('quota', 'My cloud', `--${quota.option}`, String(limit));
    const send = (i: number) => {
      const [path, body] = request(i) as [string, object];
      return server.call({ key: server.owner.key, project }, 'POST', path, { body });
    };
    const replies = await Promise.all([1, 2, 3, 4, 5, 6].map(send));
    assert.equal(
      replies.filter((reply) => reply.status === 201).length,
      2,
      replies.map((reply) => reply.text).join('\n'),
    );
    const late = await send(7);
    assert.equal(late.status, 400, late.text);
    assert.match(late.body.message, new RegExp(`^too many ${quota.things}: the account may have ${limit} `));
    await server.operator('quota', 'My cloud', `--${quota.option}`, 'default');
  }
});

test('a VM that failed uses no quota, on the account page as in the refusal', async () => {
  const before = (await used()).vms.used;
  await server.operator('fault', 'add', 'create', '--name', 'broken', '--count', '1', '--fail', 'no room');
  const id = await server.vm('broken', {}, server.owner, false);
  await server.status(id, 'failure');
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/account');
  assert.equal(body.data.quota.vms.used, before);
  assert.equal((await used()).vms.used, before);
});

test('notes of an account have a bound together, and a VM that goes takes its own along', async () => {
  const id = await server.vm('noted');
  await server.operator('quota', 'My cloud', '--note-bytes', '100');
  const append = () =>
    server.call(server.owner, 'POST', `/api/v1/vms/${id}/notes/personal/append`, { body: { content: 'x'.repeat(60) } });
  assert.equal((await append()).status, 200);
  const second = await append();
  assert.equal(second.status, 400, second.text);
  assert.match(second.body.message, /may have 100 bytes of notes/);
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  await server.settled();
  assert.equal((await used()).noteBytes.used, 0);
  await server.operator('quota', 'My cloud', '--note-bytes', 'default');
});

test('the counters are what a count of the rows finds, and a counter that was made wrong is found and mended', async () => {
  await server.settled();
  assert.deepEqual(await recount(db()), []);
  const right = (await used()).vms.used;
  assert.ok(right > 20);
  await db().updateTable('usage').set({ used: 3 }).where('name', '=', 'vms').execute();
  await db().deleteFrom('usage').where('name', '=', 'apiKeys').execute();
  await db().updateTable('vm_counts').set({ status: 'passive' }).execute();
  const mended = await recount(db());
  assert.deepEqual(mended.map(({ name }) => name).sort(), ['apiKeys', 'vms', 'vms in lists']);
  assert.equal((await used()).vms.used, right);
  const { body } = await server.call(server.owner, 'GET', '/api/v1/vms?status=active&limit=100');
  assert.equal(body.total, body.data.length);
  assert.ok(body.total > 20, `${body.total} machines`);
  assert.deepEqual(await recount(db()), []);
});

test('the operator sees what an account has of everything', async () => {
  const text = await server.operator('quota', 'My cloud');
  assert.equal(text.trim().split('\n').length, quotaNames.length);
  assert.match(text, /^vms +\d+ of 10000$/m);
  assert.match(text, /^vcpus +\d+ of any number$/m);
});
