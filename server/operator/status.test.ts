import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfiguration } from '../configuration/configuration.ts';
import { EngineError } from '../engines/engine.ts';
import { openEngine } from '../engines/open-engine.ts';
import { FakeIncus } from '../testing/fake-incus.ts';
import { type Statement, statementsOf } from '../testing/statements.ts';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import type { OperatorContext } from './operator-command.ts';
import { runOperatorCommand } from './operator-commands.ts';
import { statusSections } from './status-sections.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({
    RAFFIA_SIMULATED_CAPACITY: '10/20/255',
    RAFFIA_ADDRESS_POOLS: 'us-east=203.0.113.0/28 2001:db8:1::/64',
    RAFFIA_RECONCILE_SECONDS: '3600',
  });
});
after(() => server.stop());

const query = (text: string, ...values: unknown[]) => server.server.services.pool.query(text, values);

/** What programs and people are told, of the same server. */
async function status(changes: Partial<OperatorContext> = {}) {
  const context = { ...server.server.operator, ...changes };
  const json = JSON.parse(await runOperatorCommand(context, ['status', '--json']));
  return { json, text: await runOperatorCommand(context, ['status']) };
}

test('what is there is told as it is, to people and to programs', async () => {
  const empty = await status();
  assert.deepEqual(Object.keys(empty.json), ['version', 'startedAt', 'engine', ...Object.keys(statusSections)]);
  assert.match(empty.text, /^raffia \d+\.\d+\.\d+, engine simulated, runs since \d{4}-.* \(\d+ \w+\)$/m);
  assert.match(empty.text, /^queue +nothing is open$/m);
  assert.match(
    empty.text,
    /^addresses\n +us-east IPv4: 13 free, 0 used, 0 reserved\n +us-east IPv6: more than enough/m,
  );
  assert.match(empty.text, /^found +nothing on the hosts that no row knows$/m);
  const reserved = await server.call(server.owner, 'POST', '/api/v1/ips/reserve', { body: { region: 'us-east' } });
  assert.equal(reserved.status, 201, reserved.text);
  const off = await server.vm('off');
  await server.vm('on');
  await server.call(server.owner, 'POST', `/api/v1/vms/${off}/stop`, { body: {} });
  await server.settled();
  await query(
    `insert into found_machines (id, generation, power, known) values (gen_random_uuid(), 1, 'on', '{"nics": []}')`,
  );
  await query(
    `insert into mails (id, about, recipient, subject, sealed, given_up_at, not_before)
     select gen_random_uuid(), 'x' || n, 'x@example.com', 'x', '', case when n = 1 then now() end, now() + interval '1 day' from generate_series(1, 3) n`,
  );
  // What was counted within the last second is not counted again.
  await until('all is looked at anew', async () => {
    const { machines, ready } = (await status()).json;
    return machines.passive === 1 && ready.parts.engine.status === 'degraded';
  });
  const { json, text } = await status();
  assert.deepEqual(
    { active: json.machines.active, passive: json.machines.passive, failure: json.machines.failure },
    { active: 1, passive: 1, failure: 0 },
  );
  assert.match(text, /^machines +1 active, 1 passive$/m);
  assert.deepEqual(json.addresses[0], { region: 'us-east', family: 'IPv4', free: 10, used: 2, reserved: 1, held: 0 });
  assert.equal(json.addresses[1].free, 2 ** 40);
  assert.match(text, /us-east IPv4: 10 free, 2 used, 1 reserved$/m);
  assert.deepEqual(json.hosts.members, [
    {
      name: 'simulated',
      state: 'online',
      message: '',
      machines: 2,
      has: { cpu: 10, ram: 20, disk: 255 },
      offers: { cpu: 10, ram: 20, disk: 255 },
      given: { cpu: 2, ram: 2, disk: 50 },
    },
  ]);
  assert.match(text, /simulated: online, 2 machines; sold: vCPU 2 of 10, RAM 2 of 20 GB, disk 50 of 255 GB$/m);
  assert.deepEqual([json.mails.waiting, json.mails.givenUp], [2, 1]);
  assert.match(text, /^mails +2 waiting, 1 given up$/m);
  assert.deepEqual(json.found, { machines: 1, volumes: 0 });
  assert.deepEqual([json.certificate, empty.json.certificate], [null, null]);
  const endsAt = server.server.services.clock.now() + 10 * 86_400_000 + 5000;
  const { services } = server.server;
  const shown = await status({ services: { ...services, certificate: { endsAt, failures: 0 } } as never });
  assert.equal(shown.json.certificate.endsAt, new Date(endsAt).toISOString());
  assert.match(shown.text, /^certificate +ends \d{4}-.*Z, in 10 days\n(?! )/m);
  const failing = await status({ services: { ...services, certificate: { endsAt, failures: 2 } } as never });
  assert.match(failing.text, /^certificate +ends .*, in 10 days\n +no other was got or taken, 2 times in a row/m);
  const awaited = await status({ services: { ...services, certificate: { endsAt: undefined, failures: 1 } } as never });
  assert.match(awaited.text, /^certificate +none yet\n +no other was got or taken, 1 time in a row/m);
  assert.match(text, /^found +1 machine and 0 volumes that no row knows are quarantined/m);
  const { rows } = await query('select pg_database_size(current_database())::float8 as bytes');
  assert.ok(json.database.bytes > 0.9 * rows[0].bytes && json.database.bytes < 1.1 * rows[0].bytes);
  assert.ok(json.database.connections.open >= 1 && json.database.connections.open <= json.database.connections.limit);
  assert.equal(json.ready.parts.engine.status, 'degraded', 'a found machine');
  assert.match(text, /^ +engine: degraded, 1 machine on the host that the database doesn't know/m);
  assert.match(json.backups.store, /^encrypted files in /);
  for (const line of text.split('\n')) assert.doesNotMatch(line, /undefined|\[object|NaN|\s$/);
});

test('nodes are told with who leads and who is silent; where there are none, that one serves alone', async () => {
  const { services } = server.server;
  assert.equal((await status()).json.nodes, null);
  assert.match((await status()).text, /^nodes +this one alone$/m);
  await query(
    `insert into nodes (id, name, version, roles, address, seen_at, is_cut_off, keeps_nothing)
     select gen_random_uuid(), 'node-' || n, '0.1.0', '{api,worker}', '10.0.0.' || n || ':8080', now() + case n when 3 then -60 else 3600 end * interval '1 second', n = 2, false
       from generate_series(1, 3) n`,
  );
  await query(`update leadership set node_id = (select id from nodes where name = 'node-2')`);
  const configuration = { ...services.configuration, redisUrl: 'redis://127.0.0.1:1' };
  const { json, text } = await status({ services: { ...services, configuration } });
  const told = json.nodes.map(({ name, state, isLeader }: Record<string, unknown>) => [name, state, isLeader]);
  assert.deepEqual(told, [
    ['node-1', 'live', false],
    ['node-2', 'alone', true],
    ['node-3', 'silent', false],
  ]);
  assert.match(text, /^nodes +3 nodes$/m);
  assert.match(text, /^ +node-1: live, 0\.1\.0, api worker, 10\.0\.0\.1:8080, since \d{4}-\d\d-\d\dT/m);
  assert.match(text, /^ +node-2: without Redis, leads, /m);
  assert.match(text, /^ +node-3: not heard of for \d+ seconds, /m);
  await query('delete from nodes');
});

test('what is open is told by kind, with what it waits for and since when', async (t) => {
  const idle = await TestServer.start({}, { works: false });
  t.after(() => idle.stop());
  for (const name of ['a', 'b', 'c']) {
    const { status, text } = await idle.call(idle.owner, 'POST', '/api/v1/vms', { body: vmRequest(name) });
    assert.equal(status, 201, text);
  }
  await idle.server.services.pool.query(
    `update operations set created_at = now() - interval '3 hours', waiting_for = 'A host of this cloud does not answer'
      where id = (select id from operations where kind = 'vm.create' order by sequence limit 1)`,
  );
  const { queue } = JSON.parse(await idle.operator('status', '--json'));
  const { oldestSeconds, ...rest } = queue;
  assert.ok(oldestSeconds >= 10_800 && oldestSeconds < 10_900, String(oldestSeconds));
  const byState = (state: string) => rest.kinds.find((entry: { state: string }) => entry.state === state);
  assert.deepEqual(byState('waiting'), { kind: 'vm.create', state: 'waiting', count: 2 });
  assert.deepEqual(byState('blocked'), { kind: 'vm.create', state: 'blocked', count: 1 });
  assert.deepEqual([rest.waiting, rest.running, rest.blocked, rest.undoing], [2, 0, 1, 0]);
  assert.deepEqual(rest.waitsFor, [{ what: 'A host of this cloud does not answer', count: 1 }]);
  const text = await idle.operator('status');
  assert.match(text, /^queue +2 waiting, 0 running, 1 blocked, 0 undoing; the oldest was asked for 3 hours ago$/m);
  assert.match(text, /^ +vm\.create: (?:2 waiting, 1 blocked|1 blocked, 2 waiting)$/m);
  assert.match(text, /^ +1 waits: A host of this cloud does not answer$/m);
});

test('a part that cannot be asked says so in its place, and every other is told', async () => {
  const { engine, stored, services } = server.server.operator;
  const away = () => Promise.reject(new EngineError('The host of the machines does not answer'));
  const broken: [string[], Partial<OperatorContext>][] = [
    [['hosts'], { engine: { ...engine, hosts: { list: away } } as never }],
    [
      ['database', 'queue', 'machines', 'addresses', 'mails', 'found'],
      { stored: Object.assign(Object.create(stored), { query: away, now: async () => undefined }) },
    ],
    [['ready'], { readiness: { now: away } as never }],
    [[], { services: { ...services, backupStore: { check: away } } as never }],
  ];
  for (const [names, changes] of broken) {
    const { json, text } = await status(changes);
    const failed = Object.keys(statusSections).filter((name) => json[name]?.problem !== undefined);
    assert.deepEqual(failed, names);
    for (const name of names)
      assert.match(
        text,
        new RegExp(`^${name} +could not be asked: (The host of the machines|the database did not)`, 'm'),
      );
    assert.equal(text.match(/could not be asked/g)?.length ?? 0, Math.max(1, names.length));
  }
});

test('hosts are told one by one, with what is sold of them by the overcommit in force, and one that is away takes nothing from the rest', async (t) => {
  const fake = await FakeIncus.start();
  t.after(() => fake.stop());
  fake.isClustered = true;
  const gib = 2 ** 30;
  const member = (server_name: string, status: string, message = '') => ({ server_name, status, message });
  const instance = (number: number, location: string) => ({
    name: `rf-0000000${number}-0000-4000-8000-000000000000`,
    location,
    type: 'container',
    status: 'Running',
    status_code: 103,
    config: { 'limits.cpu': '2', 'limits.memory': '4GiB' },
    devices: { root: { type: 'disk', path: '/', size: '50GiB' } },
  });
  fake.script = ({ path, query, method }) => {
    if (method !== 'GET') return undefined;
    if (path === '/1.0/cluster/members')
      return {
        metadata: [member('m1', 'Online'), member('m2', 'Offline', 'No heartbeat for 39 s'), member('m3', 'Evacuated')],
      };
    if (path === '/1.0/instances')
      return {
        metadata: [instance(1, 'm1'), instance(2, 'm1'), { ...instance(3, 'm2'), config: null }],
      };
    if (path.endsWith('/volumes/custom'))
      return { metadata: [{ name: 'v', location: 'm1', config: { size: '10GiB' } }] };
    if (query.get('target') === 'm2') return { status: 500, error: 'missing event connection' };
    if (path === '/1.0/resources') return { metadata: { cpu: { total: 4 }, memory: { total: 16 * gib } } };
    if (path.endsWith('/resources')) return { metadata: { space: { used: 0, total: 100 * gib } } };
    return undefined;
  };
  const configuration = loadConfiguration({
    RAFFIA_ENGINE: 'incus',
    RAFFIA_INCUS_URL: fake.url,
    RAFFIA_INCUS_FIREWALL: 'cat',
    RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
    RAFFIA_INCUS_OVERCOMMIT_CPU: '2',
    RAFFIA_INCUS_OVERCOMMIT_DISK: '3',
    RAFFIA_INCUS_RESERVED_RAM: '2',
  });
  const services = { ...server.server.services, configuration };
  // Of instances of a member that is lost the engine says nothing: their rows do.
  let known = [{ id: '00000003-0000-4000-8000-000000000000', cpu: 1, ram: 3, disk: 30, nics: [] }];
  const engine = await openEngine(services, async (ids) => {
    assert.deepEqual(ids, ['00000003-0000-4000-8000-000000000000'], 'the engine tells all else itself');
    return known;
  });
  t.after(() => engine.close());
  await engine.prepare();
  const { json, text } = await status({ services, engine });
  const { hosts } = json;
  assert.deepEqual(hosts, {
    overcommit: { cpu: 2, ram: 1, disk: 3, reservedRam: 2 },
    members: [
      {
        name: 'm1',
        state: 'online',
        message: '',
        machines: 2,
        has: { cpu: 4, ram: 16, disk: 100 },
        offers: { cpu: 8, ram: 14, disk: 300 },
        given: { cpu: 4, ram: 8, disk: 110 },
      },
      {
        name: 'm2',
        state: 'offline',
        message: 'No heartbeat for 39 s',
        machines: 1,
        given: { cpu: 1, ram: 3, disk: 30 },
      },
      {
        name: 'm3',
        state: 'drained',
        message: '',
        machines: 0,
        has: { cpu: 4, ram: 16, disk: 100 },
        offers: { cpu: 0, ram: 0, disk: 0 },
        given: { cpu: 0, ram: 0, disk: 0 },
      },
    ],
  });
  assert.match(text, /^hosts +sold is each processor 2 times, the memory but 2 GB 1 times, the disk 3 times$/m);
  assert.match(
    text,
    /m1: online, 2 machines; sold: vCPU 4 of 8 \(4 there\), RAM 8 of 14 GB \(16 there\), disk 110 of 300 GB \(100 there\)$/m,
  );
  assert.match(text, /m2: offline, 1 machine; sold: vCPU 1, RAM 3 GB, disk 30 GB; No heartbeat for 39 s$/m);
  assert.match(text, /m3: drained, 0 machines; /);
  assert.deepEqual(
    await engine.capacity(),
    { cpu: 8 + 1, ram: 14 + 3, disk: 300 + 30 },
    'what is on m2 is no room of m1',
  );
  known = [];
  assert.match((await status({ services, engine })).text, /m2: offline, 1 machine; No heartbeat for 39 s$/m);
});

interface Plan {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** The rows of a table that a plan looks at. */
function rowsOf(plan: Plan, table: string): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const below = (plan.Plans ?? []).reduce((sum, part) => sum + rowsOf(part, table), 0);
  return below + (plan['Relation Name'] === table ? own : 0);
}

test('it reads neither what has ended nor the machines themselves, however much of them there is', async () => {
  await query(
    `insert into operations (id, resource_id, queue, kind, status, created_at, finished_at)
     select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'housekeeping.run', 'succeeded', now(), now() from generate_series(1, 50000)`,
  );
  await query('vacuum analyze operations');
  await query('analyze');
  let statements: Statement[] = [];
  await until('the queue is asked anew', async () => {
    statements = await statementsOf(() => server.operator('status', '--json'));
    return statements.some(({ text }) => /as about, kind/.test(text));
  });
  const looked = { operations: 0, audit_log: 0, simulated_machines: 0, vms: 0 };
  let explained = 0;
  for (const { text, values } of statements) {
    if (!/^\s*(with|select)/i.test(text) || /pg_notify|advisory/.test(text)) continue;
    const { rows } = await server.server.services.pool.query(`explain (analyze, format json) ${text}`, values);
    explained++;
    for (const table of Object.keys(looked) as (keyof typeof looked)[])
      looked[table] += rowsOf(rows[0]['QUERY PLAN'][0].Plan, table);
  }
  assert.ok(explained >= 8, `${explained} statements`);
  assert.ok(looked.operations < 100, `${looked.operations} rows of operations`);
  assert.deepEqual([looked.vms, looked.audit_log], [0, 0]);
});
