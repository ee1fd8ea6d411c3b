import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Caller, TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let vm: string;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const tag = (method: string, path = '', body?: unknown) =>
  server.call(server.owner, method, `/api/v1/vms/${vm}/tags${path}`, body === undefined ? {} : { body });
const note = (method: string, path: string, content?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, `/api/v1/vms/${vm}/notes${path}`, content === undefined ? {} : { body: { content } });
const names = (tags: { name: string }[]) => tags.map(({ name }) => name);

test('tags are listed by priority, then in the order in which they came', async () => {
  vm = await server.vm('tagged', { tags: ['z', 'a'] });
  await tag('POST', '', { name: 'late', priority: 5 });
  const { status, body } = await tag('POST', '', { name: 'm' });
  assert.equal(status, 200);
  assert.deepEqual(names(body.tags), ['z', 'a', 'm', 'late']);
  const seen = await server.call(server.owner, 'GET', `/api/v1/vms/${vm}`);
  assert.deepEqual(names(seen.body.data.tags), ['z', 'a', 'm', 'late']);
});

test('a tag is changed and removed by its id; both answer with the whole list', async () => {
  const { body } = await server.call(server.owner, 'GET', `/api/v1/vms/${vm}`);
  const [first] = body.data.tags;
  const changed = await tag('PATCH', `/${first.id}`, { name: 'y', priority: 9 });
  assert.deepEqual(names(changed.body.tags), ['a', 'm', 'late', 'y']);
  assert.equal((await tag('PATCH', `/${first.id}`, {})).status, 400);
  const removed = await tag('DELETE', `/${first.id}`);
  assert.deepEqual(names(removed.body.tags), ['a', 'm', 'late']);
  assert.equal((await tag('DELETE', `/${first.id}`)).status, 404);
});

test('a name stands once on a VM, has 1 to 64 characters, and there are at most 20 tags', async () => {
  assert.equal((await tag('POST', '', { name: 'a' })).status, 400);
  assert.equal((await tag('POST', '', { name: '' })).status, 400);
  assert.equal((await tag('POST', '', { name: 't'.repeat(65) })).status, 400);
  for (let index = 3; index < 20; index++) assert.equal((await tag('POST', '', { name: `t${index}` })).status, 200);
  const last = await tag('POST', '', { name: 'one too many' });
  assert.equal(last.status, 400);
  assert.match(last.body.message, /20 tags/);
});

test('a note that does not exist is left out, cannot be patched, and is made by PUT or append', async () => {
  assert.deepEqual((await note('GET', '')).body, { success: true });
  assert.equal((await note('PATCH', '/account', 'x')).status, 404);
  const put = await note('PUT', '/account', 'first');
  assert.equal(put.status, 200, put.text);
  assert.equal(put.body.note.content, 'first');
  assert.equal((await note('POST', '/account/append', 'second')).body.note.content, 'first\nsecond');
  assert.equal((await note('PATCH', '/account', 'third')).body.note.content, 'third');
  assert.equal((await note('POST', '/personal/append', 'mine')).body.note.content, 'mine');
  const all = (await note('GET', '')).body;
  assert.deepEqual([all.account_note.content, all.personal_note.content], ['third', 'mine']);
  const one = (await note('GET', '?type=account')).body;
  assert.deepEqual([one.account_note.content, one.personal_note], ['third', undefined]);
  assert.equal((await note('PUT', '/account', '')).body.note.content, '');
  assert.equal((await note('PUT', '/account', '🌴'.repeat(10_000))).status, 200);
  assert.match((await note('POST', '/account/append', '')).body.message, /this one would have 10001/);
  assert.equal((await note('PUT', '/secret', 'x')).status, 400);
});

test('a personal note is seen by its author alone, the account’s by all', async () => {
  const viewer = await server.key({ project: 'viewer' });
  const sister = await server.key({ project: 'viewer' });
  // A key's personal notes are those of the person who made it: this one was made by somebody else.
  await server.operator(
    'account',
    'add-member',
    server.first.account_id,
    '--email',
    'her@example.com',
    '--role',
    'member',
  );
  await server.server.services.pool.query(
    "update api_keys set created_by = (select id from users where email = 'her@example.com') where id = $1",
    [viewer.id],
  );
  await server.restart();
  await note('PUT', '/account', 'for all');
  const seen = (await note('GET', '', undefined, viewer)).body;
  assert.equal(seen.account_note.content, 'for all');
  assert.equal(seen.personal_note, undefined);
  assert.equal((await note('PUT', '/personal', 'hers', viewer)).status, 200);
  assert.equal((await note('PUT', '/account', 'not hers', viewer)).status, 403);
  assert.equal((await note('GET', '')).body.personal_note.content, 'mine');
  // Another key, though the same person made it, is another writer.
  assert.equal((await note('GET', '', undefined, sister)).body.personal_note, undefined);
});

test('two who append at once lose nothing of each other', async () => {
  await note('PUT', '/account', '');
  await Promise.all(Array.from({ length: 20 }, (_, index) => note('POST', '/account/append', `line ${index}`)));
  const { account_note } = (await note('GET', '')).body;
  assert.equal(new Set(account_note.content.split('\n').filter(Boolean)).size, 20);
});

test('networks are listed by number, and by type when asked', async () => {
  const all = await server.call(server.owner, 'GET', `/api/v1/vms/${vm}/networks`);
  assert.deepEqual(
    all.body.data.map((nic: { nic_id: number }) => nic.nic_id),
    [0, 1],
  );
  for (const nic of all.body.data) assert.match(nic.mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  const vpc = await server.call(server.owner, 'GET', `/api/v1/vms/${vm}/networks?type=vpc`);
  assert.deepEqual(
    vpc.body.data.map((nic: { type: string }) => nic.type),
    ['vpc'],
  );
});
