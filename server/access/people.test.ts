import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '../testing/test-person.ts';
import { TestProvider } from '../testing/test-provider.ts';
import { TestServer } from '../testing/test-server.ts';
import { totp } from '../testing/totp.ts';
import { until } from '../testing/until.ts';

let server: TestServer;
let owner: TestPerson;
const auth = '/api/raffia/v1/auth';
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
});
after(() => server.stop());

let guests = 0;
async function guest(slug = 'member', project?: string): Promise<TestPerson & { email: string }> {
  const email = `guest${++guests}@example.com`;
  const path = project === undefined ? '/api/v1/invitations' : `/api/v1/projects/${project}/invitations`;
  const made = await owner.call('POST', path, { body: { email, role_id: roleId(slug) } });
  assert.equal(made.status, 201, made.text);
  return Object.assign(await TestPerson.invited(server, made.body.data.accept_url), { email });
}

test('the first link sets a password once, and shows whose it is', async (t) => {
  const again = await TestServer.start();
  t.after(() => again.stop());
  const stranger = new TestPerson(again);
  const token = again.server.ownerLink?.split('#')[1];
  const seen = await stranger.call('POST', '/api/raffia/v1/links/look', { body: { token } });
  assert.equal(seen.body.data.email, 'owner@example.com');
  const short = await stranger.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'short' } });
  assert.match(short.body.message, /at least 10 characters/);
  const used = await stranger.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'long enough 1' } });
  assert.equal(used.status, 200);
  const twice = await stranger.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'long enough 2' } });
  assert.equal(twice.body.error, 'Link expired');
});

test('a link that ran out is refused, and the operator makes another that ends all sessions', async () => {
  const person = await guest();
  const link = await server.operator('sign-in-link', person.email);
  const late = (await server.operator('sign-in-link', person.email)).trim().split('#')[1];
  const first = await person.call('POST', '/api/raffia/v1/links/use', {
    body: { token: link.trim().split('#')[1], password: 'another password' },
  });
  assert.equal(first.body.error, 'Link expired', 'a newer link makes the older one void');
  const before = server.time.offset;
  server.time.offset += 25 * 3_600_000;
  assert.equal((await person.call('POST', '/api/raffia/v1/links/look', { body: { token: late } })).status, 400);
  server.time.offset = before;
  const used = await person.call('POST', '/api/raffia/v1/links/use', {
    body: { token: late, password: 'another password' },
  });
  assert.equal(used.status, 200);
  assert.equal((await person.call('GET', '/api/v1/projects')).status, 401);
});

test('a session reads and changes over the public API, and its changes are put down to the person', async () => {
  const made = await owner.call('POST', '/api/v1/projects', { body: { name: 'by a person' } });
  assert.equal(made.status, 201, made.text);
  assert.equal((await owner.call('GET', `/api/v1/projects/${made.body.data.id}`)).body.data.name, 'by a person');
  const audit = await owner.call('GET', '/api/raffia/v1/audit?verb=project&limit=1');
  const [entry] = audit.body.data;
  assert.deepEqual([entry.verb, entry.actor_kind, entry.actor_name], ['project.create', 'user', 'owner@example.com']);
});

test('a session tells who it is and what it may do where', async () => {
  const { data } = (await owner.call('GET', '/api/raffia/v1/session')).body;
  assert.equal(data.user.email, 'owner@example.com');
  assert.equal(data.accounts[0].is_owner, true);
  assert.ok(data.accounts[0].permissions.includes('account.apikeys.create'));
});

test('without an account header there is a sentence, with a foreign one a refusal', async () => {
  const other = await server.account('Somebody else');
  const none = await owner.call('GET', '/api/v1/projects', { headers: { 'x-account-id': undefined } });
  assert.deepEqual([none.status, none.body.message.split(':')[0]], [400, 'X-Account-ID required']);
  const foreign = await owner.call('GET', '/api/v1/projects', { account: other.account_id });
  assert.equal(foreign.status, 403);
});

test('a key beats a cookie when both come', async () => {
  const viewer = await server.key({ project: 'viewer' });
  const reply = await owner.call('POST', '/api/v1/projects', {
    body: { name: 'no' },
    headers: { 'x-api-key': viewer.key },
  });
  assert.equal(reply.status, 403);
  const unknown = await owner.call('GET', '/api/v1/projects', { headers: { 'x-api-key': 'raff_unknown' } });
  assert.equal(unknown.status, 401);
});

test('another site cannot act with a session: not with its origin, not with a form, not without an origin', async () => {
  const body = { name: 'from elsewhere' };
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: undefined },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const reply = await owner.call('POST', '/api/v1/projects', { body, headers });
    assert.equal(reply.status, 403, JSON.stringify(headers));
    assert.match(reply.body.message, /only be used from the pages of this cloud/);
  }
  const form = await owner.call('POST', '/api/v1/projects', {
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-account-id': undefined },
  });
  assert.equal(form.status, 400, 'a form cannot name the account');
  const read = await owner.call('GET', '/api/v1/projects', { headers: { origin: 'https://evil.example' } });
  assert.equal(read.status, 403);
  const signOut = await owner.call('POST', `${auth}/sign-out`, {
    headers: { origin: 'https://evil.example' },
    body: {},
  });
  assert.equal(signOut.status, 403);
  assert.equal((await owner.call('GET', '/api/v1/projects')).status, 200);
});

test('cookies are HttpOnly and SameSite, and Secure where the pages are', async (t) => {
  const person = await guest();
  const reply = await person.call('POST', `${auth}/sign-in/email`, {
    body: { email: person.email, password: 'guest password' },
  });
  const cookie = reply.headers.getSetCookie().find((text) => text.startsWith('raffia.session_token')) ?? '';
  assert.match(cookie, /HttpOnly/i);
  assert.match(cookie, /SameSite=Lax/i);
  assert.doesNotMatch(cookie, /Secure/i);
  const secure = await TestServer.start({ RAFFIA_PUBLIC_URL: 'https://cloud.example' });
  t.after(() => secure.stop());
  const token = secure.server.ownerLink?.split('#')[1];
  const visitor = new TestPerson(secure);
  await visitor.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'a password 1' } });
  const signedIn = await visitor.call('POST', `${auth}/sign-in/email`, {
    body: { email: 'owner@example.com', password: 'a password 1' },
  });
  assert.equal(signedIn.status, 200, signedIn.text);
  assert.match(signedIn.headers.getSetCookie().join(), /__Secure-raffia\.session_token.*Secure/i);
});

test('signing out ends the session at once, here and everywhere', async () => {
  const person = await guest();
  const elsewhere = new TestPerson(server);
  elsewhere.account = person.account;
  await elsewhere.signIn(person.email, 'guest password');
  const kept = new Map(person.cookies);
  assert.equal((await person.call('POST', `${auth}/sign-out`, { body: {} })).status, 200);
  for (const [name, value] of kept) person.cookies.set(name, value);
  const after = await person.call('GET', '/api/v1/projects');
  assert.deepEqual([after.status, after.body.message], [401, 'Your session has ended; sign in again']);
  assert.equal((await elsewhere.call('GET', '/api/v1/projects')).status, 200);
  assert.equal((await elsewhere.call('POST', `${auth}/revoke-sessions`, { body: {} })).status, 200);
  assert.equal((await elsewhere.call('GET', '/api/v1/projects')).status, 401);
});

test('who comes every day stays signed in, by one write a day; whoever does not is signed out after 14 days', async () => {
  const { pool } = server.server.services;
  const [daily, away] = [await guest(), await guest()];
  const emails = [daily.email, away.email];
  const read = (person: TestPerson) => person.call('GET', '/api/v1/projects');
  const goBy = (days: number) =>
    pool.query(
      `update sessions set expires_at = expires_at - $1 * interval '1 day', updated_at = '2026-01-01'
        where user_id in (select id from users where email = any ($2))`,
      [days, emails],
    );
  assert.deepEqual((await read(daily)).headers.getSetCookie(), [], 'it has all its days yet');
  for (let day = 1; day <= 20; day++) {
    await goBy(1);
    const replies = await Promise.all(Array.from({ length: 8 }, () => read(daily)));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]), `day ${day}`);
    const cookies = replies.flatMap(({ headers }) => headers.getSetCookie());
    assert.equal(cookies.length, 1, `day ${day}: ${cookies.join()}`);
    assert.match(cookies[0] ?? '', /^raffia\.session_token=.*Max-Age=1209600.*HttpOnly.*SameSite=Lax/i);
  }
  const { rows } = await pool.query(
    `select s.updated_at > '2026-01-01' as is_used, extract(epoch from s.expires_at - now()) / 86400 as days
       from sessions s join users u on u.id = s.user_id where u.email = any($1) order by is_used`,
    [emails],
  );
  assert.deepEqual(
    rows.map(({ is_used, days }) => [is_used, Math.round(days)]),
    [
      [false, -6],
      [true, 14],
    ],
  );
  assert.equal((await read(away)).status, 401);
});

test('a session that is being ended is neither waited for nor prolonged', async () => {
  const { pool } = server.server.services;
  const person = await guest();
  const whose = 'user_id = (select id from users where email = $1)';
  await pool.query(`update sessions set expires_at = now() + interval '1 day' where ${whose}`, [person.email]);
  const ending = await pool.connect();
  try {
    await ending.query('begin');
    await ending.query(`delete from sessions where ${whose}`, [person.email]);
    const began = performance.now();
    const meanwhile = await person.call('GET', '/api/v1/projects');
    const { lockMs } = server.server.services.configuration.databaseLimits;
    assert.ok(performance.now() - began < lockMs, 'it waited until its lock was given up');
    assert.deepEqual([meanwhile.status, meanwhile.headers.getSetCookie()], [200, []]);
    await ending.query('commit');
  } finally {
    ending.release();
  }
  assert.equal((await person.call('GET', '/api/v1/projects')).status, 401);
  assert.equal((await pool.query(`select from sessions where ${whose}`, [person.email])).rowCount, 0);
});

test('a wrong password is a sentence, the same for addresses that nobody has', async () => {
  const person = await guest();
  const stranger = new TestPerson(server);
  const wrong = (email: string) =>
    stranger.call('POST', `${auth}/sign-in/email`, { body: { email, password: 'not this one' } });
  const [known, unknown] = [await wrong(person.email), await wrong('nobody@example.com')];
  assert.equal(known.status, 401);
  assert.match(known.body.message, /address or the password is not right/);
  assert.equal(unknown.text, known.text);
});

test('guessing is limited by person, and the real person gets in from where she was before', async () => {
  const person = await guest();
  const guesser = new TestPerson(server);
  // Every session of the tests comes from one address: the guesser's is made another one.
  await server.server.services.pool.query('update sessions set ip_address = $1', ['192.0.2.7']);
  const guess = (password: string) =>
    guesser.call('POST', `${auth}/sign-in/email`, { body: { email: person.email, password } });
  for (let attempt = 0; attempt < 10; attempt++) assert.equal((await guess('guessed')).status, 401);
  const limited = await guess('guess password');
  assert.equal(limited.status, 429);
  assert.match(limited.body.message, /wait \d+ seconds/);
  assert.ok(Number(limited.headers.get('retry-after')) > 0);
  await server.server.services.pool.query('update sessions set ip_address = $1', ['127.0.0.1']);
  assert.equal((await guess('guest password')).status, 200);
  server.time.offset += 601_000;
});

test('a second factor is asked for, and a session is there only after it', async () => {
  const person = await guest();
  const enabled = await person.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
  assert.equal(enabled.status, 200, enabled.text);
  const verified = await person.call('POST', `${auth}/two-factor/verify-totp`, {
    body: { code: totp(enabled.body.totpURI) },
  });
  assert.equal(verified.status, 200, verified.text);
  const again = new TestPerson(server);
  again.account = person.account;
  const first = await again.call('POST', `${auth}/sign-in/email`, {
    body: { email: person.email, password: 'guest password' },
  });
  assert.equal(first.body.twoFactorRedirect, true, first.text);
  assert.equal((await again.call('GET', '/api/v1/projects')).status, 401);
  const wrong = await again.call('POST', `${auth}/two-factor/verify-totp`, { body: { code: '000000' } });
  assert.equal(wrong.status, 401);
  assert.match(wrong.body.message, /take the one that your app shows now/);
  const right = await again.call('POST', `${auth}/two-factor/verify-totp`, {
    body: { code: totp(enabled.body.totpURI) },
  });
  assert.equal(right.status, 200, right.text);
  assert.equal((await again.call('GET', '/api/v1/projects')).status, 200);
});

test('guesses at once, or under another spelling of the path, are no more than one after the other', async () => {
  const person = await guest();
  const guesser = new TestPerson(server);
  await server.server.services.pool.query('update sessions set ip_address = $1', ['192.0.2.7']);
  const guess = (path = `${auth}/sign-in/email`) =>
    guesser.call('POST', path, { body: { email: person.email, password: 'guessed' } });
  const statuses = (await Promise.all(Array.from({ length: 25 }, () => guess()))).map(({ status }) => status);
  assert.deepEqual([statuses.filter((status) => status === 401).length, new Set(statuses)], [10, new Set([401, 429])]);
  for (const other of ['sign-in/email?x=1', 'sign-in/email/', 'sign-in//email', 'sign-in/%65mail', '/sign-in/email']) {
    const reply = await guess(`${auth}/${other}`);
    assert.ok([404, 429].includes(reply.status), `${other}: ${reply.status} ${reply.text}`);
  }
  server.time.offset += 601_000;
  assert.equal((await guess()).status, 401);
  server.time.offset += 601_000;
});

test('a link that the inviter handed over gives nobody the place of a user who exists', async (t) => {
  const cloud = await TestServer.start();
  t.after(() => cloud.stop());
  // The first account's Owner has not followed the first link yet, and another tenant invites that address.
  const tenant = await cloud.account('Tenant');
  const made = await cloud.call({ key: tenant.api_key }, 'POST', '/api/v1/invitations', {
    body: { email: 'owner@example.com', role_id: roleId('member') },
  });
  const token = made.body.data.accept_url.split('#')[1];
  const seen = await new TestPerson(cloud).call('POST', '/api/raffia/v1/invitations/look', { body: { token } });
  assert.equal(seen.body.data.is_known, true);
  await assert.rejects(TestPerson.invited(cloud, made.body.data.accept_url), /Sign in as owner@example\.com first/);
  const real = await TestPerson.owner(cloud);
  const accepted = await real.call('POST', '/api/raffia/v1/invitations/accept', { body: { token } });
  assert.equal(accepted.status, 200, accepted.text);
  // Somebody else chose a password for an address; the operator hears of it before the address is given an account.
  const squatted = await cloud.call(cloud.owner, 'POST', '/api/v1/invitations', {
    body: { email: 'boss@example.com', role_id: roleId('member') },
  });
  await TestPerson.invited(cloud, squatted.body.data.accept_url);
  const create = ['account', 'create', 'For the boss', '--email', 'boss@example.com'];
  const add = ['account', 'add-member', tenant.account_id, '--email', 'boss@example.com', '--role', 'admin'];
  const spelled = create.map((word) => (word === 'boss@example.com' ? 'Boss@Example.com' : word));
  for (const command of [create, add, spelled]) {
    await assert.rejects(
      cloud.operator(...command),
      /nobody has proven that the address is his.*sign-in-link boss@example\.com/i,
    );
  }
  const { rows } = await cloud.server.services.pool.query(`select 1 from accounts where name = 'For the boss'`);
  assert.equal(rows.length, 0);
  // Who was only added has no way in yet, so that nobody can have taken his place.
  const added = ['account', 'add-member', tenant.account_id, '--email', 'added@example.com', '--role'];
  assert.match(await cloud.operator(...added, 'member'), /^user /);
  assert.match(await cloud.operator(...added, 'billing'), /^user /);
  assert.match(await cloud.operator(...add, '--unproven'), /^user /);
  assert.match(await cloud.operator(...create, '--unproven'), /^account /);
  assert.match(await cloud.operator('account', 'create', 'More', '--email', 'owner@example.com'), /^account /);
});

test('signing up is by invitation unless the operator says otherwise', async (t) => {
  const stranger = new TestPerson(server);
  const body = { email: 'new@example.com', name: 'New', password: 'new password', account_name: 'New cloud' };
  assert.equal((await stranger.call('POST', '/api/raffia/v1/sign-up', { body })).status, 403);
  const behind = await stranger.call('POST', `${auth}/sign-up/email`, { body });
  assert.ok(behind.status >= 400, 'the library has no back door');
  const open = await TestServer.start({ RAFFIA_SIGN_UP: 'open' });
  t.after(() => open.stop());
  const comer = new TestPerson(open);
  assert.equal((await comer.call('POST', '/api/raffia/v1/sign-up', { body })).status, 201);
  assert.equal((await comer.call('POST', '/api/raffia/v1/sign-up', { body })).status, 400);
  await comer.signIn('new@example.com', 'new password');
  const { data } = (await comer.call('GET', '/api/raffia/v1/session')).body;
  assert.deepEqual([data.accounts.length, data.accounts[0].name, data.accounts[0].is_owner], [1, 'New cloud', true]);
  comer.account = data.accounts[0].id;
  assert.deepEqual((await comer.call('GET', '/api/v1/api-keys')).body.data, []);
});

test('where sign-up is closed, an invitation brings in only who is a user already', async (t) => {
  const closed = await TestServer.start({ RAFFIA_SIGN_UP: 'closed' });
  t.after(() => closed.stop());
  const boss = await TestPerson.owner(closed);
  const made = await boss.call('POST', '/api/v1/invitations', {
    body: { email: 'late@example.com', role_id: roleId('member') },
  });
  await assert.rejects(TestPerson.invited(closed, made.body.data.accept_url), /Signing up is not open/);
});

test('people sign in with an OIDC provider: who was invited, and nobody else', async (t) => {
  const provider = await TestProvider.start();
  const cloud = await TestServer.start({
    ...provider.settings,
  });
  t.after(async () => {
    await cloud.stop();
    provider.stop();
  });
  const rules = await cloud.call({ key: undefined }, 'GET', '/api/raffia/v1/sign-in');
  assert.equal(rules.body.data.single_sign_on, 'Example login');
  const signIn = async () => {
    const person = new TestPerson(cloud);
    const begun = await person.call('POST', `${auth}/sign-in/social`, {
      body: { callbackURL: '/', errorCallbackURL: '/sign-in' },
    });
    assert.equal(begun.status, 200, begun.text);
    assert.match(
      begun.body.url,
      /redirect_uri=http%3A%2F%2Fcloud\.example%2Fapi%2Fraffia%2Fv1%2Fauth%2Fcallback%2Foidc/,
    );
    const back = await person.call('GET', `${auth}/callback/oidc${provider.sendBack(begun.body.url)}`);
    assert.equal(back.status, 302, back.text);
    return { person, to: back.headers.get('location') ?? '' };
  };
  const stranger = await signIn();
  assert.match(stranger.to, /error=/);
  assert.equal((await stranger.person.call('GET', '/api/raffia/v1/session')).status, 401);
  const invite = () =>
    cloud.call(cloud.owner, 'POST', '/api/v1/invitations', {
      body: { email: provider.email, role_id: roleId('member') },
    });
  const { pool } = cloud.server.services;
  const sessionOf = async (who: TestPerson) => (await who.call('GET', '/api/raffia/v1/session')).status;

  // Somebody with a password here: the provider's word alone does not give his place to anybody, also not to himself.
  const known = await TestPerson.invited(cloud, (await invite()).body.data.accept_url);
  const implicit = await signIn();
  assert.match(implicit.to, /error=unable_to_link_account/);
  assert.equal(await sessionOf(implicit.person), 401);
  await known.signIn(provider.email, 'guest password');
  const link = async (who: TestPerson) => {
    const begun = await who.call('POST', `${auth}/link-social`, {
      body: { callbackURL: '/settings', errorCallbackURL: '/settings' },
    });
    assert.equal(begun.status, 200, begun.text);
    return who.call('GET', `${auth}/callback/oidc${provider.sendBack(begun.body.url)}`);
  };
  provider.isVerified = false;
  assert.match((await link(known)).headers.get('location') ?? '', /error=email_not_verified/);
  provider.isVerified = true;
  const own = provider.email;
  provider.email = 'elsewhere@example.com';
  assert.match((await link(known)).headers.get('location') ?? '', /error=/, 'another address');
  provider.email = own;
  assert.equal((await link(known)).headers.get('location'), '/settings');
  const linked = await signIn();
  assert.equal(linked.to, '/');
  const session = await linked.person.call('GET', '/api/raffia/v1/session');
  assert.deepEqual([session.status, session.body?.data.user.email], [200, provider.email], session.text);
  await known.signIn(provider.email, 'guest password');

  // The second factor that is set up here is asked for after the provider as well.
  const enabled = await known.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
  const on = await known.call('POST', `${auth}/two-factor/verify-totp`, { body: { code: totp(enabled.body.totpURI) } });
  assert.equal(on.status, 200, on.text);
  const half = await signIn();
  assert.equal(half.to, '/sign-in?second-factor=asked&back=%2F');
  assert.equal(await sessionOf(half.person), 401);
  assert.equal(
    (await half.person.call('POST', `${auth}/two-factor/verify-totp`, { body: { code: '000000' } })).status,
    401,
  );
  assert.equal(await sessionOf(half.person), 401);
  const right = await half.person.call('POST', `${auth}/two-factor/verify-totp`, {
    body: { code: totp(enabled.body.totpURI) },
  });
  assert.equal(right.status, 200, right.text);
  assert.equal(await sessionOf(half.person), 200);

  // Who is new comes in with the provider where he is invited, if the provider has verified the address, and accepts then.
  provider.email = 'another@example.com';
  assert.match((await signIn()).to, /error=not_invited/);
  const invited = await invite();
  provider.isVerified = false;
  assert.match((await signIn()).to, /error=email_not_verified/);
  provider.isVerified = true;
  const comer = await signIn();
  assert.equal(comer.to, '/');
  const accepted = await comer.person.call('POST', '/api/raffia/v1/invitations/accept', {
    body: { token: invited.body.data.accept_url.split('#')[1] },
  });
  assert.equal(accepted.status, 200, accepted.text);
  // So does who was added by the operator and has no other way in.
  provider.email = 'added@example.com';
  await cloud.operator('account', 'add-member', cloud.first.account_id, '--email', provider.email, '--role', 'member');
  assert.equal((await signIn()).to, '/');

  const { rows } = await pool.query(
    `select verb, actor_name, details from audit_log where verb like 'person.%' order by id`,
  );
  const told = rows.filter(({ actor_name }) => actor_name === own).map(({ verb, details }) => [verb, details.address]);
  const from = '127.0.0.1';
  assert.deepEqual(told, [
    ['person.sign-in', from],
    ['person.sign-in', from],
    ['person.single-sign-on', from],
    ['person.sign-in', from],
    ['person.sign-in', from],
    ['person.second-factor-on', from],
    ['person.sign-in-failed', from],
    ['person.sign-in', from],
  ]);
});

test('what happens to a person’s way in is in the audit log of the account, with the address that it came from', async () => {
  const person = await guest('member');
  const entries = async () => {
    const found = await owner.call('GET', '/api/raffia/v1/audit?verb=person&limit=50');
    return found.body.data.filter((entry: { details: { email: string } }) => entry.details.email === person.email);
  };
  const body = { password: 'guest password' };
  const wrong = { email: person.email, password: 'not this one' };
  for (let attempt = 0; attempt < 12; attempt++)
    await new TestPerson(server).call('POST', `${auth}/sign-in/email`, { body: wrong });
  server.time.offset += 601_000;
  await person.call('POST', `${auth}/change-password`, {
    body: { currentPassword: 'wrong one', newPassword: 'next password' },
  });
  const enabled = await person.call('POST', `${auth}/two-factor/enable`, { body });
  await person.call('POST', `${auth}/two-factor/verify-totp`, { body: { code: totp(enabled.body.totpURI) } });
  await person.call('POST', `${auth}/two-factor/disable`, { body });
  const changed = await person.call('POST', `${auth}/change-password`, {
    body: { currentPassword: 'guest password', newPassword: 'next password' },
  });
  assert.equal(changed.status, 200, changed.text);
  const token = (await server.operator('sign-in-link', person.email)).trim().split('#')[1];
  await person.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'third password' } });
  const found = (await entries()).reverse();
  const verbs = found.map(({ verb }: { verb: string }) => verb);
  const failed = verbs.filter((verb: string) => verb === 'person.sign-in-failed').length;
  assert.equal(failed, 10, 'as many as were looked at');
  assert.deepEqual(
    verbs.filter((verb: string) => verb !== 'person.sign-in-failed'),
    [
      'person.sign-in',
      'person.check-failed',
      'person.second-factor-on',
      'person.second-factor-off',
      'person.password',
      'person.sign-in-link',
      'person.password',
    ],
  );
  for (const { verb, actor_kind, actor_id, details } of found) {
    const kinds: Record<string, string> = { 'person.sign-in-link': 'operator', 'person.sign-in-failed': 'anonymous' };
    const kind = kinds[verb] ?? 'user';
    assert.equal(details.address, kind === 'operator' ? 'operator' : '127.0.0.1', verb);
    assert.equal(actor_kind, kind, verb);
    assert.equal(actor_id !== undefined, kind === 'user', verb);
  }
  // Who looks for a person finds what was tried in his name as well.
  const named = `/api/raffia/v1/audit?verb=person.sign-in-failed&actor=${person.email.toUpperCase()}`;
  const tried = await owner.call('GET', named);
  assert.deepEqual([tried.body.total, tried.body.data[0].actor_name], [10, person.email]);
});

test('what happens to the way in of who has a project alone is in the audit log of its account', async () => {
  const person = await guest('viewer', server.first.project_id);
  await person.signIn(person.email, 'guest password');
  const { body } = await owner.call('GET', '/api/raffia/v1/audit?verb=person.sign-in&limit=50');
  const own = body.data.filter((entry: { details: { email: string } }) => entry.details.email === person.email);
  assert.ok(own.length > 0, 'it has an entry for the sign-in');
});

test('changes are told as they happen, and the stream ends with the session', async () => {
  const person = await guest('admin');
  const { url } = server.server;
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(`${url}/api/raffia/v1/events`, {
    headers: { cookie, 'x-account-id': person.account ?? '' },
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  let told = '';
  let ended = false;
  const reading = (async () => {
    for await (const part of response.body ?? []) told += Buffer.from(part).toString();
    ended = true;
  })();
  await owner.call('POST', '/api/v1/roles', {
    body: { name: 'told', slug: 'told', scope: 'project', permissions: ['vm.view'] },
  });
  await until('the change is told', async () => told.includes('"resource":"role"'));
  // In a project that this person does not reach.
  await server.vm('hidden');
  await person.call('POST', `${auth}/sign-out`, { body: {} });
  await owner.call('POST', '/api/v1/projects', { body: { name: 'after the end' } });
  await until('the stream ends', async () => ended);
  await reading;
  assert.doesNotMatch(told, /"resource":"vm"/);
});
