import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { billedKinds } from '@raffia/contract/enums.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';

let server: TestServer;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const ask = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;
const now = () => server.server.services.clock.now();
const today = () => new Date(now()).toISOString().slice(0, 10);
/** The next day at noon in UTC. */
const toNoon = () => {
  server.time.offset += 1.5 * dayMs - (now() % dayMs);
};

async function get(path: string, caller: Caller = server.owner) {
  const reply = await server.call(caller, 'GET', `/api/raffia/v1/costs/${path}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}
const micros = (text: string) => BigInt(text.replace('.', ''));
const sum = (all: readonly bigint[]) => all.reduce((total, one) => total + one, 0n);
const isNear = (one: string, other: number) =>
  assert.ok(Math.abs(Number(one) - other) < 0.002, `${one} and not about ${other}`);
const close = (one: bigint, two: bigint, most: bigint) =>
  assert.ok(one - two <= most && two - one <= most, `${one} and ${two}`);

async function newAccount(name: string) {
  const made = await server.account(name);
  return { ...made, caller: { key: made.api_key, project: made.project_id } };
}

/** A month's price of what an account has or had. */
const priceOf = async (id: string) => {
  const [row] = await ask<{ price: number }>(
    'select unit_price_micros * quantity / 1000000.0 as price from terms where resource_id = $1 order by "from" desc',
    id,
  );
  return Number(row?.price);
};

test('a VM that is created and deleted costs what its hours cost, on their days, and is told as deleted', async () => {
  const { caller, project_id } = await newAccount('Comes and goes');
  toNoon();
  const since = today();
  const id = await server.vm('short', {}, caller);
  const price = await priceOf(id);
  server.time.offset += 34 * hourMs;
  const deleted = await server.call(caller, 'DELETE', `/api/v1/vms/${id}`, { body: { delete_vpc: true } });
  assert.equal(deleted.status, 200, deleted.text);
  await server.settled();
  server.time.offset += 2 * dayMs;
  const { data } = await get(`days?since=${since}`, caller);
  assert.deepEqual([data.since, data.until, data.days.length], [since, today(), 4]);
  assert.equal(data.per_hour, '0.000000', 'it is deleted');
  const perHour = price / 720;
  for (const [index, hours] of [12, 22, 0, 0].entries()) isNear(data.days[index].kinds.vm, perHour * hours);
  assert.ok(price > 1, `a VM costs ${price}`);
  const rows = await get(`resources?since=${since}`, caller);
  const [vm] = rows.data;
  assert.deepEqual(
    [rows.total, vm.kind, vm.id, vm.name, vm.project_id, vm.exists],
    [1, 'vm', id, 'short', project_id, false],
  );
  // Two days are two amounts, rounded each, and the whole is one.
  close(micros(vm.cost), micros(data.kinds.vm), 1n);
  assert.equal(vm.first_at.slice(0, 10), since);
  assert.ok(Math.abs(Date.parse(vm.last_at) - Date.parse(vm.first_at) - 34 * hourMs) < 60_000);
  assert.deepEqual((await get(`projects?since=${since}`, caller)).data, [{ project_id, cost: vm.cost, resources: 1 }]);
});

test('every amount adds up: kinds to days, days to all, resources to projects, and what is there costs until now', async () => {
  const { caller, project_id } = await newAccount('Adds up');
  toNoon();
  const since = today();
  const made = await server.call(caller, 'POST', '/api/v1/projects', { body: { name: 'Second' } });
  const second = made.body.data.id;
  const first = await server.vm('first', {}, caller);
  const other = await server.vm('other', { pricing_id: 2 }, { ...caller, project: second });
  const volume = { name: 'disk', size: 50, region: 'us-east', volume_type: 'nvme' };
  const disk = await server.call(caller, 'POST', '/api/v1/volumes', { body: volume });
  assert.equal(disk.status, 202, disk.text);
  const ip = await server.call(caller, 'POST', '/api/v1/ips/reserve', { body: {} });
  assert.ok(ip.status < 300, ip.text);
  await server.settled();
  const renamed = await server.call(caller, 'PATCH', `/api/v1/vms/${first}/rename`, { body: { name: 'renamed' } });
  assert.equal(renamed.status, 200, renamed.text);
  server.time.offset += 5 * dayMs + 7 * hourMs + 1234;
  const { data } = await get(`days?since=${since}`, caller);
  assert.equal(data.days.length, 6);
  assert.ok(Date.parse(data.counted_until) <= now() && Date.parse(data.counted_until) > now() - 61_000);
  for (const day of data.days) {
    assert.deepEqual(Object.keys(day.kinds), [...billedKinds]);
    assert.equal(micros(day.total), sum(Object.values<string>(day.kinds).map(micros)));
    for (const kind of ['vm', 'volume', 'address']) assert.ok(micros(day.kinds[kind]) > 0n, `${kind} on ${day.day}`);
  }
  for (const kind of billedKinds) {
    assert.equal(micros(data.kinds[kind]), sum(data.days.map((day: typeof data) => micros(day.kinds[kind]))));
  }
  assert.equal(micros(data.total), sum(data.days.map(({ total }: typeof data) => micros(total))));
  // What goes on costs in an hour what it cost in each hour of a whole day.
  close(micros(data.per_hour) * 24n, micros(data.days[3].total), 24n);
  // Time goes on between two questions: what is counted is compared over days that are over.
  const until = new Date(now() - dayMs).toISOString().slice(0, 10);
  const past = (await get(`days?since=${since}&until=${until}`, caller)).data;
  assert.deepEqual([past.until, past.days.length], [until, 5]);
  assert.deepEqual(past.days, data.days.slice(0, 5));
  assert.equal(past.per_hour, undefined, 'what is over has no hour to come');
  const rows = await get(`resources?since=${since}&until=${until}`, caller);
  assert.equal(rows.total, 4);
  close(sum(rows.data.map(({ cost }: typeof data) => micros(cost))), micros(past.total), 20n);
  const amounts = rows.data.map(({ cost }: typeof data) => Number(cost));
  assert.deepEqual(
    amounts,
    amounts.toSorted((a: number, b: number) => b - a),
  );
  assert.ok(rows.data.every(({ exists }: typeof data) => exists === true));
  const named = Object.fromEntries(rows.data.map(({ id, name }: typeof data) => [id, name]));
  assert.equal(named[first], 'renamed');
  assert.match(named[ip.body.data.id] ?? '', /^\d+\.\d+\.\d+\.\d+$/);
  const projects = await get(`projects?since=${since}&until=${until}`, caller);
  assert.deepEqual(
    projects.data.map((one: typeof data) => [one.project_id, one.resources]),
    [
      [second, 1],
      [project_id, 3],
    ].sort((a, b) => Number(b[0] === projects.data[0].project_id) - Number(a[0] === projects.data[0].project_id)),
  );
  close(sum(projects.data.map(({ cost }: typeof data) => micros(cost))), micros(past.total), 20n);
  for (const { project_id: id, cost } of projects.data) {
    const its = (await get(`days?since=${since}&until=${until}&project_id=${id}`, caller)).data;
    close(micros(its.total), micros(cost), 20n);
    const theirs = await get(`resources?since=${since}&until=${until}&project_id=${id}`, caller);
    assert.ok(theirs.data.every((one: typeof data) => one.project_id === id));
    assert.ok(theirs.data.some((one: typeof data) => one.id === (id === second ? other : first)));
  }
  const paged = await get(`resources?since=${since}&until=${until}&limit=1&offset=2`, caller);
  assert.deepEqual([paged.total, paged.data], [4, [rows.data[2]]]);
  const beyond = await get(`resources?since=${since}&until=${until}&limit=1&offset=9`, caller);
  assert.deepEqual([beyond.total, beyond.data], [4, []]);
});

test('terms of before the project was written down are of the project in which the thing lies; gone things are of none', async () => {
  const { caller, project_id, account_id } = await newAccount('Before');
  toNoon();
  const since = today();
  const stays = await server.vm('stays', {}, caller);
  const goes = await server.vm('goes', { pricing_id: 2 }, caller);
  await ask('update terms set project_id = null where account_id = $1', account_id);
  server.time.offset += dayMs;
  await server.call(caller, 'DELETE', `/api/v1/vms/${goes}`, { body: { delete_vpc: true } });
  await server.settled();
  const { data } = await get(`resources?since=${since}`, caller);
  // The larger one costs more.
  const told = (one: typeof data) => [one.id, one.project_id, one.exists];
  assert.deepEqual(data.map(told), [
    [goes, undefined, false],
    [stays, project_id, true],
  ]);
  const projects = await get(`projects?since=${since}`, caller);
  assert.deepEqual(
    projects.data.map((one: typeof data) => one.project_id),
    [undefined, project_id],
  );
  const filtered = await get(`resources?since=${since}&project_id=${project_id}`, caller);
  assert.deepEqual(filtered.data.map(told), [[stays, project_id, true]]);
});

test('what a deleted project cost stays told', async () => {
  const { caller } = await newAccount('Outlived');
  toNoon();
  const since = today();
  const made = await server.call(caller, 'POST', '/api/v1/projects', { body: { name: 'Passing' } });
  const project = made.body.data.id;
  const ip = await server.call({ ...caller, project }, 'POST', '/api/v1/ips/reserve', { body: {} });
  assert.ok(ip.status < 300, ip.text);
  server.time.offset += 3 * hourMs;
  const released = await server.call({ ...caller, project }, 'DELETE', `/api/v1/ips/${ip.body.data.id}/reserve`);
  assert.equal(released.status, 200, released.text);
  const gone = await server.call(caller, 'DELETE', `/api/v1/projects/${project}`);
  assert.equal(gone.status, 200, gone.text);
  const { data } = await get(`projects?since=${since}`, caller);
  assert.deepEqual([data.length, data[0]?.project_id], [1, project]);
  const rows = await get(`resources?since=${since}&project_id=${project}`, caller);
  assert.deepEqual(
    rows.data.map((one: typeof data) => [one.kind, one.exists, one.cost]),
    [['address', false, data[0].cost]],
  );
  assert.ok(micros(data[0].cost) > 0n);
});

test('a creation costs nothing from when it failed', async () => {
  const { caller } = await newAccount('Fails');
  await server.operator('fault', 'add', 'create', '--name', 'doomed', '--count', '1', '--fail', 'no room');
  const id = await server.vm('doomed', {}, caller, false);
  await server.status(id, 'failure', caller);
  const since = today();
  server.time.offset += 3 * dayMs;
  const { data } = await get(`days?since=${since}`, caller);
  assert.ok(Number(data.total) < 0.001, data.total);
  assert.deepEqual(
    data.days.slice(1).map(({ total }: typeof data) => total),
    ['0.000000', '0.000000', '0.000000'],
  );
});

test('the month up to today is meant where no days are asked for, and what is to come is left out', async () => {
  const { data } = await get('days');
  assert.deepEqual([data.since, data.until], [`${today().slice(0, 8)}01`, today()]);
  const later = new Date(now() + 20 * dayMs).toISOString().slice(0, 10);
  assert.equal((await get(`days?since=${today()}&until=${later}`)).data.until, today());
  const long = new Date(now() - 399 * dayMs).toISOString().slice(0, 10);
  assert.equal((await get(`days?since=${long}`)).data.days.length, 400);
});

test('days that make no span are refused with what to do', async () => {
  const at = (days: number) => new Date(now() + days * dayMs).toISOString().slice(0, 10);
  for (const [query, words] of [
    [`since=${at(1)}&until=${at(2)}`, 'since must not be in the future'],
    [`since=${at(-1)}&until=${at(-2)}`, 'since must not be later than until'],
    [`since=${at(-400)}`, 'since and until must be at most 400 days apart; ask for fewer at once'],
    ['since=2026-02-30', 'since must be a day such as 2027-01-31'],
    ['until=yesterday', 'until must be a day such as 2027-01-31'],
  ]) {
    for (const path of ['days', 'projects', 'resources']) {
      const { status, body } = await server.call(server.owner, 'GET', `/api/raffia/v1/costs/${path}?${query}`);
      assert.deepEqual([status, body.message], [400, words], `${path}?${query}`);
    }
  }
});

test('only who may see billing sees costs, and only those of the account', async () => {
  const key = await server.key({ account: 'member' });
  for (const path of ['days', 'projects', 'resources']) {
    const { status, body } = await server.call(key, 'GET', `/api/raffia/v1/costs/${path}`);
    assert.deepEqual([status, body.message], [403, 'permission denied: account.billing.view'], path);
  }
  const { caller } = await newAccount('Other');
  await server.vm('mine');
  server.time.offset += dayMs;
  assert.ok((await get('resources')).total > 0);
  assert.deepEqual((await get('resources', caller)).data, []);
  assert.equal((await get('days', caller)).data.total, '0.000000');
  assert.deepEqual((await get(`resources?project_id=${server.first.project_id}`, caller)).data, []);
});

test('a cloud that forgets ended terms says since when all is known', async () => {
  assert.equal((await get('days')).data.complete_since, undefined);
  const forgetful = await TestServer.start({ RAFFIA_RETENTION_BALANCE_DAYS: '30' });
  try {
    const reply = await forgetful.call(forgetful.owner, 'GET', '/api/raffia/v1/costs/days');
    const first = new Date(forgetful.server.services.clock.now() - 29 * dayMs).toISOString().slice(0, 10);
    assert.equal(reply.body.data.complete_since, first);
  } finally {
    await forgetful.stop();
  }
});
