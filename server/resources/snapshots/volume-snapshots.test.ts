import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { recountCapacity } from '../../engines/capacity.ts';
import { recount } from '../../quotas/usage.ts';
import { type Caller, type Reply, TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start({ RAFFIA_SIMULATED_CAPACITY: '1000/1000/100000' });
});
after(() => server.stop());

const fresh = () => `kept-${++serial}`;
const call = (method: string, path: string, body?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, path, body === undefined ? {} : { body });
const act = (vm: string, action: string, body?: unknown) => call('POST', `/api/v1/vms/${vm}/${action}`, body);
const ask = (volume_id: number, name = 'moment', caller?: Caller) =>
  call('POST', '/api/v1/snapshots', { resource_type: 'volume', volume_id, name }, caller);
const restore = (id: number) => call('POST', `/api/v1/snapshots/${id}/restore`);
const remove = (id: number) => call('DELETE', `/api/v1/snapshots/${id}`);
const get = (id: number) => call('GET', `/api/v1/snapshots/${id}`);
const statusOf = async (id: number) => (await get(id)).body.data.status;
const volumeOf = async (id: number) => (await call('GET', `/api/v1/volumes/${id}`)).body.data;
const attach = (id: number, vm_id: string) => call('POST', `/api/v1/volumes/${id}/attach`, { vm_id });
const detach = (id: number) => call('POST', `/api/v1/volumes/${id}/detach`);
const drop = (id: number) => call('DELETE', `/api/v1/volumes/${id}`);
const rows = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await server.server.services.pool.query<Row>(text, values)).rows;
const fault = (verb: string, name: string, ...how: string[]) =>
  server.operator('fault', 'add', verb, '--name', name, '--count', '1', ...how);
const says = (reply: Reply, status: number, message: RegExp | string) => {
  assert.equal(reply.status, status, reply.text);
  if (typeof message === 'string') assert.equal(reply.body.message, message);
  else assert.match(reply.body.message, message);
};
const accepted = async (reply: Promise<Reply>): Promise<Reply['body']> => {
  const { status, text, body } = await reply;
  assert.ok(status < 300, text);
  return body;
};

interface Made {
  readonly id: number;
  readonly name: string;
  readonly uid: string;
}

async function volume(body: object = {}, isSettled = true): Promise<Made> {
  const request = { name: fresh(), size: 10, volume_type: 'nvme', ...body };
  const { id, name } = (await accepted(call('POST', '/api/v1/volumes', request))).data;
  if (isSettled) await server.settled();
  const [found] = await rows<{ uid: string }>('select uid from volumes where id = $1', id);
  return { id, name, uid: (found as { uid: string }).uid };
}

async function taken({ id }: Made, name?: string): Promise<number> {
  const { data } = await accepted(ask(id, name));
  await server.settled();
  return data.id;
}

async function stopped(vm: string): Promise<void> {
  await accepted(act(vm, 'stop'));
  await server.settled();
  await server.status(vm, 'passive');
}

const write = ({ uid }: Made, text: string) =>
  rows('update simulated_volumes set contents = $2 where id = $1', uid, text);
const written = async ({ uid }: Made) =>
  (await rows<{ contents: string }>('select contents from simulated_volumes where id = $1', uid))[0]?.contents;
const onHost = async ({ uid }: Made) =>
  (await rows('select id from simulated_snapshots where volume_id = $1', uid)).length;
const terms = (id: number) =>
  rows<{ from: Date; until: Date | null; quantity: number; unit_price_micros: number }>(
    `select * from terms where resource_kind = 'snapshot' and resource_id = $1`,
    String(id),
  );

/** The last work on something with a number, as people see it. */
async function lastWork(id: number, kind: string): Promise<{ status: string; error: string | null }> {
  const { body } = await call('GET', `/api/raffia/v1/operations?resource_id=${id}`);
  return body.data.find((one: { kind: string }) => one.kind === kind);
}

/** Nothing is left over, lost or counted wrongly. */
async function isInOrder(): Promise<void> {
  const { services } = server.server;
  assert.deepEqual(await recount(services.db), []);
  assert.equal(await recountCapacity(services.db), undefined);
  const [left] = await rows<Record<string, number>>(`select
    (select count(*) from simulated_snapshots s where not exists (select from snapshots where uid = s.id))::int as "without a row",
    (select count(*) from snapshots s where not exists (select from simulated_snapshots where id = s.uid))::int as "not on the host",
    (select count(*) from simulated_volumes s where not exists (select from volumes where uid = s.id)
       and not exists (select from snapshots where volume_uid = s.id))::int as "held for nobody",
    (select count(*) from operations where finished_at is null)::int as "under way"`);
  for (const [what, count] of Object.entries(left ?? {})) assert.equal(count, 0, what);
}

test('a snapshot of a volume is taken while its VM runs on, in the shape of the contract, and is on the record', async () => {
  const vm = await server.vm(fresh());
  const made = await volume({ vm_id: vm });
  const reply = await ask(made.id, 'before the upgrade');
  assert.equal(reply.status, 201, reply.text);
  const { id, created_at, created_by, ...rest } = reply.body.data;
  assert.ok(Number.isInteger(id) && typeof created_by === 'string');
  assert.match(created_at, /^\d{4}-.*Z$/);
  assert.deepEqual(rest, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    type: 'volume',
    name: 'before the upgrade',
    size: '10 GB',
    target_size: '10 GB',
    status: '',
    volume_id: made.id,
    // 10 GB × 0.05 / 720 h
    price_per_hour: '0.000694',
  });
  const shown = async () => (await call('GET', `/api/v1/vms/${vm}`)).body.data.status;
  assert.equal(await shown(), 'active');
  await server.settled();
  assert.equal(await shown(), 'active');
  assert.deepEqual((await get(id)).body.data, reply.body.data);
  assert.equal(await onHost(made), 1);
  assert.deepEqual((await call('GET', `/api/v1/snapshots?volume_id=${made.id}`)).body.data, [reply.body.data]);
  assert.ok((await call('GET', '/api/v1/snapshots?type=volume')).body.total >= 1);
  const { body } = await call('GET', '/api/raffia/v1/audit?verb=snapshot.create&limit=1');
  const [entry] = body.data;
  assert.deepEqual(
    [entry?.resource_id, entry?.details],
    [String(id), { name: 'before the upgrade', volume_id: made.id }],
  );
  const renamed = await call('PATCH', `/api/v1/snapshots/${id}/rename`, { name: 'after' });
  assert.deepEqual(renamed.body.data, { ...reply.body.data, name: 'after' });
  await isInOrder();
});

test('a volume that is being created gives its snapshot once it is there; one that failed, is gone, or is another’s gives none', async () => {
  await fault('volume', `kept-${serial + 1}`, '--delay', '300');
  const early = await volume({}, false);
  const { data } = await accepted(ask(early.id));
  assert.equal(await onHost(early), 0);
  await server.settled();
  assert.deepEqual([await onHost(early), (await terms(data.id)).length], [1, 1]);
  const failing = async () => {
    await fault('volume', `kept-${serial + 1}`, '--fail', 'no room');
    const made = await volume({}, false);
    return { made, reply: await ask(made.id) };
  };
  let { made: failed, reply } = await failing();
  // On a busy machine it may have failed before it is asked for a snapshot.
  for (let tries = 0; reply.status === 400 && tries < 20; tries++) {
    await accepted(drop(failed.id));
    ({ made: failed, reply } = await failing());
  }
  const vain = (await accepted(Promise.resolve(reply))).data.id;
  await server.settled();
  assert.equal((await get(vain)).status, 404);
  assert.match((await lastWork(vain, 'snapshot.create')).error ?? '', /^The volume is gone from its host/);
  says(await ask(failed.id), 400, /could not be made/);
  const gone = await volume();
  await accepted(drop(gone.id));
  says(await ask(gone.id), 404, 'volume not found');
  const project = (await accepted(call('POST', '/api/v1/projects', { name: fresh() }))).data.id;
  says(await ask(early.id, 'n', { ...server.owner, project }), 404, 'volume not found');
  const stranger = await server.account(fresh());
  says(await ask(early.id, 'n', { key: stranger.api_key, project: stranger.project_id }), 404, 'volume not found');
  await accepted(drop(failed.id));
  await server.settled();
  await isInOrder();
});

test('a restore puts back what was on the volume, attached to a stopped VM or to none, keeps its size, and moves the mark', async () => {
  const vm = await server.vm(fresh());
  const made = await volume({ vm_id: vm });
  await write(made, 'first');
  const first = await taken(made);
  await write(made, 'second');
  const second = await taken(made);
  await write(made, 'third');
  says(await restore(first), 400, 'VM must be stopped');
  assert.equal(await written(made), 'third');
  await stopped(vm);
  await accepted(call('PATCH', `/api/v1/volumes/${made.id}`, { new_size: 20 }));
  await server.settled();
  const { updated_at: _, ...shown } = await volumeOf(made.id);
  await accepted(restore(first));
  // What is asked for at once comes after.
  await accepted(act(vm, 'start'));
  await server.settled();
  assert.equal(await written(made), 'first');
  assert.deepEqual([await statusOf(first), await statusOf(second)], ['active', '']);
  says(await remove(first), 409, /^This snapshot is in use/);
  const { updated_at: __, ...now } = await volumeOf(made.id);
  assert.deepEqual(now, shown);
  assert.equal((await call('GET', `/api/v1/vms/${vm}`)).body.data.status, 'active');
  await accepted(detach(made.id));
  await server.settled();
  await accepted(restore(second));
  await server.settled();
  assert.equal(await written(made), 'second');
  assert.deepEqual([await statusOf(first), await statusOf(second)], ['', 'active']);
  const third = await taken(made);
  assert.equal((await get(third)).body.data.size, '20 GB');
  assert.deepEqual([await statusOf(second), await statusOf(third)], ['', '']);
  for (const id of [first, second, third]) await accepted(remove(id));
  await server.settled();
  assert.equal(await onHost(made), 0);
  await isInOrder();
});

test('work on a volume and on its snapshots is done in the order in which it was asked for, from machine to machine', async () => {
  const [one, other] = [await server.vm(fresh()), await server.vm(fresh())];
  const made = await volume({ vm_id: one });
  await write(made, 'then');
  await fault('snapshot', made.name, '--delay', '400');
  const id = (await accepted(ask(made.id))).data.id;
  await accepted(detach(made.id));
  await server.settled();
  await write(made, 'now');
  await fault('restore', made.name, '--delay', '400');
  await accepted(restore(id));
  await accepted(attach(made.id, other));
  await accepted(ask(made.id, 'after'));
  await accepted(detach(made.id));
  await accepted(remove((await accepted(ask(made.id, 'late'))).data.id));
  await server.settled();
  const work = await rows<{ kind: string; finished_at: Date; status: string }>(
    `select kind, finished_at, status from operations where resource_id = $1 or input->>'volumeUid' = $1::text
      order by finished_at`,
    made.uid,
  );
  assert.deepEqual(
    work.map(({ kind, status }) => `${kind} ${status}`),
    [
      'volume.create succeeded',
      'snapshot.create succeeded',
      'volume.detach succeeded',
      'snapshot.restore succeeded',
      'volume.attach succeeded',
      'snapshot.create succeeded',
      'volume.detach succeeded',
      'snapshot.create succeeded',
      'snapshot.delete succeeded',
    ],
  );
  assert.equal(await written(made), 'then');
  await isInOrder();
});

test('snapshots outlive their volume: they are counted on, nothing can be restored, and with the last one the host lets go', async () => {
  const made = await volume();
  await write(made, 'kept');
  const [first, second] = [await taken(made), await taken(made)];
  await accepted(restore(first));
  await server.settled();
  await write(made, 'secret');
  await accepted(drop(made.id));
  says(await restore(second), 400, /^The volume of this snapshot was deleted/);
  await server.settled();
  says(await restore(first), 400, /^The volume of this snapshot was deleted/);
  const { status, volume_id, type } = (await get(first)).body.data;
  assert.deepEqual([status, volume_id, type], ['', undefined, 'volume']);
  assert.equal((await call('GET', `/api/v1/snapshots?volume_id=${made.id}`)).body.total, 0);
  assert.equal((await terms(first))[0]?.until, null);
  assert.equal(await written(made), 'kept', 'what was deleted is not held');
  await isInOrder();
  server.time.offset += 3_600_000;
  await accepted(remove(first));
  await server.settled();
  assert.deepEqual([await onHost(made), await written(made)], [1, 'kept']);
  assert.notEqual((await terms(first))[0]?.until, null);
  await accepted(remove(second));
  await server.settled();
  assert.deepEqual(await rows('select id from simulated_volumes where id = $1', made.uid), []);
  await isInOrder();
});

test('a VM that is deleted takes no snapshot of its volumes with it, also where the volumes go, or one is being taken', async () => {
  for (const volume_action of ['detach', 'delete']) {
    const vm = await server.vm(fresh());
    const made = await volume({ vm_id: vm });
    const id = await taken(made);
    await fault('snapshot', made.name, '--delay', '300');
    const late = (await accepted(ask(made.id, 'late'))).data.id;
    await accepted(call('DELETE', `/api/v1/vms/${vm}`, { volume_action }));
    await server.settled();
    assert.equal(await onHost(made), 2, volume_action);
    assert.equal((await terms(late)).length, 1);
    for (const one of [id, late]) await accepted(remove(one));
    await server.settled();
    assert.equal(await onHost(made), 0);
    await isInOrder();
  }
});

test('a snapshot of a volume is counted with the size that the volume had, and has its place in the quota; a subscription without funds takes none', async () => {
  const { account_id, api_key, project_id } = await server.account(fresh());
  const caller = { key: api_key, project: project_id };
  await server.operator('quota', account_id, '--snapshots', '1');
  await server.operator('balance', account_id, '--mode', 'subscription', '--set', '100');
  const request = { name: fresh(), size: 30, volume_type: 'nvme' };
  const { id: of } = (await accepted(call('POST', '/api/v1/volumes', request, caller))).data;
  await server.settled();
  const money = () => rows('select balance_micros, credits_micros from accounts where id = $1', account_id);
  const before = await money();
  const { id } = (await accepted(ask(of, 'n', caller))).data;
  await server.settled();
  const [term] = await terms(id);
  assert.deepEqual([term?.quantity, term?.unit_price_micros, term?.until], [30, 50_000, null]);
  assert.deepEqual(await money(), before);
  says(await ask(of, 'n', caller), 400, /^too many snapshots: the account may have 1/);
  await accepted(call('DELETE', `/api/v1/snapshots/${id}`, undefined, caller));
  await server.settled();
  assert.notEqual((await terms(id))[0]?.until, null);
  await server.operator('balance', account_id, '--set', '0', '--credits', '0');
  says(await ask(of, 'n', caller), 402, 'Insufficient balance for subscription');
  await isInOrder();
});

test('where the host fails, it is told, and volume, marks, money and host are as before', async () => {
  const vm = await server.vm(fresh());
  const made = await volume({ vm_id: vm });
  await write(made, 'then');
  const [first, second] = [await taken(made), await taken(made)];
  await fault('snapshot', made.name, '--fail', 'no room');
  const { id } = (await accepted(ask(made.id))).data;
  await server.settled();
  assert.equal((await get(id)).status, 404);
  const { status, error } = await lastWork(id, 'snapshot.create');
  assert.deepEqual([status, error], ['failed', 'no room']);
  const { status: machine, status_reason } = (await call('GET', `/api/v1/vms/${vm}`)).body.data;
  assert.deepEqual([machine, status_reason ?? null], ['active', null]);
  await stopped(vm);
  await accepted(restore(first));
  await server.settled();
  await write(made, 'now');
  for (const one of [second, first]) {
    await fault('restore', made.name, '--fail', 'disk lost');
    await accepted(restore(one));
    await server.settled();
    assert.deepEqual([await statusOf(first), await statusOf(second)], ['active', '']);
    assert.equal((await lastWork(one, 'snapshot.restore')).error, 'disk lost');
  }
  // Somebody has started the machine on its host.
  await rows(`update simulated_machines set power = 'on' where id = $1`, vm);
  await accepted(restore(second));
  await server.settled();
  assert.match((await lastWork(second, 'snapshot.restore')).error ?? '', /^A VM that runs has this volume/);
  assert.equal(await written(made), 'now');
  assert.equal((await volumeOf(made.id)).status, 'attached');
  await isInOrder();
});

test('of many at once there is one winner, nobody gets a 500, and nothing is left over', async () => {
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < 5; round++) {
    const vm = await server.vm(fresh());
    const made = await volume();
    const [first, second] = [await taken(made), await taken(made)];
    const replies = await Promise.all([
      ...Array.from({ length: 3 }, () => remove(second)),
      restore(first),
      ask(made.id),
      attach(made.id, vm),
      restore(first),
      ask(made.id),
      drop(made.id),
      detach(made.id),
      ...(round % 2 === 0 ? [call('DELETE', `/api/v1/vms/${vm}`)] : []),
    ]);
    for (const { status, text } of replies) {
      assert.ok(status < 500, text);
      outcomes[status] = (outcomes[status] ?? 0) + 1;
    }
    assert.equal(replies.slice(0, 3).filter(({ status }) => status === 200).length, 1);
    await server.settled();
    await isInOrder();
  }
  console.log(JSON.stringify(outcomes));
  assert.ok((outcomes[200] ?? 0) >= 10, JSON.stringify(outcomes));
});
