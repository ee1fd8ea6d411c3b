import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '@raffia/contract/vm-rules.ts';
import { TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '1' });
});
after(() => server.stop());

const call = (method: string, path: string, body?: object, caller = server.owner) =>
  server.call(caller, method, `/api/v1/${path}`, body === undefined ? {} : { body });

async function machine(): Promise<string> {
  const id = await server.vm(`grouped-${++serial}`);
  await server.settled();
  return id;
}

async function group(caller = server.owner): Promise<string> {
  const made = await call('POST', 'security-groups', { name: `group ${++serial}` }, caller);
  assert.equal(made.status, 201, made.text);
  return made.body.data.id;
}

const attach = (vm: string, security_group_id: string, nic_id = 0) =>
  call('POST', `vms/${vm}/security-groups`, { security_group_id, nic_id });
const detach = (vm: string, id: string, nicId: number | string = 0) =>
  call('DELETE', `vms/${vm}/security-groups/${id}/${nicId}`);

/** The groups that a machine's interfaces show, in the order of their numbers. */
const shown = async (vm: string) =>
  (await call('GET', `vms/${vm}/networks`)).body.data.map(
    (nic: { security_group_id?: string }) => nic.security_group_id,
  );
const vmCount = async (id: string) => (await call('GET', `security-groups/${id}`)).body.data.vm_count;
const refused = (reply: { status: number; body: { message: string } }, status: number, sentence: RegExp) => {
  assert.equal(reply.status, status, reply.body.message);
  assert.match(reply.body.message, sentence);
};

test('a group is attached to one interface and detached again; interface, group and list tell of it', async () => {
  const [vm, id] = [await machine(), await group()];
  assert.deepEqual([await shown(vm), await vmCount(id)], [[undefined, undefined], 0]);
  const attached = await attach(vm, id, 1);
  assert.equal(attached.status, 200, attached.text);
  assert.deepEqual(Object.keys(attached.body).sort(), ['message', 'success']);
  assert.deepEqual([await shown(vm), await vmCount(id)], [[undefined, id], 1]);
  assert.equal((await attach(vm, id, 0)).status, 200);
  assert.deepEqual([await shown(vm), await vmCount(id)], [[id, id], 2]);
  const listed = (await call('GET', 'security-groups')).body.data.find((one: { id: string }) => one.id === id);
  assert.equal(listed.vm_count, 2);
  const changed = await call('PUT', `security-groups/${id}`, { description: 'of two interfaces' });
  assert.equal(changed.body.data.vm_count, 2);
  const detached = await detach(vm, id, 1);
  assert.equal(detached.status, 200, detached.text);
  assert.deepEqual([await shown(vm), await vmCount(id)], [[id, undefined], 1]);
  const { body } = await server.call(server.owner, 'GET', `/api/raffia/v1/audit?resource_id=${vm}`);
  const told = body.data.filter(({ verb }: { verb: string }) => /security-group/.test(verb));
  assert.deepEqual(
    told.map(({ verb, details }: { verb: string; details: object }) => [verb, details]),
    [
      ['vm.detach-security-group', { security_group_id: id, nic_id: 1 }],
      ['vm.attach-security-group', { security_group_id: id, name: `group ${serial}`, nic_id: 0 }],
      ['vm.attach-security-group', { security_group_id: id, name: `group ${serial}`, nic_id: 1 }],
    ],
  );
});

test('an interface has several groups, shows the first that was attached, and no more than five', async () => {
  const vm = await machine();
  const groups: string[] = [];
  for (let n = 0; n < limits.groupsPerNic; n++) {
    groups.push(await group());
    assert.equal((await attach(vm, groups[n] as string)).status, 200);
  }
  assert.deepEqual(await shown(vm), [groups[0], undefined]);
  refused(await attach(vm, groups[1] as string), 400, /is attached to this network interface already/);
  refused(await attach(vm, await group()), 400, /can have at most 5 security groups/);
  assert.equal((await detach(vm, groups[0] as string)).status, 200);
  assert.deepEqual(await shown(vm), [groups[1], undefined]);
  assert.equal((await attach(vm, groups[0] as string)).status, 200);
  assert.deepEqual(await shown(vm), [groups[1], undefined], 'it comes last now');
});

test('what is not there, is another project’s or is not attached is 404', async () => {
  const [vm, id] = [await machine(), await group()];
  const project = (await call('POST', 'projects', { name: `groups-${++serial}` })).body.data.id;
  const theirs = await group({ ...server.owner, project });
  refused(await attach(vm, theirs), 404, /^security group not found/);
  refused(await attach(vm, vm), 404, /^security group not found/);
  for (const nicId of [2, 2_147_483_647]) refused(await attach(vm, id, nicId), 404, /^network interface not found/);
  refused(await detach(vm, id), 404, /^attached security group not found/);
  assert.equal((await attach(vm, id, 1)).status, 200);
  refused(await detach(vm, id), 404, /^attached security group not found/);
  for (const nicId of ['2', '01', 'x']) refused(await detach(vm, id, nicId), 404, /^network interface not found/);
  refused(await detach(vm, 'x', 1), 404, /^attached security group not found/);
  assert.equal((await detach(vm, id.toUpperCase(), 1)).status, 200);
  refused(await detach(vm, id, 1), 404, /^attached security group not found/);
});

test('of ten that attach one group at once, one does', async () => {
  const [vm, id] = [await machine(), await group()];
  const replies = await Promise.all(Array.from({ length: 10 }, () => attach(vm, id)));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(9).fill(400)]);
  assert.equal(await vmCount(id), 1);
});

test('a group is not deleted while an interface has it, and goes before a machine that is being deleted', async () => {
  const [vm, other, id] = [await machine(), await machine(), await group()];
  for (const one of [vm, other]) assert.equal((await attach(one, id)).status, 200);
  refused(
    await call('DELETE', `security-groups/${id}`),
    400,
    /interface 0 of the VM grouped-\d+ and 1 more; detach it first/,
  );
  assert.equal((await detach(other, id)).status, 200);
  refused(
    await call('DELETE', `security-groups/${id}`),
    400,
    /is attached to the network interface 0 of the VM grouped-\d+; /,
  );
  await server.operator('fault', 'add', 'delete', '--name', '*', '--count', '1', '--delay', '2000');
  assert.equal((await call('DELETE', `vms/${vm}`)).status, 200);
  assert.equal(await vmCount(id), 0);
  assert.equal((await call('DELETE', `security-groups/${id}`)).status, 200);
  await server.settled();
  const { rows } = await server.server.services.pool.query(
    'select from nic_security_groups where security_group_id = $1',
    [id],
  );
  assert.equal(rows.length, 0);
});

test('a group of an interface that is being detached waits until that has ended, and leaves with it', async () => {
  const [vm, id] = [await machine(), await group()];
  assert.equal((await attach(vm, id, 1)).status, 200);
  await server.operator('fault', 'add', 'interfaces', '--name', '*', '--count', '1', '--delay', '2000');
  assert.equal((await call('DELETE', `vms/${vm}/vpc/1`)).status, 200);
  assert.equal(await vmCount(id), 0);
  refused(await call('DELETE', `security-groups/${id}`), 400, /which is being detached; try again/);
  refused(await detach(vm, id, 1), 404, /^network interface not found/);
  await server.settled();
  assert.equal((await call('DELETE', `security-groups/${id}`)).status, 200);
});

test('groups of a machine that is being created and of one that failed can be detached, and attached to the first alone', async () => {
  const id = await group();
  const vm = await server.vm(`grouped-${++serial}`);
  assert.equal((await attach(vm, id)).status, 200);
  await server.settled();
  assert.deepEqual(await shown(vm), [id, undefined]);
  await server.server.services.pool.query("update vms set status = 'failure' where id = $1", [vm]);
  assert.equal((await detach(vm, id)).status, 200);
  refused(await attach(vm, id), 400, /has failed/);
});

test('whoever may change machines but no groups attaches none', async () => {
  const [vm, id] = [await machine(), await group()];
  const permissions = ['vm.view', 'vm.manage', 'security_group.view'];
  const role = await call('POST', 'roles', { name: 'no groups', slug: 'no-groups', scope: 'project', permissions });
  const key = await server.key({ project: role.body.data.id });
  const caller = { key: key.key, project: server.first.project_id };
  const body = { security_group_id: id, nic_id: 0 };
  refused(await call('POST', `vms/${vm}/security-groups`, body, caller), 403, /security_group\.manage/);
  refused(await call('DELETE', `vms/${vm}/security-groups/${id}/0`, undefined, caller), 403, /security_group\.manage/);
});

/** What the host lets through an interface of a machine, by the ports of its inbound rules; undefined where it has no filter. */
async function inboundOnHost(vm: string, nicId = 0): Promise<number[] | undefined> {
  const { rows } = await server.server.services.pool.query('select nics from simulated_machines where id = $1', [vm]);
  const { filter } = rows[0].nics[nicId];
  return filter?.inbound.rules.map(({ ports }: { ports: { first: number }[] }) => ports[0]?.first);
}

const port = (range: string) => ({ protocol: 'TCP', rule_type: 'INBOUND', range });
const setRules = (id: string, ...ranges: string[]) => call('PUT', `security-groups/${id}`, { rules: ranges.map(port) });
const operationsOf = async (vm: string) =>
  (
    await server.server.services.pool.query(
      "select status from operations where resource_id = $1 and kind = 'vm.filter'",
      [vm],
    )
  ).rows;

test('what is attached, detached or changed is what the host lets through, of one interface and of every machine', async () => {
  const [vm, other, id, more] = [await machine(), await machine(), await group(), await group()];
  await setRules(id, '22');
  for (const one of [vm, other]) assert.equal((await attach(one, id, 1)).status, 200);
  await server.settled();
  for (const one of [vm, other])
    assert.deepEqual([await inboundOnHost(one), await inboundOnHost(one, 1)], [undefined, [22]]);
  await setRules(more, '443');
  await attach(vm, more, 1);
  await server.settled();
  assert.deepEqual(await inboundOnHost(vm, 1), [22, 443]);
  await setRules(id, '80', '8080');
  await server.settled();
  assert.deepEqual(
    [await inboundOnHost(vm, 1), await inboundOnHost(other, 1)],
    [
      [443, 80, 8080],
      [80, 8080],
    ],
  );
  await detach(vm, id, 1);
  await detach(other, id, 1);
  await server.settled();
  assert.deepEqual([await inboundOnHost(vm, 1), await inboundOnHost(other, 1)], [[443], undefined]);
});

test('a name alone tells no host anything, and many changes at once ask for little more than one', async () => {
  const [vm, id] = [await machine(), await group()];
  await attach(vm, id);
  await server.settled();
  assert.equal((await operationsOf(vm)).length, 1);
  await call('PUT', `security-groups/${id}`, { name: `renamed ${++serial}` });
  assert.equal((await operationsOf(vm)).length, 1);
  await server.operator('fault', 'add', 'filters', '--name', '*', '--count', '1', '--delay', '1000');
  for (let n = 1; n <= 8; n++) assert.equal((await setRules(id, `${n}`)).status, 200);
  await server.settled();
  assert.deepEqual(await inboundOnHost(vm), [8]);
  assert.ok((await operationsOf(vm)).length <= 4, 'one runs, one waits');
});

test('a machine that is being created runs with its groups from the first moment on, and is reinstalled with them', async () => {
  const id = await group();
  await setRules(id, '22');
  const vm = await server.vm(`grouped-${++serial}`, {}, server.owner, false);
  await attach(vm, id);
  await server.settled();
  assert.deepEqual(await inboundOnHost(vm), [22]);
  await call('POST', `vms/${vm}/factory-reset`);
  await server.settled();
  assert.deepEqual(await inboundOnHost(vm), [22]);
});

test('what a host would not do is told at the machine, and mended by the next comparison, as is what somebody changed', async () => {
  const [vm, id] = [await machine(), await group()];
  await setRules(id, '22');
  await server.operator('fault', 'add', 'filters', '--name', '*', '--count', '1', '--fail', 'no firewall');
  await attach(vm, id);
  await server.settled();
  assert.equal(await inboundOnHost(vm), undefined);
  const { data } = (await call('GET', `vms/${vm}`)).body;
  assert.deepEqual([data.status, data.status_reason], ['active', 'no firewall']);
  const compared = () =>
    until('the host has the rules', async () => (await inboundOnHost(vm))?.[0] === 22, {
      everyMs: 100,
    });
  await compared();
  await server.settled();
  await server.server.services.pool.query("update simulated_machines set nics = nics #- '{0,filter}' where id = $1", [
    vm,
  ]);
  await compared();
});
