import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { errors } from '@raffia/contract/errors.ts';
import { freePort } from '@raffia/server/foundation/free-port.ts';
import { scrape } from '@raffia/server/testing/scrape.ts';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';
import { TestAuthority } from '@raffia/server/testing/test-authority.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { TestRedis, whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { parse } from 'yaml';

/** What operators load into Prometheus and Grafana is held against what a server really tells. */
const root = join(import.meta.dirname, '..');
const rulesFile = join(root, 'deploy/prometheus/raffia-alerts.yaml');
/** What looks back for days is apart: with an evaluation each minute it would take minutes. */
const rulesTests = ['raffia-alerts.test.yaml', 'raffia-alerts-of-days.test.yaml'].map((name) =>
  join(root, 'deploy/prometheus', name),
);
const read = (file: string) => readFileSync(file, 'utf8');

let server: ServerProcess;
let url: string;
let folder: string;
/** What a server tells after a day's work in small: the labels of each metric with their values, by its name. */
let told: Map<string, Map<string, Set<string>>>;

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/metrics`;
  folder = mkdtempSync(join(tmpdir(), 'raffia-told-'));
  const tls = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  const authority = new TestAuthority(join(folder, 'authority'));
  authority.issue(tls);
  authority.trust();
  server = await ServerProcess.create({
    RAFFIA_METRICS_ADDRESS: String(port),
    RAFFIA_SIMULATED_DELAY: '0',
    RAFFIA_BILLING_MODE: 'subscription',
    RAFFIA_TLS_CERTIFICATE: tls.certificateFile,
    RAFFIA_TLS_KEY: tls.keyFile,
  });
  await server.start();
  assert.ok(![...(await scrape(url)).keys()].some((series) => series.startsWith('raffia_backup_')), 'none was made');
  const { api_key, project_id } = server.first;
  const asking = { 'x-api-key': api_key, 'x-project-id': project_id, 'content-type': 'application/json' };
  // One goes on for as long as this does.
  const slow = server.command('operator', 'fault', 'add', 'create', '--name', 'metered-slow', '--delay', '600000');
  assert.equal(slow.status, 0, slow.output);
  for (const name of ['metered', 'metered-slow']) {
    const body = JSON.stringify(vmRequest(name));
    const made = await fetch(`${server.url}/api/v1/vms`, { method: 'POST', headers: asking, body });
    assert.equal(made.status, 201);
  }
  assert.equal((await fetch(`${server.url}/api/v1/vms`)).status, 401);
  const saved = server.command('backup', join(server.folder, 'backup.tar.gz'));
  assert.equal(saved.status, 0, saved.output);
  const series = await until('one machine is active, and the other on its way', async () => {
    const found = await scrape(url);
    const [open, active] = ['operations_open{kind="vm.create",state="running"}', 'machines{status="active"}'];
    return found.get(`raffia_cloud_${open}`) === 1 && found.get(`raffia_cloud_${active}`) === 1 && found;
  });
  told = new Map();
  for (const name of [...series.keys(), ...(whyNoRedis() === undefined ? await toldByNode() : [])]) {
    const [, metric = '', labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(name) ?? [];
    const known = told.get(metric) ?? new Map<string, Set<string>>();
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
    told.set(metric, known);
  }
});
after(async () => {
  await server.end('SIGTERM');
  server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The series of one of several nodes. */
async function toldByNode(): Promise<string[]> {
  const port = await freePort();
  const redis = await TestRedis.start();
  const database = await createTestDatabase();
  const node = await ServerProcess.create({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    RAFFIA_SECRET: 'ab'.repeat(32),
    RAFFIA_NODE: 'node-0',
    RAFFIA_METRICS_ADDRESS: String(port),
  });
  try {
    await node.start();
    return await until('the node leads', async () => {
      const found = await scrape(`http://127.0.0.1:${port}/metrics`);
      return found.get('raffia_node_leads') === 1 && [...found.keys()];
    });
  } finally {
    await node.end('SIGTERM');
    node.remove();
    await database.drop();
    await redis.stop();
  }
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

const rules = () => (parse(read(rulesFile)) as Rules).groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const panels = () => (JSON.parse(read(join(root, 'deploy/grafana/raffia.json'))) as { panels: Panel[] }).panels;

/** What Prometheus adds to each series, and what the dashboard asks of it. */
const added = new Set(['instance', 'job']);
/** Of what a server tells only when something went wrong: the values that there may be. */
const rare: Readonly<Record<string, readonly string[]>> = {
  reason: Object.keys(errors),
  outcome: ['answered', 'refused', 'fault', 'error', 'admitted', 'done', 'failed', 'retried', 'undone'],
  status: ['failed', 'succeeded'],
};

/** What an expression names that no server tells. */
function unknownIn(expr: string): string[] {
  const wrong: string[] = [];
  const names = expr.replaceAll(/"[^"]*"/g, '""').match(/\b(?:raffia|process|nodejs)_\w+/g) ?? [];
  for (const name of names) if (!told.has(name)) wrong.push(name);
  for (const [, name = '', matchers = ''] of expr.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
    for (const [, label = '', , value = ''] of matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)) {
      if (added.has(label)) continue;
      const values = told.get(name)?.get(label);
      if (values === undefined) wrong.push(`${name}{${label}}`);
      // A pattern such as 5.. is a pattern of whatever comes.
      for (const one of /^[\w|]+$/.test(value) ? value.split('|') : []) {
        if (values?.has(one) === false && !rare[label]?.includes(one)) wrong.push(`${name}{${label}="${one}"}`);
      }
    }
  }
  const labels = new Set([...added, ...names.flatMap((name) => [...(told.get(name)?.keys() ?? [])])]);
  for (const [, by = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
    wrong.push(...by.split(', ').filter((label) => !labels.has(label)));
  }
  return wrong;
}

/** Without Redis there are no nodes, and what they tell is not known. */
const skip = whyNoRedis() ?? false;

test('every series and label that an alert or a panel names is told by a server that works', { skip }, () => {
  let looked = 0;
  const look = (where: string, expr: string) => {
    assert.deepEqual(unknownIn(expr), [], where);
    looked++;
  };
  for (const { alert, expr } of rules()) look(alert, expr);
  for (const { title, targets = [] } of panels()) for (const { expr } of targets) look(title, expr);
  assert.ok(looked >= 60, `${looked} expressions`);
  console.log(`${looked} expressions, ${told.size} metrics`);
});

test('a series, a label or a value that nobody tells is found', () => {
  for (const [expr, wrong] of [
    ['rate(raffia_http_request_total[5m])', 'raffia_http_request_total'],
    ['raffia_part_ready{parts="engine"} == 0', 'raffia_part_ready{parts}'],
    ['raffia_part_ready{part="motor"} == 0', 'raffia_part_ready{part="motor"}'],
    ['raffia_engine_calls_total{outcome=~"fault|tired"}', 'raffia_engine_calls_total{outcome="tired"}'],
    ['raffia_http_refusals_total{reason="tired"}', 'raffia_http_refusals_total{reason="tired"}'],
    ['sum by (account) (raffia_event_streams)', 'account'],
  ] as const) {
    assert.deepEqual(unknownIn(expr), [wrong]);
  }
});

test('the page for operators names every metric of ours, and no other', { skip }, () => {
  const section = /^## Metrics\n[\s\S]*?(?=^## )/m.exec(read(join(root, 'docs/operating.md')))?.[0] ?? '';
  const named = new Set(section.match(/\braffia_[a-z_]*[a-z]\b/g));
  const ours = new Set(
    [...told.keys()]
      .filter((name) => name.startsWith('raffia_'))
      .map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  );
  assert.deepEqual([...named].sort(), [...ours].sort());
});

test('no label has what somebody chose or was given: ids, keys, addresses, names', () => {
  let values = 0;
  for (const [name, labels] of told) {
    assert.ok(labels.size <= 4, name);
    for (const [label, known] of labels) {
      assert.ok(known.size <= 200, `${name}{${label}} has ${known.size} values`);
      for (const value of known) {
        values++;
        assert.doesNotMatch(value, /[0-9a-f]{8}-|raff_|@|metered|\d+\.\d+\.\d+\.\d+/, `${name}{${label}}`);
      }
    }
  }
  assert.ok(values > 200, `${values} values`);
});

test('each panel has a title of its own in its row, and something to show', () => {
  const all = panels();
  assert.ok(all.length >= 30, `${all.length} panels`);
  let row = '';
  const titles = all.flatMap(({ type, title, targets }) => {
    if (type === 'row') row = title;
    else assert.ok((targets?.length ?? 0) > 0, title);
    return type === 'row' ? [] : [`${row}: ${title}`];
  });
  assert.equal(new Set(titles).size, titles.length, String(titles));
});

interface RuleTests {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

const testsOfRules = () => rulesTests.map((file) => parse(read(file)) as RuleTests);

test('each alert is tried where it speaks and where it must not', () => {
  const tried = testsOfRules().flatMap(({ tests }) => tests.flatMap((one) => one.alert_rule_test));
  const names = rules().map(({ alert }) => alert);
  assert.ok(names.length >= 20, `${names.length} alerts`);
  for (const name of names) {
    const expected = tried.filter(({ alertname }) => alertname === name).map(({ exp_alerts }) => exp_alerts.length);
    assert.deepEqual(expected.sort(), [0, 1], name);
  }
});

const whyNoPromtool =
  spawnSync('promtool', ['--version']).error === undefined ? false : 'needs promtool (package prometheus)';

function promtool(args: readonly string[], input = ''): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

describe('promtool', { skip: whyNoPromtool }, () => {
  test('finds nothing amiss in the metrics of a server', async () => {
    const page = await (await fetch(url)).text();
    const { status, output } = promtool(['check', 'metrics'], page);
    assert.deepEqual([status, output], [0, '']);
    const planted = promtool(['check', 'metrics'], '# TYPE raffia_things_total gauge\nraffia_things_total 1\n');
    assert.equal(planted.status, 3, planted.output);
  });

  test('takes the rules and the configuration', () => {
    for (const args of [
      ['check', 'rules', rulesFile],
      ['check', 'config', join(root, 'deploy/prometheus/prometheus.yaml')],
      ['test', 'rules', ...rulesTests],
    ]) {
      const { status, output } = promtool(args);
      assert.equal(status, 0, output);
    }
  });

  test('can read what each panel asks', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-panels-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'panels.yaml');
    const check = (asked: readonly string[]) => {
      const expressions = asked.map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'));
      const named = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: named }] }));
      return promtool(['check', 'rules', file]);
    };
    const asked = panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const { status, output } = check(asked);
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(`SUCCESS: ${asked.length} rules found`));
    assert.equal(check(['sum by (lane (raffia_database_pool_in_use)']).status, 1);
  });

  test('finds every alert that never speaks, and every one that always does', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-rules-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const tests = join(folder, 'tests.yaml');
    let found = 0;
    for (const rule of rules()) {
      // Its own tests, beside no other rule: each run evaluates all that there are. What is JSON is YAML.
      const file = testsOfRules()
        .map((one) => ({
          ...one,
          rule_files: ['rules.yaml'],
          tests: one.tests.filter((its) => its.alert_rule_test.some(({ alertname }) => alertname === rule.alert)),
        }))
        .find((one) => one.tests.length > 0);
      writeFileSync(tests, JSON.stringify(file));
      const testing = (expr: string) => {
        const alone = { groups: [{ name: 'alone', rules: [{ ...rule, expr }] }] };
        writeFileSync(join(folder, 'rules.yaml'), JSON.stringify(alone));
        return promtool(['test', 'rules', tests]).status;
      };
      assert.equal(testing(rule.expr), 0, rule.alert);
      for (const planted of ['vector(0) > 1', `(${rule.expr}) or vector(1)`]) {
        assert.equal(testing(planted), 1, `${rule.alert}: ${planted}`);
        found++;
      }
    }
    assert.ok(found >= 40, `${found} planted`);
  });
});
