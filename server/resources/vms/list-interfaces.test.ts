import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const path = '/api/raffia/v1/interfaces';
const asked = (caller: Parameters<TestServer['call']>[0], ids: readonly string[]) =>
  server.call(caller, 'GET', `${path}?ids=${ids.join()}`);
const call = async (method: string, at: string, body?: object) => {
  const reply = await server.call(server.owner, method, `/api/v1/${at}`, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, reply.text);
  return reply.body;
};

test('interfaces are those of each machine, with all groups in the order in which they were attached, and none that is leaving', async () => {
  const [a, b] = [await server.vm('has-groups'), await server.vm('has-none')];
  await server.settled();
  const groups: string[] = [];
  for (const name of ['second', 'first']) groups.unshift((await call('POST', 'security-groups', { name })).data.id);
  for (const security_group_id of groups)
    await call('POST', `vms/${a}/security-groups`, { security_group_id, nic_id: 0 });
  const { status, body, text } = await asked(server.owner, [a, b]);
  assert.equal(status, 200, text);
  assert.deepEqual(
    body.data.map(({ vm_id }: { vm_id: string }) => vm_id),
    [b, a],
  );
  for (const { vm_id, interfaces } of body.data) {
    const one = (await call('GET', `vms/${vm_id}/networks`)).data;
    assert.equal(interfaces.length, 2);
    assert.deepEqual(
      interfaces.map(({ security_group_ids, vpc_id, ...nic }: Record<string, string[]>) => ({
        ...nic,
        ...(security_group_ids?.[0] === undefined ? {} : { security_group_id: security_group_ids[0] }),
      })),
      one.map(({ network_name, ...nic }: object & { network_name: string }) => nic),
    );
  }
  const [ofB, ofA] = body.data.map(({ interfaces }: { interfaces: object[] }) => interfaces);
  assert.deepEqual([ofA[0].security_group_ids, ofA[1].security_group_ids], [groups, []]);
  const vpcs = (await call('GET', 'vpcs')).data.map(({ id }: { id: string }) => id);
  assert.deepEqual([vpcs.includes(ofB[1].vpc_id), ofB[0].vpc_id], [true, undefined]);
  await call('DELETE', `vms/${a}/ip/0`);
  const left = (await asked(server.owner, [a])).body.data[0].interfaces;
  assert.deepEqual(
    left.map(({ nic_id }: { nic_id: number }) => nic_id),
    [1],
  );
});

test('each caller is shown the interfaces of the machines that it may see, and no other’s', async () => {
  const { owner, first } = server;
  const other = (await server.call(owner, 'POST', '/api/v1/projects', { body: { name: 'Other' } })).body.data.id;
  const here = await server.vm('here');
  const there = await server.vm('there', {}, { key: owner.key, project: other });
  const stranger = await server.account('Stranger');
  const elsewhere = await server.vm('elsewhere', {}, { key: stranger.api_key, project: stranger.project_id });
  const all = [here, elsewhere, there, here];
  const seen = async (caller: Parameters<TestServer['call']>[0]) =>
    (await asked(caller, all)).body.data.map(({ vm_id }: { vm_id: string }) => vm_id);
  assert.deepEqual(await seen({ key: owner.key }), [there, here]);
  assert.deepEqual(await seen({ key: owner.key, project: first.project_id }), [here]);
  assert.deepEqual(await seen({ key: (await server.key({ project: 'viewer' })).key }), [here]);
  assert.deepEqual(await seen({ key: (await server.key({ account: 'billing' })).key }), []);
  assert.deepEqual(await seen({ key: stranger.api_key }), [elsewhere]);
  assert.equal((await server.call(owner, 'GET', path)).status, 400);
});
