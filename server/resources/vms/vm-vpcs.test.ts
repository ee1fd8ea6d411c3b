import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '@raffia/contract/vm-rules.ts';
import { type Reply, TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

/** Machines join VPCs and leave them (network.md §1.5). */
let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const call = (method: string, path: string, body?: object) =>
  server.call(server.owner, method, `/api/v1/${path}`, body === undefined ? {} : { body });

interface Nic {
  readonly nic_id: number;
  readonly ip: string;
  readonly type: string;
  readonly mac: string;
  readonly network_name: string;
}

const nics = async (vm: string): Promise<Nic[]> => (await call('GET', `vms/${vm}/networks`)).body.data;
const vpcOf = async (id: string) => (await call('GET', `vpcs/${id}`)).body.data;

async function vpc(size = 24): Promise<{ id: string; block: string }> {
  const block = `172.20.${serial++}`;
  const made = await call('POST', 'vpcs', { name: `vpc-${serial}`, cidr: `${block}.0/${size}` });
  assert.equal(made.status, 201, made.text);
  return { id: made.body.data.id, block };
}

async function machine(change: object = {}): Promise<string> {
  const id = await server.vm(`joins-${++serial}`, change as Record<string, unknown>);
  await server.settled();
  return id;
}

/** What the host has of a machine. */
async function onHost(vm: string): Promise<string[]> {
  const { rows } = await server.server.services.pool.query('select addresses from simulated_machines where id = $1', [
    vm,
  ]);
  return rows[0]?.addresses ?? [];
}

async function attach(vm: string, vpcId: string, more: object = {}) {
  const reply = await call('POST', `vms/${vm}/vpc`, { vpc_id: vpcId, ...more });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(Object.keys(reply.body).sort(), ['message', 'success']);
}

test('a VM joins a VPC at once for whoever asks, and then on its host, and leaves it again', async () => {
  const vm = await machine();
  const before = await nics(vm);
  const { id, block } = await vpc();
  await attach(vm, id);
  const now = await nics(vm);
  assert.deepEqual(now.slice(0, -1), before, 'the others stay as they are');
  const added = now.at(-1);
  assert.deepEqual([added?.nic_id, added?.ip, added?.type], [2, `${block}.2`, 'vpc']);
  assert.deepEqual((await vpcOf(id)).leases, [{ ip: `${block}.2`, nic_id: 2 }]);
  await server.settled();
  assert.deepEqual(
    await onHost(vm),
    now.map(({ ip }) => ip),
  );
  assert.equal((await call('GET', `vms/${vm}`)).body.data.status, 'active');

  const left = await call('DELETE', `vms/${vm}/vpc/2`);
  assert.equal(left.status, 200, left.text);
  assert.deepEqual(await nics(vm), before);
  assert.deepEqual((await vpcOf(id)).leases, []);
  assert.equal((await vpcOf(id)).vpc.used_ips, 0);
  await server.settled();
  assert.deepEqual(
    await onHost(vm),
    before.map(({ ip }) => ip),
  );
});

test('a VM can be in several VPCs, and what was the number of an interface is never another’s', async () => {
  const vm = await machine();
  const [first, second] = [await vpc(), await vpc()];
  await attach(vm, first.id);
  await attach(vm, second.id);
  assert.equal((await call('DELETE', `vms/${vm}/vpc/3`)).status, 200);
  // What follows at once waits for its turn.
  await attach(vm, second.id);
  await server.settled();
  assert.deepEqual(
    (await nics(vm)).map(({ nic_id }) => nic_id),
    [0, 1, 2, 4],
  );
  assert.deepEqual((await onHost(vm)).length, 4);
});

test('an address that is asked for is given where it is free, and refused in a sentence where it cannot be', async () => {
  const { id, block } = await vpc();
  const [vm, other] = [await machine(), await machine()];
  await attach(vm, id, { ip: `${block}.42` });
  assert.equal((await nics(vm)).at(-1)?.ip, `${block}.42`);
  for (const [ip, sentence] of [
    [`${block}.42`, /is taken in this VPC/],
    [`${block}.0`, /that the VPC gives to VMs, from/],
    [`${block}.1`, /that the VPC gives to VMs, from/],
    [`${block}.255`, /that the VPC gives to VMs, from/],
    ['8.8.8.8', /that the VPC gives to VMs, from/],
    ['fe80::1', /must be an IPv4 address/],
  ] as const) {
    const reply = await call('POST', `vms/${other}/vpc`, { vpc_id: id, ip });
    assert.equal(reply.status, 400, ip);
    assert.match(reply.body.message, sentence);
  }
  assert.equal((await nics(other)).length, 2);
  await attach(other, id, { ip: `${block}.254` });
});

test('two machines that join at once get two addresses, and the last one is not given twice', async () => {
  const { id } = await vpc(28);
  const vms = await Promise.all(Array.from({ length: 4 }, () => machine({ skip_vpc: true })));
  await Promise.all(vms.map((vm) => attach(vm, id)));
  const { leases, vpc: of } = await vpcOf(id);
  assert.equal(new Set(leases.map(({ ip }: { ip: string }) => ip)).size, 4);
  assert.equal(of.used_ips, 4);
});

test('a VM joins a VPC once, of its own project, and only so many', async () => {
  const { id } = await vpc();
  const vm = await machine();
  await attach(vm, id);
  const again = await call('POST', `vms/${vm}/vpc`, { vpc_id: id });
  assert.equal(again.status, 400);
  assert.match(again.body.message, /is in the VPC already/);
  const project = (await call('POST', 'projects', { name: `elsewhere-${++serial}` })).body.data.id;
  const theirs = await server.call({ ...server.owner, project }, 'POST', '/api/v1/vpcs', {
    body: { name: 'theirs', cidr: '172.21.0.0/24' },
  });
  const stranger = await call('POST', `vms/${vm}/vpc`, { vpc_id: theirs.body.data.id });
  assert.deepEqual([stranger.status, stranger.body.message], [404, 'VPC not found']);
  while ((await nics(vm)).length < limits.nicsPerVm) await attach(vm, (await vpc()).id);
  const tooMany = await call('POST', `vms/${vm}/vpc`, { vpc_id: (await vpc()).id });
  assert.equal(tooMany.status, 400);
  assert.match(tooMany.body.message, /at most 16 network interfaces/);
});

test('no VM is left without an interface, and nothing else is detached by its number', async () => {
  const vm = await machine({ skip_public_ip: true });
  const last = await call('DELETE', `vms/${vm}/vpc/0`);
  assert.deepEqual([last.status, last.body.message], [400, 'VM has no other interfaces']);
  const [both] = [await machine()];
  for (const number of ['0', '7', '01', '-1', '1.0', '99999999999', 'x']) {
    const reply = await call('DELETE', `vms/${both}/vpc/${number}`);
    assert.deepEqual([reply.status, reply.body.message], [404, 'network interface not found'], number);
  }
  assert.equal((await call('DELETE', `vms/${both}/vpc/1`)).status, 200);
  assert.equal((await call('DELETE', `vms/${both}/vpc/1`)).status, 404);
});

test('what takes the place of an interface and fails leaves the one that is there', async () => {
  const vm = await machine({ skip_public_ip: true });
  const before = await nics(vm);
  const { id } = await vpc();
  await server.operator('fault', 'add', 'interfaces', '--name', '*', '--count', '1', '--fail', 'no room');
  await attach(vm, id);
  assert.equal((await call('DELETE', `vms/${vm}/vpc/0`)).status, 200, 'another one is on its way');
  await server.settled();
  assert.deepEqual(await nics(vm), before);
  assert.deepEqual(
    await onHost(vm),
    before.map(({ ip }) => ip),
  );
  assert.deepEqual((await vpcOf(id)).leases, []);
  assert.match(await server.operator('operations'), /VM has no other interfaces/);
});

test('a VPC that the last machine is leaving can be deleted at once, and its block used again', async () => {
  const vm = await machine();
  const { id, block } = await vpc();
  await attach(vm, id);
  const held = await call('DELETE', `vpcs/${id}`);
  assert.equal(held.status, 400);
  assert.match(held.body.message, /still has the VM/);
  await call('DELETE', `vms/${vm}/vpc/2`);
  assert.equal((await call('DELETE', `vpcs/${id}`)).status, 200);
  const anew = await call('POST', 'vpcs', { name: 'anew', cidr: `${block}.0/24` });
  assert.equal(anew.status, 201, anew.text);
  await server.settled();
  const { rows } = await server.server.services.pool.query('select from vpcs where id = $1', [id]);
  assert.equal(rows.length, 0);
});

test('a VPC that a VM has left outlives the VM, one that it is in goes with it', async () => {
  const vm = await machine();
  const [left, kept] = [await vpc(), await vpc()];
  await attach(vm, left.id);
  await attach(vm, kept.id);
  await server.settled();
  await call('DELETE', `vms/${vm}/vpc/2`);
  await call('DELETE', `vms/${vm}`, { delete_vpc: true });
  assert.equal((await call('GET', `vpcs/${left.id}`)).status, 200);
  assert.equal((await call('GET', `vpcs/${kept.id}`)).status, 404);
  await server.settled();
});

test('a reinstallation keeps the interfaces that came later', async () => {
  const vm = await machine();
  await attach(vm, (await vpc()).id);
  await server.settled();
  const before = await nics(vm);
  await call('POST', `vms/${vm}/factory-reset`);
  await server.settled();
  assert.deepEqual(await nics(vm), before);
  assert.deepEqual(
    await onHost(vm),
    before.map(({ ip }) => ip),
  );
});

test('an interface that could not be detached is there again, with its sentence', async () => {
  const vm = await machine();
  const { id } = await vpc();
  await attach(vm, id);
  await server.settled();
  const before = await nics(vm);
  await server.operator('fault', 'add', 'interfaces', '--name', '*', '--count', '1', '--fail', 'it is stuck');
  assert.equal((await call('DELETE', `vms/${vm}/vpc/2`)).status, 200);
  await server.settled();
  assert.deepEqual(await nics(vm), before);
  assert.equal((await vpcOf(id)).leases.length, 1);
  assert.match(await server.operator('operations'), /it is stuck/);
  assert.equal((await call('GET', `vms/${vm}`)).body.data.status, 'active');
  assert.equal((await call('DELETE', `vms/${vm}/vpc/2`)).status, 200);
  await server.settled();
  assert.equal((await nics(vm)).length, before.length - 1);
});

test('one that could not be detached stays away where another has its place already, and leaves the host with its coming', async () => {
  const vm = await machine();
  const { id, block } = await vpc();
  await attach(vm, id);
  await server.settled();
  await server.operator('fault', 'add', 'interfaces', '--name', '*', '--count', '1', '--fail', 'it is stuck');
  assert.equal((await call('DELETE', `vms/${vm}/vpc/2`)).status, 200);
  await attach(vm, id);
  await server.settled();
  const now = (await nics(vm)).filter(({ ip }) => ip.startsWith(`${block}.`));
  assert.deepEqual(
    now.map(({ nic_id, ip }) => [nic_id, ip]),
    [[3, `${block}.3`]],
  );
  assert.deepEqual((await onHost(vm)).slice(-1), [`${block}.3`]);
  assert.ok(!(await onHost(vm)).includes(`${block}.2`), 'hosts refuse two on one network');
});

test('whoever joins a VPC while its last machine is deleted with it is in a VPC that is there, or comes too late', async () => {
  const { pool } = server.server.services;
  const waiting = async (count: number) =>
    until(`${count} wait for the row`, async () => {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return (rows[0]?.count ?? 0) >= count;
    });
  for (const isFirst of [true, false]) {
    const [leaver, joiner] = await Promise.all([machine({ skip_vpc: true }), machine()]);
    const { id } = await vpc();
    await attach(leaver, id);
    await server.settled();
    const acts = [
      () => call('POST', `vms/${joiner}/vpc`, { vpc_id: id }),
      () => call('DELETE', `vms/${leaver}`, { delete_vpc: true }),
    ];
    if (!isFirst) acts.reverse();
    // Somebody else has the row: both wait for it, in the order in which they came.
    const other = await pool.connect();
    await other.query('begin');
    await other.query('select from vpcs where id = $1 for update', [id]);
    const replies: Promise<Reply>[] = [];
    for (const act of acts) {
      replies.push(act());
      await waiting(replies.length);
    }
    await other.query('rollback');
    other.release();
    const all = await Promise.all(replies);
    const [joined, deleted] = (isFirst ? all : all.toReversed()) as [Reply, Reply];
    assert.equal(deleted.status, 200, deleted.text);
    assert.equal(joined.status, isFirst ? 200 : 404, joined.text);
    assert.equal((await call('GET', `vpcs/${id}`)).status, isFirst ? 200 : 404);
    await server.settled();
  }
});
