import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from './contract.ts';
import { errors } from './errors.ts';
import { hourlyPrice, parsePrice } from './money.ts';
import { globalErrors, openapi } from './openapi.ts';
import { isPersonal } from './operation.ts';
import { permissionCatalogue } from './permission-catalogue.ts';
import { type Resource, type ResourceName, resourceOf, resources, viewersOf } from './resources.ts';
import { stateTable } from './state-table.ts';
import { systemRoles } from './system-roles.ts';
import { passwordProblems } from './vm-rules.ts';
import { vmActions, vmFlows, vmStatuses } from './vm-states.ts';

const role = (slug: string) => new Set<string>(systemRoles.find((candidate) => candidate.slug === slug)?.permissions);
const names = (scope: string) => permissionCatalogue.filter((entry) => entry.scope === scope).map(({ name }) => name);

test('there are 21 permissions of the account and 40 of a project, each once', () => {
  assert.equal(names('account').length, 21);
  assert.equal(names('project').length, 40);
  assert.equal(new Set(permissionCatalogue.map(({ name }) => name)).size, 61);
});

test('the system roles have exactly the documented permissions', () => {
  const sizes = Object.fromEntries(systemRoles.map(({ slug, permissions }) => [slug, new Set(permissions).size]));
  assert.deepEqual(sizes, {
    owner: 21,
    admin: 15,
    billing: 2,
    member: 3,
    'project-admin': 40,
    operator: 29,
    'project-member': 11,
    viewer: 9,
  });
  // identity.md §4: what each role lacks or has, written down anew.
  const without = (all: readonly string[], missing: readonly string[]) =>
    new Set(all.filter((name) => !missing.includes(name)));
  assert.deepEqual(role('owner'), new Set(names('account')));
  assert.deepEqual(role('project-admin'), new Set(names('project')));
  assert.deepEqual(
    role('admin'),
    without(names('account'), [
      'account.projects.delete',
      'account.members.remove',
      'account.roles.delete',
      'account.apikeys.revoke',
      'account.billing.view',
      'account.billing.manage',
    ]),
  );
  assert.deepEqual(role('billing'), new Set(['account.billing.view', 'account.billing.manage']));
  assert.deepEqual(role('member'), new Set(['account.projects.view', 'account.members.view', 'account.settings.view']));
  assert.deepEqual(
    role('operator'),
    without(names('project'), [
      'project.settings.manage',
      'project.members.invite',
      'project.members.manage',
      'project.members.remove',
      'vm.delete',
      'vpc.delete',
      'volume.delete',
      'snapshot.delete',
      'backup.delete',
      'ip.release',
      'security_group.delete',
    ]),
  );
  const views = names('project').filter((name) => name.endsWith('.view'));
  assert.deepEqual(role('viewer'), new Set(views));
  assert.deepEqual(role('project-member'), new Set([...views, 'vm.power', 'vm.console']));
});

test('every operation has its own id and its own place', () => {
  assert.equal(new Set(operations.map(({ id }) => id)).size, operations.length);
  assert.equal(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size, operations.length);
});

test('every parameter of a path is declared, and what its id names is found by the gate', () => {
  for (const { id, path, params, resource } of operations) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(params?.properties ?? {}), names, id);
    assert.equal(resource !== undefined, names.includes('id'), id);
  }
});

test('every change is audited or says why not, and no read is', () => {
  const silent: string[] = [];
  for (const { id, method, status, audit, unaudited } of operations) {
    // A provider sends a browser back with a GET, and by no other way.
    assert.equal((audit ?? unaudited) !== undefined, method !== 'GET' || status === 302, id);
    assert.ok(audit === undefined || unaudited === undefined, id);
    if (unaudited !== undefined) silent.push(id);
  }
  assert.deepEqual(silent.sort(), [
    'beginPasskey',
    'beginPasskeySignIn',
    'beginSecondFactor',
    'createVMConsole',
    'linkProvider',
    'lookAtInvitation',
    'lookAtLink',
    'signInWithProvider',
  ]);
});

test('every permission that an operation asks for is in the catalogue, in the domain of its project', () => {
  for (const { id, access, project } of operations) {
    if (access.who !== 'permission') continue;
    for (const name of access.anyOf) {
      const entry = permissionCatalogue.find((candidate) => candidate.name === name);
      assert.ok(entry, `${id}: ${name}`);
      if (project === 'account') assert.equal(entry.scope, 'account', id);
    }
  }
});

test('changes of what lies in a project require the header, those of what belongs to the account do not (design reading of the founding page)', () => {
  let required = 0;
  for (const { id, path, projectHeader, audit } of operations) {
    // What is ours alone finds the project by itself; what a read takes is compared with what was published.
    if (audit === undefined || path.startsWith('/api/raffia/')) continue;
    const { label, project } = resourceOf(audit);
    const expected = project === 'project_id' ? 'required' : 'unused';
    assert.equal(
      projectHeader,
      expected,
      `${id} changes a ${label}: its projectHeader is ${expected}, or contract/resources.ts says wrongly where a ${label} belongs`,
    );
    if (expected === 'required') required++;
  }
  assert.ok(required >= 20, `${required} require it`);
});

test('who may see a kind of resource is who may read one by its id', () => {
  let read = 0;
  for (const { id, method, path, resource, access } of operations) {
    if (method !== 'GET' || resource === undefined || !path.endsWith('s/{id}')) continue;
    const { view, isSeenByAll }: Resource = resources[resource];
    const expected = isSeenByAll ? { who: 'key' } : { who: 'permission', anyOf: view };
    assert.deepEqual(access, expected, `${id} and ${resource} of contract/resources.ts say it differently`);
    read++;
  }
  assert.ok(read >= 6, `${read} operations`);
});

test('a list over projects is open to who may see what it lists, as contract/resources.ts says', () => {
  let lists = 0;
  for (const { id, project, access } of operations) {
    if (project !== 'readable') continue;
    const asked: readonly string[] = access.who === 'permission' ? access.anyOf : [];
    const kinds = (Object.keys(resources) as ResourceName[]).filter((kind) => {
      const { view, isSeenByAll, project }: Resource = resources[kind];
      return (
        project !== undefined && (view.some((name) => asked.includes(name)) || (isSeenByAll && access.who === 'key'))
      );
    });
    assert.deepEqual(access, viewersOf(...kinds), `${id}: write its access as viewersOf(kind)`);
    lists++;
  }
  assert.ok(lists >= 7, `${lists} lists`);
});

test('every error has a whole sentence and a status that HTTP knows', () => {
  for (const [name, { status, error, message }] of Object.entries(errors)) {
    assert.ok(status >= 400 && status < 600, name);
    assert.ok(error.length > 0 && message.length > 0, name);
  }
});

test('every action runs in some status, and every flow is made of statuses', () => {
  for (const action of vmActions.actions) {
    const rulings = vmStatuses.map((status) => vmActions.ruling(action, status));
    assert.ok(rulings.includes('run'), `${action} never runs`);
  }
  for (const flow of Object.values(vmFlows)) for (const status of flow) assert.ok(vmStatuses.includes(status));
});

test('a state table refuses what it does not name, and two rulings for one state', () => {
  const table = stateTable(['attached', 'free', 'failed'], {
    detach: { run: ['attached'], noop: ['free'] },
    rename: { run: 'always' },
  });
  const rulings = table.actions.map((action) => table.states.map((state) => table.ruling(action, state)).join());
  assert.deepEqual(rulings, ['run,noop,refuse', 'run,run,run']);
  assert.throws(
    () => stateTable(['on', 'off'], { stop: { run: ['on', 'off'], noop: ['off'] } }),
    /stop has two rulings for off/,
  );
  assert.throws(() => stateTable(['on'], { stop: { run: 'always', noop: ['on'] } }), /two rulings/);
});

test('an hour is a 720th of a month, to six digits', () => {
  assert.equal(hourlyPrice(19_990_000), '0.027764');
  assert.equal(hourlyPrice(3_990_000), '0.005542');
  assert.equal(hourlyPrice(0), '0.000000');
});

test('prices are read exactly or not at all', () => {
  assert.equal(parsePrice('3.99'), 3_990_000);
  assert.equal(parsePrice('0.000001'), 1);
  for (const text of ['', '-1', '1.2345678', '1e3', 'x', '1.', '.5']) assert.equal(parsePrice(text), null, text);
});

test('a password is told everything that it lacks', () => {
  assert.deepEqual(passwordProblems('ABcdefgh12345!'), []);
  assert.equal(passwordProblems('').length, 4);
});

test('the OpenAPI document names every operation once, and refers to nothing that is not there', () => {
  const document = openapi(operations, ['http://localhost']);
  const text = JSON.stringify(document);
  const listed = Object.values(document.paths as Record<string, object>).flatMap((path) => Object.keys(path));
  assert.equal(listed.length, operations.length);
  for (const [, reference = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = reference
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], document);
    assert.ok(target !== undefined, reference);
  }
});

test('every status of an error is documented: with every operation, or with those that may be malformed or charged', () => {
  const everywhere = new Set(globalErrors.map(([status]) => status));
  const { paths } = openapi(operations, []) as { paths: Record<string, Record<string, { responses: object }>> };
  const told = new Set(
    Object.values(paths).flatMap((path) => Object.values(path).flatMap(({ responses }) => Object.keys(responses))),
  );
  for (const [name, { status }] of Object.entries(errors)) {
    assert.ok(everywhere.has(status) || [400, 402].includes(status), `${name}: ${status}`);
    assert.ok(told.has(String(status)), `${name}: ${status}`);
  }
});

test('what an operation takes as proof of who asks is what its document says', () => {
  const { paths } = openapi(operations, []) as { paths: Record<string, Record<string, { security?: object[] }>> };
  for (const { id, path, method, access } of operations) {
    const security = paths[path]?.[method.toLowerCase()]?.security;
    const expected = access.who === 'open' ? [] : isPersonal({ access }) ? [{ SessionAuth: [] }] : undefined;
    assert.deepEqual(security, expected, id);
  }
});

test('the document says of each parameter of a query whether it has to be there', () => {
  const document = openapi(operations, []) as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string; required: boolean }[] }>>;
  };
  const required = operations.flatMap(({ method, path, query }) =>
    Object.keys(query?.properties ?? {}).flatMap((name) => {
      const told = document.paths[path]?.[method.toLowerCase()]?.parameters?.find(
        (parameter) => parameter.in === 'query' && parameter.name === name,
      );
      assert.equal(told?.required, query?.required?.includes(name) ?? false, `${method} ${path} ${name}`);
      return told?.required ? [`${path} ${name}`] : [];
    }),
  );
  assert.ok(required.includes('/api/raffia/v1/vms ids'), String(required));
});
