import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type VmAction, type VmStatus, vmStatuses } from '@raffia/contract/vm-states.ts';
import { goodPassword, sshPublicKey, TestServer, ubuntu, vmRequest } from '../../testing/test-server.ts';

let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start();
  const { pool } = server.server.services;
  await pool.query('create table seen (position serial, vm_id uuid, status text)');
  await pool.query(`create function note_status() returns trigger language plpgsql as $$
    begin if old.status <> new.status then insert into seen (vm_id, status) values (new.id, new.status); end if; return new; end $$`);
  await pool.query('create trigger seen after update of status on vms for each row execute function note_status()');
});
after(() => server.stop());

const fresh = () => `vm-${++serial}`;
const post = (id: string, action: string, body?: unknown) =>
  server.call(server.owner, 'POST', `/api/v1/vms/${id}/${action}`, body === undefined ? {} : { body });
const get = async (id: string) => (await server.call(server.owner, 'GET', `/api/v1/vms/${id}`)).body.data;

/** The statuses that a machine went through while something was done, in order. */
async function path(id: string, act: () => Promise<unknown>): Promise<string[]> {
  const { pool } = server.server.services;
  await server.settled();
  await pool.query('delete from seen where vm_id = $1', [id]);
  await act();
  await server.settled();
  const { rows } = await pool.query('select status from seen where vm_id = $1 order by position', [id]);
  return rows.map((row) => row.status);
}

async function stopped(change: Record<string, unknown> = {}): Promise<string> {
  const id = await server.vm(fresh(), change);
  await post(id, 'stop');
  await server.status(id, 'passive');
  await server.settled();
  return id;
}

interface Asked {
  readonly in: readonly VmStatus[];
  readonly method?: 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly status?: number;
  /** Of what is not done on the VM itself: what it is done on, made before. */
  readonly on?: (vm: string) => Promise<{ path: string; body?: object }>;
  /** What the VM is made with. */
  readonly of?: Record<string, unknown>;
}

const volumes = '/api/v1/volumes';
const volumeRequest = { name: 'data', size: 1, volume_type: 'nvme' };

/** A volume, which the VM has where it is named. */
async function volumeOf(vm?: string): Promise<string> {
  const body = { ...volumeRequest, ...(vm === undefined ? {} : { vm_id: vm }) };
  const made = await server.call(server.owner, 'POST', volumes, { body });
  assert.equal(made.status, 202, made.text);
  await server.settled();
  return made.body.data.id;
}

/** What compute.md §3 says of each action, written down anew: accepted in these statuses. The type asks for every action. */
const accepted: Record<VmAction, Asked> = {
  start: { in: ['passive', 'active'], path: '/start' },
  stop: { in: ['active', 'passive', 'finalizing'], path: '/stop' },
  reboot: { in: ['active'], path: '/reboot' },
  hardReboot: { in: ['active'], path: '/reboot-hard' },
  console: { in: ['active'], path: '', on: async (vm) => ({ path: `/api/raffia/v1/vms/${vm}/console` }), status: 201 },
  resetPassword: { in: ['active', 'passive'], path: '/reset-password' },
  reinstall: {
    in: ['active', 'passive'],
    path: '/reinstall',
    body: { template_id: ubuntu, password: goodPassword },
  },
  factoryReset: { in: ['active', 'passive'], path: '/factory-reset' },
  resize: { in: ['passive'], path: '/resize', body: { pricing_id: 2 } },
  resizeDisk: { in: ['passive'], path: '/disk/resize', body: { new_size: 30 } },
  saveImage: { in: ['active', 'passive'], path: '/save-image', body: { name: 'image' }, status: 201 },
  attachVpc: { in: ['active', 'passive'], path: '/vpc' },
  detachVpc: { in: ['active', 'passive'], method: 'DELETE', path: '/vpc/1' },
  attachSecurityGroup: { in: vmStatuses.filter((status) => status !== 'failure'), path: '/security-groups' },
  detachSecurityGroup: { in: vmStatuses, method: 'DELETE', path: `/security-groups/${randomUUID()}/0` },
  snapshot: {
    in: ['active', 'initiating', 'provisioning', 'booting'],
    path: '',
    on: async (vm) => ({ path: '/api/v1/snapshots', body: snapshotOf(vm) }),
    status: 201,
  },
  backup: {
    in: vmStatuses.filter((status) => status !== 'failure'),
    path: '',
    on: async (vm_id) => ({ path: '/api/v1/backups', body: { vm_id } }),
    status: 202,
  },
  restore: {
    in: ['passive'],
    path: '',
    on: async (vm) => {
      const made = await server.call(server.owner, 'POST', '/api/v1/snapshots', { body: snapshotOf(vm) });
      await server.settled();
      return { path: `/api/v1/snapshots/${made.body.data.id}/restore` };
    },
  },
  attachVolume: {
    in: ['active', 'passive'],
    path: '',
    on: async (vm_id) => ({ path: `${volumes}/${await volumeOf()}/attach`, body: { vm_id } }),
  },
  detachVolume: {
    in: ['active', 'passive'],
    path: '',
    on: async (vm) => ({ path: `${volumes}/${await volumeOf(vm)}/detach` }),
  },
  attachNewVolume: {
    in: vmStatuses.filter((status) => status !== 'failure'),
    path: '',
    status: 202,
    on: async (vm_id) => ({ path: volumes, body: { ...volumeRequest, vm_id } }),
  },
  attachIp: { in: ['active', 'passive'], path: '/ip', body: {}, of: { skip_public_ip: true } },
  detachIp: { in: ['active', 'passive'], method: 'DELETE', path: '/ip/0' },
  rename: { in: vmStatuses, method: 'PATCH', path: '/rename' },
  tag: { in: vmStatuses, path: '/tags', body: { name: 'tag' } },
  note: { in: vmStatuses, method: 'PUT', path: '/notes/account', body: { content: 'note' } },
  delete: { in: vmStatuses, method: 'DELETE', path: '' },
};

let other: Promise<string> | undefined;

/** A VPC that no machine is made in. */
async function otherVpc(): Promise<string> {
  const body = { name: 'other', cidr: '172.30.0.0/20' };
  other ??= server.call(server.owner, 'POST', '/api/v1/vpcs', { body }).then((reply) => reply.body.data.id);
  return other;
}

let some: Promise<string> | undefined;

/** A security group. */
async function group(): Promise<string> {
  const body = { name: 'some group' };
  some ??= server.call(server.owner, 'POST', '/api/v1/security-groups', { body }).then((reply) => reply.body.data.id);
  return some;
}

/** The same, as the first interface of a machine has it, whatever the machine's state. */
async function attachedGroup(vm: string): Promise<string> {
  const insert = 'insert into nic_security_groups (vm_id, nic_id, security_group_id) values ($1, 0, $2)';
  await server.server.services.pool.query(insert, [vm, await group()]);
  return group();
}

const snapshotOf = (vm: string) => ({ resource_type: 'vm', resource_id: vm, name: 'snapshot' });

for (const [action, asked] of Object.entries(accepted)) {
  const { in: statuses, method = 'POST', path, of, on, body, status: success = 200 } = asked;
  test(`${action} is accepted when the VM is ${statuses.join(' or ')}, and refused otherwise`, async () => {
    for (const status of vmStatuses) {
      const id = await server.vm(fresh(), of);
      await server.settled();
      const other = await on?.(id);
      await server.server.services.pool.query('update vms set status = $2 where id = $1', [id, status]);
      const bodies: Record<string, object> = {
        rename: { name: fresh() },
        attachVpc: { vpc_id: await otherVpc() },
        attachSecurityGroup: { security_group_id: await group(), nic_id: 0 },
      };
      const sent = bodies[action] ?? other?.body ?? body;
      const at = action === 'detachSecurityGroup' ? `/security-groups/${await attachedGroup(id)}/0` : path;
      const reply = await server.call(
        server.owner,
        method,
        other?.path ?? `/api/v1/vms/${id}${at}`,
        sent === undefined ? {} : { body: sent },
      );
      const expected = statuses.includes(status) ? success : 400;
      assert.equal(reply.status, expected, `${action} in ${status}: ${reply.text}`);
    }
    await server.settled();
  });
}

test('stop goes through finalizing to passive, start through booting to active', async () => {
  const id = await server.vm(fresh());
  assert.deepEqual(await path(id, () => post(id, 'stop')), ['finalizing', 'passive']);
  assert.deepEqual(await path(id, () => post(id, 'start')), ['booting', 'active']);
});

test('reboot and hard reboot go through booting to active', async () => {
  const id = await server.vm(fresh());
  assert.deepEqual(await path(id, () => post(id, 'reboot')), ['booting', 'active']);
  assert.deepEqual(await path(id, () => post(id, 'reboot-hard')), ['booting', 'active']);
});

test('starting what runs and stopping what is stopped are successes that change nothing', async () => {
  const id = await stopped();
  assert.deepEqual(await path(id, async () => assert.equal((await post(id, 'stop')).status, 200)), []);
  await post(id, 'start');
  await server.status(id, 'active');
  assert.deepEqual(await path(id, async () => assert.equal((await post(id, 'start')).status, 200)), []);
});

test('stop keeps addresses, disk, tags and quota', async () => {
  const id = await server.vm(fresh(), { tags: ['keep'] });
  const before = await get(id);
  await post(id, 'stop');
  await server.status(id, 'passive');
  const now = await get(id);
  for (const field of [
    'public_ipv4_address',
    'private_ipv4_address',
    'storage',
    'cpu',
    'ram',
    'tags',
    'price_per_hour',
  ]) {
    assert.deepEqual(now[field], before[field], field);
  }
});

test('a guest that does not shut down in time loses its power', async () => {
  const slow = await TestServer.start({ RAFFIA_STOP_GRACE_SECONDS: '1' });
  try {
    const id = await slow.vm('stubborn');
    await slow.settled();
    await slow.operator('fault', 'add', 'stop', '--name', 'stubborn', '--count', '1', '--delay', '600000');
    await slow.send(slow.owner, 'POST', `/api/v1/vms/${id}/stop`);
    await slow.status(id, 'passive');
  } finally {
    await slow.stop();
  }
});

test('work that takes longer than its deadline ends as a failure at the deadline', async () => {
  const impatient = await TestServer.start({ RAFFIA_OPERATION_DEADLINE_SECONDS: '1' });
  try {
    await impatient.operator('fault', 'add', 'create', '--name', '*', '--delay', '600000');
    const id = await impatient.vm('late', {}, impatient.owner, false);
    await impatient.status(id, 'failure');
    await impatient.settled();
    assert.match(await impatient.operator('operations'), /did not end in time/);
  } finally {
    await impatient.stop();
  }
});

test('a rename is in the next answer, unique in the account, and moves no machine', async () => {
  const [id, other] = [await server.vm(fresh()), await server.vm(fresh())];
  const rename = (name: unknown) => server.call(server.owner, 'PATCH', `/api/v1/vms/${id}/rename`, { body: { name } });
  assert.deepEqual(await path(id, async () => assert.equal((await rename('renamed')).status, 200)), []);
  assert.equal((await get(id)).name, 'renamed');
  const taken = await rename((await get(other)).name);
  assert.deepEqual([taken.status, taken.body.message], [400, `name already exists (id ${other})`]);
  assert.equal((await rename('')).status, 400);
  assert.equal((await rename('n'.repeat(65))).status, 400);
  assert.equal((await rename('renamed')).status, 200);
});

test('a resize takes the plan’s processors and memory, keeps the disk, prices it, and leaves the VM stopped', async () => {
  const id = await stopped({ pricing_id: 2 });
  // compute.md §3: each target's price with the VM's own 50 GB.
  for (const [plan, monthly] of [
    [10, 6.51],
    [11, 14.55],
    [12, 28.59],
    [13, 48.63],
  ] as const) {
    const reply = await post(id, 'resize', { pricing_id: plan });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.id, id);
    const vm = await get(id);
    assert.equal(vm.pricing_id, plan);
    assert.equal(vm.storage, 50);
    assert.ok(Math.abs(Number(vm.price_per_hour) * 720 - monthly) < 0.006, `${plan}: ${vm.price_per_hour}`);
    await server.settled();
    assert.equal((await get(id)).status, 'passive');
  }
});

test('a resize answers to quota and catalogue', async () => {
  const account = await server.account('Resizer');
  const theirs = { key: account.api_key, project: account.project_id };
  const id = await server.vm('small', {}, theirs);
  await server.call(theirs, 'POST', `/api/v1/vms/${id}/stop`);
  await server.status(id, 'passive', theirs);
  await server.operator('quota', account.account_id, '--ram', '3');
  const resize = (pricing_id: unknown) =>
    server.call(theirs, 'POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id } });
  assert.match((await resize(3)).body.message, /RAM quota exceeded/);
  assert.match((await resize(99)).body.message, /pricing_id/);
  assert.equal((await resize(2)).status, 200);
});

test('a resize of a subscription charges upgrades and credits downgrades by the hours that are left', async () => {
  const account = await server.account('Subscriber');
  const theirs = { key: account.api_key, project: account.project_id };
  await server.operator('balance', account.account_id, '--mode', 'subscription', '--set', '20', '--credits', '1');
  const id = await server.vm('paid', { pricing_id: 2 }, theirs);
  await server.call(theirs, 'POST', `/api/v1/vms/${id}/stop`);
  await server.status(id, 'passive', theirs);
  await server.settled();
  const up = await server.call(theirs, 'POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id: 11 } });
  assert.equal(up.status, 200, up.text);
  const { billing } = up.body;
  assert.equal(billing.type, 'upgrade');
  // 14.55 instead of 9.99 for nearly a whole month: credits are taken first.
  assert.ok(Math.abs(billing.pro_rata_amount - 4.56) < 0.02, up.text);
  assert.ok(Math.abs(billing.credits_applied + billing.balance_applied - billing.pro_rata_amount) < 0.000_01);
  await server.settled();
  const down = await server.call(theirs, 'POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id: 2 } });
  assert.equal(down.body.billing.type, 'downgrade');
  assert.ok(down.body.billing.pro_rata_amount < 0, down.text);
  await server.settled();
  const poor = await server.call(theirs, 'POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id: 13 } });
  assert.deepEqual([poor.status, poor.body.message], [402, 'Insufficient balance for subscription']);
  assert.equal((await server.call(theirs, 'GET', `/api/v1/vms/${id}`)).body.data.pricing_id, 2);
});

test('a disk only grows, by 0.05 a GB and month, and says its size when asked for less', async () => {
  const id = await stopped();
  const same = await post(id, 'disk/resize', { new_size: 25 });
  assert.deepEqual([same.status, same.body.message], [400, 'New size must be larger than current size (25 GB).']);
  assert.equal((await post(id, 'disk/resize', { new_size: 10 })).status, 400);
  assert.match((await post(id, 'disk/resize', { new_size: 10_001 })).body.message, /new_size must be at most 10000$/);
  assert.equal((await post(id, 'disk/resize', { new_size: 50 })).status, 200);
  const vm = await get(id);
  assert.equal(vm.storage, 50);
  // compute.md §3: the 3.99 plan grown from 25 to 50 GB shows 5.24.
  assert.ok(Math.abs(Number(vm.price_per_hour) * 720 - 5.24) < 0.001, vm.price_per_hour);
});

test('reset-password never answers the password; the operator sees it once', async () => {
  const id = await stopped();
  const before = await path(id, async () => {
    const reply = await post(id, 'reset-password');
    assert.equal(reply.status, 200);
    assert.equal(reply.body.password, undefined);
  });
  assert.deepEqual(before, []);
  const password = (await server.operator('password', id)).trim();
  assert.match(password, /^[A-Za-z0-9@+\-_.,!]{20}$/);
  assert.ok(!(await post(id, 'start')).text.includes(password));
  await assert.rejects(server.operator('password', id), /looked at once/);
  await server.status(id, 'active');
  assert.deepEqual(await path(id, () => post(id, 'reset-password')), ['booting', 'active']);
});

test('a reinstall goes through provisioning and booting, and keeps id, addresses, size, tags and notes', async () => {
  const id = await server.vm(fresh(), { tags: ['kept'], extra_storage: 10 });
  await server.call(server.owner, 'PUT', `/api/v1/vms/${id}/notes/account`, { body: { content: 'kept' } });
  const before = await get(id);
  const { body } = await server.call({ key: undefined }, 'GET', '/api/v1/public/templates');
  const debian = body.data.find((template: { name: string }) => template.name === 'Debian');
  assert.deepEqual(
    await path(id, () => post(id, 'reinstall', { template_id: debian.id, ssh_keys: [sshPublicKey()] })),
    ['provisioning', 'booting', 'active'],
  );
  const now = await get(id);
  assert.equal(now.template_name, 'Debian');
  for (const field of ['public_ipv4_address', 'private_ipv4_address', 'cpu', 'total_storage', 'tags', 'created_at']) {
    assert.deepEqual(now[field], before[field], field);
  }
  assert.deepEqual(await path(id, () => post(id, 'factory-reset')), ['provisioning', 'booting', 'active']);
  assert.equal((await get(id)).template_name, 'Ubuntu');
  const notes = await server.call(server.owner, 'GET', `/api/v1/vms/${id}/notes`);
  assert.equal(notes.body.account_note?.content, 'kept', notes.text);
});

test('a reinstall generates a password where none is given, and refuses to be told two ways', async () => {
  const id = await server.vm(fresh());
  assert.equal((await post(id, 'reinstall', { template_id: ubuntu })).status, 200);
  await server.settled();
  assert.match(await server.operator('password', id), /\S{20}/);
  const both = await post(id, 'reinstall', {
    template_id: ubuntu,
    password: goodPassword,
    auto_generate_password: true,
  });
  assert.equal(both.status, 400);
  assert.match((await post(id, 'reinstall', { template_id: ubuntu, password: 'weak' })).body.message, /password/);
});

test('an image saved from a VM can be used as a template, also after the VM is gone', async () => {
  const id = await server.vm(fresh());
  const saved = await post(id, 'save-image', { name: 'golden', description: 'ours' });
  assert.equal(saved.status, 201, saved.text);
  const image = saved.body.data.id;
  await server.settled();
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  await server.settled();
  const copy = await server.vm(fresh(), { template_id: image });
  assert.equal((await get(copy)).template_id, image);
  await server.settled();
  // What is in it is known, also of one that was saved from a VM that was made of it.
  assert.equal((await post(copy, 'save-image', { name: 'again' })).status, 201);
  const { data: images } = (await server.call(server.owner, 'GET', '/api/raffia/v1/images')).body;
  const systems = images.filter(({ name }: { name: string }) => name === 'golden' || name === 'again');
  assert.deepEqual(
    systems.map(({ system }: { system: string }) => system),
    ['Ubuntu', 'Ubuntu'],
  );
  await server.settled();
  const other = await server.account('Images');
  const theirs = { key: other.api_key, project: other.project_id };
  const stolen = await server.call(theirs, 'POST', '/api/v1/vms', { body: { ...vmRequest('x'), template_id: image } });
  assert.equal(stolen.status, 400);
  assert.equal((await post(copy, 'save-image', { name: '' })).status, 400);
  assert.equal((await post(copy, 'save-image', { name: 'i'.repeat(129) })).status, 400);
  assert.equal((await post(copy, 'save-image', { name: 'x', disk_id: 4 })).status, 400);
});

test('an image that is still being saved is no template yet, and one that failed never is', async () => {
  const id = await server.vm('snapped');
  await server.settled();
  await server.operator('fault', 'add', 'image', '--name', 'snapped', '--count', '1', '--fail', 'disk error');
  const saved = await post(id, 'save-image', { name: 'broken' });
  await server.settled();
  const use = await server.call(server.owner, 'POST', '/api/v1/vms', {
    body: { ...vmRequest(fresh()), template_id: saved.body.data.id },
  });
  assert.equal(use.status, 400, use.text);
  assert.equal((await get(id)).status, 'active');
});

test('an action that the engine refuses leaves the VM as its host says it is, with the reason told', async () => {
  const id = await server.vm('sticky');
  await server.settled();
  await server.operator('fault', 'add', 'stop', '--name', 'sticky', '--count', '1', '--fail', 'the host is busy');
  assert.deepEqual(await path(id, () => post(id, 'stop')), ['finalizing', 'active']);
  assert.match(await server.operator('operations'), /the host is busy/);
  assert.deepEqual(await path(id, () => post(id, 'stop')), ['finalizing', 'passive']);
});

test('a resize that the engine refuses takes size, plan and price back', async () => {
  const name = fresh();
  const id = await server.vm(name);
  await post(id, 'stop');
  await server.status(id, 'passive');
  await server.settled();
  const before = await get(id);
  await server.operator('fault', 'add', 'resize', '--name', name, '--count', '1', '--fail', 'no memory left');
  await post(id, 'resize', { pricing_id: 4 });
  await server.settled();
  const now = await get(id);
  for (const field of ['cpu', 'ram', 'pricing_id', 'price_per_hour', 'status']) assert.equal(now[field], before[field]);
});

/** What an account has: its money, and what its machines take of its quotas. */
async function standing(accountId: string) {
  const { pool } = server.server.services;
  const money = await pool.query('select balance_micros, credits_micros from accounts where id = $1', [accountId]);
  const use = await pool.query(`select name, used from usage where account_id = $1 and name in ('vcpus', 'ram')`, [
    accountId,
  ]);
  return { ...money.rows[0], ...Object.fromEntries(use.rows.map((row) => [row.name, row.used])) };
}

test('why a creation, a start, a reset or an image failed stands on the machine, and that an image is being saved', async () => {
  const name = fresh();
  const broken = async (verb: string, sentence: string) =>
    server.operator('fault', 'add', verb, '--name', name, '--count', '1', '--fail', sentence);
  const id = await stopped({ name });
  assert.equal((await get(id)).status_reason, undefined);
  await broken('start', 'the host has no memory left');
  await post(id, 'start');
  await server.settled();
  const { status, status_reason } = await get(id);
  assert.deepEqual([status, status_reason], ['passive', 'the host has no memory left']);
  const { body } = await server.call(server.owner, 'GET', '/api/v1/vms');
  assert.equal(
    body.data.find((vm: { id: string }) => vm.id === id).status_reason,
    'the host has no memory left',
    'the list says it too',
  );
  await post(id, 'start');
  await server.status(id, 'active');
  assert.equal((await get(id)).status_reason, undefined);

  await server.operator('fault', 'add', 'image', '--name', name, '--count', '1', '--delay', '600');
  const image = (await post(id, 'save-image', { name: 'watched' })).body.data.id;
  assert.equal((await get(id)).status_reason, 'An image of this VM is being saved');
  const images = await server.call(server.owner, 'GET', '/api/raffia/v1/images');
  assert.equal(images.body.data.find((one: { id: string }) => one.id === image).status, 'saving');
  await server.settled();
  assert.equal((await get(id)).status_reason, undefined);
  await broken('image', 'the pool is full');
  assert.equal((await post(id, 'save-image', { name: 'unlucky' })).status, 201);
  await server.settled();
  assert.equal((await get(id)).status_reason, 'The image was not saved: the pool is full');

  await broken('create', 'the image is gone');
  await post(id, 'factory-reset');
  await server.settled();
  assert.deepEqual([(await get(id)).status, (await get(id)).status_reason], ['failure', 'the image is gone']);
  const failing = fresh();
  await server.operator('fault', 'add', 'create', '--name', failing, '--count', '1', '--fail', 'no room');
  const created = await server.vm(failing, {}, server.owner, false);
  await server.settled();
  assert.deepEqual([(await get(created)).status, (await get(created)).status_reason], ['failure', 'no room']);
});

test('save-image names the disks of the machine: 0 is the system disk, 1 and up its volumes', async () => {
  const id = await server.vm(fresh(), { extra_storage: 10 });
  await server.settled();
  const attached = await post(id, 'save-image', { name: 'data', disk_id: 1 });
  assert.equal(attached.status, 400);
  assert.match(attached.body.message, /disk_id 1 is the volume .*-storage.*; only the system disk, disk_id 0/);
  const none = await post(id, 'save-image', { name: 'data', disk_id: 2 });
  assert.equal(none.status, 400);
  assert.match(none.body.message, /disk_id 2 names no disk of this VM: it has 0 \(the system disk\) and 1/);
});

test('a resize that fails leaves balance, credits, quota, plan and price as before, up and down', async () => {
  const account = await server.account('Unlucky');
  const theirs = { key: account.api_key, project: account.project_id };
  await server.operator('balance', account.account_id, '--mode', 'subscription', '--set', '50', '--credits', '1');
  const name = fresh();
  const id = await server.vm(name, { pricing_id: 2 }, theirs);
  await server.call(theirs, 'POST', `/api/v1/vms/${id}/stop`);
  await server.status(id, 'passive', theirs);
  await server.settled();
  const vm = async () => (await server.call(theirs, 'GET', `/api/v1/vms/${id}`)).body.data;
  // Some credits are left for the charge, and then none.
  await server.operator('balance', account.account_id, '--credits', '0.5');
  let failures = 0;
  for (const [path, body] of [
    ['resize', { pricing_id: 11 }],
    ['resize', { pricing_id: 1 }],
    ['resize', { pricing_id: 10 }],
    ['disk/resize', { new_size: 80 }],
  ] as const) {
    const [before, was] = [await standing(account.account_id), await vm()];
    await server.operator('fault', 'add', 'resize', '--name', name, '--count', '1', '--fail', 'no memory left');
    const reply = await server.call(theirs, 'POST', `/api/v1/vms/${id}/${path}`, { body });
    assert.equal(reply.status, 200, reply.text);
    assert.notEqual(reply.body.billing.type, 'none', reply.text);
    await server.settled();
    assert.deepEqual(await standing(account.account_id), before, `${path} ${JSON.stringify(body)}`);
    const now = await vm();
    for (const field of ['cpu', 'ram', 'storage', 'pricing_id', 'price_per_hour', 'status']) {
      assert.equal(now[field], was[field], field);
    }
    failures++;
  }
  assert.equal(failures, 4);
});

test('a smaller plan frees room and money when it is done, and one change of size is pending at a time', async () => {
  const account = await server.account('Shrinker');
  const theirs = { key: account.api_key, project: account.project_id };
  await server.operator('balance', account.account_id, '--mode', 'subscription', '--set', '50');
  const name = fresh();
  const id = await server.vm(name, { pricing_id: 11 }, theirs);
  await server.call(theirs, 'POST', `/api/v1/vms/${id}/stop`);
  await server.status(id, 'passive', theirs);
  await server.settled();
  const before = await standing(account.account_id);
  await server.operator('fault', 'add', 'resize', '--name', name, '--count', '1', '--delay', '1000');
  const resize = (path: string, body: object) => server.send(theirs, 'POST', `/api/v1/vms/${id}/${path}`, { body });
  assert.equal((await resize('resize', { pricing_id: 1 })).body.billing.type, 'downgrade');
  assert.deepEqual(await standing(account.account_id), before, 'not done yet');
  for (const second of [await resize('resize', { pricing_id: 12 }), await resize('disk/resize', { new_size: 500 })]) {
    assert.deepEqual(
      [second.status, second.body.message],
      [400, 'This VM is being resized; try again when that is done'],
    );
  }
  await server.settled();
  const done = await standing(account.account_id);
  assert.ok(done.balance_micros > before.balance_micros);
  assert.ok(done.vcpus < before.vcpus && done.ram < before.ram, JSON.stringify(done));
  // Deleted before it is done, what is left is paid back as if it had been.
  await server.operator('fault', 'add', 'resize', '--name', name, '--count', '1', '--delay', '1000');
  const poor = await standing(account.account_id);
  assert.equal((await resize('resize', { pricing_id: 12 })).status, 200);
  await server.settled();
  await server.operator('fault', 'add', 'resize', '--name', name, '--count', '1', '--delay', '1000');
  assert.equal((await resize('resize', { pricing_id: 1 })).status, 200);
  await server.send(theirs, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  await server.settled();
  const rich = await standing(account.account_id);
  assert.equal(rich.vcpus, 0);
  const { rows } = await server.server.services.pool.query<{ sum: number }>(
    'select sum(balance_micros)::bigint as sum from balance_entries where account_id = $1 and resource_id = $2',
    [account.account_id, id],
  );
  assert.ok(rich.balance_micros > poor.balance_micros);
  // Whatever was paid and credited between: all of it comes back, but for the hour that has begun.
  assert.ok(
    (rows[0]?.sum ?? 1) <= 0 && (rows[0]?.sum ?? -1e9) > -200_000,
    `an hour's worth at most is kept: ${rows[0]?.sum}`,
  );
});

test('of two actions at once the second waits for the first, and both end', async () => {
  const id = await server.vm(fresh());
  const moments = ['stop', 'stop', 'reboot', 'start'];
  let replies: { status: number; text: string }[] = [];
  const went = await path(id, async () => {
    replies = await Promise.all(moments.map((action) => post(id, action)));
  });
  for (const reply of replies) assert.ok([200, 400].includes(reply.status), reply.text);
  // Which comes first is left to chance, so that one may find the machine as another has left it, or on its way there.
  const accepted = replies.filter(({ status }) => status === 200).length;
  assert.ok(accepted > 0, 'the first of them finds a machine that runs');
  const ends = went.filter((status) => status === 'active' || status === 'passive');
  // What is stopped already is stopped without work.
  assert.ok(ends.length > 0 && ends.length <= accepted, `${accepted} accepted, and it went through ${went.join(', ')}`);
  for (const [index, status] of went.entries()) {
    assert.equal(
      ends.some((end) => end === status),
      index % 2 === 1,
      `each ends before the next begins: ${went.join(', ')}`,
    );
  }
});

test('another tenant cannot touch a VM, and does not learn that it exists', async () => {
  const id = await server.vm(fresh());
  const other = await server.account('Stranger');
  const theirs = { key: other.api_key, project: other.project_id };
  for (const [action, { method = 'POST', path, on, body = { name: 'theirs' } }] of Object.entries(accepted)) {
    const other = await on?.(id);
    const reply = await server.call(theirs, method, other?.path ?? `/api/v1/vms/${id}${path}`, {
      body: other?.body ?? body,
    });
    assert.equal(reply.status, 404, `${action}: ${reply.text}`);
    assert.match(reply.body.message, /^(VM|snapshot|volume) not found$/);
  }
  assert.equal((await get(id)).status, 'active');
});
