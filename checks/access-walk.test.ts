import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { isWrite, type Operation } from '@raffia/contract/operation.ts';
import type { ResourceName } from '@raffia/contract/resources.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { makeApiKey } from '@raffia/server/access/api-key.ts';
import { oneOfEach } from '@raffia/server/testing/one-of-each.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { type Caller, type Reply, TestServer } from '@raffia/server/testing/test-server.ts';

/**
 * Every operation of the contract with every kind of caller. Who is let in is expected from the reviewed text of the permission
 * matrix, so that a rule which is lost or weakened in the contract shows here. A caller that is let in sends a body that is cut off, so that it gets a 400 right behind the gate and changes nothing.
 */
const cutOff = '{';
const letIn = 'let in';

/** The rule of each operation as it was reviewed: `(open)`, `(any key)`, `(signed in)` and `(operator)`: no key, or permissions of which one is enough. */
const reviewed = new Map(
  readFileSync(join(import.meta.dirname, '../contract/permission-matrix.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split(/ {2,}/))
    .filter((cells) => cells[1]?.startsWith('/'))
    .map((cells) => [`${cells[0]} ${cells[1]}`, cells.at(-3) as string]),
);

function ruleOf(operation: Operation): string {
  const rule = reviewed.get(`${operation.method} ${operation.path}`);
  assert.ok(rule, `${operation.id} is not in the reviewed permission matrix; npm run derive writes it`);
  return rule;
}

/** Takes a session, and no key. */
const isOfSessions = (operation: Operation) => ['(signed in)', '(operator)'].includes(ruleOf(operation));
const isOpen = (operation: Operation) => ruleOf(operation) === '(open)';

interface Kind {
  readonly name: string;
  readonly caller: Caller;
  readonly expected: (operation: Operation) => string;
}

let server: TestServer;
let kinds: Kind[];
let ids: Record<ResourceName, string>;
const seen = new Set<string>();

before(async () => {
  server = await TestServer.start();
  ids = await oneOfEach(server);
  kinds = await callers();
});

after(() => server.stop());

async function callers(): Promise<Kind[]> {
  const { owner, first } = server;
  const project = first.project_id;
  const secret = async (change: Record<string, unknown>) => {
    const made = await server.key({ account: 'owner' });
    const changed = await server.call(owner, 'PATCH', `/api/v1/api-keys/${made.id}`, { body: change });
    assert.equal(changed.status, 200, changed.text);
    return { key: made.key, project };
  };
  const soon = new Date(Date.now() + server.time.offset + 600_000).toISOString();
  const expired = await secret({ expires_at: soon });
  server.time.offset += 601_000;
  const other = await server.account('Other');
  const elsewhere = await server.call(owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const unreachable = await server.key({ project: 'project-admin', on: elsewhere.body.data.id });
  const refused = (status: number) => (operation: Operation) => (isOpen(operation) ? letIn : String(status));
  const list: Kind[] = [
    { name: 'no key', caller: { key: undefined, project }, expected: refused(401) },
    { name: 'bad key', caller: { key: makeApiKey().secret, project }, expected: refused(401) },
    { name: 'expired key', caller: expired, expected: refused(401) },
    { name: 'suspended key', caller: await secret({ is_active: false }), expected: refused(401) },
    { name: 'other account', caller: { key: other.api_key, project }, expected: forOtherAccount },
    { name: 'unreachable project', caller: { key: unreachable.key, project }, expected: (o) => forRole(o, [], false) },
    { name: 'missing header', caller: { key: owner.key }, expected: forMissingHeader },
  ];
  for (const role of systemRoles) {
    const isProject = role.scope === 'project';
    const caller = await server.key(isProject ? { project: role.slug } : { account: role.slug });
    const expected = (operation: Operation) =>
      role.slug === 'owner' ? letIn : forRole(operation, role.permissions, isProject);
    list.push({ name: `role ${role.name}`, caller: { key: caller.key, project }, expected });
  }
  return list;
}

function forOtherAccount(operation: Operation): string {
  if (isOpen(operation)) return letIn;
  // A header that names a foreign project is refused before anything is looked up.
  if (operation.projectHeader !== 'unused') return '403';
  return operation.resource === undefined ? letIn : '404';
}

function forMissingHeader(operation: Operation): string {
  return !isOpen(operation) && operation.projectHeader === 'required' ? '400 X-Project-ID required' : letIn;
}

/** A key with some permissions, on the account or on the project; without a role on the project it does not reach it. */
function forRole(operation: Operation, permissions: readonly string[], isOnProject: boolean): string {
  const { project } = operation;
  const rule = ruleOf(operation);
  if (rule === '(open)') return letIn;
  if (!isOnProject) {
    if (operation.projectHeader !== 'unused') return '403';
    if (project === 'resource') return '404';
  }
  // Which projects are visible is the use case's to decide: without a role and without the permission there is no such project.
  if (operation.id === 'getProject' && !isOnProject && !permissions.includes('account.projects.view')) return '404';
  if (rule === '(any key)') return letIn;
  const anyOf = rule.split(' | ');
  return anyOf.some((permission) => permissions.includes(permission)) ? letIn : `403 ${anyOf.join(' or ')}`;
}

function pathOf(operation: Operation): string {
  /** What queries cannot do without. */
  const queries: Readonly<Record<string, string>> = { ids: ids.vm };
  const placeholders: Record<string, string> = {
    id: operation.resource === undefined ? '' : ids[operation.resource],
    type: 'personal',
    account_id: server.first.account_id,
    request_id: ids.vm,
    machine_id: ids.vm,
    tagId: ids.vm,
    nic_id: '1',
    sg_id: ids.vm,
    member_id: ids.vm,
  };
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => placeholders[name] ?? name);
  const { required = [] } = (operation.query ?? {}) as { required?: readonly string[] };
  const query = required.map((name) => `${name}=${queries[name]}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

function outcomeOf(operation: Operation, expected: string, reply: Reply): string {
  const { status, body } = reply;
  if (expected === letIn) {
    const passed =
      operation.method === 'GET'
        ? status === operation.status || (operation.id === 'getProjectMember' && status === 404)
        : status === 400 && String(body?.message).startsWith('The body is not acceptable');
    return passed ? letIn : `${status} ${body?.message}`;
  }
  const [code = '', ...words] = expected.split(' ');
  if (status !== Number(code)) return `${status} ${body?.message}`;
  return words.every((word) => body.message.includes(word)) ? expected : `${status} ${body.message}`;
}

for (const operation of operations) {
  test(`${operation.id} lets in exactly whom the contract says`, async () => {
    for (const kind of kinds) {
      const withBody = operation.method === 'GET' ? {} : { body: cutOff };
      const headers: Record<string, string> = operation.fromPages === true ? { origin: server.server.url } : {};
      const reply = await server.call(kind.caller, operation.method, pathOf(operation), { ...withBody, headers });
      const expected = isOfSessions(operation) ? '401' : kind.expected(operation);
      assert.equal(outcomeOf(operation, expected, reply), expected, `${operation.id} by ${kind.name}: ${reply.text}`);
      seen.add(`${operation.id} × ${kind.name}`);
    }
  });
}

test('a list over projects shows nothing of a project where the caller has no role', async () => {
  const { owner } = server;
  const elsewhere = (await server.call(owner, 'POST', '/api/v1/projects', { body: { name: 'with nothing' } })).body
    .data;
  // Each role: a permission on another project, or on the account, opens none of the first one.
  const callers = [
    await server.key({ project: 'project-admin', on: elsewhere.id }),
    await server.key({ account: 'billing' }),
  ];
  await server.call(owner, 'POST', `/api/v1/vms/${ids.vm}/save-image`, { body: { name: 'planted' } });
  await server.settled();
  const lists = operations.filter(
    ({ project, answer }) => project === 'readable' && 'data' in ((answer as { properties?: object }).properties ?? {}),
  );
  for (const operation of lists) {
    const all = await server.call({ key: owner.key }, 'GET', pathOf(operation));
    const text = JSON.stringify(all.body.data.filter((row: { id: string }) => row.id !== elsewhere.id));
    assert.ok(text.includes(server.first.project_id), `${operation.id} has something planted: ${all.text}`);
    for (const caller of callers) {
      const seen = await server.call({ key: caller.key }, 'GET', pathOf(operation));
      assert.equal(seen.status, 200, seen.text);
      assert.ok(!seen.text.includes(server.first.project_id), `${operation.id} shows another project: ${seen.text}`);
      assert.ok(seen.body.data.every((row: { id: string }) => row.id === elsewhere.id));
      // The owner is told a total where the list has one.
      const total = 'total' in all.body ? seen.body.data.length : undefined;
      assert.equal(seen.body.total, total, `${operation.id} counts what it does not show`);
    }
  }
  assert.ok(lists.length >= 4, `${lists.length} lists over projects`);
  // What has an id in its rows and lies in projects is such a list: one that goes round the gate would be none of them.
  let looked = 0;
  for (const operation of operations) {
    if (isWrite(operation) || operation.project === 'readable' || isOpen(operation)) continue;
    const reply = await server.call({ key: callers[0]?.key, project: elsewhere.id }, 'GET', pathOf(operation));
    if (reply.status !== 200 || !Array.isArray(reply.body?.data)) continue;
    looked++;
    const rows = reply.body.data as Record<string, unknown>[];
    assert.ok(
      rows.every((row) => row.project_id !== server.first.project_id),
      `${operation.id} lists over projects without project: 'readable'`,
    );
  }
  assert.ok(looked >= 2, `${looked} other lists`);
});

test('a suspended account is read, and nothing in it is changed', async () => {
  await server.operator('account', 'suspend', server.first.account_id);
  let writes = 0;
  for (const operation of operations) {
    if (isOpen(operation) || isOfSessions(operation)) continue;
    const isRead = operation.method === 'GET';
    const reply = await server.call(server.owner, operation.method, pathOf(operation), isRead ? {} : { body: cutOff });
    if (isRead) {
      assert.ok(reply.status === 200 || operation.id === 'getProjectMember', `${operation.id}: ${reply.text}`);
      continue;
    }
    writes++;
    assert.deepEqual([reply.status, reply.body.reason], [403, 'banned'], `${operation.id}: ${reply.text}`);
  }
  assert.ok(writes > 40, `${writes} writes were refused`);
  await server.operator('account', 'resume', server.first.account_id);
  const works = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'after' } });
  assert.equal(works.status, 201, works.text);
});

test("what is operators' lets in an operator's session, and no other person's", async () => {
  const operator = await TestPerson.owner(server);
  const { body } = await server.call(server.owner, 'POST', '/api/v1/invitations', {
    body: { email: 'admin@example.com', role_id: systemRoles.find(({ slug }) => slug === 'admin')?.id },
  });
  const other = await TestPerson.invited(server, body.data.accept_url);
  await server.operator('people', 'add', 'owner@example.com');
  const walked = operations.filter((operation) => ruleOf(operation) === '(operator)');
  for (const operation of walked) {
    const withBody = operation.method === 'GET' ? {} : { body: cutOff };
    for (const [person, expected] of [
      [operator, letIn],
      [other, '403'],
    ] as const) {
      const { headers } = person;
      const reply = await server.call({ key: undefined }, operation.method, pathOf(operation), {
        ...withBody,
        headers,
      });
      assert.equal(outcomeOf(operation, expected, reply), expected, `${operation.id}: ${reply.text}`);
    }
  }
  assert.ok(walked.length >= 10, `${walked.length} operations of operators`);
});

test('the walk covers every operation with every kind of caller', () => {
  assert.equal(kinds.length, 7 + systemRoles.length);
  assert.equal(seen.size, operations.length * kinds.length);
  console.log(`${seen.size} cells: ${operations.length} operations × ${kinds.length} kinds of callers`);
});
