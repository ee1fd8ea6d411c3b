import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { BackupStoreAway, BackupStoreFull } from '../../backups/backup-store.ts';
import { repeatBackupRemovals } from '../../operations/repeat-backup-removals.ts';
import { HandWorker } from '../../testing/hand-worker.ts';
import { type Caller, type Reply, TestServer } from '../../testing/test-server.ts';
import { lookAfterStore } from './look-after-store.ts';
import { removeExpiredBackups } from './remove-expired-backups.ts';

/** Nothing works by itself: these tests say when. */
let server: TestServer;
let worker: HandWorker;
let serial = 0;

before(async () => {
  server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '3600' }, { works: false });
  worker = await HandWorker.of(server.server.services);
});
after(() => server.stop());

const services = () => server.server.services;
const call = (method: string, path: string, body?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, path, body === undefined ? {} : { body });
const act = (vm: string, action: string, body?: unknown) => call('POST', `/api/v1/vms/${vm}/${action}`, body);
const ask = (vm_id: string, body: object = {}, caller?: Caller) =>
  call('POST', '/api/v1/backups', { vm_id, ...body }, caller);
const get = async (id: string) => (await call('GET', `/api/v1/backups/${id}`)).body.data;
const remove = (id: string) => call('DELETE', `/api/v1/backups/${id}`);
const removeChain = (id: string) => call('DELETE', `/api/v1/backups/${id}/chain`);
const restore = (id: string) => call('POST', `/api/v1/backups/${id}/restore`);
const vmOf = async (vm: string) => (await call('GET', `/api/v1/vms/${vm}`)).body.data;
const rows = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await services().pool.query<Row>(text, values)).rows;
const says = (reply: Reply, status: number, message: RegExp | string) => {
  assert.equal(reply.status, status, reply.text);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
};

async function machine(extra: Record<string, unknown> = {}, caller: Caller = server.owner): Promise<string> {
  const id = await server.vm(`vm-${++serial}`, extra, caller, false);
  await worker.work();
  return id;
}

async function taken(vm: string, body?: object): Promise<string> {
  const reply = await ask(vm, body);
  assert.equal(reply.status, 202, reply.text);
  await worker.work();
  assert.equal((await get(reply.body.data.id)).status, 'ready');
  return reply.body.data.id;
}

async function power(vm: string, action: 'start' | 'stop'): Promise<void> {
  assert.equal((await act(vm, action)).status, 200);
  await worker.work();
}

const listOf = async (vm: string) => (await call('GET', `/api/v1/backups?vm_id=${vm}`)).body.data;
const write = (vm: string, text: string) => rows('update simulated_machines set contents = $2 where id = $1', vm, text);
const written = async (vm: string) =>
  (await rows<{ contents: string }>('select contents from simulated_machines where id = $1', vm))[0]?.contents;
const kept = async (account = server.first.account_id) =>
  (await services().backupStore.list(account)).map(({ id }) => id).sort();
const openTerms = () =>
  rows<{ resource_id: string; month: number }>(
    `select resource_id, unit_price_micros * quantity as month from terms where resource_kind = 'backup' and until is null order by 1`,
  );

/** What account, quota, store and bills have, to be as before. */
const standing = async () => [
  await rows('select balance_micros, credits_micros from accounts order by id'),
  await rows('select account_id, name, used from usage where used > 0 order by account_id, name'),
  await kept(),
  await openTerms(),
];

test('a backup of a running VM is pending at once, in the shape of the contract, and the VM shows it until it is ready', async () => {
  const vm = await machine();
  const reply = await ask(vm);
  assert.equal(reply.status, 202, reply.text);
  const { id, created_at, created_by, ...rest } = reply.body.data;
  assert.ok(created_by);
  assert.deepEqual(rest, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    region: 'us-east',
    product_vm: vm,
    name: `manual-backup-${created_at.slice(0, 10)}`,
    storage_size: 0,
    status: 'pending',
    price_per_hour: '0.000000',
  });
  assert.equal((await vmOf(vm)).status, 'provisioning');
  assert.deepEqual(await get(id), reply.body.data);
  await worker.work();
  assert.equal((await vmOf(vm)).status, 'active');
  assert.deepEqual(await get(id), { ...reply.body.data, status: 'ready', storage_size: 1, increment_id: 0 });
  assert.equal((await get(await taken(vm, { name: '  by hand ' }))).name, 'by hand');
});

test('a stopped VM is backed up as well, and stays stopped; one that is being made, once that has ended', async () => {
  const vm = await machine();
  await power(vm, 'stop');
  await ask(vm);
  assert.equal((await vmOf(vm)).status, 'provisioning');
  await worker.work();
  assert.equal((await vmOf(vm)).status, 'passive');
  const fresh = await server.vm(`vm-${++serial}`, {}, server.owner, false);
  const { id } = (await ask(fresh)).body.data;
  assert.equal((await vmOf(fresh)).status, 'initiating');
  await worker.work();
  assert.deepEqual([(await vmOf(fresh)).status, (await get(id)).status], ['active', 'ready']);
});

test('what is to be backed up has to be there and in the project, and names have their length', async () => {
  const vm = await machine();
  says(await call('POST', '/api/v1/backups', {}), 400, /vm_id/);
  for (const name of ['n'.repeat(129), '', ' ']) says(await ask(vm, { name }), 400, /name/);
  assert.equal((await ask(vm, { name: 'n'.repeat(128) })).status, 202);
  says(await ask(server.first.project_id), 404, 'VM not found');
  const project = (await call('POST', '/api/v1/projects', { name: `p-${++serial}` })).body.data.id;
  says(await ask(vm, {}, { ...server.owner, project }), 404, 'VM not found');
  const stranger = await server.account(`stranger ${++serial}`);
  const caller = { key: stranger.api_key, project: stranger.project_id };
  says(await ask(vm, {}, caller), 404, 'VM not found');
  await worker.work();
  const [{ id }] = await listOf(vm);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['DELETE', '/chain'],
    ['POST', '/restore'],
  ] as const) {
    says(await call(method, `/api/v1/backups/${id}${path}`, undefined, caller), 404, 'backup not found');
  }
  says(await call('POST', `/api/v1/vms/${vm}/backups/reset-chain`, undefined, caller), 404, 'VM not found');
  const theirs = await call('GET', '/api/v1/backups', undefined, { key: stranger.api_key });
  assert.deepEqual([theirs.body.data, theirs.body.total], [[], 0]);
  await rows(`update vms set status = 'failure' where id = $1`, vm);
  says(await ask(vm), 400, 'This VM has failed, and can only be deleted');
  await rows(`update vms set status = 'active' where id = $1`, vm);
});

test('a restore puts back what was on the disk and keeps all else; a start that is asked for at once comes after', async () => {
  const vm = await machine();
  await write(vm, 'first');
  const first = await taken(vm);
  await write(vm, 'second');
  const second = await taken(vm);
  await write(vm, 'third');
  says(await restore(first), 400, 'VM must be stopped');
  await power(vm, 'stop');
  await act(vm, 'resize', { pricing_id: 2 });
  await worker.work();
  const before = await vmOf(vm);
  const reply = await restore(first);
  assert.deepEqual([reply.status, reply.body.data.status], [202, 'restoring']);
  assert.equal((await restore(first)).status, 202, 'once more is no more');
  says(await remove(first), 409, /^The backup is being restored/);
  says(await removeChain(second), 409, /^The backup is being restored/);
  assert.equal((await act(vm, 'start')).status, 200);
  await worker.work();
  assert.equal(await written(vm), 'first');
  assert.equal((await get(first)).status, 'ready');
  const { status, active: _, updated_at: __, ...now } = await vmOf(vm);
  const { status: ___, active: ____, updated_at: _____, ...then } = before;
  assert.equal(status, 'active');
  assert.deepEqual(now, then);
  await power(vm, 'stop');
  await restore(second);
  await worker.work();
  assert.equal(await written(vm), 'second');
  assert.equal((await vmOf(vm)).status, 'passive');
});

test('backups of a VM are one series; of several none goes alone, all go together; a reset begins anew and keeps what there is', async () => {
  const vm = await machine();
  const [a, b, c] = [await taken(vm), await taken(vm), await taken(vm)] as const;
  const places = async () => (await listOf(vm)).map((one: { increment_id: number }) => one.increment_id);
  assert.deepEqual(await places(), [2, 1, 0]);
  for (const id of [a, b, c]) {
    says(
      await remove(id),
      409,
      `This backup is one of a series and cannot be deleted alone; DELETE /api/v1/backups/${id}/chain deletes the series`,
    );
  }
  const reset = await act(vm, 'backups/reset-chain');
  assert.equal(reset.status, 202, reset.text);
  const d = await taken(vm);
  assert.deepEqual(await places(), [0, 2, 1, 0]);
  assert.equal((await remove(d)).status, 200);
  says(await removeChain(b), 200, 'The series is being deleted: 3 backups');
  assert.deepEqual(await listOf(vm), []);
  await worker.work();
  assert.deepEqual(
    (await kept()).filter((id) => [a, b, c, d].includes(id)),
    [],
  );
  assert.deepEqual(await rows('select from backups where vm_id = $1', vm), []);
  says(await removeChain(a), 404, 'backup not found');
  await taken(vm);
  assert.deepEqual(await places(), [0]);
});

test('the oldest of a series leaves what it kept to the next, and never more than the whole disk', async () => {
  const vm = await machine();
  const ids = [await taken(vm), await taken(vm), await taken(vm)];
  const set = (id: string | undefined, size: number, keptBytes: number) =>
    rows('update backups set size_bytes = $2, kept_bytes = $3 where id = $1', id, size, keptBytes);
  const mb = 1024 * 1024;
  await set(ids[0], 30 * mb, 30 * mb);
  await set(ids[1], 100 * mb, 5 * mb);
  await set(ids[2], 31 * mb, 7 * mb);
  const sizes = async () => (await listOf(vm)).map((one: { storage_size: number }) => one.storage_size);
  assert.deepEqual(await sizes(), [7, 5, 30]);
  const expire = async (id: string | undefined) => {
    await rows(`update backups set expires_at = '2020-01-01' where id = $1`, id);
    await removeExpiredBackups(services());
  };
  await expire(ids[0]);
  assert.deepEqual(await sizes(), [7, 35]);
  await expire(ids[1]);
  assert.deepEqual(await sizes(), [31]);
  await worker.work();
});

test('the three newest of a VM are free; the others are counted from when they fall behind until they are among them again or go', async () => {
  const vm = await machine();
  const money = (await standing())[0];
  const ids: string[] = [];
  const terms = async () => (await openTerms()).filter(({ resource_id }) => ids.includes(resource_id));
  for (let n = 0; n < 3; n++) ids.push(await taken(vm));
  await rows('update backups set size_bytes = $2, kept_bytes = $2 where id = any ($1::uuid[])', ids, 15 * 1024 ** 3);
  assert.deepEqual(await terms(), []);
  ids.push(await taken(vm));
  // 15 GB × 0.05
  assert.deepEqual(await terms(), [{ resource_id: ids[0], month: 750_000 }]);
  assert.equal((await get(ids[0] as string)).price_per_hour, '0.001042');
  assert.equal((await get(ids[1] as string)).price_per_hour, '0.000000');
  await act(vm, 'backups/reset-chain');
  ids.push(await taken(vm));
  assert.deepEqual((await terms()).map(({ resource_id }) => resource_id).sort(), [ids[0], ids[1]].sort());
  assert.equal((await remove(ids[4] as string)).status, 200);
  assert.deepEqual(await terms(), [{ resource_id: ids[0], month: 750_000 }]);
  assert.equal((await removeChain(ids[0] as string)).status, 200);
  assert.deepEqual(await terms(), []);
  const history = await rows<{ until: Date | null }>(
    `select until from terms where resource_kind = 'backup' and resource_id = any ($1)`,
    ids,
  );
  assert.deepEqual([history.length, history.every(({ until }) => until !== null)], [2, true]);
  await worker.work();
  assert.deepEqual((await standing())[0], money, 'nothing is charged');
});

test('one that is deleted while it is written keeps its machine from nothing, also where the store is away', async () => {
  const vm = await machine();
  const { id } = (await ask(vm)).body.data;
  await rows(`update backups set state = 'creating', series = gen_random_uuid() where id = $1`, id);
  assert.equal((await remove(id)).status, 200);
  const { backupStore } = services();
  const away = async () => Promise.reject(new BackupStoreAway());
  Object.assign(services(), { backupStore: { delete: away, list: away } });
  await worker.work();
  assert.equal((await vmOf(vm)).status, 'active');
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`)).status, 200);
  await worker.work();
  Object.assign(services(), { backupStore });
  assert.equal((await rows('select from backups where id = $1', id)).length, 1);
  await repeatBackupRemovals(services());
  await worker.work();
  assert.equal((await rows('select from backups where id = $1', id)).length, 0);
});

test('one that waits or is being taken can be deleted, alone, and nothing of it is kept', async () => {
  const vm = await machine();
  const { id } = (await ask(vm)).body.data;
  says(await restore(id), 400, 'VM must be stopped');
  assert.equal((await remove(id)).status, 200);
  assert.equal(await get(id), undefined);
  await worker.work();
  assert.deepEqual([(await vmOf(vm)).status, await rows('select from backups where vm_id = $1', vm)], ['active', []]);
  assert.ok(!(await kept()).includes(id));
  await power(vm, 'stop');
  await rows(
    `insert into operations (id, account_id, project_id, resource_id, queue, kind, created_by, created_at)
    select gen_random_uuid(), account_id, project_id, id, id, 'vm.filter', created_by, now() from vms where id = $1`,
    vm,
  );
  const waiting = (await ask(vm)).body.data.id;
  await rows(`update vms set status = 'passive' where id = $1`, vm);
  says(await restore(waiting), 400, /^The backup is still being taken/);
  await worker.work();
});

test('standing and money decide before anything is begun: 403 with its reason, 402 where nothing is left to pay with', async () => {
  const { account_id, api_key, project_id } = await server.account(`money ${++serial}`);
  const caller = { key: api_key, project: project_id };
  await server.operator('balance', account_id, '--mode', 'subscription', '--set', '100');
  const vm = await machine({}, caller);
  const state = (value: string) => rows('update accounts set payment_state = $2 where id = $1', account_id, value);
  const before = await standing();
  await rows('update accounts set is_suspended = true where id = $1', account_id);
  await state('failed');
  const banned = await ask(vm, {}, caller);
  assert.deepEqual([banned.status, banned.body.reason], [403, 'banned']);
  await rows('update accounts set is_suspended = false where id = $1', account_id);
  assert.equal((await ask(vm, {}, caller)).body.reason, 'failed');
  await state('none');
  assert.equal((await ask(vm, {}, caller)).body.reason, 'no_billing_customer');
  await state('good');
  await server.operator('balance', account_id, '--set', '0', '--credits', '0');
  says(await ask(vm, {}, caller), 402, 'Insufficient balance for subscription');
  assert.deepEqual((await standing()).slice(1), before.slice(1));
  await server.operator('balance', account_id, '--credits', '0.01');
  assert.equal((await ask(vm, {}, caller)).status, 202);
  await worker.work();
});

test('backups have a quota, which neither failed ones nor deleted ones use', async () => {
  const { account_id, api_key, project_id } = await server.account(`quota ${++serial}`);
  const caller = { key: api_key, project: project_id };
  await server.operator('quota', account_id, '--backups', '1');
  const name = `vm-${serial + 1}`;
  const vm = await machine({}, caller);
  await server.operator('fault', 'add', 'backup', '--name', name, '--count', '1', '--fail', 'no room');
  const failed = (await ask(vm, {}, caller)).body.data.id;
  await worker.work();
  const { status, status_reason, price_per_hour } = (await call('GET', `/api/v1/backups/${failed}`, undefined, caller))
    .body.data;
  assert.deepEqual([status, status_reason, price_per_hour], ['failed', 'no room', '0.000000']);
  const first = await ask(vm, {}, caller);
  assert.equal(first.status, 202, first.text);
  await worker.work();
  says(await ask(vm, {}, caller), 400, /^too many backups: the account may have 1/);
  assert.equal((await call('DELETE', `/api/v1/backups/${first.body.data.id}`, undefined, caller)).status, 200);
  assert.equal((await ask(vm, {}, caller)).status, 202);
  await worker.work();
  await power(vm, 'stop').catch(() => undefined);
  assert.equal((await call('DELETE', `/api/v1/backups/${failed}`, undefined, caller)).status, 200);
  await worker.work();
  assert.deepEqual(await rows('select state from backups where account_id = $1', account_id), [{ state: 'ready' }]);
});

test('where the host fails it is told, the VM runs, and money, quota and store are as before', async () => {
  const vm = await machine();
  await taken(vm);
  const before = await standing();
  await server.operator('fault', 'add', 'backup', '--name', `vm-${serial}`, '--count', '1', '--fail', 'disk lost');
  const { id } = (await ask(vm)).body.data;
  await worker.work();
  assert.deepEqual(await standing(), before);
  const { status, status_reason } = await vmOf(vm);
  assert.deepEqual([status, status_reason], ['active', 'The backup was not made: disk lost']);
  const { body } = await call('GET', `/api/raffia/v1/operations?resource_id=${id}`);
  assert.deepEqual(
    [body.data[0].kind, body.data[0].status, body.data[0].error],
    ['backup.create', 'failed', 'disk lost'],
  );
  await power(vm, 'stop');
  says(await restore(id), 400, 'This backup has failed: there is nothing to restore');
  const [{ id: good }] = (await listOf(vm)).filter((one: { status: string }) => one.status === 'ready');
  await server.operator('fault', 'add', 'restore', '--name', `vm-${serial}`, '--count', '1', '--fail', 'torn');
  assert.equal((await restore(good)).status, 202);
  await worker.work();
  assert.equal((await get(good)).status, 'ready');
  assert.deepEqual(
    [(await vmOf(vm)).status, (await vmOf(vm)).status_reason],
    ['passive', 'The backup was not restored: torn'],
  );
  assert.deepEqual((await standing()).slice(1), before.slice(1));
});

test('a store that is away or full ends a backup and a restore with its sentence, and a deletion is asked for until it is back', async () => {
  const vm = await machine();
  await write(vm, 'kept');
  const id = await taken(vm);
  const before = await standing();
  const { directory } = services().configuration.backups;
  await rename(directory, `${directory}-away`);
  await writeFile(directory, 'no directory');
  const lost = (await ask(vm)).body.data.id;
  await worker.work();
  const away = 'The place where backups are kept cannot be reached';
  assert.deepEqual([(await get(lost)).status, (await get(lost)).status_reason], ['failed', away]);
  assert.equal((await vmOf(vm)).status_reason, `The backup was not made: ${away}`);
  // As counted with its waits: its machine is not held up until the deadline.
  const [{ elapsed_ms } = { elapsed_ms: 0 }] = await rows<{ elapsed_ms: number }>(
    'select elapsed_ms from operations where resource_id = $1',
    lost,
  );
  assert.ok(elapsed_ms > 20_000 && elapsed_ms < 120_000, `${elapsed_ms} ms`);
  await power(vm, 'stop');
  await restore(id);
  await worker.work();
  assert.deepEqual(
    [(await get(id)).status, (await vmOf(vm)).status_reason],
    ['ready', `The backup was not restored: ${away}`],
  );
  assert.equal(await written(vm), 'kept');
  assert.equal((await remove(id)).status, 200);
  await worker.work();
  assert.equal(await get(id), undefined);
  await rm(directory);
  await rename(`${directory}-away`, directory);
  assert.ok((await kept()).includes(id));
  await repeatBackupRemovals(services());
  await worker.work();
  assert.ok(!(await kept()).includes(id));
  assert.deepEqual(await rows('select state from backups where vm_id = $1', vm), [{ state: 'failed' }]);

  const { backupStore } = services();
  const full = { write: async () => Promise.reject(new BackupStoreFull()) };
  Object.assign(services(), { backupStore: { ...full, delete: backupStore.delete.bind(backupStore) } });
  const unkept = (await ask(vm)).body.data.id;
  await worker.work();
  Object.assign(services(), { backupStore });
  assert.equal((await get(unkept)).status_reason, 'The place where backups are kept has no room left');
  assert.equal((await vmOf(vm)).status, 'passive');
  assert.deepEqual((await standing())[0], before[0]);
  assert.deepEqual((await standing())[3], before[3]);
});

test('a VM that is deleted keeps its backups, which nobody can restore; those that waited are not taken', async () => {
  const vm = await machine();
  const id = await taken(vm);
  const waiting = (await ask(vm)).body.data.id;
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`)).status, 200);
  await worker.work();
  assert.deepEqual([(await get(waiting)).status, (await get(waiting)).status_reason], ['failed', 'The VM was deleted']);
  const backup = await get(id);
  assert.deepEqual([backup.status, backup.product_vm, backup.expire_date], ['ready', vm, undefined]);
  says(await restore(id), 400, /^The VM of this backup is gone/);
  says(await ask(vm), 404, 'VM not found');
  assert.equal((await removeChain(id)).status, 200);
  await worker.work();
  assert.ok(!(await kept()).includes(id));
});

test('a VM is not deleted while a backup of it is being taken', async () => {
  const vm = await machine();
  const { id } = (await ask(vm)).body.data;
  await rows(`update backups set state = 'creating', series = gen_random_uuid() where id = $1`, id);
  says(
    await call('DELETE', `/api/v1/vms/${vm}`),
    400,
    'A backup of this VM is being taken; delete it when that is done',
  );
  await worker.work();
  assert.equal((await get(id)).status, 'ready');
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`)).status, 200);
  await worker.work();
});

test('of many at once there is one winner, and nobody gets a 500', async () => {
  const outcomes: Record<string, number> = {};
  const rounds = 5;
  const count = (what: string, replies: Reply[]) => {
    for (const { status, text } of replies) {
      assert.ok(status < 500, text);
      outcomes[`${what} ${status}`] = (outcomes[`${what} ${status}`] ?? 0) + 1;
    }
    return replies.filter(({ status }) => status < 300).length;
  };
  for (let round = 0; round < rounds; round++) {
    const vm = await machine();
    const first = await taken(vm);
    assert.equal(count('deletion', await Promise.all(Array.from({ length: 5 }, () => remove(first)))), 1);
    await worker.work();
    const second = await taken(vm);
    await power(vm, 'stop');
    assert.equal(count('restore or deletion', await Promise.all([restore(second), remove(second)])), 1);
    await worker.work();
    await power(vm, 'start');
    const asked = await Promise.all([ask(vm), ask(vm), ask(vm), ask(vm)]);
    assert.equal(count('backup', asked), 4);
    await worker.work();
    const places = (await listOf(vm)).filter((one: { status: string }) => one.status === 'ready');
    assert.deepEqual(
      places.map((one: { increment_id: number }) => one.increment_id),
      places.map((_: unknown, n: number) => places.length - 1 - n),
    );
    const ids = asked.map(({ body }) => body.data.id);
    count(
      'at the end',
      await Promise.all([
        ...ids.map(removeChain),
        ask(vm),
        call('DELETE', `/api/v1/vms/${vm}`),
        act(vm, 'backups/reset-chain'),
      ]),
    );
    await worker.work();
    await call('DELETE', `/api/v1/vms/${vm}`);
    for (const { id } of await listOf(vm)) await removeChain(id);
    await worker.work();
    assert.deepEqual(await rows('select from backups where vm_id = $1', vm), []);
  }
  console.log(JSON.stringify(outcomes));
  assert.equal(outcomes['deletion 404'], 4 * rounds);
});

test('what a failed backup left is removed by housekeeping; what no row knows is told, and stays', async () => {
  const vm = await machine();
  const [failed, known] = [await taken(vm), await taken(vm)];
  await act(vm, 'backups/reset-chain');
  const lost = await taken(vm);
  await rows(`update backups set state = 'failed', ready_at = null where id = $1`, failed);
  await rows('delete from backups where id = $1', lost);
  const unknown = await lookAfterStore(services(), new AbortController().signal);
  assert.deepEqual(unknown[server.first.account_id], [lost]);
  const left = await kept();
  assert.deepEqual(
    [failed, known, lost].map((id) => left.includes(id)),
    [false, true, true],
  );
  await assert.rejects(lookAfterStore(services(), AbortSignal.abort()), /abort/i);
});

test('the room of what was deleted is given back once, by whichever server looks next, however much later', async (t) => {
  const vm = await machine();
  const first = await taken(vm);
  await act(vm, 'backups/reset-chain');
  const second = await taken(vm);
  await act(vm, 'backups/reset-chain');
  await taken(vm);
  const hour = 3_600_000;
  const before = server.time.offset;
  t.after(() => {
    server.time.offset = before;
  });
  /** The accounts of which a server makes room that has just started: it remembers nothing. */
  const tidied = async () => {
    server.time.offset += 3 * hour;
    const found: string[] = [];
    const store = services().backupStore;
    const tidy: typeof store.tidy = (accountId, writing) => {
      found.push(accountId);
      return store.tidy(accountId, writing);
    };
    const noting = new Proxy(store, { get: (of, name) => (name === 'tidy' ? tidy : Reflect.get(of, name)) });
    await lookAfterStore({ ...services(), backupStore: noting }, new AbortController().signal);
    return found;
  };
  const account = server.first.account_id;
  await tidied();
  assert.deepEqual(await tidied(), []);
  assert.equal((await remove(second)).status, 200);
  await worker.work();
  assert.deepEqual(await tidied(), [account]);
  assert.deepEqual(await tidied(), []);
  assert.equal((await remove(first)).status, 200);
  await worker.work();
  assert.deepEqual(await tidied(), [account]);
  assert.deepEqual(await tidied(), []);
});

test('a project that holds a backup is not deleted', async () => {
  const project = (await call('POST', '/api/v1/projects', { name: `p-${++serial}` })).body.data.id;
  const caller = { ...server.owner, project };
  const vm = await machine({}, caller);
  const { id } = (await ask(vm, {}, caller)).body.data;
  await worker.work();
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`, undefined, caller)).status, 200);
  await worker.work();
  says(
    await call('DELETE', `/api/v1/projects/${project}`),
    409,
    /1 backup \(GET \/api\/v1\/backups lists them, DELETE \/api\/v1\/backups\/\{id\} deletes one/,
  );
  assert.equal((await call('DELETE', `/api/v1/backups/${id}`, undefined, caller)).status, 200);
  await worker.work();
  const gone = await call('DELETE', `/api/v1/projects/${project}`);
  assert.equal(gone.status, 200, gone.text);
});
