import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, test } from 'node:test';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import type { Principal } from '../access/principal.ts';
import { oneOfEach } from '../testing/one-of-each.ts';
import { TestPerson } from '../testing/test-person.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { openEventStream } from './event-stream.ts';
import { EventStreams } from './event-streams.ts';
import { Events } from './events.ts';

let server: TestServer;
let owner: TestPerson;
const open = new AbortController();

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
});
after(async () => {
  open.abort();
  await server.stop();
});

interface Opened {
  readonly status: number;
  readonly told: string;
  readonly ended: boolean;
  readonly error: { error: string; message: string } | undefined;
  leave(): void;
}

async function listen(headers: Record<string, string>): Promise<Opened> {
  const left = new AbortController();
  const response = await fetch(`${server.address}/api/raffia/v1/events`, {
    headers,
    signal: AbortSignal.any([left.signal, open.signal]),
  });
  const { status } = response;
  if (status !== 200) {
    const error = (await response.json()) as Opened['error'];
    return { status, told: '', ended: true, error, leave: () => {} };
  }
  let told = '';
  let ended = false;
  void (async () => {
    for await (const part of response.body ?? []) told += Buffer.from(part).toString();
    ended = true;
  })().catch(() => {});
  return {
    status,
    get told() {
      return told;
    },
    get ended() {
      return ended;
    },
    error: undefined,
    leave: () => left.abort(),
  };
}

const asPerson = ({ cookies, account }: TestPerson) => ({
  cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  'x-account-id': account ?? '',
});
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

let guests = 0;
async function guest(slug: string): Promise<{ person: TestPerson; email: string; member: string }> {
  const email = `listener${++guests}@example.com`;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId(slug) } });
  assert.equal(made.status, 201, made.text);
  const person = await TestPerson.invited(server, made.body.data.accept_url);
  const members = await owner.call('GET', '/api/v1/members?limit=100');
  const { id } = members.body.data.find((row: { email: string }) => row.email === email);
  return { person, email, member: id };
}

/** Somebody who sees a project, which is new, and nothing else. */
async function viewerOf(name: string) {
  const { person } = await guest('member');
  const project = (await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name } })).body.data.id;
  const session = await person.call('GET', '/api/raffia/v1/session');
  const added = await server.call(server.owner, 'POST', `/api/v1/projects/${project}/members`, {
    body: { target_user_id: session.body.data.user.id, role_id: roleId('viewer') },
  });
  assert.equal(added.status, 201, added.text);
  return { person, project: project as string, added };
}

/** Well before the heartbeat: nothing else happens that would show it. */
const atOnce = { withinMs: 10_000 };

test('what ends access ends its streams at once, and no other', async () => {
  const key = await server.key({ account: 'admin' });
  const suspended = await server.key({ account: 'admin' });
  const [out, elsewhere, kept, demoted, removed] = await Promise.all([
    guest('admin'),
    guest('admin'),
    guest('admin'),
    guest('admin'),
    guest('admin'),
  ]);
  const another = new TestPerson(server);
  await another.signIn(elsewhere.email, 'guest password');
  const streams = {
    key: await listen({ 'x-api-key': key.key }),
    suspended: await listen({ 'x-api-key': suspended.key }),
    out: await listen(asPerson(out.person)),
    elsewhere: await listen(asPerson(elsewhere.person)),
    kept: await listen(asPerson(kept.person)),
    demoted: await listen(asPerson(demoted.person)),
    removed: await listen(asPerson(removed.person)),
  };
  const acts: Partial<Record<keyof typeof streams, () => Promise<{ status: number; text: string }>>> = {
    key: () => server.call(server.owner, 'DELETE', `/api/v1/api-keys/${key.id}`),
    suspended: () =>
      server.call(server.owner, 'PATCH', `/api/v1/api-keys/${suspended.id}`, { body: { is_active: false } }),
    out: () => out.person.call('POST', '/api/raffia/v1/auth/sign-out', { body: {} }),
    elsewhere: () => another.call('POST', '/api/raffia/v1/auth/revoke-other-sessions', { body: {} }),
    demoted: () => owner.call('PATCH', `/api/v1/members/${demoted.member}`, { body: { status: 'suspended' } }),
    removed: () => owner.call('DELETE', `/api/v1/members/${removed.member}`),
  };
  for (const [name, act] of Object.entries(acts)) {
    const reply = await act();
    assert.ok(reply.status < 300, `${name}: ${reply.text}`);
    await until(`the stream of ${name} ends`, () => streams[name as keyof typeof streams].ended, atOnce);
    assert.match(streams[name as keyof typeof streams].told, /\n\nevent: end\ndata: \{\}\n\n$/, name);
  }
  const link = (await server.operator('sign-in-link', kept.email)).trim().split('#')[1];
  assert.equal(streams.kept.ended, false);
  const used = await new TestPerson(server).call('POST', '/api/raffia/v1/links/use', {
    body: { token: link, password: 'another password' },
  });
  assert.equal(used.status, 200, used.text);
  await until('a new password ends the streams of before', () => streams.kept.ended, atOnce);
});

test('a role that is taken away is not told of what it showed', async () => {
  const { person, project, added } = await viewerOf('shown');
  const stream = await listen(asPerson(person));
  const vm = (name: string) => server.vm(name, {}, { key: server.owner.key, project });
  const first = await vm('first');
  await until('the first is told', () => stream.told.includes(first));
  const gone = await server.call(server.owner, 'DELETE', `/api/v1/projects/${project}/members/${added.body.data.id}`);
  assert.equal(gone.status, 200, gone.text);
  const second = await vm('second');
  await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'told to all' } });
  await until(
    'what all may know is told',
    () => stream.told.lastIndexOf('"resource":"project"') > stream.told.indexOf(first),
  );
  assert.doesNotMatch(stream.told, new RegExp(second));
  stream.leave();
});

test('of each kind of resource hears who may see one, there where it lies', async () => {
  const { project_id: project } = server.first;
  const role = async (slug: string, permissions: string[]) =>
    (
      await server.call(server.owner, 'POST', '/api/v1/roles', {
        body: { name: slug, slug, scope: 'project', permissions },
      })
    ).body.data.id;
  const ok = async (method: string, path: string, body?: object) => {
    const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  };
  const elsewhere = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const admin = systemRoles.find(({ slug }) => slug === 'admin')?.permissions ?? [];
  /** What each may do in the first project and its account. */
  const granted: Record<string, readonly string[]> = {
    admin: admin.filter((permission) => permission.startsWith('account.')),
    machines: ['vm.view'],
    networks: ['vpc.view'],
    elsewhere: [],
  };
  const hears = (name: string, { noun, view, isSeenByAll, project: where }: Resource) =>
    name === 'owner' ||
    (isSeenByAll ? where === undefined || name !== 'elsewhere' : view.some((one) => granted[name]?.includes(one)))
      ? [noun]
      : [];
  const expected = (name: string) => Object.values<Resource>(resources).flatMap((entry) => hears(name, entry));
  const callers: Record<string, string | undefined> = {
    owner: server.owner.key,
    admin: (await server.key({ account: 'admin' })).key,
    machines: (await server.key({ project: await role('machines', ['vm.view']) })).key,
    networks: (await server.key({ project: await role('networks', ['vpc.view']) })).key,
    elsewhere: (await server.key({ project: 'project-admin', on: elsewhere.body.data.id })).key,
  };
  const streams: Record<string, Opened> = {};
  for (const [name, key] of Object.entries(callers)) streams[name] = await listen({ 'x-api-key': key as string });
  const ids = await oneOfEach(server, 'heard');
  await ok('DELETE', `/api/raffia/v1/images/${ids.image}`);
  await ok('PATCH', `/api/v1/members/${ids.member}`, { status: 'suspended' });
  await ok('PUT', `/api/v1/projects/${project}`, { description: 'heard of' });
  const unseen = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'unseen' } });
  await server.settled();
  // The last, and told to all: whatever was to be told before it has been told.
  await ok('PATCH', '/api/raffia/v1/account', { name: 'My cloud' });
  const told = (name: string) =>
    [...(streams[name] as Opened).told.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
  for (const name of Object.keys(streams)) {
    await until(`${name} hears the last`, () => told(name).some(({ resource }) => resource === 'account'));
    assert.deepEqual([...new Set(told(name).map(({ resource }) => resource))].sort(), expected(name).sort(), name);
    const isToldOfProject = told(name).some(({ id }) => id === unseen.body.data.id);
    assert.equal(
      isToldOfProject,
      name === 'owner' || name === 'admin',
      `${name} and a project without a role of its own`,
    );
    streams[name]?.leave();
  }
});

test('a caller that may do something else hears so, also of what it may not see any more, and nobody else', async () => {
  const [given, other] = [await server.key({ account: 'billing' }), await server.key({ account: 'billing' })];
  const streams = [await listen({ 'x-api-key': given.key }), await listen({ 'x-api-key': other.key })];
  const heard = () => streams.map(({ told }) => told.split('"resource":"session"').length - 1);
  const project = (await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'given' } })).body.data
    .id;
  const added = await server.call(server.owner, 'POST', `/api/v1/projects/${project}/members`, {
    body: { api_key_id: given.id, role_id: roleId('viewer') },
  });
  assert.equal(added.status, 201, added.text);
  await until('one hears of its role', () => heard()[0] === 1);
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/projects/${project}`)).status, 200);
  await until('and that it is gone with the project', () => heard()[0] === 2);
  await server.call(server.owner, 'PATCH', '/api/raffia/v1/account', { body: { name: 'My cloud' } });
  await until('both hear what all may', () => streams.every(({ told }) => told.includes('"resource":"account"')));
  assert.deepEqual(heard(), [2, 0]);
  assert.doesNotMatch(streams[1]?.told as string, /"resource":"project"/);
  for (const stream of streams) stream.leave();
});

/** What a stream told of machines, and the id of its last event. */
const heardOn = ({ told }: Opened) => ({
  vms: [...told.matchAll(/^data: .*"resource":"vm","id":"([^"]+)"/gm)].map(([, id]) => id),
  lastId: [...told.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
  isGap: told.includes('event: gap'),
});

test('a stream that is taken up hears of each thing that changed meanwhile once, as far as the caller may see it now', async () => {
  const project = (await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'missed' } })).body.data
    .id;
  const key = await server.key({ project: 'viewer', on: project });
  const second = await server.key({ project: 'viewer', on: server.first.project_id });
  const inMissed = { key: server.owner.key, project };
  const first = await server.vm('before', {}, inMissed);
  const stream = await listen({ 'x-api-key': key.key });
  await server.call(inMissed, 'POST', `/api/v1/vms/${first}/tags`, { body: { name: 'told' } });
  await until('it is told', () => heardOn(stream).vms.includes(first));
  const { lastId } = heardOn(stream);
  stream.leave();
  const missed = [await server.vm('one', {}, inMissed), await server.vm('two', {}, inMissed)];
  await server.vm('elsewhere');
  await server.settled();
  const again = await listen({ 'x-api-key': key.key, 'last-event-id': lastId });
  await until('what was missed is told', () => heardOn(again).vms.length >= 2);
  assert.deepEqual(heardOn(again), { ...heardOn(again), vms: missed, isGap: false });
  // What was heard is not told again, on however many streams.
  const third = await listen({ 'x-api-key': key.key, 'last-event-id': heardOn(again).lastId });
  const fourth = await listen({ 'x-api-key': key.key, 'last-event-id': lastId });
  const other = await listen({ 'x-api-key': second.key, 'last-event-id': lastId });
  await server.call(inMissed, 'POST', `/api/v1/vms/${first}/tags`, { body: { name: 'now' } });
  await until('all are told', () => [again, third, fourth].every((opened) => heardOn(opened).vms.includes(first)));
  assert.deepEqual(heardOn(again).vms, [...missed, first]);
  assert.deepEqual(heardOn(third).vms, [first]);
  assert.deepEqual(heardOn(fourth).vms, [...missed, first]);
  assert.ok(heardOn(other).vms.every((id) => id !== undefined && ![...missed, first].includes(id)));
  for (const opened of [again, third, fourth, other]) opened.leave();
});

test('a role that was taken away while nobody listened hides what was missed', async () => {
  const { person, project, added } = await viewerOf('hidden');
  const stream = await listen(asPerson(person));
  const shown = await server.vm('shown', {}, { key: server.owner.key, project });
  await until('it is told', () => heardOn(stream).vms.includes(shown));
  const { lastId } = heardOn(stream);
  stream.leave();
  const missed = await server.vm('missed', {}, { key: server.owner.key, project });
  const gone = await server.call(server.owner, 'DELETE', `/api/v1/projects/${project}/members/${added.body.data.id}`);
  assert.equal(gone.status, 200, gone.text);
  const again = await listen({ ...asPerson(person), 'last-event-id': lastId });
  await server.call(server.owner, 'PATCH', '/api/raffia/v1/account', { body: { name: 'My cloud' } });
  await until('what all may know is told', () => again.told.includes('"resource":"account"'));
  assert.deepEqual([heardOn(again).vms, heardOn(again).isGap], [[], false]);
  assert.doesNotMatch(again.told, new RegExp(missed));
  again.leave();
});

test('who was told by another server, or by none, hears that nobody knows what it missed, and all that comes', async () => {
  for (const id of ['0123456789abcdef-7', 'nonsense', '']) {
    const stream = await listen({ 'x-api-key': server.owner.key ?? '', 'last-event-id': id });
    await until('it is told', () => heardOn(stream).isGap);
    await server.call(server.owner, 'PATCH', '/api/raffia/v1/account', { body: { name: 'My cloud' } });
    await until('it hears what comes', () => stream.told.includes('"resource":"account"'));
    stream.leave();
  }
});

test('a session has twenty streams and an account its quota; one more is refused with a sentence until one is closed', async () => {
  const { person } = await guest('admin');
  const streams = await Promise.all(Array.from({ length: 25 }, () => listen(asPerson(person))));
  const opened = streams.filter(({ status }) => status === 200);
  assert.equal(opened.length, 20);
  const refused = streams.find(({ status }) => status === 429);
  assert.deepEqual(refused?.error, {
    error: 'Too many streams',
    message: 'One session may have 20 streams of changes open at once; close one first',
  });
  const key = await server.key({ account: 'admin' });
  const taken = () => server.server.services.streamPlaces.ofAccount(server.first.account_id);
  const now = await taken();
  await server.operator('quota', 'My cloud', '--streams', String(now + 1));
  const more = await Promise.all(Array.from({ length: 6 }, () => listen({ 'x-api-key': key.key })));
  assert.deepEqual(more.map(({ status }) => status).sort(), [200, 429, 429, 429, 429, 429]);
  assert.equal(
    more.find(({ status }) => status === 429)?.error?.message,
    `One account may have ${now + 1} streams of changes open at once; close one first`,
  );
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/account');
  assert.deepEqual(body.data.quota.streams, { used: now + 1, limit: now + 1 });
  opened[0]?.leave();
  await until('its place is free', async () => (await taken()) === now);
  const again = await listen({ 'x-api-key': key.key });
  assert.equal(again.status, 200);
  for (const stream of [...opened, ...more, again]) stream.leave();
  await server.operator('quota', 'My cloud', '--streams', 'default');
  await until('all are gone', async () => (await taken()) < 10);
});

/** A connection of which only what was written to it matters. */
class Written extends EventEmitter {
  text = '';
  writableEnded = false;
  readonly destroyed = false;
  readonly writableLength = 0;
  write(part: string): void {
    this.text += part;
  }
  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }
}

test('all of an account are looked at in one question, and who loses access while it is asked is told nothing', async () => {
  const questions: number[] = [];
  const allowed = new Set<string>();
  let takeAway: (mayConcern: (caller: Principal) => boolean) => void = () => {};
  let meanwhile = () => {};
  const events = new Events();
  const streams = new EventStreams(
    {
      now: async (callers: readonly Principal[]) => {
        questions.push(callers.length);
        const answer = callers.map((caller) => (allowed.has(caller.id) ? caller : undefined));
        await new Promise((later) => setTimeout(later, 5));
        meanwhile();
        return answer;
      },
      onTakenAway: (call: typeof takeAway) => {
        takeAway = call;
      },
    } as never,
    events,
  );
  const listeners = Array.from({ length: 150 }, (_, index) => {
    const id = `caller ${index}`;
    allowed.add(id);
    const raw = new Written();
    openEventStream(streams, { id, credential: id, accountId: 'account', isOwner: true } as Principal, raw as never);
    return raw;
  });
  await until('they were looked at', () => questions.length > 0);
  await new Promise((later) => setTimeout(later, 20));
  questions.length = 0;
  meanwhile = () => {
    meanwhile = () => {};
    allowed.delete('caller 7');
    takeAway(({ id }) => id === 'caller 7');
  };
  for (let number = 0; number < 10; number++) events.tell('account', { resource: 'vm', id: `vm ${number}` });
  await until('the others are told', () => listeners.every((raw, index) => index === 7 || raw.text.includes('vm 9')));
  await until('his stream ends', () => listeners[7]?.writableEnded);
  assert.doesNotMatch(listeners[7]?.text as string, /event: change/);
  // One for all, one for him again, one since something was taken away.
  assert.ok(questions.length <= 3, `${questions.length} questions`);
  assert.equal(questions[0], 150);
  streams.end();
});
