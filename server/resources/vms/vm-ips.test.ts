import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { recount } from '../../quotas/usage.ts';
import { pick, seededRandom } from '../../testing/random.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

/** Machines get public addresses and lose them (network.md §2.2). The IPv4 pool has 29 addresses, the IPv6 one 13. */
let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start({
    RAFFIA_ADDRESS_POOLS: 'us-east=203.0.113.0/27 2001:db8:1::/124',
    RAFFIA_RECONCILE_SECONDS: '1',
  });
});
after(() => server.stop());

const call = (method: string, path: string, body?: object, caller: Caller = server.owner) =>
  server.call(caller, method, `/api/v1/${path}`, body === undefined ? {} : { body });

const ask = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;

interface Nic {
  readonly nic_id: number;
  readonly ip: string;
  readonly type: string;
  readonly mac: string;
  readonly gateway: string;
}

const nics = async (vm: string): Promise<Nic[]> => (await call('GET', `vms/${vm}/networks`)).body.data;

/** One without a public address, unless it is told otherwise. */
async function machine(extra: Record<string, unknown> = { skip_public_ip: true }): Promise<string> {
  const id = await server.vm(`addressed-${++serial}`, extra);
  await server.settled();
  return id;
}

async function reserve(body: object = {}, caller?: Caller): Promise<{ id: string; ip_address: string }> {
  const reply = await call('POST', 'ips/reserve', body, caller);
  assert.equal(reply.status, 201, reply.text);
  return reply.body.data;
}

async function attach(vm: string, body: object): Promise<Nic & { vm_id: string; ip_address: string }> {
  const reply = await call('POST', `vms/${vm}/ip`, body);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data;
}

async function detach(vm: string, nicId: number): Promise<void> {
  const reply = await call('DELETE', `vms/${vm}/ip/${nicId}`);
  assert.deepEqual([reply.status, Object.keys(reply.body).sort()], [200, ['message', 'success']], reply.text);
}

/** What the host has of a machine. */
const onHost = async (vm: string) =>
  (await ask<{ addresses: string[] }>('select addresses from simulated_machines where id = $1', vm))[0]?.addresses;

const rowOf = async (address: string) =>
  (
    await ask('select state, is_reserved, id, account_id, deleted_at from public_addresses where address = $1', address)
  )[0];
const free = { state: 'free', is_reserved: false, id: null, account_id: null, deleted_at: null };

const fault = (verb: string, ...more: string[]) => server.operator('fault', 'add', verb, ...more);

/** Whatever was done: addresses and interfaces tell the same, on hosts as in rows, and nothing was paid or counted. */
async function agrees(): Promise<void> {
  await server.settled();
  const rows = await ask(
    `select host(a.address) as address, a.state, a.is_reserved, a.deleted_at, n.vm_id, n.state as interface
       from public_addresses a full join nics n on n.public_address = a.address
      where (n.vm_id is not null or a.state <> 'free')
        and (a.state, n.vm_id is not null, coalesce(n.state, 'attached')) not in (('attached', true, 'attached'), ('reserved', false, 'attached'))`,
  );
  assert.deepEqual(rows, []);
  const hosts = await ask(
    `select v.name, m.addresses, x.addresses as rows
       from vms v join simulated_machines m on m.id = v.id,
            lateral (select array_agg(host(address) order by nic_id) as addresses from nics where vm_id = v.id) x
      where m.addresses <> x.addresses`,
  );
  assert.deepEqual(hosts, []);
  assert.deepEqual(await recount(server.server.services.db), []);
}

// Each test begins with a pool of which nobody has anything.
beforeEach(async () => {
  await ask('delete from simulated_faults where true');
  const { body } = await call('GET', 'vms?limit=100');
  for (const { id } of body.data) await call('DELETE', `vms/${id}`);
  const ips = await call('GET', 'ips?reserved=true&limit=100');
  for (const { id } of ips.body.data) await call('DELETE', `ips/${id}/reserve`);
  await server.settled();
  await until('nothing is anybody’s', async () => {
    return (await ask(`select from public_addresses where state <> 'free'`)).length === 0;
  });
});

test('a VM gets an address of the pool at once for whoever asks, then on its host, and gives it back', async () => {
  const vm = await machine();
  const before = await nics(vm);
  const got = await attach(vm, {});
  assert.deepEqual(got, { vm_id: vm, ip_address: '203.0.113.2', nic_id: 1, mac: '02:00:cb:00:71:02' });
  const { ip_address: ip, ...nic } = { ...got, gateway: '203.0.113.1', network_name: '', type: 'public' };
  const { vm_id, ...added } = nic;
  assert.deepEqual(await nics(vm), [...before, { ...added, ip }]);
  assert.equal((await call('GET', `vms/${vm}`)).body.data.public_ipv4_address, ip);
  const [listed] = (await call('GET', 'ips')).body.data;
  assert.deepEqual([listed.ip_address, listed.status, listed.reserved], [ip, 'in-use', false]);
  await server.settled();
  assert.deepEqual(await onHost(vm), [before[0]?.ip, ip]);
  await agrees();

  await detach(vm, 1);
  assert.deepEqual(await nics(vm), before);
  assert.deepEqual((await call('GET', 'ips')).body.data, [], 'nobody sees it any more');
  assert.equal((await call('GET', `ips/${listed.id}`)).status, 404);
  await server.settled();
  assert.deepEqual(await onHost(vm), [before[0]?.ip]);
  assert.deepEqual(await rowOf(ip), free);
});

test('a reserved address is attached by its id whatever type is sent, stays the account’s when it is detached, and moves no money', async () => {
  const { account_id } = server.first;
  const purse = () => ask('select balance_micros, credits_micros from accounts where id = $1', account_id);
  const vm = await machine();
  const ip = await reserve();
  const before = await purse();
  const shown = async () => (await call('GET', `ips/${ip.id}`)).body.data;
  const got = await attach(vm, { ip_id: ip.id, type: 'IPv6' });
  assert.equal(got.ip_address, ip.ip_address);
  assert.deepEqual([(await shown()).status, (await shown()).reserved], ['in-use', true]);
  await server.settled();
  for (const [method, path] of [
    ['DELETE', `ips/${ip.id}/reserve`],
    ['POST', `ips/${ip.id}/change`],
  ] as const) {
    assert.match((await call(method, path)).body.message, /^This public IP is attached to a VM/);
  }
  await detach(vm, got.nic_id);
  assert.deepEqual([(await shown()).status, (await shown()).reserved], ['free', true], 'at once');
  await agrees();
  assert.deepEqual(await purse(), before);
  const open = await ask('select from terms where resource_id = $1 and until is null', ip.id);
  assert.equal(open.length, 1, 'and is paid for as before');
});

test('who pays ahead and has nothing left gets no address of the pool, and the one that is paid for', async (t) => {
  const { account_id } = server.first;
  const [vm, ip] = [await machine(), await reserve()];
  t.after(() => server.operator('balance', account_id, '--set', '1000000', '--mode', 'payg'));
  await server.operator('balance', account_id, '--set', '0', '--credits', '0', '--mode', 'subscription');
  const refused = await call('POST', `vms/${vm}/ip`, {});
  assert.deepEqual([refused.status, refused.body.message], [402, 'Insufficient balance for subscription']);
  assert.deepEqual(
    (await nics(vm)).map(({ type }) => type),
    ['vpc'],
  );
  assert.equal((await attach(vm, { ip_id: ip.id })).ip_address, ip.ip_address);
  await agrees();
});

test('a VM has one address of each family, and each can be detached by itself', async () => {
  const vm = await machine();
  const four = await attach(vm, { type: 'ipv4' });
  const six = await attach(vm, { type: 'ipv6' });
  assert.deepEqual([six.ip_address, six.mac], ['2001:db8:1::2', '02:06:00:00:00:02']);
  const added = (await nics(vm)).at(-1);
  assert.deepEqual([added?.type, added?.gateway, added?.nic_id], ['ipv6', '2001:db8:1::1', six.nic_id]);
  const spare = [await reserve(), await reserve({ type: 'IPv6' })];
  for (const [body, family] of [
    [{}, 'IPv4'],
    [{ type: 'IPv6' }, 'IPv6'],
    [{ ip_id: spare[0]?.id }, 'IPv4'],
    [{ ip_id: spare[1]?.id }, 'IPv6'],
  ]) {
    const reply = await call('POST', `vms/${vm}/ip`, body as object);
    assert.deepEqual([reply.status, reply.body.message], [400, `VM already has an ${family}`]);
  }
  await detach(vm, four.nic_id);
  await attach(vm, { ip_id: spare[0]?.id });
  await detach(vm, six.nic_id);
  await agrees();
  assert.deepEqual((await onHost(vm))?.slice(1), [spare[0]?.ip_address]);
});

test('what cannot be attached or detached is refused in a sentence, and leaves nothing', async () => {
  const vm = await machine();
  const other = await machine({});
  const [own] = (await call('GET', 'ips')).body.data;
  const stranger = await server.account(`Stranger-${serial}`);
  const theirs = await reserve({}, { key: stranger.api_key, project: stranger.project_id });
  const project = (await call('POST', 'projects', { name: `elsewhere-${serial}` })).body.data.id;
  const elsewhere = await reserve({}, { ...server.owner, project });
  const far = await reserve();
  await ask(`update public_addresses set region = 'mars' where id = $1`, far.id);
  for (const [ip_id, status, message] of [
    [theirs.id, 404, /^public IP not found$/],
    [elsewhere.id, 404, /^public IP not found$/],
    ['01900000-0000-7000-8000-000000000000', 404, /^public IP not found$/],
    [own.id, 400, /^This public IP is not reserved/],
    [far.id, 400, /^The public IP is in region mars, not us-east$/],
  ] as const) {
    const reply = await call('POST', `vms/${vm}/ip`, { ip_id });
    assert.equal(reply.status, status, reply.text);
    assert.match(reply.body.message, message);
  }
  await ask(`update public_addresses set region = 'us-east' where id = $1`, far.id);
  for (const number of ['0', '7', '01', 'x']) {
    const reply = await call('DELETE', `vms/${vm}/ip/${number}`);
    assert.deepEqual([reply.status, reply.body.message], [404, 'network interface not found'], number);
  }
  assert.equal((await call('DELETE', `vms/${other}/vpc/1`)).status, 200);
  const last = await call('DELETE', `vms/${other}/ip/0`);
  assert.deepEqual([last.status, last.body.message], [400, 'VM has no other interfaces']);
  await agrees();
  for (const { id, caller } of [
    { id: theirs.id, caller: { key: stranger.api_key, project: stranger.project_id } },
    { id: elsewhere.id, caller: { ...server.owner, project } },
  ]) {
    assert.equal((await call('DELETE', `ips/${id}/reserve`, undefined, caller)).status, 200);
  }
});

test('security groups are on the interface from the first moment, and one that is not the project’s attaches nothing', async () => {
  const vm = await machine();
  const groups: string[] = [];
  for (const name of ['one', 'two']) {
    const made = await call('POST', 'security-groups', { name: `${name}-${serial}` });
    groups.push(made.body.data.id);
  }
  const unknown = await call('POST', `vms/${vm}/ip`, { security_groups: [groups[0], vm] });
  assert.deepEqual([unknown.status, unknown.body.message], [404, 'security group not found']);
  const twice = await call('POST', `vms/${vm}/ip`, { security_groups: [groups[0], groups[0]] });
  assert.equal(twice.status, 400, twice.text);
  assert.equal((await nics(vm)).length, 1);
  assert.deepEqual((await call('GET', 'ips')).body.data, []);
  const { nic_id } = await attach(vm, { security_groups: groups });
  const rows = await ask<{ id: string }>(
    'select security_group_id as id from nic_security_groups where vm_id = $1 and nic_id = $2 order by position',
    vm,
    nic_id,
  );
  assert.deepEqual(
    rows.map(({ id }) => id),
    groups,
  );
  await agrees();
  await detach(vm, nic_id);
  await agrees();
  for (const id of groups) assert.equal((await call('DELETE', `security-groups/${id}`)).status, 200);
});

test('standing is asked first, an empty pool says so, and neither leaves anything', async () => {
  const vm = await machine();
  const state = (value: string) =>
    ask('update accounts set payment_state = $2 where id = $1', server.first.account_id, value);
  await state('failed');
  const refused = await call('POST', `vms/${vm}/ip`, {});
  await state('good');
  assert.deepEqual([refused.status, refused.body.reason], [403, 'failed']);
  while ((await call('POST', 'ips/reserve', { type: 'IPv6' })).status === 201);
  const empty = await call('POST', `vms/${vm}/ip`, { type: 'IPv6' });
  assert.deepEqual(
    [empty.status, empty.body.message],
    [400, 'No public IPs available in `us-east`. Please try again later or contact support.'],
  );
  assert.equal((await nics(vm)).length, 1);
  await agrees();
});

test('an address moves from one VM to another at once for whoever asks, and no two hosts have it at one time', async () => {
  const [from, to] = [await machine({ skip_public_ip: true }), await machine()];
  const ip = await reserve();
  const { nic_id } = await attach(from, { ip_id: ip.id });
  await server.settled();
  const name = (await call('GET', `vms/${from}`)).body.data.name;
  await fault('interfaces', '--name', name, '--count', '1', '--delay', '700');
  await detach(from, nic_id);
  const moved = await attach(to, { ip_id: ip.id });
  assert.equal(moved.ip_address, ip.ip_address);
  assert.deepEqual(
    (await Promise.all([from, to].map(nics))).map((all) => all.some((nic) => nic.ip === ip.ip_address)),
    [false, true],
  );
  const held = { both: 0, first: 0, second: 0 };
  await until(
    'the other has it',
    async () => {
      const [a, b] = (await Promise.all([from, to].map(onHost))).map((all) => all?.includes(ip.ip_address) === true);
      held[a && b ? 'both' : a ? 'first' : 'second']++;
      return b === true;
    },
    { everyMs: 20 },
  );
  assert.ok(held.both === 0 && held.first > 0, JSON.stringify(held));
  await agrees();
  assert.deepEqual((await call('GET', `ips/${ip.id}`)).body.data.status, 'in-use');
});

test('an address of a VM that is being deleted can be attached to another at once', async () => {
  const [from, to] = [await machine(), await machine()];
  const ip = await reserve();
  await attach(from, { ip_id: ip.id });
  await server.settled();
  await fault('delete', '--name', '*', '--count', '1', '--delay', '500');
  assert.equal((await call('DELETE', `vms/${from}`)).status, 200);
  await attach(to, { ip_id: ip.id });
  await agrees();
  assert.ok((await onHost(to))?.includes(ip.ip_address));
});

test('of many that want one address at once, to attach, release or change it, one has it, and the others are told', async () => {
  const vms = await Promise.all(
    Array.from({ length: 6 }, () => server.vm(`racing-${++serial}`, { skip_public_ip: true })),
  );
  await server.settled();
  const winners: Record<string, number> = { attach: 0, release: 0, change: 0 };
  for (let round = 0; round < 8; round++) {
    const ip = await reserve();
    const acts: [string, () => ReturnType<typeof call>][] = [
      ...vms.map((vm): [string, () => ReturnType<typeof call>] => [
        'attach',
        () => call('POST', `vms/${vm}/ip`, { ip_id: ip.id }),
      ]),
      ...(round % 2 === 0
        ? []
        : ([
            ['release', () => call('DELETE', `ips/${ip.id}/reserve`)],
            ['change', () => call('POST', `ips/${ip.id}/change`)],
          ] as [string, () => ReturnType<typeof call>][])),
    ];
    if (round % 4 === 3) acts.reverse();
    const replies = await Promise.all(acts.map(async ([name, act]) => ({ name, ...(await act()) })));
    const won = replies.filter(({ status }) => status === 200);
    assert.equal(won.length, 1, JSON.stringify(replies.map(({ name, status, text }) => [name, status, text])));
    for (const { status, text } of replies) assert.ok([200, 400, 404].includes(status), text);
    const name = won[0]?.name as string;
    winners[name] = (winners[name] ?? 0) + 1;
    await agrees();
    for (const vm of vms) for (const nic of await nics(vm)) if (nic.type === 'public') await detach(vm, nic.nic_id);
    for (const { id } of (await call('GET', 'ips?reserved=true')).body.data) await call('DELETE', `ips/${id}/reserve`);
    await server.settled();
  }
  assert.ok((winners.attach ?? 0) >= 4, JSON.stringify(winners));
  // On one machine as well: it gets one of two.
  const both = [await reserve(), await reserve()];
  const [vm] = vms;
  const replies = await Promise.all(both.map(({ id }) => call('POST', `vms/${vm}/ip`, { ip_id: id })));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400]);
  await agrees();
});

test('an address that could not be attached is its pool’s, or the account’s to use, again', async () => {
  const vm = await machine();
  const before = await nics(vm);
  const ip = await reserve();
  for (const [body, expected] of [
    [{}, free],
    [
      { ip_id: ip.id },
      { ...free, state: 'reserved', is_reserved: true, id: ip.id, account_id: server.first.account_id },
    ],
  ] as const) {
    await fault('interfaces', '--name', '*', '--count', '1', '--fail', 'no room');
    const { ip_address } = await attach(vm, body);
    await server.settled();
    assert.deepEqual(await nics(vm), before);
    assert.deepEqual(await rowOf(ip_address), expected);
    await agrees();
  }
  assert.match(await server.operator('operations'), /no room/);
});

test('one that could not be detached is there again; where it was given to another VM meanwhile that has it in the end', async () => {
  const [from, to] = [await machine(), await machine()];
  const ip = await reserve();
  const { nic_id } = await attach(from, { ip_id: ip.id });
  await server.settled();
  const before = await nics(from);
  await fault('interfaces', '--name', '*', '--count', '1', '--fail', 'stuck');
  await detach(from, nic_id);
  await server.settled();
  assert.deepEqual(await nics(from), before);
  assert.equal((await call('GET', `ips/${ip.id}`)).body.data.status, 'in-use');
  await agrees();

  const name = (await call('GET', `vms/${from}`)).body.data.name;
  await fault('interfaces', '--name', name, '--count', '1', '--fail', 'stuck');
  await detach(from, nic_id);
  await attach(to, { ip_id: ip.id });
  await agrees();
  assert.deepEqual(
    (await Promise.all([from, to].map(onHost))).map((all) => all?.length),
    [1, 2],
  );
  assert.equal((await nics(from)).length, 1);
});

test('an address takes the place of one that could not be detached: hosts refuse a second one of a network', async () => {
  const vm = await machine();
  const { nic_id, ip_address: old } = await attach(vm, {});
  await server.settled();
  const { name } = (await call('GET', `vms/${vm}`)).body.data;
  await fault('interfaces', '--name', name, '--count', '1', '--fail', 'stuck');
  await detach(vm, nic_id);
  const { ip_address: next } = await attach(vm, {});
  const seen: string[] = [];
  await until(
    'the host has the other',
    async () => {
      const has = (await onHost(vm)) ?? [];
      seen.push([old, next].filter((one) => has.includes(one)).join(' and '));
      return has.includes(next);
    },
    { everyMs: 10 },
  );
  assert.notEqual(old, next);
  assert.deepEqual([...new Set(seen)], [old, next]);
  await server.settled();
  assert.ok(!(await onHost(vm))?.includes(old));
  assert.match(await server.operator('operations'), /stuck/);
});

test('addresses whose detaching is accepted before they have come are not there for work in between', async () => {
  const vm = await machine();
  const { name } = (await call('GET', `vms/${vm}`)).body.data;
  await fault('interfaces', '--name', name, '--count', '1', '--delay', '700');
  const all: string[] = [];
  for (let n = 0; n < 3; n++) {
    const { nic_id, ip_address } = await attach(vm, {});
    all.push(ip_address);
    await detach(vm, nic_id);
  }
  const seen: string[] = [];
  await until(
    'all have come and gone',
    async () => {
      const has = (await onHost(vm)) ?? [];
      const here = all.filter((one) => has.includes(one)).join(' and ');
      if (seen.at(-1) !== here) seen.push(here);
      const left = await ask('select from operations where queue = $1 and finished_at is null', vm);
      return left.length === 0;
    },
    { everyMs: 5 },
  );
  assert.equal(new Set(all).size, 3);
  assert.deepEqual(
    seen.filter((here) => here !== '' && !all.includes(here)),
    [],
    'hosts refuse two on one network',
  );
  await agrees();
});

test('whatever is attached, moved, released and fails in whatever order, addresses and interfaces tell the same', async () => {
  const random = seededRandom();
  const vms = await Promise.all(
    Array.from({ length: 4 }, () => server.vm(`walk-${++serial}`, { skip_public_ip: true })),
  );
  await server.settled();
  const seen: Record<string, number> = {};
  for (let step = 0; step < 120; step++) {
    const vm = pick(random, vms);
    const what = pick(random, [
      'reserve',
      'release',
      'change',
      'attach',
      'attach',
      'take',
      'detach',
      'detach',
      'fault',
      'rest',
    ] as const);
    const spare = (await call('GET', 'ips?reserved=true&limit=100')).body.data;
    const ip = spare.length === 0 ? undefined : pick(random, spare as { id: string }[]);
    const shown = (await nics(vm)).filter(({ type }) => type !== 'vpc');
    const family = pick(random, ['IPv4', 'IPv6'] as const);
    const asked = {
      reserve: () => (spare.length > 5 ? undefined : call('POST', 'ips/reserve', { type: family })),
      release: () => ip && call('DELETE', `ips/${ip.id}/reserve`),
      change: () => ip && call('POST', `ips/${ip.id}/change`),
      attach: () => ip && call('POST', `vms/${vm}/ip`, { ip_id: ip.id }),
      take: () => call('POST', `vms/${vm}/ip`, { type: family }),
      detach: () => (shown.length === 0 ? undefined : call('DELETE', `vms/${vm}/ip/${pick(random, shown).nic_id}`)),
      fault: () => void fault('interfaces', '--name', '*', '--count', '1', '--fail', 'random'),
      rest: () => server.settled().then(() => undefined),
    }[what];
    const reply = await asked();
    if (reply === undefined) continue;
    assert.ok([200, 201, 400, 404].includes(reply.status), `${what}: ${reply.text}`);
    seen[`${what} ${reply.status}`] = (seen[`${what} ${reply.status}`] ?? 0) + 1;
  }
  await ask('delete from simulated_faults where true');
  await until('all is at rest', async () => {
    await server.settled();
    return (await ask(`select from nics where state <> 'attached'`)).length === 0;
  });
  await agrees();
  for (const what of ['attach 200', 'detach 200', 'take 200']) assert.ok((seen[what] ?? 0) > 2, JSON.stringify(seen));
});
