import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfiguration } from '../configuration/configuration.ts';
import { FakeIncus } from '../testing/fake-incus.ts';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { capacityOf } from './incus/host-capacity.ts';
import { IncusApi } from './incus/incus-api.ts';

/** The smallest plan is 1 vCPU, 1 GB of RAM and 25 GB of disk: ten of them fit. */
let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_SIMULATED_CAPACITY: '10/20/255' });
});
after(() => server.stop());

const counts = async () => {
  const { rows } = await server.server.services.pool.query<Record<string, string>>(`
    select (select count(*) from vms) as vms, (select count(*) from nics) as nics, (select count(*) from vpcs) as vpcs,
           (select count(*) from operations) as operations, (select count(*) from public_addresses where state <> 'free') as addresses`);
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
};
const ready = async () => (await server.call(server.owner, 'GET', '/ready')).body.parts.engine.message as string;
const change = (id: string, action: string, body: object) =>
  server.call(server.owner, 'POST', `/api/v1/vms/${id}/${action}`, { body });

test('thirty creations at once of six accounts fill the hosts and no more, and those that are refused leave nothing', async () => {
  assert.match(await ready(), /room for 10 vCPU, 20 GB of RAM, 255 GB of disk/);
  const accounts = await Promise.all(Array.from({ length: 6 }, (_, i) => server.account(`capacity${i}`)));
  const replies = await Promise.all(
    Array.from({ length: 30 }, (_, i) => {
      const { api_key, project_id } = accounts[i % 6] ?? accounts[0] ?? { api_key: '', project_id: '' };
      return server.call({ key: api_key, project: project_id }, 'POST', '/api/v1/vms', { body: vmRequest(`vm-${i}`) });
    }),
  );
  const refused = replies.filter(({ status }) => status !== 201);
  assert.equal(replies.length - refused.length, 10, String(refused[0]?.text));
  for (const { status, body } of refused) {
    assert.equal(status, 409);
    assert.equal(
      body.message,
      'The hosts of this cloud have no room left for 1 vCPU and 25 GB of disk; choose a smaller plan, or ask the operator of this cloud',
    );
  }
  await server.settled();
  const { vms, nics, operations, addresses } = await counts();
  assert.deepEqual({ vms, operations, addresses }, { vms: 10, operations: 10, addresses: 10 });
  assert.equal(nics, 20);
  await until('there is no room', async () => /room for 0 vCPU, 10 GB of RAM, 5 GB of disk/.test(await ready()));
  await server.server.services.pool.query('update vms set account_id = $1, project_id = $2', [
    server.first.account_id,
    server.first.project_id,
  ]);
});

test('what grows is refused as well, what shrinks is not, and what is gone makes room', async () => {
  const { rows } = await server.server.services.pool.query<{ id: string }>('select id from vms order by id limit 2');
  const [{ id: first } = { id: '' }, { id: second } = { id: '' }] = rows;
  assert.equal((await change(first, 'stop', {})).status, 200);
  await server.status(first, 'passive');
  const larger = await change(first, 'resize', { pricing_id: 3 });
  assert.equal(larger.status, 409, larger.text);
  assert.match(larger.body.message, /no room left for 1 vCPU;/);
  const disk = await change(first, 'disk/resize', { new_size: 31 });
  assert.equal(disk.status, 409, disk.text);
  assert.match(disk.body.message, /no room left for 6 GB of disk/);
  assert.equal((await change(first, 'disk/resize', { new_size: 30 })).status, 200);
  await server.settled();
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/vms/${second}`, { body: {} })).status, 200);
  await server.settled();
  await server.vm('in-its-place');
  assert.equal((await change(first, 'disk/resize', { new_size: 31 })).status, 409);
});

test('what a host has is its processors, memory and pool, times the overcommit, and in a cluster those of the members that answer', async () => {
  const fake = await FakeIncus.start();
  const { incus } = loadConfiguration({ RAFFIA_INCUS_URL: fake.url, RAFFIA_INCUS_RESERVED_RAM: '2' });
  const gib = 2 ** 30;
  fake.script = ({ path, query }) => {
    const larger = query.get('target') === 'm2' ? 2 : 1;
    if (path === '/1.0/resources') return { metadata: { cpu: { total: 4 * larger }, memory: { total: 16 * gib } } };
    if (path.endsWith('/resources')) return { metadata: { space: { used: 0, total: 100 * larger * gib } } };
    if (path !== '/1.0/cluster/members') return undefined;
    const named = (server_name: string, status: string) => ({ server_name, status });
    return { metadata: [named('m1', 'Online'), named('m2', 'Online'), named('m3', 'Offline')] };
  };
  const api = new IncusApi(incus, 'default');
  assert.deepEqual(await capacityOf(api, incus, false), { cpu: 32, ram: 14, disk: 100 });
  const { overcommit } = loadConfiguration({
    RAFFIA_INCUS_OVERCOMMIT_CPU: '2',
    RAFFIA_INCUS_OVERCOMMIT_RAM: '1.5',
  }).incus;
  assert.deepEqual(await capacityOf(api, { ...incus, overcommit }, true), { cpu: 24, ram: 42, disk: 300 });
  api.connection.close();
  await fake.stop();
});
