import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import type { Schema } from '@raffia/contract/schema-shape.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Deletion, deletions } from '@raffia/server/testing/deletions.ts';
import { oneOfEach } from '@raffia/server/testing/one-of-each.ts';
import { TestMailServer } from '@raffia/server/testing/test-mail-server.ts';
import {
  type Caller,
  goodPassword,
  type Reply,
  sshPublicKey,
  TestServer,
  ubuntu,
  vmRequest,
} from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { badValues, example, placesOf, withValue } from './probes.ts';

/**
 * Every write of the contract, on things that are there: what is done has exactly one entry in the audit log, of the operation's verb
 * and of the request, and what is refused has none.
 */
const writes = operations.filter(({ method }) => method !== 'GET');
const nowhere = '01900000-0000-7000-8000-000000000000';
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

let server: TestServer;
/** One that sends mail: a link is asked for there, and is nothing to look at here. */
let mail: TestMailServer;
let mailing: TestServer;
let ids: Record<string, string>;
let deletionBy: (operation: Operation) => Deletion;

before(async () => {
  server = await TestServer.start({ RAFFIA_SIGN_UP: 'open' });
  mail = await TestMailServer.start();
  mailing = await TestServer.start({ RAFFIA_MAIL_URL: mail.url, RAFFIA_PUBLIC_URL: 'http://cloud.example' });
  ids = await oneOfEach(server);
  deletionBy = await deletions(server);
  const on = (path: string, body: unknown) => server.call(server.owner, 'POST', path, { body });
  ids.tag = (await on(`/api/v1/vms/${ids.vm}/tags`, { name: 'subject' })).body.tags[0].id;
  const member = { api_key_id: ids.apiKey, role_id: roleId('viewer') };
  ids.projectMember = (await on(`/api/v1/projects/${ids.project}/members`, member)).body.data.id;
});
after(async () => {
  await server.stop();
  await mailing.stop();
  await mail.stop();
});

let named = 0;
const name = () => `audited-${++named}`;
const email = () => `${name()}@example.com`;

/** The secret of a new invitation. */
async function invitation(): Promise<string> {
  const body = { email: email(), role_id: roleId('member') };
  const made = await server.call(server.owner, 'POST', '/api/v1/invitations', { body });
  return made.body.data.accept_url.split('#')[1];
}

async function link(): Promise<string> {
  const { api_key } = await server.account(name());
  const { body } = await server.call({ key: api_key }, 'GET', '/api/raffia/v1/account');
  return (await server.operator('sign-in-link', body.data.owner_email)).trim().split('#')[1] ?? '';
}

/** What a field has to be, where its schema alone does not say it: for all operations, or for one, `operation field`. */
const fields: Readonly<Record<string, () => unknown>> = {
  name,
  slug: name,
  email,
  template_id: () => ubuntu,
  role_id: () => roleId('member'),
  'addProjectMember role_id': () => roleId('viewer'),
  'createProjectInvitation role_id': () => roleId('viewer'),
  'updateProjectMember role_id': () => roleId('project-member'),
  permissions: () => ['account.settings.view'],
  public_key: sshPublicKey,
  new_size: () => 200,
  'acceptInvitation token': invitation,
  'lookAtInvitation token': invitation,
  'setPassword token': link,
  'lookAtLink token': link,
  'requestLink email': () => 'owner@example.com',
};

/** Fields that a success needs beside those that its schema requires. */
const also: Readonly<Record<string, () => Promise<object> | object>> = {
  createVM: () => vmRequest(name()),
  reinstallVM: () => ({ password: goodPassword }),
  acceptInvitation: () => ({ password: goodPassword }),
  addMember: () => ({ email: email(), role_id: roleId('member') }),
  addProjectMember: async () => ({ api_key_id: (await server.key()).id }),
};

async function bodyOf(operation: Operation): Promise<Record<string, unknown> | undefined> {
  const { properties = {}, required = [] } = (operation.body ?? {}) as Schema & { required?: string[] };
  if (operation.body === undefined) return undefined;
  // What requires nothing changes nothing without a field.
  const wanted =
    required.length === 0 && operation.method !== 'DELETE' ? Object.keys(properties).slice(0, 1) : required;
  const body: Record<string, unknown> = {};
  for (const field of wanted) {
    const known = fields[`${operation.id} ${field}`] ?? fields[field];
    body[field] = known === undefined ? example(field, properties[field] as Schema) : await known();
  }
  return { ...body, ...(await also[operation.id]?.()) };
}

/** What has to be so before an operation can succeed. */
async function readied({ id }: Operation): Promise<void> {
  const { vm } = ids;
  const power = async (action: string, status: string) => {
    await server.settled();
    const done = await server.call(server.owner, 'POST', `/api/v1/vms/${vm}/${action}`);
    assert.equal(done.status, 200, done.text);
    await server.settled();
    await server.status(vm as string, status);
  };
  if (['resizeVM', 'resizeVMDisk', 'startVM'].includes(id)) await power('stop', 'passive');
  if (['stopVM', 'rebootVM', 'hardRebootVM', 'revealVMPassword'].includes(id)) await power('start', 'active');
  if (id === 'revealVMPassword') {
    const reset = await server.call(server.owner, 'POST', `/api/v1/vms/${vm}/reset-password`);
    assert.equal(reset.status, 200, reset.text);
  }
  await server.settled();
}

interface Asked {
  readonly at: TestServer;
  readonly caller: Caller;
  readonly path: string;
  readonly body: unknown;
}

function requestOf(operation: Operation, body: unknown): Asked {
  const at = operation.id === 'requestLink' ? mailing : server;
  const caller = operation.access.who === 'open' ? { key: undefined } : at.owner;
  if (operation.method === 'DELETE') return { at, caller, body, ...deletionBy(operation) };
  const path = operation.path
    .replace('{id}', operation.resource === undefined ? '' : (ids[operation.resource] as string))
    .replace('{type}', 'account')
    .replace('{tagId}', ids.tag as string)
    .replace('{member_id}', ids.projectMember as string);
  return { at, caller, path, body };
}

interface Entry {
  readonly verb: string;
  readonly request_id: string | null;
}

async function log({ server: { services } }: TestServer): Promise<Entry[]> {
  const { rows } = await services.pool.query<Entry>('select verb, request_id from audit_log order by id');
  return rows;
}

/** Asks, and answers what the log has more of afterwards; where the answer comes first, once it is there. */
async function ask(operation: Operation, { at, caller, path, body }: Asked, expected: number) {
  const before = (await log(at)).length;
  const reply = await at.call(caller, operation.method, path, body === undefined ? {} : { body });
  if (operation.id === 'requestLink' && expected > 0) {
    await until('the link is asked for', async () => (await log(at)).length > before);
  }
  const more = (await log(at)).slice(before);
  return { reply, more };
}

const id = (reply: Reply) => reply.headers.get('x-request-id');

/** All that was answered with, and how often nothing was done. */
const outcomes = { done: 0, refused: 0, inside: 0 };

function hasOne(operation: Operation, { reply, more }: Awaited<ReturnType<typeof ask>>): void {
  const expected = operation.audit === undefined ? [] : [{ verb: operation.audit, request_id: id(reply) }];
  assert.deepEqual(more, expected, `${operation.id}: ${reply.status} ${reply.text}`);
  outcomes.done++;
}

function hasNone(operation: Operation, { reply, more }: Awaited<ReturnType<typeof ask>>): void {
  assert.deepEqual(more, [], `${operation.id}: ${reply.status} ${reply.text}`);
  outcomes.refused++;
}

/** Refused before the work begins: without a key, on what is not there, with a value that the field never takes. */
async function refusals(operation: Operation, good: Asked): Promise<void> {
  const tries: Asked[] = [];
  if (operation.access.who !== 'open') tries.push({ ...good, caller: { key: 'raff_no' } });
  if (operation.path.includes('{id}')) tries.push({ ...good, path: operation.path.replaceAll(/\{\w+\}/g, nowhere) });
  for (const field of placesOf(operation).body) {
    const value = badValues(field)[0]?.value;
    if (field.path.length === 1) tries.push({ ...good, body: withValue(good.body ?? {}, field.path, value) });
  }
  for (const bad of tries) {
    const asked = await ask(operation, bad, 0);
    assert.ok(asked.reply.status >= 400, `${operation.id} ${JSON.stringify(bad.body)}: ${asked.reply.text}`);
    hasNone(operation, asked);
  }
}

// What is deleted comes last.
const inOrder = writes.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));

for (const operation of inOrder) {
  test(`${operation.id} leaves ${operation.audit === undefined ? 'no entry' : `one entry, ${operation.audit}`}, and none where it is refused`, async () => {
    await readied(operation);
    const good = requestOf(operation, await bodyOf(operation));
    await refusals(operation, good);
    const first = await ask(operation, good, 1);
    assert.equal(first.reply.status, operation.status, `${operation.id}: ${first.reply.text}`);
    hasOne(operation, first);
    // The same once more: much of it is taken or gone by now, which is found out inside the transaction.
    const again = await ask(operation, good, 1);
    if (again.reply.status < 300) return hasOne(operation, again);
    hasNone(operation, again);
    if (again.reply.status !== 404) outcomes.inside++;
  });
}

test('the walk has seen every write succeed, and many refused', () => {
  console.log(`${writes.length} writes: ${JSON.stringify(outcomes)}`);
  assert.ok(writes.length >= 58, `${writes.length} writes`);
  assert.ok(outcomes.done >= writes.length, `${outcomes.done} were done`);
  assert.ok(outcomes.refused >= 3 * writes.length, `${outcomes.refused} were refused`);
  assert.ok(outcomes.inside >= 10, `${outcomes.inside} of them inside their transaction`);
});
