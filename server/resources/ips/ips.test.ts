import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { recount } from '../../quotas/usage.ts';
import { pick, seededRandom } from '../../testing/random.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';

/** The IPv4 pool has 13 addresses, the IPv6 one five. */
let server: TestServer;
const path = '/api/v1/ips';
const hourMs = 3_600_000;

before(async () => {
  server = await TestServer.start({ RAFFIA_ADDRESS_POOLS: 'us-east=203.0.113.0/28 2001:db8:1::/124' });
});
after(() => server.stop());
// Each test begins with a pool of which nobody has anything.
beforeEach(async () => {
  for (const { id } of await listed('?reserved=true&limit=100')) await owner('DELETE', `${path}/${id}/reserve`);
  assert.deepEqual(await listed(), []);
});

const owner = (method: string, at: string, body?: unknown, caller: Caller = server.owner) =>
  server.call(caller, method, at, body === undefined ? {} : { body });
const reserve = (body: object = {}, caller?: Caller) => owner('POST', `${path}/reserve`, body, caller);
const release = (id: string, caller?: Caller) => owner('DELETE', `${path}/${id}/reserve`, undefined, caller);
const change = (id: string, caller?: Caller) => owner('POST', `${path}/${id}/change`, undefined, caller);
const ask = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;

interface Ip {
  id: string;
  ip_address: string;
  type: string;
  status: string;
  reserved: boolean;
}

async function listed(query = '', caller?: Caller): Promise<Ip[]> {
  const { status, body, text } = await owner('GET', `${path}${query}`, undefined, caller);
  assert.equal(status, 200, text);
  assert.equal(body.total, body.data.length);
  return body.data;
}

async function reserved(body: object = {}, caller?: Caller): Promise<Ip> {
  const reply = await reserve(body, caller);
  assert.equal(reply.status, 201, reply.text);
  return reply.body.data;
}

/** A machine that has the address, as one that it was attached to. */
async function attach(ip: Ip, vm: string): Promise<void> {
  await ask(
    `insert into nics (vm_id, nic_id, type, address, gateway, mac) values ($1, 5, 'public', $2, '203.0.113.1', '02:00:00:00:00:05')`,
    vm,
    ip.ip_address,
  );
  await ask(`update public_addresses set state = 'attached' where id = $1`, ip.id);
}

const rowOf = async (address: string) =>
  (
    await ask('select state, is_reserved, id, account_id, deleted_at from public_addresses where address = $1', address)
  )[0];
const free = { state: 'free', is_reserved: false, id: null, account_id: null, deleted_at: null };

test('an address is reserved without a word, comes back as it is, and is gone when it is released', async () => {
  const made = await owner('POST', `${path}/reserve`);
  assert.equal(made.status, 201, made.text);
  const { id, created_at, updated_at, created_by, ...ip } = made.body.data;
  assert.deepEqual(ip, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    ip_address: '203.0.113.2',
    type: 'IPv4',
    status: 'free',
    reserved: true,
    region: 'us-east',
  });
  assert.deepEqual(created_at, updated_at);
  assert.match(created_by, /^[0-9a-f-]{36}$/);
  assert.deepEqual(
    (await owner('GET', `${path}/${id}`, undefined, { key: server.first.api_key })).body.data,
    made.body.data,
  );
  assert.deepEqual(await listed(), [made.body.data]);
  const gone = await release(id);
  assert.deepEqual([gone.status, gone.body], [200, { success: true, message: 'The public IP was released' }]);
  assert.deepEqual(await rowOf('203.0.113.2'), free, 'at once');
  for (const reply of [await owner('GET', `${path}/${id}`), await release(id), await change(id)]) {
    assert.deepEqual([reply.status, reply.body.message], [404, 'public IP not found']);
  }
});

test('the type is taken in the spelling of every client, and the region is that of the project or the one that is asked for', async () => {
  for (const [type, expected, address] of [
    ['IPv4', 'IPv4', '203.0.113.2'],
    ['ipv4', 'IPv4', '203.0.113.3'],
    ['IPv6', 'IPv6', '2001:db8:1::2'],
    ['ipv6', 'IPv6', '2001:db8:1::3'],
  ]) {
    const ip = await reserved({ type, region: 'us-east' });
    assert.deepEqual([ip.type, ip.ip_address], [expected, address]);
  }
  for (const [body, field] of [
    [{ type: 'ipv5' }, 'type'],
    [{ region: 'mars' }, 'region'],
    [{ billing_period: 'weekly' }, 'billing_period'],
  ] as const) {
    const reply = await reserve(body);
    assert.equal(reply.status, 400);
    assert.match(reply.body.message, new RegExp(`^${field} must be one of`));
  }
});

test('the list has what is reserved and what machines have, and is narrowed by flag, status and project', async () => {
  const vm = await server.vm('listed');
  const idle = await reserved();
  const used = await reserved();
  await attach(used, vm);
  const [own] = (await listed()).filter((ip) => !ip.reserved);
  assert.equal(own?.status, 'in-use');
  const ids = async (query: string, caller?: Caller) => (await listed(query, caller)).map((ip) => ip.id).sort();
  const sorted = (...ips: (Ip | undefined)[]) => ips.map((ip) => ip?.id).sort();
  assert.deepEqual(await ids(''), sorted(idle, used, own));
  assert.deepEqual(await ids('?reserved=true'), sorted(idle, used));
  assert.deepEqual(await ids('?reserved=false'), sorted(own));
  assert.deepEqual(await ids('?status=free'), sorted(idle));
  assert.deepEqual(await ids('?status=in-use'), sorted(used, own));
  assert.deepEqual(await ids('?reserved=true&status=in-use'), sorted(used));
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'apart' })).body.data;
  const there = { key: server.first.api_key, project };
  const apart = await reserved({}, there);
  assert.deepEqual(await ids('', there), sorted(apart));
  assert.deepEqual(await ids('', { key: server.first.api_key }), sorted(idle, used, own, apart));
  const viewer = await server.key({ project: 'viewer', on: project });
  assert.deepEqual(await ids('', { key: viewer.key }), sorted(apart));
  assert.equal((await owner('GET', `${path}/${idle.id}`, undefined, { key: viewer.key })).status, 404);
  assert.equal((await release(apart.id)).status, 404, 'the header names another project');
  const newest = await owner('GET', `${path}?limit=1`);
  assert.deepEqual([newest.body.total, newest.body.data.length], [3, 1]);
  const refused = await owner('DELETE', `/api/v1/projects/${project}`);
  assert.equal(refused.status, 409);
  assert.equal(
    refused.body.message,
    'The project still holds 1 public IP (GET /api/v1/ips lists them, DELETE /api/v1/ips/{id}/reserve deletes one); delete them first',
  );
  assert.equal((await release(apart.id, there)).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/projects/${project}`)).status, 200);
  await owner('DELETE', `/api/v1/vms/${vm}`, {});
  await server.settled();
});

test('what is not reserved cannot be released or changed, nor what a machine has', async () => {
  const vm = await server.vm('holder');
  const ip = await reserved();
  await attach(ip, vm);
  const [own] = await listed('?reserved=false');
  for (const act of [release, change]) {
    assert.match((await act(own?.id as string)).body.message, /^This public IP is not reserved/);
    const held = await act(ip.id);
    assert.deepEqual([held.status, held.body.message], [400, 'This public IP is attached to a VM; detach it first']);
  }
  await owner('DELETE', `/api/v1/vms/${vm}`, {});
  await server.settled();
});

test('what a machine has blocks no project: the machine does', async () => {
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'with a machine' })).body.data;
  const there = { key: server.first.api_key, project };
  const vm = await server.vm('blocks', { skip_vpc: true }, there);
  const refused = await owner('DELETE', `/api/v1/projects/${project}`);
  assert.deepEqual(
    [refused.status, refused.body.message],
    [
      409,
      'The project still holds 1 VM (GET /api/v1/vms lists them, DELETE /api/v1/vms/{id} deletes one); delete them first',
    ],
  );
  await server.operator('fault', 'add', 'delete', '--name', 'blocks', '--count', '1', '--delay', '1000');
  assert.equal((await owner('DELETE', `/api/v1/vms/${vm}`, {}, there)).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/projects/${project}`)).status, 200);
  assert.deepEqual(await listed(), [], 'and is seen in no other project');
  await server.settled();
});

test('with a machine that is being deleted go its addresses at once; a reserved one can be released, and nobody gets it too early', async () => {
  for (const isReleased of [true, false]) {
    const vm = await server.vm(`leaving ${isReleased}`);
    const ip = await reserved();
    await attach(ip, vm);
    const [own] = await listed('?reserved=false');
    await server.operator(
      'fault',
      'add',
      'delete',
      '--name',
      `leaving ${isReleased}`,
      '--count',
      '1',
      '--delay',
      '1500',
    );
    assert.equal((await owner('DELETE', `/api/v1/vms/${vm}`, {})).status, 200);
    assert.equal((await owner('GET', `${path}/${own?.id}`)).status, 404);
    assert.deepEqual(
      (await listed()).map(({ id, status }) => [id, status]),
      [[ip.id, 'free']],
    );
    if (isReleased) {
      // Terraform releases it right after the machine.
      assert.equal((await release(ip.id)).status, 200);
      assert.deepEqual(await listed(), []);
      assert.equal((await release(ip.id)).status, 404);
    }
    const next = await reserved();
    assert.ok(![ip.ip_address, own?.ip_address].includes(next.ip_address), 'the host has them still');
    assert.equal((await ask('select from nics where vm_id = $1', vm)).length, 3, 'the machine is still leaving');
    await server.settled();
    assert.deepEqual(await rowOf(own?.ip_address as string), free);
    const left = await rowOf(ip.ip_address);
    if (isReleased) assert.deepEqual(left, free);
    else
      assert.deepEqual(left, {
        ...free,
        state: 'reserved',
        is_reserved: true,
        id: ip.id,
        account_id: server.first.account_id,
      });
    for (const { id } of await listed()) assert.equal((await release(id)).status, 200);
  }
});

test('a change gives another address of the same kind with an id of its own, and the old one to whoever comes next', async () => {
  for (const type of ['IPv4', 'IPv6']) {
    const old = await reserved({ type });
    const changed = await change(old.id);
    assert.equal(changed.status, 200, changed.text);
    const { success, old_ip, new_ip } = changed.body;
    assert.equal(success, true);
    assert.deepEqual(
      [old_ip.id, old_ip.ip_address, old_ip.status, old_ip.reserved],
      [old.id, old.ip_address, 'free', false],
    );
    assert.deepEqual([new_ip.type, new_ip.status, new_ip.reserved], [type, 'free', true]);
    assert.notEqual(new_ip.id, old.id);
    assert.notEqual(new_ip.ip_address, old.ip_address);
    assert.equal((await owner('GET', `${path}/${old.id}`)).status, 404);
    assert.deepEqual((await owner('GET', `${path}/${new_ip.id}`)).body.data, new_ip);
    assert.equal((await reserved({ type })).ip_address, old.ip_address);
  }
});

test('an empty pool says so for its family alone, and what was reserved stays where no other can be had', async () => {
  const all: Ip[] = [];
  for (let count = 0; count < 13; count++) all.push(await reserved({ type: 'IPv6' }));
  for (const reply of [await reserve({ type: 'IPv6' }), await change(all[0]?.id as string)]) {
    assert.deepEqual(
      [reply.status, reply.body.error, reply.body.message],
      [400, 'Bad Request', 'No public IPs available in `us-east`. Please try again later or contact support.'],
    );
  }
  assert.equal((await listed('?limit=100')).length, 13);
  assert.equal((await owner('GET', `${path}/${all[0]?.id}`)).status, 200);
  assert.equal((await reserved()).type, 'IPv4');
  const other = await TestServer.start();
  try {
    const none = await other.call(other.owner, 'POST', `${path}/reserve`, { body: { type: 'IPv6' } });
    assert.deepEqual([none.status, none.body.message.slice(0, 34)], [400, 'No public IPs available in `us-eas']);
  } finally {
    await other.stop();
  }
});

test('of many that reserve the last addresses at once each gets another, and the rest are refused', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => reserve()));
  const made = replies.filter(({ status }) => status === 201).map(({ body }) => body.data.ip_address);
  assert.equal(made.length, 13);
  assert.equal(new Set(made).size, 13);
  for (const { status, body } of replies.filter((reply) => reply.status !== 201)) {
    assert.deepEqual([status, body.message.split(' in ')[0]], [400, 'No public IPs available']);
  }
});

test('the quota bounds what is reserved, however many ask at once; a change at the limit is none more', async () => {
  const { account_id } = server.first;
  const used = async () => (await owner('GET', '/api/raffia/v1/account')).body.data.quota.reserved_ips;
  await server.operator('quota', account_id, '--reserved-ips', '3');
  const replies = await Promise.all(Array.from({ length: 8 }, () => reserve()));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 201, 201, 400, 400, 400, 400, 400]);
  assert.match((await reserve()).body.message, /^too many reserved public IPs: the account may have 3 /);
  assert.deepEqual(await used(), { used: 3, limit: 3 });
  const [first] = await listed();
  assert.equal((await change(first?.id as string)).status, 200);
  assert.deepEqual(await used(), { used: 3, limit: 3 });
  // Below what there is, what there is stays the account's.
  await server.operator('quota', account_id, '--reserved-ips', '1');
  assert.deepEqual(await used(), { used: 3, limit: 1 });
  for (const { id } of await listed()) assert.equal((await release(id)).status, 200);
  assert.deepEqual(await used(), { used: 0, limit: 1 });
  await server.operator('quota', account_id, '--reserved-ips', 'default');
  assert.deepEqual(await recount(server.server.services.db), []);
});

async function purse(account: string) {
  const [row] = await ask<{ balance: number; credits: number }>(
    'select balance_micros as balance, credits_micros as credits from accounts where id = $1',
    account,
  );
  return { ...row } as { balance: number; credits: number };
}

/** An account that pays ahead, with dollars of balance and credits. */
async function payer(name: string, dollars: number, credits = 0) {
  const made = await server.account(name);
  await server.operator('balance', made.account_id, '--mode', 'subscription');
  await server.operator('balance', made.account_id, '--set', String(dollars), '--credits', String(credits));
  return { id: made.account_id, caller: { key: made.api_key, project: made.project_id } };
}

/** Terms that are open, of an account. */
const open = (account: string) =>
  ask<{ resource_id: string; name: string; months: number }>(
    `select resource_kind, resource_id, name, item, unit_price_micros as price, months from terms
      where account_id = $1 and until is null order by resource_id`,
    account,
  );

test('each period is paid ahead in full, credits first, and what is left of it by the hour comes back to the balance', async () => {
  const { id, caller } = await payer('Ahead', 200, 1);
  for (const [body, months, price] of [
    [{}, 1, 3],
    [{ type: 'IPv6' }, 1, 1],
    [{ billing_period: 'monthly' }, 1, 3],
    [{ billing_period: 'yearly' }, 12, 36],
    [{ billing_period: 'twenty_four_month', type: 'ipv6' }, 24, 24],
  ] as const) {
    await server.operator('balance', id, '--set', '200', '--credits', '0.25');
    const ip = await reserved(body, caller);
    assert.deepEqual(await purse(id), { balance: 200e6 - (price * 1e6 - 0.25e6), credits: 0 }, JSON.stringify(body));
    assert.deepEqual(await open(id), [
      {
        resource_kind: 'ip',
        resource_id: ip.id,
        name: ip.ip_address,
        item: 'address',
        price: (price / months) * 1e6,
        months,
      },
    ]);
    // 180 of 720 hours of each month, less the one that has begun.
    server.time.offset += months * 180 * hourMs - 30 * 60_000;
    assert.equal((await release(ip.id, caller)).status, 200);
    assert.deepEqual(await purse(id), { balance: 200e6 - (price * 1e6 - 0.25e6) + price * 1e6 * 0.75, credits: 0 });
    assert.deepEqual(await open(id), []);
  }
});

test('without a subscription nothing is charged, whatever period is asked for, and the time is counted', async () => {
  const before = await purse(server.first.account_id);
  const ip = await reserved({ billing_period: 'twenty_four_month' });
  assert.deepEqual(
    (await open(server.first.account_id)).map(({ resource_id, months }) => [resource_id, months]),
    [[ip.id, 1]],
  );
  server.time.offset += 100 * hourMs;
  assert.equal((await release(ip.id)).status, 200);
  assert.deepEqual(await purse(server.first.account_id), before);
  const [term] = await ask<{ hours: number }>(
    `select extract(epoch from until - "from") / 3600 as hours from terms where resource_id = $1`,
    ip.id,
  );
  assert.equal(Math.round(Number(term?.hours)), 100);
});

test('standing is asked before the pool, the pool before the balance, and a refusal leaves nothing', async () => {
  const { id, caller } = await payer('Refused', 2.99);
  const state = (value: string) => ask(`update accounts set payment_state = $2 where id = $1`, id, value);
  const all: Ip[] = [];
  for (let count = 0; count < 13; count++) all.push(await reserved());
  for (const value of ['failed', 'none']) {
    await state(value);
    const reply = await reserve({}, caller);
    const reason = value === 'none' ? 'no_billing_customer' : value;
    assert.deepEqual([reply.status, reply.body.error, reply.body.reason], [403, 'Billing validation failed', reason]);
  }
  await state('good');
  assert.equal((await reserve({}, caller)).status, 400);
  assert.equal((await release(all[0]?.id as string)).status, 200);
  const poor = await reserve({}, caller);
  assert.deepEqual(
    [poor.status, poor.body.error, poor.body.message],
    [402, 'Payment Required', 'Insufficient balance for subscription'],
  );
  assert.deepEqual(await rowOf(all[0]?.ip_address as string), free);
  assert.deepEqual(await open(id), []);
  assert.equal((await reserve({ type: 'IPv6' }, caller)).status, 201, 'which costs less');
  const [ipv6] = await listed('', caller);
  assert.equal((await release(ipv6?.id as string, caller)).status, 200);
});

test('ten that release, or change, one address at once do it once, and it is paid back once', async () => {
  const { id, caller } = await payer('Raced', 100);
  for (const acts of [[release], [change], [release, change]]) {
    const before = await purse(id);
    const ip = await reserved({}, caller);
    const replies = await Promise.all(Array.from({ length: 10 }, (_, n) => pickOf(acts, n)(ip.id, caller)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(9).fill(404)]);
    for (const { id: left } of await listed('', caller)) assert.equal((await release(left, caller)).status, 200);
    // The hour that had begun is not given back.
    const hour = Math.round(3e6 / 720);
    assert.equal((await purse(id)).balance, before.balance - hour);
  }
  await agrees(id);
});

const pickOf = <T>(list: readonly T[], n: number) => list[n % list.length] as T;

/** What every term says it brought is what its entries of the balance are. */
async function agrees(account: string): Promise<void> {
  const rows = await ask(
    `select * from (select term_id, sum(balance_micros) as balance, sum(credits_micros) as credits
                      from balance_entries where account_id = $1 and term_id is not null group by 1) e
       full join (select * from terms where account_id = $1) t on t.id = e.term_id
      where (coalesce(e.balance, 0), coalesce(e.credits, 0)) <> (coalesce(t.balance_micros, 0), coalesce(t.credits_micros, 0))`,
    account,
  );
  assert.deepEqual(rows, []);
}

test('whatever is reserved, changed and released in whatever order, the purse has what prices and hours say', async () => {
  const random = seededRandom();
  const { id, caller } = await payer('Random', 150, 3);
  const expected = await purse(id);
  const months = { monthly: 1, yearly: 12, twenty_four_month: 24 } as const;
  let mine: { ip: Ip; begun: number; months: number; price: number }[] = [];
  const seen: Record<string, number> = {};
  for (let step = 0; step < 120; step++) {
    server.time.offset += Math.floor(random() * 200) * hourMs;
    const what = pick(random, ['reserve', 'reserve', 'change', 'release'] as const);
    const one = mine.length === 0 ? undefined : pick(random, mine);
    if (what === 'reserve') {
      const type = pick(random, ['IPv4', 'IPv6'] as const);
      const billing_period = pick(random, ['monthly', 'yearly', 'twenty_four_month'] as const);
      const price = (type === 'IPv4' ? 3e6 : 1e6) * months[billing_period];
      const reply = await reserve({ type, billing_period }, caller);
      seen[`reserve ${reply.status}`] = (seen[`reserve ${reply.status}`] ?? 0) + 1;
      const credits = Math.min(expected.credits, price);
      const isFull = mine.filter(({ ip }) => ip.type === type).length === 13;
      if (!isFull) assert.equal(reply.status, expected.balance >= price - credits ? 201 : 402, reply.text);
      if (reply.status === 201) {
        expected.credits -= credits;
        expected.balance -= price - credits;
        const ip = reply.body.data;
        mine.push({ ip, begun: Date.parse(ip.created_at), months: months[billing_period], price });
      }
    } else if (one !== undefined && what === 'change') {
      const reply = await change(one.ip.id, caller);
      assert.equal(reply.status, 200, reply.text);
      one.ip = reply.body.new_ip;
      seen.change = (seen.change ?? 0) + 1;
    } else if (one !== undefined) {
      assert.equal((await release(one.ip.id, caller)).status, 200);
      const [ended] = await ask<{ until: Date }>(
        'select until from terms where resource_id = $1 order by until desc limit 1',
        one.ip.id,
      );
      const hours = one.months * 720;
      const elapsed = Math.ceil(((ended?.until.getTime() ?? 0) - one.begun) / hourMs);
      expected.balance += Math.round((one.price * Math.max(0, hours - elapsed)) / hours);
      mine = mine.filter((other) => other !== one);
      seen.release = (seen.release ?? 0) + 1;
    }
    assert.deepEqual(await purse(id), expected, `step ${step}`);
    assert.deepEqual(
      (await open(id)).map(({ resource_id, name }) => [resource_id, name]),
      mine.map(({ ip }) => [ip.id, ip.ip_address]).sort(),
    );
  }
  await agrees(id);
  for (const what of ['reserve 201', 'reserve 402', 'change', 'release'])
    assert.ok((seen[what] ?? 0) >= 3, JSON.stringify(seen));
  for (const { ip } of mine) assert.equal((await release(ip.id, caller)).status, 200);
});

test('the audit log and the events tell what was done to which address', async () => {
  const ip = await reserved();
  const { new_ip } = (await change(ip.id)).body;
  await release(new_ip.id);
  const entries = await ask<{ verb: string; resource_id: string; details: Record<string, unknown> }>(
    `select verb, resource_id, details from audit_log where verb like 'ip.%' and resource_id in ($1, $2) order by id`,
    ip.id,
    new_ip.id,
  );
  assert.deepEqual(entries, [
    { verb: 'ip.reserve', resource_id: ip.id, details: { ip_address: ip.ip_address, type: 'IPv4' } },
    {
      verb: 'ip.change',
      resource_id: ip.id,
      details: { ip_address_before: ip.ip_address, ip_address: new_ip.ip_address, new_id: new_ip.id },
    },
    { verb: 'ip.release', resource_id: new_ip.id, details: { ip_address: new_ip.ip_address } },
  ]);
});
