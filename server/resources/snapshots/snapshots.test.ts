import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Caller, goodPassword, type Reply, TestServer, ubuntu } from '../../testing/test-server.ts';

let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const fresh = () => `vm-${++serial}`;
const call = (method: string, path: string, body?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, path, body === undefined ? {} : { body });
const act = (vm: string, action: string, body?: unknown) => call('POST', `/api/v1/vms/${vm}/${action}`, body);
const snapshotOf = (vm: string, name = 'moment') => ({ resource_type: 'vm', resource_id: vm, name });
const ask = (vm: string, name?: string, caller?: Caller) =>
  call('POST', '/api/v1/snapshots', snapshotOf(vm, name), caller);
const restore = (id: number) => call('POST', `/api/v1/snapshots/${id}/restore`);
const remove = (id: number) => call('DELETE', `/api/v1/snapshots/${id}`);
const get = (id: number) => call('GET', `/api/v1/snapshots/${id}`);
const statusOf = async (id: number) => (await get(id)).body.data.status;
const vmOf = async (vm: string) => (await call('GET', `/api/v1/vms/${vm}`)).body.data;
const says = (reply: Reply, status: number, message: RegExp | string) => {
  assert.equal(reply.status, status, reply.text);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
};

async function taken(vm: string, name?: string): Promise<number> {
  const reply = await ask(vm, name);
  assert.equal(reply.status, 201, reply.text);
  await server.settled();
  return reply.body.data.id;
}

async function stop(vm: string): Promise<void> {
  assert.equal((await act(vm, 'stop')).status, 200);
  await server.settled();
  await server.status(vm, 'passive');
}

async function start(vm: string): Promise<void> {
  assert.equal((await act(vm, 'start')).status, 200);
  await server.settled();
  await server.status(vm, 'active');
}

const rows = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await server.server.services.pool.query<Row>(text, values)).rows;

const write = (vm: string, text: string) => rows('update simulated_machines set contents = $2 where id = $1', vm, text);
const written = async (vm: string) =>
  (await rows<{ contents: string }>('select contents from simulated_machines where id = $1', vm))[0]?.contents;
const onHost = async (vm: string) =>
  (await rows('select id from simulated_snapshots where machine_id = $1', vm)).length;

interface Term {
  readonly from: Date;
  readonly until: Date | null;
  readonly quantity: number;
  readonly unit_price_micros: number;
  readonly subscription_id: string | null;
}

const termsOf = (id: number) =>
  rows<Term>(`select * from terms where resource_kind = 'snapshot' and resource_id = $1 order by "from"`, String(id));
const used = async (account = server.first.account_id) =>
  (await rows<{ used: number }>(`select used from usage where account_id = $1 and name = 'snapshots'`, account))[0]
    ?.used ?? 0;

/** What account, quota and hosts have, to be as before. */
const standing = async () => [
  await rows('select balance_micros, credits_micros from accounts order by id'),
  await rows(`select name, used from usage where used > 0 order by account_id, name`),
  await rows('select id from simulated_snapshots order by id'),
  await rows('select resource_id from terms where until is null order by 1'),
];

test('a snapshot of a running VM is there at once, in the shape of the contract, and the VM shows that it is being taken', async () => {
  const vm = await server.vm(fresh(), { pricing_id: 2 });
  await server.operator('fault', 'add', 'snapshot', '--name', `vm-${serial}`, '--delay', '300');
  const reply = await ask(vm, 'before the upgrade');
  assert.equal(reply.status, 201, reply.text);
  const { id, created_at, ...rest } = reply.body.data;
  assert.ok(Number.isInteger(id) && id > 0);
  assert.match(created_at, /^\d{4}-.*Z$/);
  assert.deepEqual(rest, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    created_by: rest.created_by,
    type: 'vm',
    name: 'before the upgrade',
    size: '50 GB',
    target_size: '50 GB',
    status: '',
    product_vm: vm,
    // 50 GB × 0.05 / 720 h
    price_per_hour: '0.003472',
  });
  assert.equal((await vmOf(vm)).status, 'provisioning');
  assert.deepEqual((await get(id)).body.data, reply.body.data);
  await server.settled();
  assert.equal((await vmOf(vm)).status, 'active');
  assert.equal(await statusOf(id), '');
  assert.equal(await onHost(vm), 1);
});

test('lists are narrowed by machine, volume and type, and are paged newest first', async () => {
  const [one, other] = [await server.vm(fresh()), await server.vm(fresh())];
  const ids = [await taken(one, 'a'), await taken(one, 'b'), await taken(other, 'c')];
  const list = async (query: string) => {
    const { body } = await call('GET', `/api/v1/snapshots?${query}`);
    return { ids: body.data.map((row: { id: number }) => row.id), total: body.total };
  };
  assert.deepEqual(await list(`vm_id=${one}`), { ids: [ids[1], ids[0]], total: 2 });
  assert.deepEqual(await list(`vm_id=${one}&type=vm&limit=1&offset=1`), { ids: [ids[0]], total: 2 });
  assert.deepEqual(await list('type=volume'), { ids: [], total: 0 });
  assert.deepEqual(await list('volume_id=1'), { ids: [], total: 0 });
  assert.equal((await list('')).ids[0], ids[2]);
  const stranger = await server.account(fresh());
  const theirs = await call('GET', '/api/v1/snapshots', undefined, { key: stranger.api_key });
  assert.deepEqual([theirs.body.data, theirs.body.total], [[], 0]);
});

test('a stopped VM gives no snapshot; one that is being created gives it once it runs', async () => {
  const off = await server.vm(fresh());
  await stop(off);
  says(await ask(off), 400, 'This VM is stopped; it must be running');
  await server.operator('fault', 'add', 'create', '--name', `vm-${serial + 1}`, '--delay', '400');
  const vm = await server.vm(fresh(), {}, server.owner, false);
  const reply = await ask(vm);
  assert.equal(reply.status, 201, reply.text);
  assert.equal(await onHost(vm), 0);
  await server.settled();
  assert.equal((await vmOf(vm)).status, 'active');
  assert.equal(await onHost(vm), 1);
  assert.equal((await termsOf(reply.body.data.id)).length, 1);
});

test('what is to be snapshot has to be named, in its way, and be there', async () => {
  const vm = await server.vm(fresh());
  const create = (body: object) => call('POST', '/api/v1/snapshots', { name: 'n', ...body });
  says(await create({ resource_type: 'vm' }), 400, /^resource_id is required/);
  says(await create({ resource_type: 'vm', resource_id: vm, volume_id: 1 }), 400, /^volume_id names a volume/);
  says(await create({ resource_type: 'volume' }), 400, /^volume_id is required/);
  says(await create({ resource_type: 'volume', volume_id: 1, resource_id: vm }), 400, /^resource_id names a VM/);
  says(await create({ resource_type: 'volume', volume_id: 1 }), 404, 'volume not found');
  says(await create({ resource_type: 'vm', resource_id: server.first.project_id }), 404, 'VM not found');
  const { body } = await call('POST', '/api/v1/projects', { name: fresh() });
  says(await ask(vm, 'elsewhere', { ...server.owner, project: body.data.id }), 404, 'VM not found');
  const stranger = await server.account(fresh());
  says(await ask(vm, 'not mine', { key: stranger.api_key, project: stranger.project_id }), 404, 'VM not found');
  assert.equal((await call('GET', `/api/v1/snapshots?vm_id=${vm}`)).body.total, 0);
});

test('another account’s snapshot is as good as none', async () => {
  const id = await taken(await server.vm(fresh()));
  const stranger = await server.account(fresh());
  const caller = { key: stranger.api_key, project: stranger.project_id };
  for (const [method, path, body] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/restore'],
    ['PATCH', '/rename', { name: 'mine' }],
  ] as const) {
    says(await call(method, `/api/v1/snapshots/${id}${path}`, body, caller), 404, 'snapshot not found');
  }
});

test('a restore puts back what was on the disk, keeps all else, and moves the mark; a start that is asked for at once comes after', async () => {
  const vm = await server.vm(fresh());
  await write(vm, 'first');
  const first = await taken(vm);
  await write(vm, 'second');
  const second = await taken(vm);
  await write(vm, 'third');
  says(await restore(first), 400, 'VM must be stopped');
  await stop(vm);
  assert.equal((await act(vm, 'resize', { pricing_id: 2 })).status, 200);
  await server.settled();
  const before = await vmOf(vm);
  assert.equal((await restore(first)).status, 200);
  assert.equal((await act(vm, 'start')).status, 200);
  await server.settled();
  assert.equal(await written(vm), 'first');
  const { status, updated_at: _, active: __, ...now } = await vmOf(vm);
  const { status: ___, updated_at: ____, active: _____, ...then } = before;
  assert.equal(status, 'active');
  assert.deepEqual(now, then);
  assert.deepEqual([await statusOf(first), await statusOf(second)], ['active', '']);
  await stop(vm);
  assert.equal((await restore(second)).status, 200);
  await server.settled();
  assert.equal(await written(vm), 'second');
  assert.deepEqual([await statusOf(first), await statusOf(second)], ['', 'active']);
  assert.equal((await vmOf(vm)).status, 'passive');
  assert.equal(await onHost(vm), 2);
});

test('an active snapshot is not deleted; once another is restored, or a new one is taken, it can be', async () => {
  const vm = await server.vm(fresh());
  const [first, second] = [await taken(vm), await taken(vm)];
  await stop(vm);
  await restore(first);
  await server.settled();
  says(await remove(first), 409, /^This snapshot is in use/);
  await restore(second);
  await server.settled();
  assert.equal((await remove(first)).status, 200);
  says(await remove(second), 409, /take a new one$/);
  await start(vm);
  const third = await taken(vm);
  assert.deepEqual([await statusOf(second), await statusOf(third)], ['', '']);
  assert.equal((await remove(second)).status, 200);
  await server.settled();
  assert.equal(await onHost(vm), 1);
});

test('a rename changes the name alone', async () => {
  const vm = await server.vm(fresh());
  const id = await taken(vm);
  const before = (await get(id)).body.data;
  const rename = (name: unknown) => call('PATCH', `/api/v1/snapshots/${id}/rename`, { name });
  const reply = await rename('  renamed ');
  assert.deepEqual(reply.body, { success: true, data: { ...before, name: 'renamed' } });
  assert.deepEqual((await get(id)).body.data, reply.body.data);
  assert.equal((await rename('n'.repeat(128))).status, 200);
  for (const name of ['', ' ', 'n'.repeat(129), undefined]) assert.equal((await rename(name)).status, 400);
  // Not unique.
  await rename('same');
  assert.equal((await ask(vm, 'same')).status, 201);
  await server.settled();
});

test('a snapshot is counted from when it is there until its deletion is asked for, and nothing is charged', async () => {
  const vm = await server.vm(fresh());
  const { storage } = await vmOf(vm);
  const [money] = await standing();
  await server.operator('fault', 'add', 'snapshot', '--name', `vm-${serial}`, '--delay', '300');
  const { body } = await ask(vm);
  const { id } = body.data;
  assert.deepEqual(await termsOf(id), []);
  await server.settled();
  const [term] = await termsOf(id);
  assert.deepEqual(
    { ...term, from: undefined },
    { ...term, from: undefined, until: null, quantity: storage, unit_price_micros: 50_000, subscription_id: null },
  );
  assert.ok((term?.from.getTime() ?? 0) - new Date(body.data.created_at).getTime() >= 300);
  server.time.offset += 5 * 3_600_000;
  const asked = Date.now() + server.time.offset;
  assert.equal((await remove(id)).status, 200);
  await server.settled();
  const [ended, ...more] = await termsOf(id);
  assert.deepEqual(more, []);
  assert.ok(Math.abs((ended?.until?.getTime() ?? 0) - asked) < 5000, String(ended?.until));
  assert.deepEqual((await standing())[0], money);
});

test('one that is deleted while it is being taken goes as soon as it is there, and counts nothing', async () => {
  const vm = await server.vm(fresh());
  await server.operator('fault', 'add', 'snapshot', '--name', `vm-${serial}`, '--delay', '200');
  const { id } = (await ask(vm)).body.data;
  assert.equal((await remove(id)).status, 200);
  assert.equal((await get(id)).status, 404);
  // What goes anyway does not keep its machine.
  await server.settled();
  assert.equal(await onHost(vm), 0);
  const [term] = await termsOf(id);
  assert.deepEqual(term?.until, term?.from);
  assert.equal((await vmOf(vm)).status, 'active');
});

test('standing and money decide before anything is taken: 403 with its reason, 402 where nothing is left to pay with', async () => {
  const { account_id, api_key, project_id } = await server.account(fresh());
  const caller = { key: api_key, project: project_id };
  await server.operator('balance', account_id, '--mode', 'subscription', '--set', '100');
  const vm = await server.vm(fresh(), {}, caller);
  await server.settled();
  const state = (value: string) => rows('update accounts set payment_state = $2 where id = $1', account_id, value);
  const before = await standing();
  await state('failed');
  const failed = await ask(vm, 'n', caller);
  assert.deepEqual([failed.status, failed.body.reason], [403, 'failed']);
  await state('none');
  assert.equal((await ask(vm, 'n', caller)).body.reason, 'no_billing_customer');
  await state('good');
  await server.operator('balance', account_id, '--set', '0', '--credits', '0');
  says(await ask(vm, 'n', caller), 402, 'Insufficient balance for subscription');
  assert.deepEqual((await standing()).slice(1), before.slice(1));
  await server.operator('balance', account_id, '--credits', '0.01');
  assert.equal((await ask(vm, 'n', caller)).status, 201);
  await server.settled();
  await server.operator('balance', account_id, '--mode', 'payg', '--credits', '0');
  assert.equal((await ask(vm, 'n', caller)).status, 201);
  await server.settled();
});

test('snapshots have a quota, which a deletion frees once the host let go', async () => {
  const { account_id, api_key, project_id } = await server.account(fresh());
  const caller = { key: api_key, project: project_id };
  await server.operator('quota', account_id, '--snapshots', '2');
  const vm = await server.vm(fresh(), {}, caller);
  const replies = [];
  for (let n = 0; n < 3; n++) {
    replies.push(await ask(vm, `n-${n}`, caller));
    await server.settled();
  }
  assert.deepEqual(
    replies.map(({ status }) => status),
    [201, 201, 400],
  );
  assert.match(replies[2]?.body.message, /^too many snapshots: the account may have 2/);
  assert.equal((await vmOf(vm))?.status, undefined);
  assert.equal((await call('GET', `/api/v1/vms/${vm}`, undefined, caller)).body.data.status, 'active');
  await call('DELETE', `/api/v1/snapshots/${replies[0]?.body.data.id}`, undefined, caller);
  await server.settled();
  assert.equal(await used(account_id), 1);
  assert.equal((await ask(vm, 'again', caller)).status, 201);
  await server.settled();
});

test('where the host fails it is told, the VM runs, and money, quota and host are as before', async () => {
  const vm = await server.vm(fresh());
  await server.settled();
  const before = await standing();
  await server.operator('fault', 'add', 'snapshot', '--name', `vm-${serial}`, '--count', '1', '--fail', 'no room');
  const { id } = (await ask(vm)).body.data;
  await server.settled();
  assert.equal((await get(id)).status, 404);
  assert.deepEqual(await standing(), before);
  const { status, status_reason } = await vmOf(vm);
  assert.deepEqual([status, status_reason], ['active', 'The snapshot was not taken: no room']);
  const { body } = await call('GET', `/api/raffia/v1/operations?resource_id=${id}`);
  const [{ kind, status: ended, error, resource_id }] = body.data.filter((one: { kind: string }) =>
    one.kind.startsWith('snapshot.'),
  );
  assert.deepEqual([kind, ended, error, resource_id], ['snapshot.create', 'failed', 'no room', String(id)]);
  assert.equal((await taken(vm)) > id, true);
});

test('a restore that fails leaves the marks and the state as they were, and says why', async () => {
  const vm = await server.vm(fresh());
  const [first, second] = [await taken(vm), await taken(vm)];
  await stop(vm);
  await restore(first);
  await server.settled();
  const before = await standing();
  for (const id of [second, first]) {
    await server.operator('fault', 'add', 'restore', '--name', `vm-${serial}`, '--count', '1', '--fail', 'disk lost');
    assert.equal((await restore(id)).status, 200);
    await server.settled();
    assert.deepEqual([await statusOf(first), await statusOf(second)], ['active', '']);
    const { status, status_reason } = await vmOf(vm);
    assert.deepEqual([status, status_reason], ['passive', 'The snapshot was not restored: disk lost']);
  }
  assert.deepEqual(await standing(), before);
  await rows('delete from simulated_snapshots where machine_id = $1', vm);
  await restore(second);
  await server.settled();
  assert.match((await vmOf(vm)).status_reason, /gone from its host; delete it$/);
});

test('with a VM that is deleted, reinstalled or reset its snapshots go, and are counted no longer', async () => {
  for (const end of [
    (vm: string) => call('DELETE', `/api/v1/vms/${vm}`),
    (vm: string) => act(vm, 'reinstall', { template_id: ubuntu, password: goodPassword }),
    (vm: string) => act(vm, 'factory-reset'),
  ]) {
    const vm = await server.vm(fresh());
    const ids = [await taken(vm), await taken(vm)];
    // Also the one that it runs on.
    await stop(vm);
    await restore(ids[0] as number);
    await server.settled();
    const before = await used();
    const reply = await end(vm);
    assert.equal(reply.status, 200, reply.text);
    for (const id of ids) assert.equal((await get(id)).status, 404);
    assert.equal(await used(), before - 2);
    for (const id of ids) assert.notEqual((await termsOf(id))[0]?.until, null);
    await server.settled();
    assert.equal(await onHost(vm), 0);
  }
});

test('a VM is not deleted while a snapshot of it is being taken, and is while one waits or is to go', async () => {
  const busy = await server.vm(fresh());
  await server.operator('fault', 'add', 'snapshot', '--name', `vm-${serial}`, '--delay', '300');
  const { id } = (await ask(busy)).body.data;
  says(await call('DELETE', `/api/v1/vms/${busy}`), 400, /^A snapshot of this VM is being taken/);
  await remove(id);
  assert.equal((await call('DELETE', `/api/v1/vms/${busy}`)).status, 200);
  await server.settled();
  await server.operator('fault', 'add', 'create', '--name', `vm-${serial + 1}`, '--delay', '600');
  const vm = await server.vm(fresh(), {}, server.owner, false);
  const waiting = (await ask(vm)).body.data.id;
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`)).status, 200);
  await server.settled();
  assert.equal((await get(waiting)).status, 404);
  assert.deepEqual([await onHost(busy), await onHost(vm)], [0, 0]);
});

test('an image can be saved of a snapshot of the VM, with the disk that it had then', async () => {
  const vm = await server.vm(fresh());
  await write(vm, 'then');
  const id = await taken(vm);
  await write(vm, 'now');
  await stop(vm);
  const { storage } = await vmOf(vm);
  await act(vm, 'disk/resize', { new_size: storage + 10 });
  await server.settled();
  const other = await taken(await server.vm(fresh()));
  for (const snapshot_id of [other, 2_000_000_000, -2]) {
    const reply = await act(vm, 'save-image', { name: 'no', snapshot_id });
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.body.message, /snapshot_id/);
  }
  const saved = await act(vm, 'save-image', { name: 'then', snapshot_id: id });
  assert.equal(saved.status, 201, saved.text);
  // Asked for at once: it goes after the image is saved.
  assert.equal((await remove(id)).status, 200);
  await server.settled();
  const [image] = await rows('select size, status from images where id = $1', saved.body.data.id);
  assert.deepEqual(image, { size: storage, status: 'ready' });
  const copy = await server.vm(fresh(), { template_id: saved.body.data.id });
  assert.equal(await written(copy), 'then');
  assert.equal(await onHost(vm), 0);
});

test('of many at once there is one winner, and nobody gets a 500', async () => {
  const outcomes: Record<string, number> = {};
  const count = (what: string, replies: Reply[]) => {
    for (const { status, text } of replies) {
      assert.ok(status < 500, text);
      outcomes[`${what} ${status}`] = (outcomes[`${what} ${status}`] ?? 0) + 1;
    }
  };
  const rounds = 5;
  for (let round = 0; round < rounds; round++) {
    const vm = await server.vm(fresh());
    const [first, second] = [await taken(vm), await taken(vm)] as const;
    const deletions = await Promise.all(Array.from({ length: 5 }, () => remove(second)));
    count('deletion', deletions);
    assert.equal(deletions.filter(({ status }) => status === 200).length, 1);
    await stop(vm);
    const third = first;
    const both = await Promise.all([restore(third), remove(third)]);
    count('restore or deletion', both);
    // Restored and deleted at once: one of the two.
    assert.equal(both.filter(({ status }) => status === 200).length, 1, both.map(({ text }) => text).join());
    await server.settled();
    await start(vm);
    const ids = [await taken(vm), await taken(vm)];
    count(
      'snapshots beside a deletion of their VM',
      await Promise.all([
        ...ids.map(remove),
        ask(vm),
        call('DELETE', `/api/v1/vms/${vm}`),
        ask(vm),
        ...ids.map((id) => call('PATCH', `/api/v1/snapshots/${id}/rename`, { name: 'late' })),
      ]),
    );
    await server.settled();
    const { status } = await call('DELETE', `/api/v1/vms/${vm}`);
    assert.ok([200, 404].includes(status));
    await server.settled();
    assert.equal(await onHost(vm), 0);
    assert.deepEqual(await rows('select id from snapshots where vm_id = $1', vm), []);
  }
  console.log(JSON.stringify(outcomes));
  assert.equal(outcomes['deletion 404'], 4 * rounds);
});

test('a project that holds a snapshot is not deleted', async () => {
  const { body } = await call('POST', '/api/v1/projects', { name: fresh() });
  const project = body.data.id;
  const caller = { ...server.owner, project };
  const vm = await server.vm(fresh(), {}, caller);
  const id = (await ask(vm, 'held', caller)).body.data.id;
  await server.settled();
  says(await call('DELETE', `/api/v1/projects/${project}`), 409, /1 snapshot \(GET \/api\/v1\/snapshots lists them/);
  assert.equal((await call('DELETE', `/api/v1/snapshots/${id}`, undefined, caller)).status, 200);
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`, undefined, caller)).status, 200);
  await server.settled();
  await call('GET', '/api/v1/vpcs', undefined, caller);
  const gone = await call('DELETE', `/api/v1/projects/${project}`);
  assert.equal(gone.status, 200, gone.text);
});
