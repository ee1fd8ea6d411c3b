import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const asked = (caller: Parameters<TestServer['call']>[0], ids: readonly string[]) =>
  server.call(caller, 'GET', `/api/raffia/v1/vms?ids=${ids.join()}`);
const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

test('of the machines that are asked for each caller is shown those that it may see, as they stand in the list', async () => {
  const { owner, first } = server;
  const other = (await server.call(owner, 'POST', '/api/v1/projects', { body: { name: 'Other' } })).body.data.id;
  const here = await server.vm('here', { tags: ['web'] });
  const there = await server.vm('there', {}, { key: owner.key, project: other });
  const gone = await server.vm('gone');
  assert.equal((await server.call(owner, 'DELETE', `/api/v1/vms/${gone}`)).status, 200);
  await server.settled();
  const stranger = await server.account('Stranger');
  const elsewhere = await server.vm('elsewhere', {}, { key: stranger.api_key, project: stranger.project_id });
  const all = [here, elsewhere, gone, there.toUpperCase(), here];
  const everything = { key: owner.key };
  const list = await server.call(everything, 'GET', '/api/v1/vms');
  const shown = await asked(everything, all);
  assert.equal(shown.status, 200, shown.text);
  assert.deepEqual(idsOf(shown.body.data), [there, here]);
  assert.deepEqual(shown.body.data, list.body.data);
  const { key } = await server.key({ project: 'viewer' });
  assert.deepEqual(idsOf((await asked({ key }, all)).body.data), [here]);
  const { key: unable } = await server.key({ account: 'billing' });
  assert.deepEqual((await asked({ key: unable }, all)).body.data, []);
  assert.deepEqual(idsOf((await asked({ key: stranger.api_key }, all)).body.data), [elsewhere]);
  const narrowed = await asked({ key: owner.key, project: first.project_id }, all);
  assert.deepEqual(idsOf(narrowed.body.data), [here]);
});

test('a hundred are shown at once; more, none, and what is no id are refused', async () => {
  const { owner } = server;
  const id = '01900000-0000-7000-8000-000000000000';
  const many = Array.from({ length: 100 }, () => id);
  assert.equal((await asked(owner, many)).status, 200);
  for (const ids of [[...many, id], [], ['x'], [id, ''], [id, `${id}%20`]]) {
    const reply = await asked(owner, ids);
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.body.message, /ids/);
  }
  assert.equal((await server.call(owner, 'GET', '/api/raffia/v1/vms')).status, 400);
});
