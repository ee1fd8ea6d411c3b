// timeout: 20m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { largestPage } from '@raffia/contract/schemas.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { listWork } from '@raffia/server/resources/account/list-work.ts';
import { statementsOf } from '@raffia/server/testing/statements.ts';
import { type Caller, TestServer } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import pg from 'pg';

/**
 * Lists on big tables. By itself a tenth of the size, and what is held is what each statement reads; with RAFFIA_TEST_GROWTH=full
 * 100,000 machines with as many addresses, 1,000,000 operations, 5,000,000 audit rows, and every answer within 50 ms; of what else a
 * quota bounds, 25,000.
 */
const isFull = process.env.RAFFIA_TEST_GROWTH === 'full';
const size = isFull
  ? { vms: 100_000, operations: 1_000_000, audit: 5_000_000, bounded: 25_000 }
  : { vms: 5000, operations: 100_000, audit: 200_000, bounded: 5000 };
const mostMs = 50;
/** Rows that one scan may look at beside an offset: what is counted one by one, and of machines, whose counts are kept, a page of each kind. */
const mostRows = 25_000;
const mostVms = 2000;
const growing = new Set([
  'vms',
  'vm_counts',
  'operations',
  'audit_log',
  'nics',
  'vm_tags',
  'api_key_usage',
  'public_addresses',
  'snapshots',
  'volumes',
  'backups',
  'backup_schedules',
  'terms',
]);

const rareActor = '01900000-0000-7000-8000-00000000a001';
/** Under many names, with a third of all entries. */
const busyActor = '01900000-0000-7000-8000-00000000a002';

let server: TestServer;
/** By what they see. */
let callers: Record<string, Caller>;
let asked: Record<string, string[]>;

before(async () => {
  // The reconciler looks at everything, and is not asked about.
  server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '3600' });
  // Nor is what is done again and again, which counts everything anew.
  const later = `update schedules set due_at = now() + interval '50 minutes'`;
  await until('it is put off', async () => ((await server.server.services.pool.query(later)).rowCount ?? 0) > 0);
  callers = await seed();
});
after(() => server.stop());

/** Rows as the server would have written them, in eight projects and by thirty actors; every tenth of another account. */
async function seed(): Promise<Record<string, Caller>> {
  const { owner, first } = server;
  // The server's own connections let no statement take this long.
  const client = new pg.Client({ connectionString: server.server.services.configuration.databaseUrl as string });
  await client.connect();
  const model = await server.vm('model');
  await server.settled();
  const projects = [first.project_id];
  for (let n = 1; n < 8; n++) {
    const made = await server.call(owner, 'POST', '/api/v1/projects', { body: { name: `project ${n}` } });
    projects.push(made.body.data.id);
  }
  const rare = projects[7] as string;
  const key = await server.key({ project: 'project-admin', on: rare });
  const many = await server.key({ project: 'project-admin', on: rare });
  for (const id of projects.slice(1, 4)) {
    const body = { api_key_id: many.id, role_id: systemRoles.find(({ slug }) => slug === 'project-admin')?.id };
    const { status, text } = await server.call(owner, 'POST', `/api/v1/projects/${id}/members`, { body });
    assert.equal(status, 201, text);
  }
  const other = await server.account('Other');
  const account = `case when n % 10 = 0 then '${other.account_id}'::uuid else '${first.account_id}'::uuid end`;
  // The last project has a thousandth of everything: what it has must be found without reading the rest.
  const project = `case when n % 10 = 0 then '${other.project_id}'::uuid
                        else ('{${projects.join(',')}}'::uuid[])[case when n % 1000 = 1 then 8 else 1 + n % 7 end] end`;
  await client.query('alter table vms disable trigger vms_use');
  await client.query(
    `insert into vms select (jsonb_populate_record(null::vms, to_jsonb(v) || jsonb_build_object('id', gen_random_uuid(), 'name', 'copy-' || n,
            'account_id', ${account}, 'project_id', ${project}, 'created_at', v.created_at - n * interval '1 second',
            'status', (array['active', 'passive', 'failure'])[case when n % 500 = 3 then 3 else 1 + n % 2 end]))).*
       from vms v, generate_series(1, ${size.vms}) n where v.id = '${model}'`,
  );
  await client.query('alter table vms enable trigger vms_use');
  await client.query(
    `insert into operations (id, account_id, project_id, resource_id, resource_number, queue, kind, status, created_by, created_at, finished_at)
     select gen_random_uuid(), ${account}, ${project}, case when n % 100000 < 5 then '${model}'::uuid else gen_random_uuid() end, case when n % 20 = 7 then n end, gen_random_uuid(),
            case when n % 20 = 7 then 'snapshot.create' else 'vm.start' end,
            case when n % 5000 = 1 then 'failed' else 'succeeded' end, '${key.id}', now() - n * interval '1 second', now()
       from generate_series(${size.operations}, 1, -1) n`,
  );
  await client.query(
    `insert into audit_log (account_id, project_id, verb, actor_kind, actor_name, actor_id, resource_id, created_at)
     select ${account}, ${project},
            (array['vm.create','vm.delete','vm.start','vm.stop','apikey.create','project.create','role.update'])[1 + n % 7],
            'key', case when n % 50000 = 3 then 'Rare actor' else 'Actor ' || n % 30 end,
            case when n % 50000 = 3 then '${rareActor}' when n % 3 = 0 then '${busyActor}' else md5('Actor ' || n % 30)::uuid end,
            case when n % 100000 < 5 then '${model}' else gen_random_uuid()::text end, now() - n * interval '1 second'
       from generate_series(${size.audit}, 1, -1) n`,
  );
  await client.query('alter table public_addresses disable trigger public_addresses_use');
  await client.query(
    `insert into public_addresses (address, region, state, is_reserved, id, account_id, project_id, created_at, updated_at)
     select '100.64.0.0'::inet + n, 'us-east', case when n % 3 = 1 then 'reserved' else 'attached' end, n % 3 < 2, gen_random_uuid(),
            ${account}, ${project}, now() - n * interval '1 second', now()
       from generate_series(1, ${size.vms}) n`,
  );
  await client.query('alter table public_addresses enable trigger public_addresses_use');
  await client.query('alter table snapshots disable trigger snapshots_use');
  await client.query(
    `insert into snapshots (uid, account_id, project_id, type, vm_id, volume_uid, name, size, region, price_month_micros, state, created_by, created_at, ready_at)
     select gen_random_uuid(), ${account}, ${project}, case when n % 3 = 0 then 'volume' else 'vm' end,
            case when n % 3 > 0 then '${model}'::uuid end, case when n % 3 = 0 then gen_random_uuid() end, 'snapshot-' || n, 50, 'us-east', 0, 'ready', '${key.id}', now() - n * interval '1 second', now()
       from generate_series(1, ${size.bounded}) n`,
  );
  await client.query('alter table snapshots enable trigger snapshots_use');
  await client.query('alter table volumes disable trigger volumes_use');
  await client.query(
    `insert into volumes (uid, account_id, project_id, vm_id, name, size, region, price_month_micros, status, created_by, created_at, updated_at)
     select gen_random_uuid(), ${account}, ${project}, case when n % 100000 = 2 then '${model}'::uuid end, 'volume-' || n, 1, 'us-east', 50000,
            case when n % 100000 = 2 then 'attached' else 'available' end, '${key.id}', now() - n * interval '1 second', now()
       from generate_series(1, ${size.bounded}) n`,
  );
  await client.query('alter table volumes enable trigger volumes_use');
  await client.query('alter table backup_schedules disable trigger backup_schedules_use');
  await client.query(
    `insert into backup_schedules (uid, account_id, project_id, vm_id, region, type, time, keep_count, due_at, created_by, created_at)
     select gen_random_uuid(), ${account}, ${project}, '${model}', 'us-east', 'daily', '8am', 30, now() + interval '1 hour', '${key.id}', now() - n * interval '1 second'
       from generate_series(1, ${size.bounded}) n`,
  );
  await client.query('alter table backup_schedules enable trigger backup_schedules_use');
  await client.query('alter table backups disable trigger backups_use');
  await client.query(
    `insert into backups (id, account_id, project_id, vm_id, schedule_id, series, name, region, state, size_bytes, kept_bytes, created_by, created_at, ready_at)
     select gen_random_uuid(), ${account}, ${project}, case when n % 50 = 7 then '${model}' else gen_random_uuid() end, case when n % 2 = 0 then 1 + n / 30 end,
            md5((n / 30)::text)::uuid, 'backup-' || n, 'us-east', 'ready', 1000000, 1000, '${key.id}', now() - n * interval '1 second', now()
       from generate_series(1, ${size.bounded}) n`,
  );
  await client.query('alter table backups enable trigger backups_use');
  // One an hour ended, for years: of what was spent long ago nothing is read.
  await client.query(
    `insert into terms (id, account_id, project_id, item, resource_kind, resource_id, name, unit_price_micros, quantity, months, months_paid, started_at, "from", until)
     select gen_random_uuid(), ${account}, ${project}, 'vm', 'vm', gen_random_uuid(), 'term-' || n, 7200000, 1, 1, 1, s, s, s + interval '2 hours'
       from generate_series(1, ${size.operations}) n, lateral (select now() - n * interval '1 hour' as s) began`,
  );
  await client.query('vacuum analyze');
  const at = (share: number) => new Date(Date.now() - size.audit * 1000 * share).toISOString();
  const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const middle = async (table: string) => {
    const { rows } = await client.query(
      `select id from ${table} where account_id = $1 order by created_at limit 1 offset ${size.operations / 20}`,
      [first.account_id],
    );
    return String(rows[0].id);
  };
  const someVms = async () => {
    const { rows } = await client.query(`select id from vms where account_id = $1 order by id limit ${largestPage}`, [
      first.account_id,
    ]);
    return rows.map(({ id }) => id).join();
  };
  asked = {
    project_id: [rare],
    region: ['us-east'],
    resource_id: [model, '7'],
    ids: [await someVms()],
    vm_id: [model],
    volume_id: ['1'],
    since: [at(0.01), at(0.9)],
    until: [at(0.5), at(0.999)],
    verb: ['vm', 'role.update', 'nothing'],
    actor: ['rare', 'actor 1', 'ACTOR 29', 'nobody', rareActor, busyActor, key.id],
    api_key_id: [key.id],
    'listOperations before': [await middle('operations')],
    'listAuditEntries before': [await middle('audit_log')],
    minutes: ['60'],
    // Any two of them are a span.
    'listCostsByProject since': [dayAgo(2)],
    'listCostsByProject until': [dayAgo(1)],
    'listCostsByResource since': [dayAgo(390)],
    'listCostsByResource until': [dayAgo(380), dayAgo(1)],
    path: [first.project_id],
    reserved: ['true', 'false'],
  };
  await client.end();
  return { all: owner, 'one project': key, 'some projects': many };
}

/** Everything that answers rows to who has a key. */
const lists = operations.filter(
  ({ method, access, answer }) =>
    method === 'GET' &&
    (access.who === 'key' || access.who === 'permission') &&
    (answer as { properties?: Record<string, { type?: string }> }).properties?.data?.type === 'array',
);

/** What a list can be asked for: nothing, each filter with each of its values, and each two of them; the first page, the last and one beyond. */
function questions({ id, query }: Operation): string[] {
  const schemas = (query?.properties ?? {}) as Record<string, { enum?: string[]; maximum?: number }>;
  const { required = [] } = (query ?? {}) as { required?: readonly string[] };
  const values = Object.entries(schemas)
    .filter(([name]) => name !== 'limit' && name !== 'offset' && !required.includes(name))
    .map(([name, schema]) => {
      const known = schema.enum ?? asked[`${id} ${name}`] ?? asked[name];
      assert.ok(known !== undefined, `${id} takes ${name}, of which this test knows no value`);
      return known.map((value) => `${name}=${encodeURIComponent(value)}`);
    });
  const single = values.flat();
  const pairs = values.flatMap((one, i) =>
    values.slice(i + 1).flatMap((other) => one.flatMap((a) => other.map((b) => `${a}&${b}`))),
  );
  const most = schemas.offset?.maximum ?? 0;
  // What is counted to the end is also leafed through to the end; the rest goes on by `before`.
  const isCapped = schemas.before !== undefined;
  const inAll = id === 'listVMs' || id === 'listIPs' ? size.vms : size.bounded;
  const last = most === 0 ? [] : [`limit=20&offset=${isCapped ? most : Math.floor(inAll * 0.8)}`];
  const beyond = most === 0 || isCapped ? [] : [`limit=20&offset=${most}`];
  // Without these nothing is answered.
  const needed = required.map((name) => `&${name}=${asked[name]?.[0]}`).join('');
  return [
    '',
    ...['limit=20', ...last, ...beyond].flatMap((page) => [page, ...single.map((one) => `${page}&${one}`)]),
    ...pairs.map((two) => `limit=20&${two}`),
  ].map((question) => `${question}${needed}`);
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** Why a plan would be slow on a table that grows. */
function problems(plan: Plan, offset: number): string[] {
  const loops = plan['Actual Loops'];
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * loops;
  const table = plan['Relation Name'];
  const found = (plan.Plans ?? []).flatMap((part) => problems(part, offset));
  if (plan['Node Type'] === 'Sort' && rows > mostRows) found.push(`sorts ${rows} rows`);
  if (table === undefined || !growing.has(table)) return found;
  const most = (table.startsWith('vm') ? mostVms : mostRows) + offset;
  const what = `${table} (${plan['Node Type']})`;
  if (rows > most) found.push(`looks at ${rows} rows of ${what}`);
  // An index that is begun at the wrong end shows its rows only where they begin.
  const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  if (blocks > 2 * rows + 10 * loops + 100) found.push(`reads ${blocks} blocks for ${rows} rows of ${what}`);
  return found;
}

/** The rows of a table that all scans of a plan looked at together: what is read in parts has a scan for each. */
function rowsLookedAt(plan: Plan, table: string): number {
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const own = plan['Relation Name'] === table ? rows : 0;
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsLookedAt(part, table), own);
}

/** What lists are merged from parts of. */
const inParts = ['audit_log', 'operations'];
/** The most that was looked at of each, of all parts together. */
const looked: Record<string, number> = {};

test('no list reads more of a table that grows than it shows and counts, whatever it is asked for', async () => {
  const { pool, vmPages } = server.server.services;
  const wrong: string[] = [];
  const slow: string[] = [];
  let tried = 0;
  let explained = 0;
  for (const operation of lists) {
    const path = operation.path.replace('{id}', asked.path?.[0] as string);
    for (const question of questions(operation)) {
      for (const [seen, caller] of Object.entries(callers)) {
        const ask = async () => {
          vmPages.dropGroup(server.first.account_id);
          return server.call(
            { key: caller.key as string, project: operation.projectHeader === 'required' ? caller.project : undefined },
            'GET',
            `${path}?${question}`,
          );
        };
        const name = `${operation.id}?${question} (${seen})`;
        const wanted = Number(new URLSearchParams(question).get('offset') ?? 0);
        // Beyond the end there is nothing to look at.
        const offset = wanted > size.audit ? 0 : wanted;
        let status = 0;
        const statements = await statementsOf(async () => {
          ({ status } = await ask());
        });
        if (status === 403 || status === 404) continue;
        assert.equal(status, 200, name);
        tried++;
        for (const { text, values } of statements) {
          if (
            !/\b(from|join)\s+"?(vms|vm_counts|operations|audit_log|api_key_usage|volumes|backups|backup_schedules|terms)\b/i.test(
              text,
            ) ||
            !/^\s*(with|select)/i.test(text)
          )
            continue;
          if (/for update/i.test(text)) continue;
          const { rows } = await pool.query(`explain (analyze, buffers, format json) ${text}`, values);
          explained++;
          const plan = rows[0]['QUERY PLAN'][0].Plan as Plan;
          wrong.push(...problems(plan, offset).map((problem) => `${name}: ${problem}`));
          for (const table of inParts) {
            const rows = rowsLookedAt(plan, table);
            looked[table] = Math.max(looked[table] ?? 0, rows);
            if (rows > mostRows + offset) wrong.push(`${name}: looks at ${rows} rows of ${table} in all`);
          }
        }
        if (!isFull) continue;
        const times: number[] = [];
        for (let n = 0; n < 5; n++) {
          const started = performance.now();
          await ask();
          times.push(performance.now() - started);
        }
        const median = times.sort((a, b) => a - b)[2] as number;
        if (median > mostMs) slow.push(`${name}: ${median.toFixed(0)} ms`);
      }
    }
  }
  process.stdout.write(
    `${lists.length} lists, ${tried} questions, ${explained} statements explained${isFull ? ', every answer timed' : ''}; ` +
      `at most ${JSON.stringify(looked)} rows of all parts together\n`,
  );
  assert.deepEqual({ wrong, slow }, { wrong: [], slow: [] });
  assert.ok(lists.length >= 10, `${lists.length} lists`);
  assert.ok(tried >= 200, `${tried} questions`);
  assert.ok(explained >= 150, `${explained} statements`);
});

test('whoever sees kinds in different projects reads past no work on the others', async () => {
  const { db, pool } = server.server.services;
  const { rows: projects } = await pool.query<{ id: string }>('select id from projects where account_id = $1', [
    server.first.account_id,
  ]);
  const where: Record<string, readonly (string | undefined)[]> = {
    vm: asked.path ?? [],
    image: projects.map(({ id }) => id),
  };
  const byHand = () => ({
    db,
    pool,
    accountId: server.first.account_id,
    projectsOf: (kind: string) => where[kind] ?? [],
  });
  let explained = 0;
  for (const query of [{}, { status: 'failed' }, { offset: 40 }, { before: asked['listOperations before']?.[0] }]) {
    const statements = await statementsOf(() => listWork({ visible: { byHand }, query } as never));
    for (const { text, values } of statements) {
      if (!/\bfrom "?operations\b/.test(text)) continue;
      const { rows } = await pool.query(`explain (analyze, buffers, format json) ${text}`, values);
      const plan = rows[0]['QUERY PLAN'][0].Plan as Plan;
      assert.deepEqual(problems(plan, 0), [], JSON.stringify(query));
      const read = rowsLookedAt(plan, 'operations');
      assert.ok(read <= mostRows, `${read} rows for ${JSON.stringify(query)}`);
      explained++;
    }
  }
  assert.ok(explained >= 4, `${explained} statements`);
});

test('a total never disagrees with the rows beside it while machines come and go', async () => {
  const extra = await server.account('Busy');
  const busy = { key: extra.api_key, project: extra.project_id };
  const { pool, vmPages } = server.server.services;
  const deadline = performance.now() + 60_000;
  let reads = 0;
  const goesOn = () => reads < 200 && performance.now() < deadline;
  const wrong: string[] = [];
  const change = async () => {
    while (goesOn()) {
      await pool.query(
        `insert into ssh_keys (id, account_id, name, public_key, key_type, fingerprint) values (gen_random_uuid(), $1, 'k', 'k', 'k', gen_random_uuid())`,
        [extra.account_id],
      );
      await pool.query(
        `insert into projects (id, account_id, name, slug, default_region) select i, $1, i, i, 'us-east' from (select gen_random_uuid() i)`,
        [extra.account_id],
      );
      await pool.query('delete from projects where account_id = $1 and not is_default and random() < 0.5', [
        extra.account_id,
      ]);
    }
  };
  const look = async () => {
    while (goesOn()) {
      vmPages.dropGroup(extra.account_id);
      const { body } = await server.call(busy, 'GET', '/api/v1/projects?limit=100');
      reads++;
      if (body.data.length !== Math.min(100, body.total)) wrong.push(`${body.data.length} of ${body.total}`);
    }
  };
  await Promise.all([change(), change(), look(), look()]);
  assert.ok(reads >= 200, `${reads} reads`);
  assert.deepEqual(wrong, []);
});
