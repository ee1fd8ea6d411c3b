import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { allWorkflows } from '@raffia/server/resources/all-workflows.ts';
import { routes } from '@raffia/server/resources/routes.ts';

/** What belongs together is there; whatever lacks is told by the name of its file. `npm run check` runs this too. */
const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The tables of the schema, as they were made, with what follows: indexes and triggers. */
const tables = new Map(
  read('server/database/schema.sql')
    .split(/^create table /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf(' ')), text]),
);

/** What is not there of what the entry of a kind promises, and where to say it. */
function broken(
  kind: string,
  { table, isNumbered, account, project, hiddenBy, states, hasWork, noun, quota }: Resource,
): string[] {
  const text = tables.get(table);
  if (text === undefined) {
    return [`${kind} has no table ${table}: write a migration in server/database/migrations, then npm run derive`];
  }
  const columns = ['id', isNumbered && 'uid', account ?? 'account_id', project, hiddenBy].filter(
    (column) => column !== undefined,
  );
  const lacking = columns.filter((column) => !new RegExp(`^  ${column} `, 'm').test(text));
  const words = states?.states.map((state) => `'${state}'`);
  const checked = [...text.matchAll(/ = ANY \(ARRAY\[(.*)\]\)/g)].map(([, list = '']) =>
    list.replaceAll('::text', '').split(', '),
  );
  const areChecked = checked.some((list) => String(list.toSorted()) === String(words?.toSorted()));
  const counts = new RegExp(`_use .* EXECUTE FUNCTION (count_row\\('${quota?.name}'\\)|count_(?!row)\\w+\\(\\))`);
  const migration = 'mend it in a migration in server/database/migrations';
  return [
    ...lacking.map((column) => `${kind}: its table ${table} has no ${column}: ${migration}`),
    ...(words === undefined || areChecked
      ? []
      : [`${kind}: no check of its table ${table} has just the states ${words}: ${migration}`]),
    ...(quota === undefined || counts.test(text)
      ? []
      : [`${kind}: no trigger count_row('${quota.name}') of its table ${table} keeps its quota: ${migration}`]),
    ...(hasWork !== true || Object.keys(allWorkflows).some((verb) => verb.startsWith(`${noun}.`))
      ? []
      : [`${kind} has no work: write it in server/resources/…/${noun}-workflows.ts, or take hasWork from its entry`]),
  ];
}

test('each kind of resource has what its entry in contract/resources.ts promises', () => {
  assert.ok(tables.size >= 40, `${tables.size} tables`);
  const kinds = Object.entries<Resource>(resources);
  assert.deepEqual(
    kinds.flatMap(([kind, entry]) => broken(kind, entry)),
    [],
  );
  const nouns = kinds.map(([, { noun }]) => noun);
  assert.equal(new Set(nouns).size, nouns.length, 'each kind has a noun of its own');
});

test('a promise of an entry that is not kept is found', () => {
  const { securityGroup, vm } = resources;
  const planted: [Resource, RegExp][] = [
    [{ ...vm, table: 'not_there' }, /^it has no table not_there: write a migration/],
    [{ ...securityGroup, account: 'id', table: 'usage', quota: undefined }, /no id/],
    [{ ...securityGroup, table: 'ssh_keys', quota: resources.sshKey.quota }, /no project_id/],
    [{ ...securityGroup, hiddenBy: 'deleted_at' }, /no deleted_at/],
    [{ ...securityGroup, isNumbered: true }, /no uid/],
    [{ ...vm, states: { ...vmActions, states: [...vmActions.states, 'lost'] } }, /just the states .*'lost'/],
    [{ ...vm, states: { ...vmActions, states: vmActions.states.slice(1) } }, /just the states/],
    [{ ...securityGroup, table: 'schedules' }, /no trigger/],
    [{ ...securityGroup, quota: vm.quota }, /no trigger count_row\('vms'\)/],
    [{ ...securityGroup, hasWork: true }, /securitygroup-workflows\.ts/],
  ];
  for (const [entry, told] of planted) {
    const found = broken('it', entry as Resource);
    assert.ok(
      found.some((sentence) => told.test(sentence)),
      `${told} is not in ${found}`,
    );
  }
  assert.deepEqual(broken('it', vm), []);
});

test('every kind of work has its words in the dashboard', () => {
  const words = read('dashboard/parts/operation-words.ts');
  const kinds = Object.keys(allWorkflows);
  assert.ok(kinds.length >= 25, `${kinds.length} kinds`);
  assert.deepEqual(
    kinds.filter((kind) => !words.includes(`'${kind}':`)),
    [],
    'say what it does and how it ended in dashboard/parts/operation-words.ts',
  );
});

test('every page of the dashboard is in the one list of them, and once', () => {
  const listed = [...read('dashboard/pages.ts').matchAll(/import\('\.\/(pages\/[\w-]+\.tsx)'\)/g)];
  const files = listed.map(([, file]) => file as string);
  const there = readdirSync(join(root, 'dashboard/pages')).filter((file) => file.endsWith('.tsx'));
  assert.deepEqual(
    there.filter((file) => !files.includes(`pages/${file}`)).map((file) => `dashboard/pages/${file}`),
    [],
    'enter each in dashboard/pages.ts; what is no page stands in dashboard/parts, or in a folder named after its page',
  );
  assert.equal(new Set(files).size, files.length, `dashboard/pages.ts has a page twice: ${files}`);
  assert.ok(listed.length >= 15, `${listed.length} pages`);
});

test('no page of the dashboard imports another', () => {
  const files = readdirSync(join(root, 'dashboard/pages'), { recursive: true })
    .map(String)
    .filter((file) => /\.tsx?$/.test(file));
  const found = files.flatMap((file) => {
    // What lies in a folder is of the page that the folder is named after.
    const page = file.replace(/(\/.*|\.tsx?)$/, '');
    return [...read(`dashboard/pages/${file}`).matchAll(/from '(\.[^']*)'/g)]
      .map(([, path = '']) => relative(join(root, 'dashboard'), join(root, 'dashboard/pages', dirname(file), path)))
      .filter((path) => path.startsWith('pages/') && !path.startsWith(`pages/${page}/`))
      .map((path) => `dashboard/pages/${file} imports ${path}`);
  });
  assert.deepEqual(found, [], 'what several pages use stands in dashboard/parts');
  assert.ok(files.length >= 25, `${files.length} files`);
});

test('every operation is bound to its use case', () => {
  const bound = new Set(routes({ now: () => Promise.reject() } as never).map(({ operation }) => operation.id));
  assert.ok(bound.size >= 100, `${bound.size} operations are bound`);
  const lacking = operations.filter(({ id }) => !bound.has(id)).map(({ id, path }) => `${id}, ${path}`);
  assert.deepEqual(lacking, [], 'bind each in the routes.ts of its folder below server/resources');
});
