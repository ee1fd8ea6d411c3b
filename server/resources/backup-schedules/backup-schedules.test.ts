// timeout: 5m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HandWorker } from '../../testing/hand-worker.ts';
import { type Caller, goodPassword, type Reply, TestServer, ubuntu } from '../../testing/test-server.ts';
import { removeExpiredBackups } from '../backups/remove-expired-backups.ts';
import { beginDueBackups } from './begin-due-backups.ts';

/** Nothing works or begins by itself: these tests say when, and what time it is. */
let server: TestServer;
let worker: HandWorker;
let serial = 0;

before(async () => {
  server = await TestServer.start({}, { works: false });
  worker = await HandWorker.of(server.server.services);
});
after(() => server.stop());

const dayMs = 86_400_000;
const schedules = '/api/v1/backup-schedules';
const backups = '/api/v1/backups';
const services = () => server.server.services;
const call = (method: string, path: string, body?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, path, body === undefined ? {} : { body });
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

async function add(vm_id: string, body: object = {}, caller: Caller = server.owner) {
  const daily = { vm_id, type: 'daily', time: '8am', keep_count: 7, ...body };
  const reply = await call('POST', schedules, daily, caller);
  assert.equal(reply.status, 201, reply.text);
  return reply.body.data;
}

/** The wall clock stands at a moment of the coming days; requests move it by fractions of a second. */
const at = (day: number, time: string) => {
  const midnight = Math.floor((Date.now() + 2 * dayMs) / dayMs) * dayMs;
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  server.time.jump = midnight + day * dayMs + (hours * 60 + minutes) * 60_000 - Date.now() - server.time.offset;
};

/** What is due begins and is done, as often as something is due. */
async function turn(): Promise<void> {
  for (let more = true; more; ) {
    more = await beginDueBackups(services());
    await worker.work();
  }
}

interface Point {
  id: string;
  state: string;
}
const takenOf = (vm: string) =>
  rows<Point>('select id, state from backups where vm_id = $1 and deleted_at is null order by sequence', vm);
const kept = async () => (await services().backupStore.list(server.first.account_id)).map(({ id }) => id);
const write = (vm: string, text: string) => rows('update simulated_machines set contents = $2 where id = $1', vm, text);
const written = async (vm: string) =>
  (await rows<{ contents: string }>('select contents from simulated_machines where id = $1', vm))[0]?.contents;

test('a year of daily backups of which 7 are kept: at the end of each day there are 7, and each has the bytes of its day', async () => {
  at(0, '00:00');
  const vm = await machine();
  const { id } = await add(vm);
  const machineId = vm;
  let read = 0;
  let restored = 0;
  const days = 365;
  for (let day = 0; day < days; day++) {
    at(day, '07:59');
    await write(vm, `day ${day}`);
    await turn();
    assert.equal((await takenOf(vm)).length, Math.min(day, 7), `before the time of day ${day}`);
    at(day, '08:00');
    await turn();
    const points = await takenOf(vm);
    const { rows: inSeries } = await services().pool.query<{ id: string; series: string }>(
      'select id, series from backups where vm_id = $1',
      [vm],
    );
    assert.deepEqual(
      (await kept()).sort(),
      points.map((point) => point.id).sort(),
      `day ${day}: what is kept is what is told`,
    );
    assert.equal(points.length, Math.min(day + 1, 7), `day ${day}`);
    assert.equal(inSeries.length, points.length, `day ${day}: nothing is hidden`);
    for (const [age, point] of [...points].reverse().entries()) {
      assert.equal(point.state, 'ready');
      const { series } = inSeries.find((row) => row.id === point.id) as { series: string };
      const stream = await services().backupStore.read({
        id: point.id,
        accountId: server.first.account_id,
        machineId,
        series,
      });
      let bytes = '';
      for await (const chunk of stream) bytes += chunk;
      assert.equal(JSON.parse(bytes).contents, `day ${day - age}`, `day ${day}, ${age} days ago`);
      read++;
    }
    if (day % 91 !== 90) continue;
    // The same through the API, each put back to the machine itself.
    for (const [age, point] of [...points].reverse().entries()) {
      assert.equal((await call('POST', `/api/v1/vms/${vm}/stop`)).status, 200);
      await worker.work();
      const reply = await call('POST', `${backups}/${point.id}/restore`);
      assert.equal(reply.status, 202, reply.text);
      await call('POST', `/api/v1/vms/${vm}/start`);
      await worker.work();
      assert.equal(await written(vm), `day ${day - age}`);
      restored++;
    }
  }
  const increments = await call('GET', `${backups}?vm_id=${vm}`);
  assert.deepEqual(
    increments.body.data.map((one: { increment_id: number }) => one.increment_id),
    [6, 5, 4, 3, 2, 1, 0],
  );
  assert.deepEqual([read, restored], [7 * days - 21, 28]);
  assert.equal((await call('DELETE', `${schedules}/${id}`)).status, 200);
});

test('a schedule is told as the contract has it, and its name and times follow a change', async () => {
  at(400, '00:00');
  const vm = await machine();
  const made = await add(vm, { time: '13:00' });
  const { id, name, created_at, created_by, ...rest } = made;
  assert.ok(Number.isInteger(id));
  assert.match(name, /^bkp-[0-9a-f]{8}-d$/);
  assert.match(created_at, /Z$/);
  assert.ok(created_by);
  assert.deepEqual(rest, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    region: 'us-east',
    product_vm: vm,
    type: 'daily',
    runtime: 'Daily at 13:00',
    keep_count: 7,
    price_per_hour: '0.000000',
    size: '0 MB',
  });
  const change = async (body: object) => (await call('PATCH', `${schedules}/${id}`, body)).body.data;
  const due = async () =>
    (await rows<{ due_at: Date }>('select due_at from backup_schedules where id = $1', id))[0]?.due_at
      .toISOString()
      .slice(11, 16);
  assert.equal(await due(), '13:00');
  const weekly = await change({ type: 'weekly', day_of_week: 'Saturday' });
  assert.deepEqual([weekly.runtime, weekly.name.at(-1)], ['Saturday 13:00', 'w']);
  assert.equal((await change({ time: '8am' })).runtime, 'Saturday 8am');
  assert.equal(await due(), '08:00');
  says(await call('PATCH', `${schedules}/${id}`, { day_of_week: '' }), 400, /^day_of_week is required for weekly/);
  assert.equal((await change({ type: 'daily', day_of_week: '' })).runtime, 'Daily at 8am');
  // The day went with the change.
  says(await call('PATCH', `${schedules}/${id}`, { type: 'weekly' }), 400, /^day_of_week is required/);
  assert.equal((await change({ keep_count: 3 })).keep_count, 3);
  assert.equal((await change({})).keep_count, 3);
  assert.deepEqual((await call('GET', `${schedules}/${id}`)).body.data, await change({}));
  assert.equal((await call('GET', `/api/v1/vms/${vm}`)).body.data.backup_type, 'daily');
  const list = await call('GET', `${schedules}?vm_id=${vm}`);
  assert.deepEqual([list.body.data.map((one: { id: number }) => one.id), list.body.total], [[id], 1]);
  says(await call('DELETE', `${schedules}/${id}`), 200, /its backups are kept/);
  says(await call('GET', `${schedules}/${id}`), 404, 'backup schedule not found');
  assert.equal((await call('GET', `/api/v1/vms/${vm}`)).body.data.backup_type, null);
});

test('bad times, days and counts are refused, each with its sentence, and so is a VM of another project', async () => {
  const vm = await machine();
  const good = { vm_id: vm, type: 'daily', time: '8am', keep_count: 7 };
  const create = (body: object, caller?: Caller) => call('POST', schedules, { ...good, ...body }, caller);
  const sentence = 'time must be a time of day such as 8am, 8:30pm or 20:30';
  for (const time of ['', '24:00', '8', '13pm', 'noon', '08am']) says(await create({ time }), 400, sentence);
  says(
    await create({ type: 'weekly' }),
    400,
    /^day_of_week is required for weekly backups and must be one of: Monday,/,
  );
  says(await create({ type: 'weekly', day_of_week: 'Caturday' }), 400, /day_of_week/);
  says(await create({ type: 'hourly' }), 400, /type/);
  for (const keep_count of [0, -1, 1.5, 1001, '7', undefined]) says(await create({ keep_count }), 400, /keep_count/);
  says(await create({ vm_id: server.first.project_id }), 404, 'VM not found');
  const project = (await call('POST', '/api/v1/projects', { name: `p-${++serial}` })).body.data.id;
  says(await create({}, { ...server.owner, project }), 404, 'VM not found');
  const stranger = await server.account(`stranger ${++serial}`);
  const caller = { key: stranger.api_key, project: stranger.project_id };
  says(await create({}, caller), 404, 'VM not found');
  const { id } = await add(vm, { day_of_week: 'Monday' });
  for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { keep_count: 1 }]] as const) {
    says(await call(method, `${schedules}/${id}`, body, caller), 404, 'backup schedule not found');
  }
  assert.equal((await call('GET', schedules, undefined, { key: stranger.api_key })).body.total, 0);
  await rows(`update vms set status = 'failure' where id = $1`, vm);
  says(await create({}), 400, 'This VM has failed, and can only be deleted');
  assert.deepEqual(await rows('select day_of_week from backup_schedules where vm_id = $1', vm), [
    { day_of_week: null },
  ]);
  await rows('delete from backup_schedules where vm_id = $1', vm);
  await rows(`update vms set status = 'active' where id = $1`, vm);
});

test('a VM is made with its schedule, which keeps three and takes its first backup at the next time', async () => {
  at(420, '07:00');
  const vm = await machine({ backup_type: 'weekly', backup_date: 'saturday', backup_time: '8pm' });
  const [schedule] = (await call('GET', `${schedules}?vm_id=${vm}`)).body.data;
  assert.deepEqual([schedule.type, schedule.runtime, schedule.keep_count], ['weekly', 'Saturday 8pm', 3]);
  const [{ due_at } = { due_at: new Date(0) }] = await rows<{ due_at: Date }>(
    'select due_at from backup_schedules where vm_id = $1',
    vm,
  );
  assert.deepEqual([due_at.getUTCDay(), due_at.getUTCHours()], [6, 20]);
  await turn();
  assert.deepEqual(await takenOf(vm), []);
  server.time.jump = due_at.getTime() - Date.now() - server.time.offset;
  await turn();
  assert.equal((await takenOf(vm)).length, 1);
  const { body } = await call('GET', `${backups}?vm_id=${vm}`);
  assert.match(body.data[0].name, /^weekly-backup-\d{4}-\d\d-\d\d$/);
  await rows('delete from backup_schedules where vm_id = $1', vm);
});

test('times that passed while the cloud was away are made up for once; a clock that is set back costs no more than a period', async () => {
  at(440, '00:00');
  const vm = await machine();
  const { id } = await add(vm);
  at(470, '12:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 1);
  await turn();
  assert.equal((await takenOf(vm)).length, 1);
  at(471, '08:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 2);
  at(445, '09:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 2);
  at(446, '08:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 3);
  await call('DELETE', `${schedules}/${id}`);
});

test('a VM that is stopped is left out, and its next time is the one after; its older backups stay', async () => {
  at(480, '00:00');
  const vm = await machine();
  const { id } = await add(vm, { keep_count: 2 });
  at(480, '08:00');
  await turn();
  await call('POST', `/api/v1/vms/${vm}/stop`);
  await worker.work();
  for (let day = 481; day < 490; day++) {
    at(day, '08:00');
    await turn();
  }
  assert.equal((await takenOf(vm)).length, 1);
  await call('POST', `/api/v1/vms/${vm}/start`);
  await worker.work();
  await turn();
  assert.equal((await takenOf(vm)).length, 1, 'nothing is made up for');
  at(490, '08:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 2);
  await call('DELETE', `${schedules}/${id}`);
});

test('while the backup of its last turn is not taken, a turn is left out', async () => {
  at(500, '00:00');
  const vm = await machine();
  const { id } = await add(vm);
  at(500, '08:00');
  await beginDueBackups(services());
  at(501, '08:00');
  await beginDueBackups(services());
  assert.equal((await takenOf(vm)).length, 1);
  await worker.work();
  at(502, '08:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 2);
  await call('DELETE', `${schedules}/${id}`);
});

test('with fewer to keep the oldest go at once; what is on demand is not counted and follows the shortest retention', async () => {
  at(510, '00:00');
  const vm = await machine();
  const { id } = await add(vm, { keep_count: 4 });
  for (let day = 510; day < 514; day++) {
    at(day, '08:00');
    await turn();
  }
  const before = await takenOf(vm);
  const manual = await call('POST', backups, { vm_id: vm, name: 'by hand' });
  await worker.work();
  const { expire_date, created_at } = (await call('GET', `${backups}/${manual.body.data.id}`)).body.data;
  assert.equal(Date.parse(expire_date) - Date.parse(created_at), 4 * dayMs);
  const dates = (await call('GET', `${backups}?vm_id=${vm}`)).body.data
    .filter((one: { name: string }) => one.name !== 'by hand')
    .map((one: { expire_date: string }) => (Date.parse(one.expire_date) - Date.parse(created_at)) / dayMs);
  assert.deepEqual(dates.map(Math.round), [4, 3, 2, 1]);
  assert.equal((await call('PATCH', `${schedules}/${id}`, { keep_count: 2 })).status, 200);
  assert.deepEqual(
    (await takenOf(vm)).map((one) => one.id),
    [...before.slice(2).map((one) => one.id), manual.body.data.id],
  );
  await worker.work();
  assert.equal((await kept()).filter((point) => before.slice(0, 2).some((one) => one.id === point)).length, 0);
  await call('PATCH', `${schedules}/${id}`, { keep_count: 5 });
  at(514, '08:00');
  await turn();
  assert.equal((await takenOf(vm)).length, 4);
  // What a schedule took is kept when it goes, and has no end any more; the other one ends.
  await call('DELETE', `${schedules}/${id}`);
  at(519, '08:01');
  await removeExpiredBackups(services());
  await worker.work();
  const left = (await call('GET', `${backups}?vm_id=${vm}`)).body.data;
  assert.deepEqual(
    left.map((one: { expire_date?: string }) => one.expire_date),
    [undefined, undefined, undefined],
  );
  assert.ok(!(await kept()).includes(manual.body.data.id));
});

test('a daily and a weekly schedule of one VM go side by side, each with its own count, in one series', async () => {
  at(530, '00:00');
  const vm = await machine();
  const daily = await add(vm, { keep_count: 2 });
  const weekly = await add(vm, { type: 'weekly', day_of_week: 'Wednesday', keep_count: 1 });
  for (let day = 530; day < 545; day++) {
    at(day, '08:00');
    await turn();
  }
  const list = (await call('GET', `${backups}?vm_id=${vm}`)).body.data as { name: string; increment_id: number }[];
  assert.deepEqual(list.map(({ name }) => name.split('-')[0]).sort(), ['daily', 'daily', 'weekly']);
  assert.deepEqual(list.map(({ increment_id }) => increment_id).sort(), [0, 1, 2]);
  for (const { id } of [daily, weekly]) await call('DELETE', `${schedules}/${id}`);
});

test('many that are due at once take a quarter of the places; accounts have turns, and other work comes between', async () => {
  at(560, '00:00');
  const many: string[] = [];
  for (let n = 0; n < 12; n++) many.push(await server.vm(`vm-${++serial}`, {}, server.owner, false));
  const other = await server.account(`other ${++serial}`);
  const caller = { key: other.api_key, project: other.project_id };
  const theirs = await server.vm(`vm-${++serial}`, {}, caller, false);
  await worker.work();
  for (const vm of many) await add(vm);
  await add(theirs, {}, caller);
  at(560, '08:00');
  const quarter = Math.floor(services().configuration.operations.atOnce / 4);
  assert.equal(await beginDueBackups(services()), true, 'more is due');
  const pending = () => rows<{ vm_id: string }>(`select vm_id from backups where state = 'pending'`);
  assert.equal((await pending()).length, quarter);
  assert.ok(
    (await pending()).some(({ vm_id }) => vm_id === theirs),
    'the other account has its turn in the first round',
  );
  assert.equal(await beginDueBackups(services()), true);
  assert.equal((await pending()).length, quarter, 'no place, no more');
  await worker.work();
  await turn();
  for (const vm of [...many, theirs]) assert.equal((await takenOf(vm)).length, 1);
  await rows('delete from backup_schedules');
});

test('of servers that look at the same moment one begins a turn', async () => {
  at(570, '00:00');
  const vm = await machine();
  const { id } = await add(vm);
  for (let day = 570; day < 575; day++) {
    at(day, '08:00');
    await Promise.all(Array.from({ length: 6 }, () => beginDueBackups(services())));
    assert.equal((await rows(`select from backups where vm_id = $1 and state = 'pending'`, vm)).length, 1);
    await worker.work();
  }
  await call('DELETE', `${schedules}/${id}`);
});

test('a schedule of an account that may have no backup puts down why, once a turn, and holds nobody up', async () => {
  at(580, '00:00');
  const poor = await server.account(`poor ${++serial}`);
  const caller = { key: poor.api_key, project: poor.project_id };
  const theirs = await machine({}, caller);
  const vm = await machine();
  await add(theirs, {}, caller);
  await add(vm);
  await rows(`update accounts set payment_state = 'failed' where id = $1`, poor.account_id);
  at(580, '08:00');
  await turn();
  const list = (await call('GET', `${backups}?vm_id=${theirs}`, undefined, caller)).body.data;
  assert.deepEqual(
    list.map((one: { status: string; status_reason: string }) => [one.status, one.status_reason]),
    [['failed', 'Payment failed. Please update your payment method.']],
  );
  assert.equal((await takenOf(vm)).length, 1);
  await rows(`update accounts set payment_state = 'good' where id = $1`, poor.account_id);
  await server.operator('quota', poor.account_id, '--backups', '0');
  at(581, '08:00');
  await turn();
  const [newest] = (await call('GET', `${backups}?vm_id=${theirs}`, undefined, caller)).body.data;
  assert.match(newest.status_reason, /^too many backups: the account may have 0/);
  await rows('delete from backup_schedules');
});

test('a VM that is deleted takes its schedules along; its backups stay as long as those would have kept them', async () => {
  at(590, '00:00');
  const vm = await machine();
  await add(vm, { keep_count: 3 });
  for (let day = 590; day < 593; day++) {
    at(day, '08:00');
    await turn();
  }
  assert.equal((await call('DELETE', `/api/v1/vms/${vm}`)).status, 200);
  await worker.work();
  assert.deepEqual(await rows('select from backup_schedules where vm_id = $1', vm), []);
  for (const [day, left] of [
    [593, 2],
    [594, 1],
    [595, 0],
  ] as const) {
    at(day, '07:59');
    await removeExpiredBackups(services());
    assert.equal((await takenOf(vm)).length, left + 1, `day ${day}, before the time`);
    at(day, '08:00');
    await removeExpiredBackups(services());
    await worker.work();
    assert.equal((await takenOf(vm)).length, left, `day ${day}`);
  }
});

test('a reinstalled VM loses its backups and keeps its schedule; a reset one keeps both', async () => {
  at(600, '00:00');
  const vm = await machine();
  const { id } = await add(vm);
  at(600, '08:00');
  await turn();
  assert.equal((await call('POST', `/api/v1/vms/${vm}/factory-reset`)).status, 200);
  await worker.work();
  assert.equal((await takenOf(vm)).length, 1);
  const before = await kept();
  assert.equal(
    (await call('POST', `/api/v1/vms/${vm}/reinstall`, { template_id: ubuntu, password: goodPassword })).status,
    200,
  );
  assert.deepEqual(await takenOf(vm), []);
  await worker.work();
  assert.equal((await kept()).length, before.length - 1);
  at(601, '08:00');
  await turn();
  const [{ increment_id }] = (await call('GET', `${backups}?vm_id=${vm}`)).body.data;
  assert.equal(increment_id, 0);
  await call('DELETE', `${schedules}/${id}`);
});
