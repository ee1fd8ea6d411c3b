import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { transact } from '../../database/transaction.ts';
import { plantFoundMachine } from '../../testing/plant-found-machine.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

const at = '/api/raffia/v1/operator';
const ownerEmail = 'owner@example.com';

let server: TestServer;
/** The Owner of the first account, and an operator of this cloud but where a test says otherwise. */
let owner: TestPerson;
/** A member of the same account. */
let guest: TestPerson;
const guestEmail = 'guest@example.com';
const open = new AbortController();

before(async () => {
  server = await TestServer.start({
    RAFFIA_SIGN_UP: 'open',
    RAFFIA_SIMULATED_CAPACITY: '10/20/255',
    RAFFIA_QUOTA_VMS: '40',
  });
  owner = await TestPerson.owner(server);
  const role_id = systemRoles.find(({ slug }) => slug === 'member')?.id;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email: guestEmail, role_id } });
  guest = await TestPerson.invited(server, made.body.data.accept_url);
  await server.operator('people', 'add', ownerEmail);
});
after(async () => {
  open.abort();
  await server.stop();
});

const isOperator = async (person: TestPerson) =>
  (await person.call('GET', '/api/raffia/v1/session')).body.data.user.is_operator;

/** What the log of an account has of a verb, the newest first. */
async function entries(accountId: string, verb: string) {
  const { rows } = await server.server.services.pool.query(
    'select verb, actor_kind, actor_id, actor_name, resource_id, project_id, details, request_id from audit_log where account_id = $1 and verb = $2 order by id desc',
    [accountId, verb],
  );
  return rows;
}

async function tierRequest(): Promise<{ key: string; request: string }> {
  const { id } = await server.key();
  const body = { workload: 'a migration\nof everything', peak_rps: 80 };
  const asked = await owner.call('POST', `/api/raffia/v1/api-keys/${id}/tier-requests`, { body });
  assert.equal(asked.status, 201, asked.text);
  return { key: id, request: asked.body.data.id };
}

test("the host's command alone makes somebody an operator; whoever is none, a key and nobody at all are refused", async () => {
  const reads = ['status', 'accounts', 'tier-requests', 'found-machines'];
  for (const path of reads) {
    assert.equal((await owner.call('GET', `${at}/${path}`)).status, 200, path);
    const refused = await guest.call('GET', `${at}/${path}`);
    assert.equal(refused.status, 403, refused.text);
    assert.match(refused.body.message, /^Only operators of this cloud .* raffia operator people add EMAIL$/);
    // The Owner's key may do everything in the account, and nothing here.
    assert.equal((await server.call(server.owner, 'GET', `${at}/${path}`)).status, 401, path);
    assert.equal((await new TestPerson(server).call('GET', `${at}/${path}`)).status, 401, path);
  }
  assert.deepEqual([await isOperator(owner), await isOperator(guest)], [true, false]);
  assert.match(await server.operator('people'), /^owner@example.com {2}since \d{4}-.* {2}WITHOUT a second factor\n$/);
  assert.match(await server.operator('people', 'add', ownerEmail.toUpperCase()), /is an operator already/);

  await server.operator('people', 'add', guestEmail, '--unproven');
  assert.equal((await guest.call('GET', `${at}/status`)).status, 200);
  assert.equal(await isOperator(guest), true);
  await server.operator('people', 'remove', guestEmail);
  assert.equal((await guest.call('GET', `${at}/status`)).status, 403);
  assert.equal(await isOperator(guest), false);
  await assert.rejects(server.operator('people', 'remove', guestEmail), /is no operator; raffia operator people lists/);
  await assert.rejects(server.operator('people', 'add', 'nobody@example.com'), /no user nobody@example.com/);
  for (const verb of ['person.operator-on', 'person.operator-off']) {
    const [entry, ...more] = (await entries(server.first.account_id, verb)).filter(
      ({ details }) => details.email === guestEmail,
    );
    assert.deepEqual([entry.actor_kind, entry.details.address, more.length], ['operator', 'operator', 0], verb);
  }
});

test('who only claims an address is made no operator by it', async () => {
  const email = 'claimed@example.com';
  const body = { email, name: 'Somebody', password: 'a long password', account_name: 'Claimed' };
  assert.equal((await guest.call('POST', '/api/raffia/v1/sign-up', { body })).status, 201);
  await assert.rejects(server.operator('people', 'add', email), /nobody has proven that the address is his/);
  assert.doesNotMatch(await server.operator('people'), /claimed/);
});

test('what another site sends is refused, and so is a change by who is an operator no more', async () => {
  const { request } = await tierRequest();
  const path = `${at}/tier-requests/${request}/decline`;
  const foreign = await owner.call('POST', path, { headers: { origin: 'https://elsewhere.example' } });
  assert.equal(foreign.status, 403, foreign.text);
  assert.match(foreign.body.message, /pages of this cloud/);
  assert.equal((await guest.call('POST', path)).status, 403);
  assert.equal((await owner.call('POST', path)).status, 200);
});

test('taking it away waits for a change that stands on it, and no change stands on it afterwards', async () => {
  await server.operator('people', 'add', guestEmail, '--unproven');
  const { services } = server.server;
  const cookie = guest.headers.cookie;
  const person = await services.people.personOf(cookie);
  assert.ok(person !== undefined);
  let isTaken = false;
  let taking: Promise<unknown> | undefined;
  await transact(services.db, async (tx) => {
    await services.people.holdOperator(tx, person);
    taking = server.operator('people', 'remove', guestEmail).then(() => {
      isTaken = true;
    });
    await setTimeout(300);
    assert.equal(isTaken, false, 'it was taken away from under a change');
  });
  await taking;
  await assert.rejects(
    transact(services.db, (tx) => services.people.holdOperator(tx, person)),
    /Only operators/,
  );
});

test('a change whose operator is none any more by the time that its body has come is refused', async () => {
  await server.operator('people', 'add', guestEmail, '--unproven');
  const { request } = await tierRequest();
  const headers = { ...guest.headers, 'content-type': 'application/json', 'content-length': '2' };
  const sent = http.request(`${server.server.url}${at}/tier-requests/${request}/approve`, { method: 'POST', headers });
  const answer = once(sent, 'response');
  sent.write('{');
  // The gate has let it in.
  await setTimeout(300);
  await server.operator('people', 'remove', guestEmail);
  sent.end('}');
  const [response] = await answer;
  assert.equal(response.statusCode, 403);
  response.resume();
  const { body } = await owner.call('GET', `${at}/tier-requests`);
  assert.equal(body.data.find(({ id }: { id: string }) => id === request).status, 'pending');
  assert.equal((await owner.call('POST', `${at}/tier-requests/${request}/decline`)).status, 200);
});

test('open pages hear at once that it was given and taken away', async () => {
  const response = await fetch(`${server.address}/api/raffia/v1/events`, {
    headers: { cookie: guest.headers.cookie as string, 'x-account-id': server.first.account_id },
    signal: open.signal,
  });
  assert.equal(response.status, 200);
  let told = '';
  void (async () => {
    for await (const part of response.body ?? []) told += Buffer.from(part).toString();
  })().catch(() => {});
  const changes = () => told.match(/"resource":"session"/g)?.length ?? 0;
  await until('the stream is open', async () => told.length > 0);
  let heard = 0;
  for (const command of [['add', '--unproven'], ['remove'], ['add', '--unproven'], ['remove']]) {
    const before = changes();
    await server.operator('people', ...command, guestEmail);
    const done = performance.now();
    await until(`${command[0]} is told`, async () => changes() > before);
    // The heart beats every 15 seconds, and tells what it finds as well.
    assert.ok(performance.now() - done < 5000, `${command[0]} was told after ${performance.now() - done} ms`);
    heard++;
    // What one of them says twice is none of the next.
    await setTimeout(500);
  }
  assert.equal(heard, 4);
});

test('the status is what the command tells', async () => {
  await server.vm('there');
  await server.settled();
  const asked = await until('the machine is counted', async () => {
    const reply = await owner.call('GET', `${at}/status`);
    assert.equal(reply.status, 200, reply.text);
    const { machines } = reply.body.data;
    return machines.told.some(
      ({ status, count }: { status: string; count: number }) => status === 'active' && count === 1,
    )
      ? reply.body.data
      : undefined;
  });
  const told = JSON.parse(await server.operator('status', '--json'));
  assert.deepEqual([asked.version, asked.engine], [told.version, told.engine]);
  assert.deepEqual(asked.hosts.told.members, told.hosts.members);
  assert.deepEqual(asked.addresses.told, told.addresses);
  assert.deepEqual(asked.mails.told, { waiting: told.mails.waiting, given_up: told.mails.givenUp });
  assert.deepEqual(asked.found.told, told.found);
  assert.equal(asked.queue.told.waiting, told.queue.waiting);
  assert.deepEqual(asked.nodes.told.length, told.nodes?.length ?? 0);
  assert.deepEqual(
    asked.ready.told.parts.map(({ name }: { name: string }) => name),
    Object.keys(told.ready.parts),
  );
  assert.deepEqual(asked.certificate.told, { is_here: false });
  assert.ok(asked.database.told.bytes > 1e6);
  assert.deepEqual(
    Object.entries(asked).filter(([, part]) => (part as { problem?: string }).problem !== undefined),
    [],
  );
});

test('a request for the high tier is approved or declined once, and the account is told by whom', async () => {
  const { account_id } = server.first;
  const allowed = async () => (await owner.call('GET', '/api/raffia/v1/account')).body.data.high_tier_keys.limit;
  const tierOf = async (id: string) => (await owner.call('GET', `/api/v1/api-keys/${id}`)).body.data.rate_limit_tier;
  const before = await allowed();
  const first = await tierRequest();
  const second = await tierRequest();
  const listed = await owner.call('GET', `${at}/tier-requests`);
  const waiting = listed.body.data.filter(({ status }: { status: string }) => status === 'pending');
  assert.deepEqual(
    listed.body.data.slice(0, 2).map(({ id }: { id: string }) => id),
    [first.request, second.request],
    'those that wait come first, the oldest first',
  );
  assert.equal(waiting.length, 2);
  assert.equal(waiting[0].account_id, account_id);

  const approved = await owner.call('POST', `${at}/tier-requests/${first.request}/approve`, {
    body: { text: 'Until Friday' },
  });
  assert.equal(approved.status, 200, approved.text);
  assert.deepEqual([approved.body.data.status, approved.body.data.answer], ['approved', 'Until Friday']);
  assert.deepEqual([await allowed(), await tierOf(first.key)], [before + 1, 'high']);
  const declined = await owner.call('POST', `${at}/tier-requests/${second.request}/decline`, { body: { text: ' ' } });
  assert.deepEqual([declined.body.data.status, declined.body.data.answer], ['declined', undefined]);
  assert.deepEqual([await allowed(), await tierOf(second.key)], [before + 1, 'standard']);
  const again = await owner.call('POST', `${at}/tier-requests/${first.request}/approve`);
  assert.equal(again.status, 409, again.text);
  const unknown = `${at}/tier-requests/01900000-0000-7000-8000-000000000000/approve`;
  assert.equal((await owner.call('POST', unknown)).status, 404);
  assert.equal(await allowed(), before + 1);
  const [entry] = await entries(account_id, 'apikey.tier-approved');
  assert.deepEqual(
    [entry.actor_kind, entry.actor_name, entry.resource_id, entry.request_id],
    ['operator', ownerEmail, first.key, approved.headers.get('x-request-id')],
  );
});

test('a quota is set, lifted and left to the settings, of one account alone, as the command does', async () => {
  const other = await server.account('Other');
  const id = other.account_id;
  const set = (body: unknown) => owner.call('PUT', `${at}/accounts/${id}/quotas`, { body });
  const shown = async (account = id) => {
    const { body } = await owner.call('GET', `${at}/accounts/${account}`);
    return body.data.quotas.find(({ name }: { name: string }) => name === 'vms');
  };
  const atFirst = await shown();
  // What the server was started with.
  assert.deepEqual([atFirst.limit, atFirst.default_limit, atFirst.is_own], [40, 40, false]);
  assert.equal((await set({ quota: 'vms', rule: 'number', limit: 3 })).status, 200);
  assert.deepEqual(await shown(), { name: 'vms', used: 0, limit: 3, default_limit: 40, is_own: true });
  assert.match(await server.operator('quota', id), /^vms +0 of 3$/m);
  assert.equal((await shown(server.first.account_id)).limit, 40);
  assert.equal((await set({ quota: 'vms', rule: 'none' })).status, 200);
  assert.match(await server.operator('quota', id), /^vms +0 of any number$/m);
  assert.equal((await set({ quota: 'vms', rule: 'default' })).status, 200);
  assert.deepEqual(await shown(), atFirst);
  for (const body of [
    { quota: 'vms', rule: 'number' },
    { quota: 'vms', rule: 'none', limit: 3 },
  ]) {
    const refused = await set(body);
    assert.deepEqual([refused.status, /^limit is the number/.test(refused.body.message)], [400, true], refused.text);
  }
  const log = await entries(id, 'account.quota');
  assert.deepEqual(
    log.map(({ details }) => details.vms),
    ['default', 'none', 3],
  );
  assert.ok(log.every(({ actor_kind, actor_name }) => actor_kind === 'operator' && actor_name === ownerEmail));
  const nowhere = await owner.call('GET', `${at}/accounts/01900000-0000-7000-8000-000000000000`);
  assert.equal(nowhere.status, 404);
});

test("accounts are found by a part of their name or of the Owner's address, a page at a time", async () => {
  const names = ['Weft', 'Warp', 'WEFT two'];
  for (const name of names) await server.account(name);
  const found = async (query: string) => {
    const { body } = await owner.call('GET', `${at}/accounts?${query}`);
    return { names: body.data.map(({ name }: { name: string }) => name), total: body.total };
  };
  assert.deepEqual(await found('search=weft'), { names: ['Weft', 'WEFT two'], total: 2 });
  assert.deepEqual(await found('search=weft&limit=1&offset=1'), { names: ['WEFT two'], total: 2 });
  assert.deepEqual(await found('search=%25'), { names: [], total: 0 });
  const all = await found('limit=100');
  assert.equal(all.total, all.names.length);
  const [first] = (await owner.call('GET', `${at}/accounts?search=${ownerEmail}`)).body.data;
  assert.deepEqual([first.id, first.vms.used, first.is_suspended], [server.first.account_id, 1, false]);
});

test('a machine that no row knows is made a VM, or removed from its host', async () => {
  const { account_id, project_id } = server.first;
  const kept = await plantFoundMachine(server, 'kept');
  const unwanted = await plantFoundMachine(server, 'unwanted');
  const listed = (await owner.call('GET', `${at}/found-machines`)).body;
  assert.deepEqual([listed.total, listed.data.map(({ name }: { name: string }) => name)], [2, ['kept', 'unwanted']]);
  const other = await server.account('Stranger');
  const adopt = (body: object) => owner.call('POST', `${at}/found-machines/${kept}/adopt`, { body });
  const elsewhere = await adopt({ account_id, project_id: other.project_id });
  assert.deepEqual([elsewhere.status, elsewhere.body.message], [404, 'project not found'], 'of another account');
  const adopted = await adopt({ account_id, project_id });
  assert.equal(adopted.status, 200, adopted.text);
  const vm = (await owner.call('GET', `/api/v1/vms/${kept}`)).body.data;
  assert.deepEqual([vm.name, vm.status, vm.project_id], ['kept', 'active', project_id]);
  assert.equal((await adopt({ account_id, project_id })).status, 404);
  const [entry] = await entries(account_id, 'vm.adopt');
  assert.deepEqual([entry.actor_kind, entry.resource_id, entry.project_id], ['operator', kept, project_id]);

  const removed = await owner.call('DELETE', `${at}/found-machines/${unwanted}`);
  assert.equal(removed.status, 200, removed.text);
  const left = (await owner.call('GET', `${at}/found-machines`)).body.data;
  assert.ok(left.every(({ is_being_deleted }: { is_being_deleted: boolean }) => is_being_deleted));
  assert.equal((await owner.call('DELETE', `${at}/found-machines/${unwanted}`)).status, 404, 'it is as good as gone');
  const [deletion] = await entries(account_id, 'person.machine-delete');
  assert.deepEqual([deletion.actor_name, deletion.details.machine], [ownerEmail, unwanted]);
});
