import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { authPath } from '@raffia/contract/sign-in.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer } from '../../testing/test-server.ts';

const auth = '/api/raffia/v1/auth';
let server: TestServer;
let owner: TestPerson;

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
});
after(() => server.stop());

async function guest(name: string): Promise<TestPerson & { email: string }> {
  const email = `${name.toLowerCase()}@example.com`;
  const roleId = systemRoles.find((role) => role.slug === 'member')?.id;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId } });
  return Object.assign(await TestPerson.invited(server, made.body.data.accept_url), { email });
}

const withSecondFactor = (email: string) =>
  server.server.services.pool.query('update users set two_factor_enabled = true where email = $1', [email]);

/** Whatever an endpoint could want to know, with a password and a code that are wrong. */
const guess = (email: string) => ({
  email,
  password: 'not this password',
  currentPassword: 'not this password',
  newPassword: 'another password',
  code: '000000',
});

/** What better-auth offers besides, each looked at and left out: ours does it, or nobody needs it. */
const unserved = [
  // Signing up, resetting and proving an address go through invitations and links of ours.
  '/sign-up/email',
  '/request-password-reset',
  '/reset-password',
  '/reset-password/:token',
  '/verify-email',
  '/send-verification-email',
  '/change-email',
  '/delete-user',
  '/delete-user/callback',
  // Who is signed in, where, and by which ways: getSession, listSessions and listPasskeys.
  '/get-session',
  '/update-session',
  '/list-sessions',
  '/list-accounts',
  '/passkey/list-user-passkeys',
  // A way to guess, without a use.
  '/verify-password',
  '/two-factor/get-totp-uri',
  // No codes are sent.
  '/two-factor/send-otp',
  '/two-factor/verify-otp',
  // The provider's tokens are nobody's business.
  '/refresh-token',
  '/get-access-token',
  '/account-info',
  '/unlink-account',
  '/ok',
  '/error',
];
const served = operations.filter(({ path }) => path.startsWith(`${authPath}/`));
const limited = served.filter(({ guesses }) => guesses !== undefined);

test('each endpoint that better-auth offers is an operation of the contract, or named as left out', async () => {
  const offered = await server.server.services.people.offeredPaths();
  assert.ok(offered.length > 30);
  const ours = served.map(({ path }) => path.slice(authPath.length).replace('/callback/oidc', '/callback/:id'));
  assert.equal(ours.length, 21);
  assert.deepEqual([...offered].sort(), [...ours, ...unserved].sort());
});

test('what the contract does not name is not there, whatever its method and spelling', async () => {
  for (const path of unserved) {
    for (const method of ['GET', 'POST']) {
      const reply = await owner.call(method, `${auth}${path.replace(':token', 'x')}`, {
        ...(method === 'POST' ? { body: guess('owner@example.com') } : {}),
      });
      assert.equal(reply.status, 404, `${method} ${path}: ${reply.text}`);
    }
  }
  for (const path of ['sign-out/', 'sign-out//', 'SIGN-OUT', 'sign-%6fut/x', './sign-out/..', 'callback/other']) {
    const reply = await owner.call('POST', `${auth}/${path}`, { body: {} });
    assert.equal(reply.status, 404, `${path}: ${reply.text}`);
  }
});

test('an operation that hashes a password is one whose guesses are limited', async () => {
  const { hasher } = server.server.services.people;
  const hashing: string[] = [];
  for (const { id, method, path } of served) {
    const person = await guest(`hashing-${id}`);
    await withSecondFactor(person.email);
    const before = hasher.count;
    await person.call(method, path, method === 'POST' ? { body: guess(person.email) } : {});
    if (hasher.count !== before) hashing.push(id);
  }
  assert.equal(hashing.length, 6);
  // Codes are looked at without a hash.
  const codes = ['showCode', 'showBackupCode'];
  assert.deepEqual(
    hashing,
    limited.map(({ id }) => id).filter((id) => !codes.includes(id)),
  );
});

for (const { id, path } of limited.filter((operation) => operation.id !== 'showBackupCode')) {
  test(`of forty guesses at ${id} ten are looked at, and each of them is in the audit log`, async () => {
    const person = await guest(`guesses-${id}`);
    // A code is asked for where there is one.
    if (id === 'showCode') {
      await person.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
    }
    await withSecondFactor(person.email);
    const { hasher } = server.server.services.people;
    const before = hasher.count;
    const statuses: number[] = [];
    for (let wrong = 0; wrong < 40; wrong++) {
      const reply = await person.call('POST', path, { body: guess(person.email) });
      statuses.push(reply.status);
      if (reply.status === 429) assert.ok(Number(reply.headers.get('retry-after')) > 0, reply.text);
    }
    assert.equal(statuses.filter((status) => status === 429).length, 30, statuses.join());
    assert.ok(
      statuses.every((status) => [400, 401, 429].includes(status)),
      statuses.join(),
    );
    assert.ok(hasher.count - before <= 20, `${hasher.count - before} hashes`);
    const verb = id === 'signIn' ? 'person.sign-in-failed' : 'person.check-failed';
    const { body } = await owner.call('GET', `/api/raffia/v1/audit?verb=${verb}&actor=${person.email}`);
    assert.equal(body.total, 10, `${verb} of ${person.email}`);
    server.time.offset += 601_000;
  });
}

test('who is signed in uses up no backup code', async () => {
  const person = await guest('with-codes');
  const made = await person.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
  const show = (who: TestPerson) =>
    who.call('POST', `${auth}/two-factor/verify-backup-code`, { body: { code: made.body.backupCodes[0] } });
  await withSecondFactor(person.email);
  await server.server.services.pool.query('update second_factors set verified = true');
  assert.equal((await show(person)).status, 409);
  const halfway = new TestPerson(server);
  const password = { email: person.email, password: 'guest password' };
  assert.equal((await halfway.call('POST', `${auth}/sign-in/email`, { body: password })).body.twoFactorRedirect, true);
  assert.equal((await show(halfway)).status, 200);
  assert.equal((await halfway.call('GET', '/api/raffia/v1/session')).body.data.user.email, person.email);
});

test('what the library knows beyond the contract does not reach it, and what it answers beyond it does not get out', async () => {
  const person = await guest('with-more');
  const body = { name: 'A name', image: 'https://elsewhere.example/x.png', email: 'other@example.com' };
  assert.equal((await person.call('POST', `${auth}/update-user`, { body })).status, 200);
  const { rows } = await server.server.services.pool.query('select name, image from users where email = $1', [
    person.email,
  ]);
  assert.deepEqual(rows, [{ name: 'A name', image: null }]);
  const again = new TestPerson(server);
  const signedIn = await again.call('POST', `${auth}/sign-in/email`, {
    body: {
      email: person.email,
      password: 'guest password',
      rememberMe: false,
      callbackURL: 'https://elsewhere.example',
    },
  });
  assert.deepEqual(signedIn.body, {}, 'its token is in the cookie alone');
  const cookie = signedIn.headers.getSetCookie().find((text) => text.includes('session_token')) ?? '';
  assert.match(cookie, /Max-Age=1209600/i);
});

test('a session is named by its id, and ends that of nobody else', async () => {
  const [person, other] = [await guest('with-sessions'), await guest('of-another')];
  const elsewhere = new TestPerson(server);
  await elsewhere.signIn(person.email, 'guest password');
  const listed = await person.call('GET', '/api/raffia/v1/sessions');
  const list: { id: string; is_current: boolean; address: string }[] = listed.body.data;
  assert.deepEqual(
    list.map(({ is_current, address }) => [is_current, address]),
    [
      [false, '127.0.0.1'],
      [true, '127.0.0.1'],
    ],
  );
  for (const [name, value] of elsewhere.cookies) {
    if (name.includes('session_token'))
      assert.ok(!listed.text.includes(value.split('.')[0] as string), 'no token is told');
  }
  const end = (by: TestPerson, id: string | undefined) => by.call('POST', `${auth}/revoke-session`, { body: { id } });
  assert.equal((await end(other, list[0]?.id)).status, 200);
  assert.equal((await elsewhere.call('GET', '/api/raffia/v1/session')).status, 200);
  assert.equal((await end(person, list[0]?.id)).status, 200);
  assert.equal((await elsewhere.call('GET', '/api/raffia/v1/session')).status, 401);
  assert.equal((await end(person, list[0]?.id)).status, 200, 'it has ended already');
  assert.equal((await person.call('GET', '/api/raffia/v1/sessions')).body.data.length, 1);
});

test('where the entry cannot be made, nobody gets the session that was begun', async () => {
  const person = await guest('without-entry');
  const { pool } = server.server.services;
  await pool.query(
    `create function refuse_entry() returns trigger language plpgsql as $$ begin raise 'no entry'; end $$`,
  );
  await pool.query('create trigger refuse before insert on audit_log for each row execute function refuse_entry()');
  const again = new TestPerson(server);
  const signIn = () =>
    again.call('POST', `${auth}/sign-in/email`, { body: { email: person.email, password: 'guest password' } });
  const refused = await signIn();
  await pool.query('drop trigger refuse on audit_log');
  assert.equal(refused.status, 500, refused.text);
  assert.deepEqual(refused.headers.getSetCookie(), []);
  // The library has begun it; the person sees it and can end it.
  assert.equal((await person.call('GET', '/api/raffia/v1/sessions')).body.data.length, 2);
  assert.equal((await signIn()).status, 200);
});

test('after signing in and linking, a browser goes on within this site alone', async () => {
  const elsewhere = [
    '//elsewhere.example',
    '/\\elsewhere.example',
    'https://elsewhere.example',
    '/\t/elsewhere',
    '/ x',
    '',
  ];
  for (const path of [`${auth}/sign-in/social`, `${auth}/link-social`]) {
    for (const back of elsewhere) {
      for (const body of [
        { callbackURL: back, errorCallbackURL: '/' },
        { callbackURL: '/', errorCallbackURL: back },
      ]) {
        const reply = await owner.call('POST', path, { body });
        assert.equal(reply.status, 400, `${JSON.stringify(body)}: ${reply.text}`);
        assert.match(reply.body.message, /allbackURL/);
      }
    }
    const none = await owner.call('POST', path, { body: { callbackURL: '/vms?page=2', errorCallbackURL: '/' } });
    assert.match(none.body.message, /no single sign-on/);
  }
});

test('guesses at the code of a sign-in count for the person, however often it is begun anew', async () => {
  const person = await guest('halfway');
  const { pool } = server.server.services;
  const enabled = await person.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
  assert.equal(enabled.status, 200, enabled.text);
  await withSecondFactor(person.email);
  await pool.query('update second_factors set verified = true');
  await pool.query('update sessions set ip_address = $1', ['192.0.2.7']);
  const statuses: number[] = [];
  for (let wrong = 0; wrong < 12; wrong++) {
    const thief = new TestPerson(server);
    await thief.call('POST', `${auth}/sign-in/email`, { body: { email: person.email, password: 'guest password' } });
    const reply = await thief.call('POST', `${auth}/two-factor/verify-totp`, { body: { code: '000000' } });
    statuses.push(reply.status);
  }
  // The eleventh cannot begin: no more attempts of this person are looked at.
  assert.deepEqual(statuses.slice(0, 10), Array(10).fill(401));
  const again = await new TestPerson(server).call('POST', `${auth}/sign-in/email`, {
    body: { email: person.email, password: 'guest password' },
  });
  assert.equal(again.status, 429);
  server.time.offset += 601_000;
});

test('a link that is used fifty times at once makes hashes for ten at once, and counts for one', async () => {
  const { hasher } = server.server.services.people;
  await guest('linked');
  const token = (await server.operator('sign-in-link', 'linked@example.com')).trim().split('#')[1];
  const before = hasher.count;
  const replies = await Promise.all(
    Array.from({ length: 50 }, () =>
      new TestPerson(server).call('POST', '/api/raffia/v1/links/use', {
        body: { token, password: 'another password' },
      }),
    ),
  );
  const statuses = replies.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join());
  assert.ok(statuses.includes(429));
  assert.ok(hasher.count - before <= 20, `${hasher.count - before} hashes`);
});

test('an address that can be invited is one that can sign in, and each other one is refused alike by both', async () => {
  const roleId = systemRoles.find((role) => role.slug === 'member')?.id;
  const odd = [
    ...[
      "o'brien@example.com",
      'a+b@example.com',
      'A.B_c-d@Example.co.uk',
      "x'@example.com",
      '51}k%^gy!@112vodb.example',
    ],
    ...['a&b@example.com', 'a@localhost', 'a@example.c', 'a..b@example.com', '.a@example.com', 'a.@example.com'],
    ...[
      '"a b"@example.com',
      'ä@example.com',
      'a@exämple.com',
      'a@-example.com',
      'a@example.123',
      'a@[127.0.0.1]',
      'a@ex_ample.com',
    ],
  ];
  const taken: string[] = [];
  for (const email of odd) {
    const invited = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId } });
    const signedIn = await new TestPerson(server).call('POST', `${auth}/sign-in/email`, {
      body: { email, password: 'not this password' },
    });
    if (invited.status === 201) taken.push(email);
    else
      assert.deepEqual(
        [invited.status, invited.body.message],
        [400, 'email must be an e-mail address such as ada@example.com'],
      );
    assert.equal(signedIn.status, invited.status === 201 ? 401 : 400, `${email}: ${signedIn.text}`);
  }
  assert.deepEqual(taken, odd.slice(0, 3));
});
