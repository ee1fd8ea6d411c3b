import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { loadConfiguration } from '../configuration/configuration.ts';
import { transact } from '../database/transaction.ts';
import { changeAtOnce } from '../testing/change-at-once.ts';
import { FakeIncus } from '../testing/fake-incus.ts';
import { seededRandom } from '../testing/random.ts';
import { statementsOf } from '../testing/statements.ts';
import { TestServer, ubuntu, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { recountCapacity } from './capacity.ts';
import { hostCapacity } from './incus/host-capacity.ts';
import { IncusApi } from './incus/incus-api.ts';
import { templateAlias } from './incus/names.ts';

/** The smallest plan is 1 vCPU, 1 GB of RAM and 25 GB of disk: ten of them fit. */
let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_SIMULATED_CAPACITY: '10/20/255' });
});
after(() => server.stop());

const counts = async () => {
  const { rows } = await server.server.services.pool.query<Record<string, string>>(`
    select (select count(*) from vms) as vms, (select count(*) from nics) as nics, (select count(*) from vpcs) as vpcs,
           (select count(*) from operations) as operations, (select count(*) from public_addresses where state <> 'free') as addresses`);
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
};
const ready = async () => (await server.call(server.owner, 'GET', '/ready')).body.parts.engine.message as string;
const change = (id: string, action: string, body: object) =>
  server.call(server.owner, 'POST', `/api/v1/vms/${id}/${action}`, { body });

test('thirty creations at once of six accounts fill the hosts and no more, and those that are refused leave nothing', async () => {
  assert.match(await ready(), /room for 10 vCPU, 20 GB of RAM, 255 GB of disk/);
  const accounts = await Promise.all(Array.from({ length: 6 }, (_, i) => server.account(`capacity${i}`)));
  const replies = await Promise.all(
    Array.from({ length: 30 }, (_, i) => {
      const { api_key, project_id } = accounts[i % 6] ?? accounts[0] ?? { api_key: '', project_id: '' };
      return server.call({ key: api_key, project: project_id }, 'POST', '/api/v1/vms', { body: vmRequest(`vm-${i}`) });
    }),
  );
  const refused = replies.filter(({ status }) => status !== 201);
  assert.equal(replies.length - refused.length, 10, String(refused[0]?.text));
  for (const { status, body } of refused) {
    assert.equal(status, 409);
    assert.equal(
      body.message,
      'The hosts of this cloud have no room left for 1 vCPU and 25 GB of disk; choose a smaller plan, or ask the operator of this cloud',
    );
  }
  await server.settled();
  const { vms, nics, operations, addresses } = await counts();
  assert.deepEqual({ vms, operations, addresses }, { vms: 10, operations: 10, addresses: 10 });
  assert.equal(nics, 20);
  await until('there is no room', async () => /room for 0 vCPU, 10 GB of RAM, 5 GB of disk/.test(await ready()));
  await server.server.services.pool.query('update vms set account_id = $1, project_id = $2', [
    server.first.account_id,
    server.first.project_id,
  ]);
});

test('what grows is refused as well, what shrinks is not, and what is gone makes room', async () => {
  const { rows } = await server.server.services.pool.query<{ id: string }>('select id from vms order by id limit 2');
  const [{ id: first } = { id: '' }, { id: second } = { id: '' }] = rows;
  assert.equal((await change(first, 'stop', {})).status, 200);
  await server.status(first, 'passive');
  const larger = await change(first, 'resize', { pricing_id: 3 });
  assert.equal(larger.status, 409, larger.text);
  assert.match(larger.body.message, /no room left for 1 vCPU;/);
  const disk = await change(first, 'disk/resize', { new_size: 31 });
  assert.equal(disk.status, 409, disk.text);
  assert.match(disk.body.message, /no room left for 6 GB of disk/);
  assert.equal((await change(first, 'disk/resize', { new_size: 30 })).status, 200);
  await server.settled();
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/vms/${second}`, { body: {} })).status, 200);
  await server.settled();
  await server.vm('in-its-place');
  assert.equal((await change(first, 'disk/resize', { new_size: 31 })).status, 409);
});

test('what a host has is its processors, memory and pool, times the overcommit, and in a cluster those of the members that answer', async () => {
  const fake = await FakeIncus.start();
  const { incus } = loadConfiguration({ RAFFIA_INCUS_URL: fake.url, RAFFIA_INCUS_RESERVED_RAM: '2' });
  const gib = 2 ** 30;
  fake.script = ({ path, query }) => {
    const larger = query.get('target') === 'm2' ? 2 : 1;
    if (path === '/1.0/resources') return { metadata: { cpu: { total: 4 * larger }, memory: { total: 16 * gib } } };
    if (path.endsWith('/resources')) return { metadata: { space: { used: 0, total: 100 * larger * gib } } };
    if (path !== '/1.0/cluster/members') return undefined;
    const named = (server_name: string, status: string) => ({ server_name, status });
    return { metadata: [named('m1', 'Online'), named('m2', 'Online'), named('m3', 'Offline')] };
  };
  const api = new IncusApi(incus, 'default');
  assert.deepEqual(await hostCapacity(api, incus, false), { cpu: 32, ram: 14, disk: 100 });
  const { overcommit } = loadConfiguration({
    RAFFIA_INCUS_OVERCOMMIT_CPU: '2',
    RAFFIA_INCUS_OVERCOMMIT_RAM: '1.5',
  }).incus;
  assert.deepEqual(await hostCapacity(api, { ...incus, overcommit }, true), { cpu: 24, ram: 42, disk: 300 });
  api.connection.close();
  await fake.stop();
});

test('whichever lacks, processors, memory or disk, a creation is told of that alone before its host is asked anything, and what just fits is let in', async (t) => {
  const fake = await FakeIncus.start();
  t.after(() => fake.stop());
  const gib = 2 ** 30;
  const roomy = { cpu: 1000, ram: 1000, disk: 10_000 };
  let has = roomy;
  fake.script = ({ path }) => {
    if (path === '/1.0/images')
      return { metadata: [{ fingerprint: 'f', aliases: [{ name: templateAlias(ubuntu) }], properties: {} }] };
    if (path === '/1.0/resources') return { metadata: { cpu: { total: has.cpu }, memory: { total: has.ram * gib } } };
    if (path.endsWith('/resources')) return { metadata: { space: { used: 0, total: has.disk * gib } } };
    return undefined;
  };
  const real = await TestServer.start(
    {
      RAFFIA_ENGINE: 'incus',
      RAFFIA_INCUS_URL: fake.url,
      RAFFIA_INCUS_FIREWALL: 'cat',
      RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
      RAFFIA_INCUS_OVERCOMMIT_CPU: '2',
      RAFFIA_INCUS_OVERCOMMIT_RAM: '1.5',
      RAFFIA_INCUS_OVERCOMMIT_DISK: '3',
      RAFFIA_ADDRESS_POOLS: 'us-east=203.0.113.0/29',
    },
    { works: false },
  );
  t.after(() => real.stop());
  const { services, operator } = real.server;
  const rows = async () => {
    const { rows } = await services.pool.query(
      `select (select count(*) from vms) + (select count(*) from volumes) + (select count(*) from operations) + (select count(*) from vpcs)
            + (select count(*) from public_addresses where state <> 'free') + (select count(*) from idempotency_keys) as all`,
    );
    return rows[0].all;
  };
  // The plan 4 is 4 vCPU, 8 GB of RAM and 120 GB of disk: so much of hosts is just enough for it, and so much is not.
  const limits: [Partial<typeof roomy>, Partial<typeof roomy>, string][] = [
    [{ cpu: 2 }, { cpu: 1 }, '4 vCPU'],
    [{ ram: 7 }, { ram: 6 }, '8 GB of RAM'],
    [{ disk: 40 }, { disk: 39 }, '120 GB of disk'],
    [{ cpu: 2, disk: 40 }, { cpu: 1, disk: 39 }, '4 vCPU and 120 GB of disk'],
  ];
  const create = (more: object = {}) =>
    real.call(real.owner, 'POST', '/api/v1/vms', { body: { ...vmRequest('refused'), pricing_id: 4, ...more } });
  const before = await rows();
  const asked = fake.seen.filter(({ method }) => method !== 'GET').length;
  const refuses = async (answer: { status: number; text: string; body: { message: string } }, lacks: string) => {
    assert.equal(answer.status, 409, answer.text);
    assert.equal(
      answer.body.message,
      `The hosts of this cloud have no room left for ${lacks}; choose a smaller plan, or ask the operator of this cloud`,
    );
    assert.equal(await rows(), before, 'nothing is left');
  };
  for (const [enough, short, lacks] of limits) {
    has = { ...roomy, ...enough };
    await services.capacity.look(operator.engine);
    await transact(services.db, (tx) => services.capacity.claim(tx, { cpu: 4, ram: 8, disk: 120 }));
    has = { ...roomy, ...short };
    await services.capacity.look(operator.engine);
    await refuses(await create(), lacks);
  }
  has = { ...roomy, disk: 40 };
  await services.capacity.look(operator.engine);
  await refuses(await create({ extra_storage: 1 }), '121 GB of disk');
  const volume = (size: number) =>
    real.call(real.owner, 'POST', '/api/v1/volumes', {
      body: { name: 'v', size, volume_type: 'nvme', region: 'us-east' },
    });
  await refuses(await volume(121), '121 GB of disk');
  assert.equal(fake.seen.filter(({ method }) => method !== 'GET').length, asked, 'no host was told to change anything');
  const made = await volume(100);
  assert.equal(made.status, 202, made.text);
  await services.pool.query(`update volumes set status = 'available'`);
  await services.pool.query('delete from operations');
  const path = `/api/v1/volumes/${made.body.data.id}`;
  const grown = await real.call(real.owner, 'PATCH', path, { body: { new_size: 121 } });
  assert.equal(grown.status, 409, grown.text);
  assert.match(grown.body.message, /no room left for 21 GB of disk;/);
});

test('a creation for which no public address is left is refused, and leaves nothing', async (t) => {
  const small = await TestServer.start({ RAFFIA_ADDRESS_POOLS: 'us-east=203.0.113.0/30' });
  t.after(() => small.stop());
  await small.vm('the-only-one');
  const count = async () => {
    const { rows } = await small.server.services.pool.query(
      'select (select count(*) from vms) as vms, (select count(*) from operations) as operations, (select count(*) from vpcs) as vpcs',
    );
    return rows[0];
  };
  await small.settled();
  const before = await count();
  const { status, body } = await small.call(small.owner, 'POST', '/api/v1/vms', { body: vmRequest('one-more') });
  assert.deepEqual(
    [status, body.message],
    [400, 'No public IPs available in `us-east`. Please try again later or contact support.'],
  );
  assert.deepEqual(await count(), before);
});

test('of two that claim the last place at once the second waits, and has it only where the first gives it back', async () => {
  const { db, capacity, pool } = server.server.services;
  const { rows } = await pool.query('select sum(cpu)::integer as cpu from capacity_taken');
  const last = { cpu: 10 - rows[0].cpu + 1 };
  await pool.query(
    `update vms set status = 'failure' where id = (select id from vms where deleted_at is null limit 1)`,
  );
  for (const outcome of ['kept', 'given back']) {
    let goOn = () => {};
    const held = new Promise<void>((go) => {
      goOn = go;
    });
    let hasClaimed = () => {};
    const claimed = new Promise<void>((has) => {
      hasClaimed = has;
    });
    const first = transact(db, async (tx) => {
      await capacity.claim(tx, last);
      await sql`insert into capacity_taken (cpu, ram, disk) values (${last.cpu}, 0, 0)`.execute(tx.db);
      hasClaimed();
      await held;
      if (outcome === 'given back') throw new Error('given back');
    }).catch((error: Error) => assert.equal(error.message, 'given back'));
    await claimed;
    let isOver = false;
    const second = transact(db, (tx) => capacity.claim(tx, last)).then(
      () => 'has it',
      (error: Error) => error.message,
    );
    second.finally(() => {
      isOver = true;
    });
    await until('the second one waits', async () => {
      const { rows } = await pool.query(`select from pg_locks where locktype = 'advisory' and not granted`);
      return rows.length === 1 || isOver;
    });
    assert.equal(isOver, false);
    goOn();
    await first;
    assert.match(await second, outcome === 'kept' ? /no room left/ : /^has it$/);
    if (outcome === 'kept') {
      const mended = await recountCapacity(db);
      assert.deepEqual(mended, { cpu: -last.cpu, ram: 0, disk: 0 });
    }
  }
  assert.equal(await recountCapacity(db), undefined);
});

test('what machines take is kept exactly while they come, change and go at once, and a claim reads few rows and no machine', async () => {
  const { pool, db, capacity } = server.server.services;
  const random = seededRandom();
  const model = (await pool.query('select id from vms where deleted_at is null limit 1')).rows[0].id;
  const some = `id = any (array(select id from vms where id <> '${model}' order by random() limit 3))`;
  let number = 0;
  const change = () => {
    const kind = random();
    if (kind < 0.3) {
      return `insert into vms select (jsonb_populate_record(null::vms, to_jsonb(v) || jsonb_build_object('id', gen_random_uuid(),
                'status', 'active', 'name', 'c${++number}-' || n, 'cpu', ${1 + Math.floor(random() * 8)}))).*
                from vms v, generate_series(1, 3) n where v.id = '${model}'`;
    }
    if (kind < 0.45)
      return `update vms set status = case status when 'failure' then 'active' else 'failure' end where ${some}`;
    if (kind < 0.55) return `update vms set cpu = cpu + 1, ram = ram + 2, storage = storage + 10 where ${some}`;
    if (kind < 0.65) return `update vms set deleted_at = case when deleted_at is null then now() end where ${some}`;
    if (kind < 0.75) {
      return `insert into found_machines (id, generation, power, known)
              values (gen_random_uuid(), 1, 'on', '{"cpu": 2, "ram": ${Math.floor(random() * 8)}${random() < 0.5 ? ', "disk": null' : ''}}')`;
    }
    if (kind < 0.85) {
      return `update found_machines set known = known || '{"disk": 40}' where id = (select id from found_machines order by random() limit 1)`;
    }
    if (kind < 0.9)
      return `delete from found_machines where id = (select id from found_machines order by random() limit 1)`;
    return `delete from vms where ${some}`;
  };
  await pool.query('alter table vms disable trigger vms_use');
  const kept = await changeAtOnce(pool, change, random);
  await pool.query('alter table vms enable trigger vms_use');
  assert.ok(kept > 1000, `${kept} changes`);
  assert.equal(await recountCapacity(db), undefined);
  const { rows } = await pool.query('select count(*)::integer as parts, sum(cpu)::integer as cpu from capacity_taken');
  assert.ok(rows[0].cpu > 100, `${rows[0].cpu} vCPUs`);
  assert.ok(rows[0].parts < 600, `${rows[0].parts} rows`);
  // The server compares with its hosts meanwhile: only what this transaction writes is of its making.
  const partsOf = (set: string) =>
    db.transaction().execute(async (tx) => {
      const changed = await sql
        .raw(`update vms set ${set} where deleted_at is null and status <> 'failure'`)
        .execute(tx);
      const { rows } = await sql`select from capacity_taken where xmin = pg_current_xact_id()::xid`.execute(tx);
      return { changed: Number(changed.numAffectedRows) > 100, parts: rows.length };
    });
  assert.deepEqual(await partsOf('cpu = cpu + 1'), { changed: true, parts: 1 });
  assert.deepEqual(await partsOf(`status = 'passive'`), { changed: true, parts: 0 });
  const statements = await statementsOf(() =>
    transact(db, (tx) => capacity.claim(tx, { cpu: 1 })).catch((error: Error) =>
      assert.match(error.message, /no room/),
    ),
  );
  assert.ok(statements.some(({ text }) => text.includes('capacity_taken')));
  for (const { text } of statements) assert.doesNotMatch(text, /\b(vms|found_machines)\b/);
});

test('a sum that somebody made wrong is put right at the start', async () => {
  const { pool } = server.server.services;
  await pool.query('insert into capacity_taken (cpu, ram, disk) values (7, 7, 7)');
  await server.restart();
  const { db } = server.server.services;
  assert.equal(await recountCapacity(db), undefined);
});
