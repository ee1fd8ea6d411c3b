import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer, vmRequest } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const fresh = () => `vm-${++serial}`;
const remove = (id: string, body?: unknown) =>
  server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, body === undefined ? {} : { body });
const bulk = (body: unknown, caller = server.owner) => server.call(caller, 'DELETE', '/api/v1/vms/bulk', { body });
const status = async (id: string) => (await server.call(server.owner, 'GET', `/api/v1/vms/${id}`)).status;
const count = async (query: string, ...values: unknown[]) =>
  Number((await server.server.services.pool.query(`select count(*) from ${query}`, values)).rows[0].count);

test('a deleted VM is gone from the next read, and deleting it again is 404', async () => {
  const id = await server.vm(fresh());
  assert.equal((await remove(id, {})).status, 200);
  assert.equal(await status(id), 404);
  assert.equal((await remove(id, {})).status, 404);
  await server.settled();
  assert.equal(await count('simulated_machines where id = $1', id), 0);
});

test('a VM can be deleted in every status, also while it is being built, and without a body', async () => {
  for (const state of ['initiating', 'provisioning', 'booting', 'passive', 'finalizing', 'failure']) {
    const id = await server.vm(fresh());
    await server.settled();
    await server.server.services.pool.query('update vms set status = $2 where id = $1', [id, state]);
    assert.equal((await remove(id)).status, 200, state);
  }
  await server.operator('fault', 'add', 'create', '--name', 'slow', '--count', '1', '--delay', '60000');
  const id = await server.vm('slow', {}, server.owner, false);
  assert.equal((await remove(id)).status, 200);
  await server.settled();
  assert.equal(await count('vms where id = $1', id), 0);
  assert.equal(await count('simulated_machines where id = $1', id), 0);
});

test('one deletion keeps volumes unless asked otherwise; a bulk deletion removes them unless asked otherwise', async () => {
  const [kept, gone, bulked, spared] = [
    await server.vm(fresh(), { extra_storage: 10 }),
    await server.vm(fresh(), { extra_storage: 10 }),
    await server.vm(fresh(), { extra_storage: 10 }),
    await server.vm(fresh(), { extra_storage: 10 }),
  ];
  const volumes = async () => {
    await server.settled();
    return count('volumes');
  };
  const before = await volumes();
  await remove(kept, {});
  assert.equal(await volumes(), before);
  await remove(gone, { volume_action: 'delete' });
  assert.equal(await volumes(), before - 1);
  await bulk({ ids: [bulked] });
  assert.equal(await volumes(), before - 2);
  await bulk({ ids: [spared], volume_action: 'detach' });
  assert.equal(await volumes(), before - 2);
  assert.equal((await remove(await server.vm(fresh()), { volume_action: 'burn' })).status, 400);
});

test('a VPC goes with its last VM, and stays while another uses it or when it is to stay', async () => {
  const first = await server.vm(fresh(), { vpc_name: 'net', vpc_cidr: '10.80.0.0/24' });
  const { rows } = await server.server.services.pool.query("select id from vpcs where name = 'net'");
  const second = await server.vm(fresh(), { vpc_id: rows[0].id });
  await remove(first);
  await server.settled();
  assert.equal(await count("vpcs where name = 'net'"), 1);
  await remove(second);
  await server.settled();
  assert.equal(await count("vpcs where name = 'net'"), 0);
  const third = await server.vm(fresh(), { vpc_name: 'stays', vpc_cidr: '10.81.0.0/24' });
  await remove(third, { delete_vpc: false });
  await server.settled();
  assert.equal(await count("vpcs where name = 'stays'"), 1);
});

test('a bulk deletion tells of each VM, and those of other projects and tenants are not found', async () => {
  const [mine, also] = [await server.vm(fresh()), await server.vm(fresh())];
  const project = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const elsewhere = await server.vm(fresh(), {}, { key: server.first.api_key, project: project.body.data.id });
  const other = await server.account('Bulk');
  const theirs = { key: other.api_key, project: other.project_id };
  const foreign = await server.vm(fresh(), {}, theirs);
  const { status: code, body } = await bulk({ ids: [mine, elsewhere, foreign, also, mine] });
  assert.equal(code, 200);
  assert.equal(body.success, true);
  assert.deepEqual([body.total_count, body.success_count, body.failed_count], [5, 2, 3]);
  assert.deepEqual(
    body.results.map((result: { success: boolean }) => result.success),
    [true, false, false, true, false],
  );
  assert.equal(body.results[1].error, 'VM not found');
  assert.equal(await status(elsewhere), 200);
  assert.equal((await server.call(theirs, 'GET', `/api/v1/vms/${foreign}`)).status, 200);
  const none = await bulk({ ids: [foreign] });
  assert.equal(none.body.success, false);
});

test('a bulk deletion takes 1 to 50 ids', async () => {
  const id = '01900000-0000-7000-8000-000000000000';
  assert.equal((await bulk({ ids: [] })).status, 400);
  assert.equal((await bulk({})).status, 400);
  assert.equal((await bulk({ ids: Array(51).fill(id) })).status, 400);
  assert.equal((await bulk({ ids: ['x'] })).status, 400);
  assert.equal((await bulk({ ids: Array(50).fill(id) })).status, 200);
});

test('a VM whose image is being saved is deleted when that is done', async () => {
  const id = await server.vm('camera');
  await server.settled();
  await server.operator('fault', 'add', 'image', '--name', 'camera', '--count', '1', '--delay', '1500');
  await server.call(server.owner, 'POST', `/api/v1/vms/${id}/save-image`, { body: { name: 'still' } });
  const early = await remove(id);
  assert.equal(early.status, 400);
  assert.match(early.body.message, /image.*saved/);
  server.time.offset += 2000;
  await server.settled();
  assert.equal((await remove(id)).status, 200);
});

test('an engine that cannot delete is asked again, and the machine’s addresses stay taken until it is gone', async () => {
  const id = await server.vm('clingy');
  await server.settled();
  const { body } = await server.call(server.owner, 'GET', `/api/v1/vms/${id}`);
  const taken = () => count("public_addresses where state <> 'free' and address = $1", body.data.public_ipv4_address);
  await server.operator('fault', 'add', 'delete', '--name', 'clingy', '--count', '1', '--fail', 'host unreachable');
  await remove(id);
  await server.settled();
  assert.equal(await status(id), 404);
  assert.equal(await taken(), 1);
  await server.restart();
  await server.settled();
  await until('the machine is deleted after all', async () => (await count('vms where id = $1', id)) === 0);
  assert.equal(await taken(), 0);
  assert.equal(await count('simulated_machines where id = $1', id), 0);
});

test('the unused part of a subscription comes back with the deletion', async () => {
  const account = await server.account('Refund');
  const theirs = { key: account.api_key, project: account.project_id };
  await server.operator('balance', account.account_id, '--mode', 'subscription', '--set', '10');
  const id = await server.vm('paid', {}, theirs);
  const balance = async () => {
    const { rows } = await server.server.services.pool.query('select balance_micros from accounts where id = $1', [
      account.account_id,
    ]);
    return rows[0].balance_micros;
  };
  assert.equal(await balance(), 10_000_000 - 3_990_000);
  await server.call(theirs, 'DELETE', `/api/v1/vms/${id}`);
  const left = await balance();
  assert.ok(left > 9_980_000 && left <= 10_000_000, String(left));
});

test('whoever may not delete may not delete in bulk', async () => {
  const id = await server.vm(fresh());
  const operator = await server.key({ project: 'operator' });
  const refused = await bulk({ ids: [id] }, operator);
  assert.deepEqual([refused.status, refused.body.message], [403, 'permission denied: vm.delete']);
  assert.equal((await server.call(operator, 'POST', '/api/v1/vms', { body: vmRequest(fresh()) })).status, 201);
});
