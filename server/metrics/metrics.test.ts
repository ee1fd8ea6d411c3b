import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { errors } from '@raffia/contract/errors.ts';
import { charge } from '../billing/balance.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { ConsoleClient } from '../testing/console-client.ts';
import { type Scraped, scrape } from '../testing/scrape.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { workflows } from '../workflows.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0' });
});
after(() => server.stop());

const page = () => server.server.metricsUrl as string;
const look = () => scrape(page());

/** What a series says now; 0 where it has not begun. */
async function value(series: string): Promise<number> {
  return (await look()).get(series) ?? 0;
}

/** All series of a name that are not 0, by their labels. */
function seriesOf(scraped: Scraped, name: string): Record<string, number> {
  const found = [...scraped].filter(([series, number]) => series.startsWith(`${name}{`) && number !== 0);
  return Object.fromEntries(found.map(([series, number]) => [series.slice(name.length + 1, -1), number]));
}

/** What changed of a name, by its labels. */
function changed(name: string, before: Scraped, now: Scraped): Record<string, number> {
  const was = seriesOf(before, name);
  return Object.fromEntries(
    Object.entries(seriesOf(now, name)).flatMap(([labels, number]) => {
      const difference = number - (was[labels] ?? 0);
      return difference === 0 ? [] : [[labels, difference]];
    }),
  );
}

test('every operation of the contract, every reason and every step has its series before anything has happened', async () => {
  const scraped = await look();
  const lacking = operations.filter(
    ({ id, status }) => !scraped.has(`raffia_http_requests_total{operation="${id}",status="${status}"}`),
  );
  assert.deepEqual(lacking, []);
  const named = (series: string) => assert.ok(scraped.has(series), series);
  for (const reason of Object.keys(errors)) named(`raffia_http_refusals_total{reason="${reason}"}`);
  for (const [kind, { steps }] of Object.entries(workflows)) {
    named(`raffia_operations_total{kind="${kind}",status="failed"}`);
    for (const { name } of steps) named(`raffia_operation_steps_total{kind="${kind}",step="${name}",outcome="done"}`);
  }
  assert.ok(operations.length > 115, `${operations.length} operations`);
});

test('requests are counted by operation and status, and refusals by their reason, each once', async () => {
  const before = await look();
  const { owner } = server;
  const statuses: number[] = [];
  const ask = async (method: string, path: string, options = {}, caller: Parameters<TestServer['call']>[0] = owner) =>
    statuses.push((await server.call(caller, method, path, options)).status);
  for (let i = 0; i < 3; i++) await ask('GET', '/api/v1/vms');
  await ask('HEAD', '/api/v1/vms');
  await ask('GET', `/api/v1/vms/${randomUUID()}`);
  await ask('GET', '/api/v1/vms', {}, { key: undefined });
  await ask('POST', '/api/v1/projects', { body: { name: '' } });
  await ask('POST', '/api/v1/projects', { body: { name: 'metered' } });
  await ask('GET', '/api/v1/no/such/path');
  assert.deepEqual(statuses, [200, 200, 200, 200, 404, 401, 400, 201, 404]);
  const now = await look();
  assert.deepEqual(changed('raffia_http_requests_total', before, now), {
    'operation="listVMs",status="200"': 4,
    'operation="listVMs",status="401"': 1,
    'operation="getVM",status="404"': 1,
    'operation="createProject",status="400"': 1,
    'operation="createProject",status="201"': 1,
  });
  assert.deepEqual(changed('raffia_http_request_duration_seconds_count', before, now), {
    'operation="listVMs"': 5,
    'operation="getVM"': 1,
    'operation="createProject"': 2,
  });
  assert.deepEqual(changed('raffia_http_refusals_total', before, now), {
    'reason="notFound"': 1,
    'reason="missingKey"': 1,
    'reason="validation"': 1,
    'reason="unknownPath"': 1,
  });
  assert.deepEqual(changed('raffia_rate_limit_decisions_total', before, now), {
    'tier="standard",outcome="admitted"': 7,
  });
  assert.ok((now.get('raffia_http_request_duration_seconds_sum{operation="listVMs"}') ?? 0) > 0);
});

test('the limiter’s decisions are told as they were made', async () => {
  const key = await server.key({ account: 'admin' });
  const before = await look();
  server.time.stopped = performance.now();
  const replies = await Promise.all(Array.from({ length: 100 }, () => server.send(key, 'GET', '/api/v1/api-keys')));
  server.time.stopped = undefined;
  const refused = replies.filter(({ status }) => status === 429).length;
  assert.equal(refused, 10);
  const now = await look();
  assert.deepEqual(changed('raffia_rate_limit_decisions_total', before, now), {
    'tier="standard",outcome="admitted"': 90,
    'tier="standard",outcome="refused"': 10,
  });
  assert.deepEqual(changed('raffia_http_refusals_total', before, now), { 'reason="rateLimited"': 10 });
});

test('operations are counted with their steps and what the engine was asked, those that failed too; money and machines follow', async () => {
  const payer = await server.account('payer');
  const caller = { key: payer.api_key, project: payer.project_id };
  await server.operator('balance', payer.account_id, '--mode', 'subscription', '--set', '100', '--credits', '1');
  await server.operator('fault', 'add', 'create', '--name', 'bad', '--fail', 'no capacity left');
  const before = await look();
  const create = async (name: string) => {
    const { status, text } = await server.call(caller, 'POST', '/api/v1/vms', { body: vmRequest(name) });
    assert.equal(status, 201, text);
  };
  await create('good');
  await create('better');
  await create('bad');
  await server.settled();
  const { rows } = await server.server.services.pool.query<{ kind: string; paid: number }>(
    `select case when balance_micros + credits_micros < 0 then 'charged' else 'returned' end as kind,
            abs(sum(balance_micros + credits_micros))::float8 / 1e6 as paid from balance_entries group by 1`,
  );
  const paid = Object.fromEntries(rows.map(({ kind, paid }) => [kind, paid]));
  const now = await look();
  assert.deepEqual(changed('raffia_operations_total', before, now), {
    'kind="vm.create",status="succeeded"': 2,
    'kind="vm.create",status="failed"': 1,
  });
  // The fault is in the first thing that a host is asked: what was done before is undone with it.
  const { steps } = workflows['vm.create'];
  const tries = changed('raffia_operation_steps_total', before, now);
  const failedAt = steps.findIndex(({ name }) => tries[`kind="vm.create",step="${name}",outcome="failed"`] === 1);
  assert.ok(failedAt !== -1, JSON.stringify(tries));
  const expected = steps.flatMap(({ name, undo }, index) => {
    const labels = `kind="vm.create",step="${name}"`;
    return [
      [`${labels},outcome="done"`, index < failedAt ? 3 : 2],
      ...(index === failedAt ? [[`${labels},outcome="failed"`, 1]] : []),
      ...(index <= failedAt && undo !== undefined ? [[`${labels},outcome="undone"`, 1]] : []),
    ];
  });
  assert.deepEqual(tries, Object.fromEntries(expected));
  assert.deepEqual(
    changed('raffia_operation_step_duration_seconds_count', before, now),
    Object.fromEntries(steps.map(({ name }, index) => [`kind="vm.create",step="${name}"`, index < failedAt ? 3 : 2])),
  );
  assert.deepEqual(changed('raffia_operation_duration_seconds_count', before, now), { 'kind="vm.create"': 3 });
  const calls = changed('raffia_engine_calls_total', before, now);
  assert.equal(calls['verb="machines.apply",outcome="refused"'], 1, JSON.stringify(calls));
  assert.ok((calls['verb="machines.apply",outcome="answered"'] ?? 0) >= 2);
  const timedCalls = changed('raffia_engine_call_duration_seconds_count', before, now);
  assert.equal(
    timedCalls['verb="machines.apply"'],
    (calls['verb="machines.apply",outcome="answered"'] ?? 0) + (calls['verb="machines.apply",outcome="refused"'] ?? 0),
  );
  const counted = await until('the rows are counted anew', async () => {
    const found = await look();
    return found.get('raffia_cloud_machines{status="active"}') === 2 && found;
  });
  assert.equal(counted.get('raffia_cloud_machines{status="failure"}'), 1);
  assert.equal(counted.get('raffia_cloud_machines{status="booting"}'), 0);
  const moved = changed('raffia_balance_moved_dollars_total', before, now);
  const charged = (moved['kind="charged",purse="balance"'] ?? 0) + (moved['kind="charged",purse="credits"'] ?? 0);
  assert.ok(charged > 0 && Math.abs(charged - (paid.charged as number)) < 1e-6, `${charged} of ${paid.charged}`);
  assert.equal(moved['kind="charged",purse="credits"'], 1, 'credits are taken first');
  const back = Object.entries(moved).reduce(
    (sum, [labels, dollars]) => (labels.includes('charged') ? sum : sum + dollars),
    0,
  );
  assert.ok(back > 0 && Math.abs(back - (paid.returned as number)) < 1e-6, `${back} of ${paid.returned}`);
});

test('what fails for now is told as tried again, and a comparison that broke off as failed', async (t) => {
  const own = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0', RAFFIA_RECONCILE_SECONDS: '1' });
  t.after(() => own.stop());
  const url = own.server.metricsUrl as string;
  const { pool } = own.server.services;
  // An error that no engine has a sentence for.
  await pool.query('alter table simulated_machines rename to elsewhere');
  await own.vm('later', {}, own.owner, false);
  const failing = await until('it is told', async () => {
    const found = await scrape(url);
    const all = [
      'raffia_reconciliations_total{outcome="failed"}',
      'raffia_engine_calls_total{verb="machines.apply",outcome="error"}',
    ];
    return all.every((series) => (found.get(series) ?? 0) >= 1) && tries(found, 'retried') >= 1 && found;
  });
  assert.equal(tries(failing, 'failed'), 0);
  assert.equal(failing.get('raffia_operations_total{kind="vm.create",status="failed"}'), 0);
  await pool.query('alter table elsewhere rename to simulated_machines');
  await own.settled();
  const ended = await scrape(url);
  assert.equal(tries(ended, 'done'), workflows['vm.create'].steps.length);
  assert.equal(ended.get('raffia_operations_total{kind="vm.create",status="succeeded"}'), 1);
  // Tries that failed are in the time of their step, which is one.
  const timed = Object.values(seriesOf(ended, 'raffia_operation_step_duration_seconds_count'));
  assert.deepEqual(
    timed,
    workflows['vm.create'].steps.map(() => 1),
  );
});

/** How many tries of steps came out in one way. */
function tries(scraped: Scraped, outcome: string): number {
  const found = Object.entries(seriesOf(scraped, 'raffia_operation_steps_total'));
  return found.reduce((sum, [labels, number]) => (labels.endsWith(`outcome="${outcome}"`) ? sum + number : sum), 0);
}

test('money is counted when its change stands, and not before', async () => {
  const { account_id } = await server.account('mover');
  const { db } = server.server.services;
  const before = await look();
  const entries = async () => changed('raffia_balance_entries_total', before, await look());
  const take = (tx: Transaction) =>
    charge(tx, account_id, 2_500_000, { reason: 'a test', resourceId: randomUUID(), termId: randomUUID() });
  await assert.rejects(
    transact(db, async (tx) => {
      await take(tx);
      throw new Error('it does not stand');
    }),
    /it does not stand/,
  );
  assert.deepEqual(await entries(), {});
  await transact(db, async (tx) => {
    await take(tx);
    assert.deepEqual(await entries(), {});
  });
  assert.deepEqual(await entries(), { 'kind="charged"': 1 });
  const moved = changed('raffia_balance_moved_dollars_total', before, await look());
  assert.deepEqual(moved, { 'kind="charged",purse="balance"': 2.5 });
});

test('what waits, streams that are open and the last comparison are read at the moment of the scrape', async (t) => {
  const idle = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '127.0.0.1:0' }, { works: false });
  t.after(() => idle.stop());
  const url = idle.server.metricsUrl as string;
  const fresh = await scrape(url);
  assert.equal(fresh.get('raffia_cloud_operations_oldest_seconds'), 0);
  assert.ok(!fresh.has('raffia_reconciliation_last_success_timestamp_seconds'), 'it compares nothing');
  const left = new AbortController();
  const open = await fetch(`${idle.address}/api/raffia/v1/events`, {
    headers: { 'x-api-key': idle.owner.key as string },
    signal: left.signal,
  });
  assert.equal(open.status, 200);
  for (const name of ['one', 'two']) await idle.vm(name, {}, idle.owner, false);
  const later = await until('the counts are fresh', async () => {
    const found = await scrape(url);
    return found.get('raffia_cloud_operations_open{kind="vm.create",state="waiting"}') === 2 && found;
  });
  const oldest = later.get('raffia_cloud_operations_oldest_seconds') ?? 0;
  assert.ok(oldest > 0 && oldest < 600, `${oldest} s`);
  assert.equal(later.get('raffia_event_streams'), 1);
  assert.equal(later.get('raffia_cloud_machines{status="initiating"}'), 2);
  left.abort();
  await until('the stream is gone', async () => (await scrape(url)).get('raffia_event_streams') === 0);
  const now = await until('a comparison was told', async () => {
    const found = (await look()).get('raffia_reconciliation_last_success_timestamp_seconds');
    return found !== undefined && found;
  });
  assert.ok(Math.abs(now - Date.now() / 1000) < 3600, `${now}`);
});

test('consoles are told while they are open', async (t) => {
  const own = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '127.0.0.1:0' });
  t.after(() => own.stop());
  const open = async () => (await scrape(own.server.metricsUrl as string)).get('raffia_consoles');
  assert.equal(await open(), 0);
  const vm = await own.vm('shown');
  const consoles = await Promise.all(
    [1, 2].map(async () => {
      const asked = await own.call(own.owner, 'POST', `/api/raffia/v1/vms/${vm}/console`);
      const client = new ConsoleClient(own.address);
      client.greet(asked.body.data.ticket);
      await until('it is open', () => client.isOpen);
      return client;
    }),
  );
  const found = await scrape(own.server.metricsUrl as string);
  assert.deepEqual([found.get('raffia_consoles'), found.get('raffia_event_streams')], [2, 0]);
  consoles[0]?.socket.close();
  await until('one is left', async () => (await open()) === 1);
  consoles[1]?.type('exit\r');
  await until('none is left', async () => (await open()) === 0);
});

test('the pool tells what each lane has, and who waits', async () => {
  const { pool } = server.server.services;
  const limit = await value('raffia_database_pool_limit{lane="own"}');
  assert.ok(limit > 0);
  const held = await Promise.all(Array.from({ length: limit }, () => pool.connect()));
  const late = pool.connect();
  // All the server's own work waits meanwhile; a scrape does not.
  const full = await look();
  assert.equal(full.get('raffia_database_pool_in_use{lane="own"}'), limit);
  assert.ok((full.get('raffia_database_pool_waiting{lane="own"}') ?? 0) >= 1);
  assert.equal(full.get('raffia_database_up'), 1);
  for (const client of held) client.release();
  (await late).release();
});

test('while the database is away a scrape tells the rest, and that it is', async (t) => {
  const own = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0' });
  t.after(() => own.stop());
  const url = own.server.metricsUrl as string;
  await own.call(own.owner, 'GET', '/api/v1/projects');
  const { databaseUrl } = own.server.services.configuration;
  const name = new URL(databaseUrl as string).pathname.slice(1);
  const { Client } = (await import('pg')).default;
  const elsewhere = new URL(databaseUrl as string);
  elsewhere.pathname = '/postgres';
  const beside = new Client({ connectionString: elsewhere.href });
  await beside.connect();
  t.after(() => beside.end());
  assert.equal((await scrape(url)).get('raffia_database_up'), 1);
  await beside.query(`alter database ${name} allow_connections false`);
  try {
    await beside.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name]);
    const away = await until('it is told', async () => {
      const found = await scrape(url);
      return found.get('raffia_database_up') === 0 && found.get('raffia_part_ready{part="database"}') === 0 && found;
    });
    assert.equal(away.get('raffia_http_requests_total{operation="listProjects",status="200"}'), 1);
    assert.deepEqual(
      [...away.keys()].filter((series) => series.startsWith('raffia_cloud_')),
      [],
    );
    assert.ok((away.get('process_resident_memory_bytes') ?? 0) > 0);
  } finally {
    await beside.query(`alter database ${name} allow_connections true`);
  }
  const back = await until('it is back', async () => {
    const found = await scrape(url);
    return found.get('raffia_database_up') === 1 && found;
  });
  assert.equal(back.get('raffia_cloud_machines{status="active"}'), 0);
});

test('who does not name the token gets nothing; there is nothing but the page, and the public listener does not have it', async (t) => {
  const token = 'a-token-of-some-length';
  const closed = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0', RAFFIA_METRICS_TOKEN: token });
  t.after(() => closed.stop());
  const url = closed.server.metricsUrl as string;
  assert.equal((await fetch(url)).status, 401);
  for (const authorization of ['', token, `Basic ${token}`, 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`]) {
    const reply = await fetch(url, { headers: { authorization } });
    assert.deepEqual([reply.status, reply.headers.get('www-authenticate')], [401, 'Bearer'], authorization);
    assert.doesNotMatch(await reply.text(), /raffia_/);
  }
  const headers = { authorization: `bearer ${token}` };
  assert.ok((await scrape(url, headers)).size > 100);
  const status = async (path: string, method: string) => (await fetch(new URL(path, url), { method, headers })).status;
  assert.equal(await status('/metrics?x', 'GET'), 200);
  assert.equal(await status('/metrics', 'HEAD'), 200);
  assert.equal(await status('/metrics', 'POST'), 405);
  assert.equal(await status('/', 'GET'), 404);
  const onPublic = await fetch(`${closed.address}/metrics`, { headers });
  assert.doesNotMatch(await onPublic.text(), /raffia_|process_cpu/);
});

/** Servers that listen in this process. */
const listeners = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;

test('where they are off nothing is counted, and no port is open for them', async (t) => {
  const before = listeners();
  const off = await TestServer.start();
  t.after(() => off.stop());
  assert.equal(listeners(), before + 1);
  assert.equal(off.server.metricsUrl, undefined);
  assert.equal(off.server.services.meters, undefined);
  const on = await TestServer.start({ RAFFIA_METRICS_ADDRESS: '0' });
  t.after(() => on.stop());
  assert.equal(listeners(), before + 3);
  assert.equal(new URL(on.server.metricsUrl as string).hostname, '127.0.0.1');
});

test('a port that is taken is told before anything is made', async (t) => {
  const taker = createServer();
  await new Promise<void>((done) => taker.listen(0, '127.0.0.1', done));
  t.after(() => taker.close());
  const { port } = taker.address() as { port: number };
  const late = await ServerProcess.create({ RAFFIA_METRICS_ADDRESS: String(port) });
  try {
    const { status, output } = late.command('start');
    assert.equal(status, 1);
    assert.match(
      output,
      new RegExp(
        `Cannot listen on port ${port} of 127\\.0\\.0\\.1: something else listens there\\. RAFFIA_METRICS_ADDRESS names another place`,
      ),
    );
  } finally {
    late.remove();
  }
});
