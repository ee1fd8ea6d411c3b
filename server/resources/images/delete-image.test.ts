import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer, vmRequest } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
let vm: string;
let serial = 0;

before(async () => {
  server = await TestServer.start();
  vm = await server.vm('source');
});
after(() => server.stop());

const images = async () => (await server.call(server.owner, 'GET', '/api/raffia/v1/images')).body;
const remove = (id: string, caller = server.owner) => server.call(caller, 'DELETE', `/api/raffia/v1/images/${id}`);
const save = () =>
  server.call(server.owner, 'POST', `/api/v1/vms/${vm}/save-image`, { body: { name: `image-${++serial}` } });

async function saved(): Promise<string> {
  const made = await save();
  assert.equal(made.status, 201, made.text);
  await server.settled();
  return made.body.data.id;
}

const onHost = async (id: string) => {
  const { db } = server.server.services;
  return (await db.selectFrom('simulated_images').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
};

test('an image that is deleted is gone from the list at once, and from its host; the audit log tells', async () => {
  const id = await saved();
  assert.equal(await onHost(id), true);
  const reply = await remove(id);
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await images()).data.length, 0);
  const create = await server.call(server.owner, 'POST', '/api/v1/vms', {
    body: { ...vmRequest('late'), pricing_id: 2, template_id: id },
  });
  assert.equal(create.status, 400, create.text);
  await server.settled();
  assert.equal(await onHost(id), false);
  assert.equal((await remove(id)).status, 404);
  const audit = await server.call(server.owner, 'GET', `/api/raffia/v1/audit?resource_id=${id}&verb=image.delete`);
  assert.equal(audit.body.total, 1);
});

test('images have a quota, and a deletion makes room', async () => {
  await server.operator('quota', 'My cloud', '--images', '2');
  const ids = [await saved(), await saved()];
  const third = await save();
  assert.equal(third.status, 400, third.text);
  assert.match(third.body.message, /may have 2 saved images/);
  await remove(ids[0] as string);
  await server.settled();
  ids.push(await saved());
  await server.operator('quota', 'My cloud', '--images', 'default');
  for (const id of ids.slice(1)) assert.equal((await remove(id)).status, 200);
  await server.settled();
});

test('an image that a VM is being installed from is not deleted under it, and can be later', async () => {
  const id = await saved();
  await server.operator('fault', 'add', 'create', '--name', 'slow', '--delay', '700');
  const made = await server.call(server.owner, 'POST', '/api/v1/vms', {
    body: { ...vmRequest('slow'), pricing_id: 2, template_id: id },
  });
  assert.equal(made.status, 201, made.text);
  const early = await remove(id);
  assert.equal(early.status, 409, early.text);
  assert.match(early.body.message, /VM slow is being installed from this image/);
  await server.status(made.body.data.id, 'active');
  assert.equal((await remove(id)).status, 200);
  await server.settled();
});

test('of a creation and a deletion at once, one is refused and no VM fails for want of its image', async () => {
  let created = 0;
  for (let round = 0; round < 8; round++) {
    const id = await saved();
    const [make, gone] = await Promise.all([
      server.call(server.owner, 'POST', '/api/v1/vms', {
        body: { ...vmRequest(`race-${round}`), pricing_id: 2, template_id: id },
      }),
      remove(id),
    ]);
    assert.deepEqual(
      [make.status, gone.status].sort(),
      make.status === 201 ? [201, 409] : [200, 400],
      `${make.text} ${gone.text}`,
    );
    if (make.status !== 201) continue;
    created++;
    await server.status(make.body.data.id, 'active');
  }
  assert.ok(created <= 8);
});

test('only who may manage machines of its project deletes an image', async () => {
  const id = await saved();
  const viewer = await server.key({ project: 'viewer' });
  assert.equal((await remove(id, viewer)).status, 403);
  const other = await server.account('Stranger');
  assert.equal((await remove(id, { key: other.api_key })).status, 404);
  assert.equal((await remove(id)).status, 200);
  await until('the image is gone', async () => !(await onHost(id)));
});
