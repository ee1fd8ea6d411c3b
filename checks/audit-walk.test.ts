import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { isPersonal, isWrite, type Operation } from '@raffia/contract/operation.ts';
import { authPath } from '@raffia/contract/sign-in.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestMailServer } from '@raffia/server/testing/test-mail-server.ts';
import { TestPasskey } from '@raffia/server/testing/test-passkey.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestProvider } from '@raffia/server/testing/test-provider.ts';
import { type Caller, type Reply, TestServer } from '@raffia/server/testing/test-server.ts';
import { totp } from '@raffia/server/testing/totp.ts';
import { until } from '@raffia/server/testing/until.ts';
import { GoodRequests } from './good-requests.ts';
import { badValues, placesOf, withValue } from './probes.ts';

/**
 * Every write of the contract, on things that are there: what is done has exactly one entry in the audit log, of the operation's verb
 * and of the request, and what is refused has none.
 */
const writes = operations.filter(isWrite);
/** What the library does: each has flows of its own. */
const signing = writes.filter(({ path }) => path.startsWith(`${authPath}/`));
const nowhere = '01900000-0000-7000-8000-000000000000';
/** One where passkeys work. */
const origin = 'https://cloud.example';
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

let server: TestServer;
let provider: TestProvider;
/** One that sends mail: a link is asked for there, and is nothing to look at here. */
let mail: TestMailServer;
let mailing: TestServer;
let good: GoodRequests;
/** The Owner with a browser, an operator of this cloud as well. */
let operator: TestPerson;

before(async () => {
  provider = await TestProvider.start();
  server = await TestServer.start({ RAFFIA_SIGN_UP: 'open', ...provider.settings, RAFFIA_PUBLIC_URL: origin });
  mail = await TestMailServer.start();
  mailing = await TestServer.start({ RAFFIA_MAIL_URL: mail.url, RAFFIA_PUBLIC_URL: 'http://cloud.example' });
  good = await GoodRequests.on(server);
  operator = await TestPerson.owner(server);
  await server.operator('people', 'add', 'owner@example.com');
});
after(async () => {
  await server.stop();
  await mailing.stop();
  await mail.stop();
  provider.stop();
});

interface Asked {
  readonly at: TestServer;
  readonly caller: Caller;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

function requestOf(operation: Operation, body: unknown): Asked {
  const at = operation.id === 'requestLink' ? mailing : server;
  const isOperator = operation.access.who === 'operator';
  const caller = operation.access.who === 'open' || isOperator ? { key: undefined } : at.owner;
  const headers: Record<string, string> = isOperator ? operator.headers : {};
  return { at, caller, headers, body, ...good.requestOf(operation, body) };
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
async function ask(operation: Operation, { at, caller, path, body, headers }: Asked, expected: number) {
  return logged(at, async (before) => {
    const reply = await at.call(caller, operation.method, path, { headers, ...(body === undefined ? {} : { body }) });
    if (operation.id === 'requestLink' && expected > 0) {
      await until('the link is asked for', async () => (await log(at)).length > before);
    }
    return reply;
  });
}

async function logged(at: TestServer, act: (before: number) => Promise<Reply>) {
  const before = (await log(at)).length;
  const reply = await act(before);
  const more = (await log(at)).slice(before);
  return { reply, more };
}

const id = (reply: Reply) => reply.headers.get('x-request-id');

/** All that was answered with, and how often nothing was done. */
const outcomes = { done: 0, refused: 0, inside: 0, guessed: 0 };

function hasOne(operation: Operation, { reply, more }: Awaited<ReturnType<typeof ask>>, verb = operation.audit): void {
  const expected = verb === undefined ? [] : [{ verb, request_id: id(reply) }];
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
  if (isPersonal(operation)) tries.push({ ...good, headers: {} });
  if (operation.path.includes('{')) tries.push({ ...good, path: operation.path.replaceAll(/\{\w+\}/g, nowhere) });
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
const inOrder = writes
  .filter((operation) => !signing.includes(operation))
  .toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));

for (const operation of inOrder) {
  test(`${operation.id} leaves ${operation.audit === undefined ? 'no entry' : `one entry, ${operation.audit}`}, and none where it is refused`, async () => {
    await good.ready(operation);
    const request = requestOf(operation, await good.bodyOf(operation));
    await refusals(operation, request);
    const first = await ask(operation, request, 1);
    assert.equal(first.reply.status, operation.status, `${operation.id}: ${first.reply.text}`);
    hasOne(operation, first);
    // The same once more: much of it is taken or gone by now, which is found out inside the transaction.
    const again = await ask(operation, request, 1);
    if (again.reply.status < 300) return hasOne(operation, again);
    hasNone(operation, again);
    if (again.reply.status !== 404) outcomes.inside++;
  });
}

const password = 'guest password';

/** A new member of the account with a browser, signed in. */
async function guest(): Promise<TestPerson & { email: string }> {
  const body = { email: good.email(), role_id: roleId('member') };
  const made = await server.call(server.owner, 'POST', '/api/v1/invitations', { body });
  return Object.assign(await TestPerson.invited(server, made.body.data.accept_url, password), { email: body.email });
}

const post = async (person: TestPerson, path: string, body: object) => {
  const reply = await person.call('POST', `${authPath}/${path}`, { body });
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};

/** One whose second factor is on, and how it was set up. */
async function guestWithFactor() {
  const person = await guest();
  const setup = await post(person, 'two-factor/enable', { password });
  await post(person, 'two-factor/verify-totp', { code: totp(setup.totpURI) });
  return { person, setup };
}

/** The same, who has shown the password and nothing more. */
async function guestHalfway() {
  const { person, setup } = await guestWithFactor();
  const again = new TestPerson(server);
  await post(again, 'sign-in/email', { email: person.email, password });
  return { person: again, setup };
}

/** One with a passkey, and that. */
async function guestWithPasskey() {
  const person = await guest();
  const passkey = new TestPasskey(origin);
  const options = await post(person, 'passkey/generate-register-options', { password });
  const { id } = await post(person, 'passkey/verify-registration', { name: 'One', response: passkey.made(options) });
  return { person, passkey, id };
}

interface Flow {
  readonly id: string;
  /** What it leaves; nothing where the library has only begun something. */
  readonly verb: string | undefined;
  /** What it leaves with a wrong password or code. */
  readonly failed?: string;
  readonly begin: () => Promise<{ person: TestPerson; body?: object; query?: string }>;
}

const back = { callbackURL: '/', errorCallbackURL: '/sign-in' };
const withPassword = async () => ({ person: await guest(), body: { password } });
const failed = { in: 'person.check-failed', out: 'person.sign-in-failed' };

const flows: readonly Flow[] = [
  {
    id: 'signIn',
    verb: 'person.sign-in',
    failed: failed.out,
    begin: async () => ({ person: new TestPerson(server), body: { email: (await guest()).email, password } }),
  },
  {
    id: 'signIn',
    verb: undefined,
    failed: failed.out,
    begin: async () => {
      const { person } = await guestWithFactor();
      return { person: new TestPerson(server), body: { email: person.email, password } };
    },
  },
  {
    id: 'showCode',
    verb: 'person.sign-in',
    failed: failed.out,
    begin: async () => {
      const { person, setup } = await guestHalfway();
      return { person, body: { code: totp(setup.totpURI) } };
    },
  },
  {
    id: 'showCode',
    verb: 'person.second-factor-on',
    failed: failed.in,
    begin: async () => {
      const person = await guest();
      const { totpURI } = await post(person, 'two-factor/enable', { password });
      return { person, body: { code: totp(totpURI) } };
    },
  },
  {
    id: 'showBackupCode',
    verb: 'person.sign-in',
    failed: failed.out,
    begin: async () => {
      const { person, setup } = await guestHalfway();
      return { person, body: { code: setup.backupCodes[0] } };
    },
  },
  { id: 'signInWithProvider', verb: undefined, begin: async () => ({ person: new TestPerson(server), body: back }) },
  {
    id: 'comeBackFromProvider',
    verb: 'person.sign-in',
    begin: async () => {
      provider.email = good.email();
      const add = ['account', 'add-member', server.first.account_id, '--email', provider.email, '--role', 'member'];
      await server.operator(...add);
      const person = new TestPerson(server);
      return { person, query: provider.sendBack((await post(person, 'sign-in/social', back)).url) };
    },
  },
  {
    id: 'comeBackFromProvider',
    verb: 'person.single-sign-on',
    begin: async () => {
      const person = await guest();
      provider.email = person.email;
      return { person, query: provider.sendBack((await post(person, 'link-social', back)).url) };
    },
  },
  {
    id: 'comeBackFromProvider',
    verb: undefined,
    begin: async () => ({ person: new TestPerson(server), query: '?state=unknown&code=c' }),
  },
  { id: 'linkProvider', verb: undefined, begin: async () => ({ person: await guest(), body: back }) },
  { id: 'signOut', verb: 'person.sign-out', begin: async () => ({ person: await guest() }) },
  { id: 'signOut', verb: undefined, begin: async () => ({ person: new TestPerson(server) }) },
  {
    id: 'endSession',
    verb: 'person.session-end',
    begin: async () => {
      const person = await guest();
      const { body } = await person.call('GET', '/api/raffia/v1/sessions');
      return { person, body: { id: body.data[0].id } };
    },
  },
  { id: 'endSessions', verb: 'person.session-end', begin: async () => ({ person: await guest() }) },
  { id: 'endOtherSessions', verb: 'person.session-end', begin: async () => ({ person: await guest() }) },
  {
    id: 'renamePerson',
    verb: 'person.rename',
    begin: async () => ({ person: await guest(), body: { name: good.name() } }),
  },
  {
    id: 'changePassword',
    verb: 'person.password',
    failed: failed.in,
    begin: async () => ({
      person: await guest(),
      body: { currentPassword: password, newPassword: 'another password', revokeOtherSessions: true },
    }),
  },
  { id: 'beginSecondFactor', verb: undefined, failed: failed.in, begin: withPassword },
  {
    id: 'endSecondFactor',
    verb: 'person.second-factor-off',
    failed: failed.in,
    begin: async () => ({ person: (await guestWithFactor()).person, body: { password } }),
  },
  {
    id: 'makeBackupCodes',
    verb: 'person.backup-codes',
    failed: failed.in,
    begin: async () => ({ person: (await guestWithFactor()).person, body: { password } }),
  },
  { id: 'beginPasskey', verb: undefined, failed: failed.in, begin: withPassword },
  {
    id: 'addPasskey',
    verb: 'person.passkey-add',
    begin: async () => {
      const person = await guest();
      const options = await post(person, 'passkey/generate-register-options', { password });
      return { person, body: { name: good.name(), response: new TestPasskey(origin).made(options) } };
    },
  },
  {
    id: 'renamePasskey',
    verb: 'person.passkey-rename',
    begin: async () => {
      const { person, id } = await guestWithPasskey();
      return { person, body: { id, name: good.name() } };
    },
  },
  {
    id: 'removePasskey',
    verb: 'person.passkey-remove',
    begin: async () => {
      const { person, id } = await guestWithPasskey();
      return { person, body: { id } };
    },
  },
  { id: 'beginPasskeySignIn', verb: undefined, begin: async () => ({ person: new TestPerson(server) }) },
  {
    id: 'signInWithPasskey',
    verb: 'person.sign-in',
    begin: async () => {
      const { passkey } = await guestWithPasskey();
      const person = new TestPerson(server);
      const options = await post(person, 'passkey/generate-authenticate-options', {});
      return { person, body: { response: passkey.signed(options) } };
    },
  },
];

/** What of a body is a secret: another one is wrong. */
const secrets = ['password', 'currentPassword', 'code'];

for (const { id: of, verb, failed, begin } of flows) {
  test(`${of} leaves ${verb ?? 'no entry'}${failed === undefined ? '' : `, with a wrong secret ${failed}`}, and none where it is refused before`, async () => {
    const operation = signing.find((one) => one.id === of) as Operation;
    const { person, body, query = '' } = await begin();
    const send = (change: object = {}, who = person) =>
      logged(server, () =>
        who.call(operation.method, `${operation.path}${query}`, { ...(body && { body }), ...change }),
      );
    const tries: { change?: object; who?: TestPerson }[] = placesOf(operation).body.map((field) => ({
      change: { body: withValue(body, field.path, badValues(field)[0]?.value) },
    }));
    if (operation.method === 'POST') tries.push({ change: { headers: { origin: 'https://elsewhere.example' } } });
    if (operation.access.who === 'person') tries.push({ who: new TestPerson(server) });
    for (const { change, who } of tries) {
      const asked = await send(change, who);
      assert.ok(asked.reply.status >= 400, `${of} ${JSON.stringify(change)}: ${asked.reply.text}`);
      hasNone(operation, asked);
    }
    if (failed !== undefined) {
      const wrong = Object.keys(body ?? {}).find((field) => secrets.includes(field)) as string;
      const asked = await send({ body: { ...body, [wrong]: '000000' } });
      assert.ok([400, 401].includes(asked.reply.status), asked.reply.text);
      assert.deepEqual(asked.more, [{ verb: failed, request_id: id(asked.reply) }], `${of}: ${asked.reply.text}`);
      outcomes.guessed++;
    }
    const done = await send();
    assert.equal(done.reply.status, operation.status, done.reply.text);
    if (verb === undefined) {
      assert.deepEqual(done.more, [], `${of}: ${done.reply.text}`);
      return;
    }
    hasOne(operation, done, verb);
  });
}

test('the walk has seen every write succeed, and many refused', () => {
  console.log(`${writes.length} writes: ${JSON.stringify(outcomes)}`);
  assert.ok(writes.length >= 79, `${writes.length} writes`);
  assert.deepEqual(
    signing.map((operation) => operation.id).filter((name) => !flows.some((flow) => flow.id === name)),
    [],
    'each operation of contract/sign-in.ts has a flow here',
  );
  assert.ok(outcomes.done >= writes.length, `${outcomes.done} were done`);
  assert.ok(outcomes.guessed >= 10, `${outcomes.guessed} guesses`);
  assert.ok(outcomes.refused >= 3 * writes.length, `${outcomes.refused} were refused`);
  assert.ok(outcomes.inside >= 10, `${outcomes.inside} of them inside their transaction`);
});
