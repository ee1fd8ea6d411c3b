import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mostPasskeys } from '@raffia/contract/sign-in.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPasskey } from '../../testing/test-passkey.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestProvider } from '../../testing/test-provider.ts';
import { type Reply, TestServer } from '../../testing/test-server.ts';

const auth = '/api/raffia/v1/auth/passkey';
const origin = 'https://cloud.example.com';
const password = 'guest password';
let server: TestServer;
let owner: TestPerson;

before(async () => {
  server = await TestServer.start({ RAFFIA_PUBLIC_URL: origin });
  owner = await TestPerson.owner(server);
});
after(() => server.stop());

type Guest = TestPerson & { email: string; id: string };

async function guest(name: string): Promise<Guest> {
  const email = `${name}@example.com`;
  const roleId = systemRoles.find((role) => role.slug === 'member')?.id;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId } });
  const person = await TestPerson.invited(server, made.body.data.accept_url, password);
  const { body } = await person.call('GET', '/api/raffia/v1/session');
  return Object.assign(person, { email, id: body.data.user.id });
}

const pool = () => server.server.services.pool;
const begin = (person: TestPerson, given = password) =>
  person.call('POST', `${auth}/generate-register-options`, { body: { password: given } });
const add = (person: TestPerson, response: object, name = 'Laptop') =>
  person.call('POST', `${auth}/verify-registration`, { body: { name, response } });
const list = async (person: TestPerson): Promise<{ id: string; name: string; last_used_at?: string }[]> =>
  (await person.call('GET', '/api/raffia/v1/passkeys')).body.data;
const remove = (person: TestPerson, id: string | undefined) =>
  person.call('POST', `${auth}/delete-passkey`, { body: { id } });

async function added(person: TestPerson, name = 'Laptop'): Promise<TestPasskey & { row: string }> {
  const passkey = new TestPasskey(origin);
  const options = await begin(person);
  assert.equal(options.status, 200, options.text);
  const reply = await add(person, passkey.made(options.body), name);
  assert.equal(reply.status, 200, reply.text);
  return Object.assign(passkey, { row: reply.body.id as string });
}

async function challenge(who: TestPerson): Promise<{ challenge: string; rpId: string; userVerification: string }> {
  const reply = await who.call('POST', `${auth}/generate-authenticate-options`, { body: {} });
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

const show = (who: TestPerson, response: object) =>
  who.call('POST', `${auth}/verify-authentication`, { body: { response } });

/** Signs in somewhere new. */
async function signIn(passkey: TestPasskey, odd = {}): Promise<{ who: TestPerson; reply: Reply }> {
  const who = new TestPerson(server);
  return { who, reply: await show(who, passkey.signed(await challenge(who), odd)) };
}

const whoIs = async (person: TestPerson) =>
  (await person.call('GET', '/api/raffia/v1/session')).body.data?.user.email as string | undefined;
const sessionsOf = async ({ id }: Guest) =>
  (await pool().query('select id from sessions where user_id = $1', [id])).rows.length;

async function entries(verb: string, actor: string): Promise<{ actor_kind: string }[]> {
  const { body } = await owner.call('GET', `/api/raffia/v1/audit?verb=${verb}&actor=${actor}`);
  return body.data;
}

test('a passkey is added after the password, signs in, is renamed, and is refused once it is removed', async () => {
  const person = await guest('whole');
  assert.deepEqual(await list(person), []);
  const options = await begin(person);
  assert.equal(options.status, 200, options.text);
  assert.equal(options.body.rp.id, 'cloud.example.com');
  assert.deepEqual(
    [options.body.authenticatorSelection.residentKey, options.body.authenticatorSelection.userVerification],
    ['required', 'required'],
  );
  const passkey = await added(person);
  const [first] = await list(person);
  assert.deepEqual([first?.id, first?.name, first?.last_used_at], [passkey.row, 'Laptop', undefined]);
  assert.deepEqual(
    (await begin(person)).body.excludeCredentials.map(({ id }: { id: string }) => id),
    [passkey.id],
  );

  const { who, reply } = await signIn(passkey);
  assert.deepEqual([reply.status, reply.body], [200, { status: true }], 'its token is in the cookie alone');
  assert.match(reply.headers.getSetCookie().join(), /session_token=[^;]+;.*HttpOnly/i);
  assert.equal(await whoIs(who), person.email);
  assert.ok((await list(person))[0]?.last_used_at !== undefined);

  const renamed = await person.call('POST', `${auth}/update-passkey`, { body: { id: passkey.row, name: ' Phone ' } });
  assert.equal(renamed.status, 200, renamed.text);
  assert.equal((await list(person))[0]?.name, 'Phone');

  assert.equal((await remove(person, passkey.row)).status, 200);
  assert.deepEqual(await list(person), []);
  const later = await signIn(passkey);
  assert.equal(later.reply.status, 401, later.reply.text);
  assert.match(later.reply.body.message, /removed/);
  assert.equal(await whoIs(later.who), undefined);
  for (const verb of ['passkey-add', 'passkey-rename', 'passkey-remove']) {
    assert.equal((await entries(`person.${verb}`, person.email)).length, 1, verb);
  }
});

test('it takes the password to add one, and a wrong one is put down', async () => {
  const person = await guest('re-asked');
  const wrong = await begin(person, 'not this password');
  assert.deepEqual([wrong.status, wrong.body.message], [400, 'The password is not right']);
  assert.equal((await entries('person.check-failed', person.email)).length, 1);
  // Without a challenge of its own nothing is added: neither with one for signing in.
  const passkey = new TestPasskey(origin);
  const none = await add(person, passkey.made({ challenge: 'AAAA' }));
  assert.equal(none.status, 400, none.text);
  const other = await add(person, passkey.made(await challenge(person)));
  assert.equal(other.status, 400, other.text);
  assert.deepEqual(await list(person), []);
  await pool().query('delete from credentials where user_id = $1', [person.id]);
  const without = await begin(person);
  assert.equal(without.status, 400);
  assert.match(without.body.message, /no password/);
});

test('a challenge is good once, for who asked for it, and for what it was asked for', async () => {
  const [person, other] = [await guest('challenged'), await guest('challenger')];
  const options = (await begin(person)).body;
  const passkey = new TestPasskey(origin);
  const response = passkey.made(options);
  // Another one, with the first one's cookie of the challenge.
  const thief = Object.assign(new TestPerson(server), {});
  for (const [name, value] of [...person.cookies].filter(([name]) => name.includes('passkey'))) {
    thief.cookies.set(name, value);
  }
  for (const [name, value] of other.cookies) thief.cookies.set(name, value);
  assert.ok([...thief.cookies.keys()].some((name) => name.includes('passkey')));
  assert.equal((await add(thief, response)).status, 400);
  assert.deepEqual([await list(person), await list(other)], [[], []]);
  // It is used up by that.
  assert.equal((await add(person, response)).status, 400);

  const real = await added(person);
  assert.equal((await add(person, real.made(options))).status, 400);
  const who = new TestPerson(server);
  const signed = real.signed(await challenge(who));
  const cookies = new Map(who.cookies);
  assert.equal((await show(who, signed)).status, 200);
  const again = new TestPerson(server);
  for (const [name, value] of cookies) again.cookies.set(name, value);
  const replayed = await show(again, signed);
  assert.equal(replayed.status, 400, replayed.text);
  assert.match(replayed.body.message, /begin again/);
  assert.equal(await whoIs(again), undefined);
  // What was signed for one browser is nothing in another.
  const elsewhere = new TestPerson(server);
  await challenge(elsewhere);
  assert.equal((await show(elsewhere, real.signed(await challenge(new TestPerson(server))))).status, 401);
  // A challenge to add one signs nobody in.
  assert.equal((await show(person, real.signed((await begin(person)).body))).status, 400);
});

test('of eight that show the same at once, one is let in', async () => {
  const person = await guest('at-once');
  const passkey = await added(person);
  const who = new TestPerson(server);
  const signed = passkey.signed(await challenge(who));
  const before = await sessionsOf(person);
  const replies = await Promise.all(Array.from({ length: 8 }, () => show(who, signed)));
  const statuses = replies.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join());
  assert.equal(await sessionsOf(person), before + 1);
  server.time.offset += 601_000;
});

test('of fourteen wrong signatures for one passkey ten are looked at, and each of them is in the audit log', async () => {
  const person = await guest('guessed');
  const passkey = await added(person);
  const statuses: number[] = [];
  for (let wrong = 0; wrong < 14; wrong++) {
    const forged = Object.assign(new TestPasskey(origin), { id: passkey.id });
    statuses.push((await signIn(forged)).reply.status);
  }
  assert.deepEqual(statuses, [...Array(10).fill(401), ...Array(4).fill(429)]);
  assert.equal((await entries('person.sign-in-failed', person.email)).length, 10);
  server.time.offset += 601_000;
  assert.equal((await signIn(passkey)).reply.status, 200);
});

test('what is not as this cloud and this person would have it is refused, made and used', async () => {
  const person = await guest('odd');
  const odds = [
    { origin: 'https://cloud.example.com.evil.example' },
    { origin: 'http://cloud.example.com' },
    { origin: 'https://other.example.com', rpId: 'example.com' },
    { rpId: 'localhost' },
    { isVerified: false },
    { type: 'webauthn.other' },
  ];
  for (const odd of odds) {
    const reply = await add(person, new TestPasskey(origin).made((await begin(person)).body, odd));
    assert.equal(reply.status, 400, `${JSON.stringify(odd)}: ${reply.text}`);
    if (odd.isVerified === false) assert.match(reply.body.message, /PIN, fingerprint or face/);
  }
  assert.deepEqual(await list(person), []);
  const passkey = await added(person);
  const before = await sessionsOf(person);
  for (const odd of odds) {
    const { who, reply } = await signIn(passkey, odd);
    assert.ok([400, 401].includes(reply.status), `${JSON.stringify(odd)}: ${reply.text}`);
    assert.equal(await whoIs(who), undefined);
  }
  // Its id with a signature of another key.
  const forged = Object.assign(new TestPasskey(origin), { id: passkey.id });
  const { reply } = await signIn(forged);
  const unknown = (await signIn(new TestPasskey(origin))).reply;
  assert.deepEqual(
    [reply.status, reply.body.message],
    [unknown.status, unknown.body.message],
    'ids are not told apart',
  );
  assert.equal(await sessionsOf(person), before, 'nobody came in');
  const failed = await entries('person.sign-in-failed', person.email);
  assert.equal(failed.length, odds.length + 1);
  assert.ok(failed.every(({ actor_kind }) => actor_kind === 'anonymous'));
  assert.equal((await signIn(passkey)).reply.status, 200);
});

test('a page of another site adds none and signs nobody in', async () => {
  const person = await guest('cross-site');
  const passkey = await added(person);
  const paths: [string, object][] = [
    ['generate-register-options', { password }],
    ['verify-registration', { name: 'x', response: passkey.made({ challenge: 'AAAA' }) }],
    ['update-passkey', { id: passkey.row, name: 'x' }],
    ['delete-passkey', { id: passkey.row }],
    ['generate-authenticate-options', {}],
    ['verify-authentication', { response: passkey.signed({ challenge: 'AAAA' }) }],
  ];
  for (const [path, body] of paths) {
    const headers = { origin: 'https://elsewhere.example' };
    const reply = await person.call('POST', `${auth}/${path}`, { body, headers });
    assert.equal(reply.status, 403, `${path}: ${reply.text}`);
  }
  assert.equal((await list(person)).length, 1);
});

test("another person's passkey can't be seen, renamed or removed, nor added once more", async () => {
  const [person, other] = [await guest('mine'), await guest('theirs')];
  const passkey = await added(person);
  assert.deepEqual(await list(other), []);
  const renamed = await other.call('POST', `${auth}/update-passkey`, { body: { id: passkey.row, name: 'Taken' } });
  assert.deepEqual([renamed.status, (await remove(other, passkey.row)).status], [404, 404]);
  assert.equal((await list(person))[0]?.name, 'Laptop');
  const twice = await add(other, passkey.made((await begin(other)).body));
  assert.equal(twice.status, 400, twice.text);
  assert.deepEqual(await list(other), []);
  const { who } = await signIn(passkey);
  assert.equal(await whoIs(who), person.email);
  const nobody = new TestPerson(server);
  assert.equal((await nobody.call('GET', '/api/raffia/v1/passkeys')).status, 401);
  assert.equal((await remove(nobody, passkey.row)).status, 401);
});

test('a passkey stands for the second factor as well, which a password still asks for', async () => {
  const person = await guest('both-factors');
  const passkey = await added(person);
  await pool().query('update users set two_factor_enabled = true where id = $1', [person.id]);
  const { who, reply } = await signIn(passkey);
  assert.equal(reply.status, 200, reply.text);
  assert.equal(await whoIs(who), person.email);
  const again = new TestPerson(server);
  const half = await again.call('POST', '/api/raffia/v1/auth/sign-in/email', {
    body: { email: person.email, password },
  });
  assert.equal(half.body.twoFactorRedirect, true);
  assert.equal(await whoIs(again), undefined);
});

test('who is suspended in an account signs in and gets nothing of it', async () => {
  const person = await guest('suspended');
  const passkey = await added(person);
  await pool().query(`update members set status = 'suspended' where user_id = $1`, [person.id]);
  const { who } = await signIn(passkey);
  who.account = person.account;
  const reply = await who.call('GET', '/api/v1/vms');
  assert.equal(reply.status, 403, reply.text);
});

test('a person has twenty at most, also of those that are added at the same time', async () => {
  const person = await guest('many');
  await pool().query(
    `insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up)
     select gen_random_uuid(), $1, 'One', 'planted' || n, '', 0, 'singleDevice', false from generate_series(1, $2) n`,
    [person.id, mostPasskeys - 1],
  );
  // Two browsers of the same person, each with a challenge.
  const browsers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const browser = new TestPerson(server);
      await browser.signIn(person.email, password);
      return { browser, options: (await begin(browser)).body };
    }),
  );
  const replies = await Promise.all(
    browsers.map(({ browser, options }) => add(browser, new TestPasskey(origin).made(options))),
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 1, replies.map(({ text }) => text).join());
  assert.equal((await list(person)).length, mostPasskeys);
  const { rows } = await pool().query('select count(*) from passkeys where user_id = $1', [person.id]);
  assert.equal(rows[0].count, mostPasskeys);
  const more = await begin(person);
  assert.equal(more.status, 400);
  assert.match(more.body.message, /20 passkeys; remove one/);
});

test('the last way to sign in is not removed', async () => {
  const person = await guest('last-way');
  const [first, second] = [await added(person, 'First'), await added(person, 'Second')];
  await pool().query('delete from credentials where user_id = $1', [person.id]);
  const both = await Promise.all([remove(person, first.row), remove(person, second.row)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  assert.match(both.find(({ status }) => status === 409)?.body.message, /only way to sign in/);
  assert.equal((await list(person)).length, 1);
});

test('who has a passkey has a way in, and single sign-on of the same address is no other', async () => {
  const provider = await TestProvider.start();
  const linked = await TestServer.start(provider.settings);
  try {
    provider.email = 'known@example.com';
    await linked.operator(
      'account',
      'add-member',
      linked.first.account_id,
      '--email',
      provider.email,
      '--role',
      'member',
    );
    const { pool } = linked.server.services;
    await pool.query(
      `insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up)
       select gen_random_uuid(), id, 'One', 'planted', '', 0, 'singleDevice', false from users where email = $1`,
      [provider.email],
    );
    const comeBack = async () => {
      const person = new TestPerson(linked);
      const begun = await person.call('POST', '/api/raffia/v1/auth/sign-in/social', {
        body: { callbackURL: '/', errorCallbackURL: '/sign-in' },
      });
      const back = await person.call('GET', `/api/raffia/v1/auth/callback/oidc${provider.sendBack(begun.body.url)}`);
      return back.headers.get('location');
    };
    assert.match((await comeBack()) ?? '', /error=unable_to_link_account/);
    await pool.query('delete from passkeys');
    assert.equal(await comeBack(), '/');
  } finally {
    await linked.stop();
    provider.stop();
  }
});

test('what ends the session while a passkey is being added keeps it from being added', async () => {
  const person = await guest('ended');
  const options = (await begin(person)).body;
  await pool().query(`create function end_sessions() returns trigger language plpgsql as $$
    begin delete from sessions where user_id = new.user_id; return new; end $$`);
  await pool().query(
    'create trigger end_sessions after insert on passkeys for each row execute function end_sessions()',
  );
  const reply = await add(person, new TestPasskey(origin).made(options));
  await pool().query('drop trigger end_sessions on passkeys');
  assert.equal(reply.status, 401, reply.text);
  const { rows } = await pool().query('select 1 from passkeys where user_id = $1', [person.id]);
  assert.equal(rows.length, 0);
});

test('a passkey that is removed while it signs in gives nobody a session', async () => {
  const person = await guest('removed-meanwhile');
  const passkey = await added(person);
  const before = await sessionsOf(person);
  await pool().query(`create function lose_passkey() returns trigger language plpgsql as $$
    begin delete from passkeys where user_id = new.user_id; return new; end $$`);
  await pool().query(
    'create trigger lose_passkey after insert on sessions for each row execute function lose_passkey()',
  );
  const { who, reply } = await signIn(passkey);
  await pool().query('drop trigger lose_passkey on sessions');
  assert.equal(reply.status, 401, reply.text);
  assert.deepEqual(
    reply.headers.getSetCookie().filter((cookie) => /session_token=[^;]/.test(cookie)),
    [],
  );
  assert.equal(await whoIs(who), undefined);
  assert.equal(await sessionsOf(person), before);
});

test('what the library knows beyond the contract does not reach it', async () => {
  const person = await guest('beyond');
  const options = (await begin(person)).body;
  const body = { name: 'Key', response: new TestPasskey(origin).made(options), createSession: true };
  const before = await sessionsOf(person);
  const reply = await person.call('POST', `${auth}/verify-registration`, { body });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(Object.keys(reply.body), ['id']);
  assert.equal(await sessionsOf(person), before);
});

test("the operator's link takes all passkeys with a lost second factor, and keeps them without", async () => {
  const person = await guest('lost');
  const passkey = await added(person);
  await server.operator('sign-in-link', person.email);
  assert.equal((await signIn(passkey)).reply.status, 200);
  await server.operator('sign-in-link', person.email, '--factor', 'drop');
  assert.equal((await signIn(passkey)).reply.status, 401);
});

test('where the address has no name there are none, and it is said what to do', async () => {
  assert.equal((await owner.call('GET', '/api/raffia/v1/sign-in')).body.data.passkey_domain, 'cloud.example.com');
  const bare = await TestServer.start({ RAFFIA_PUBLIC_URL: 'http://192.0.2.7' });
  try {
    const person = await TestPerson.owner(bare, password);
    assert.equal((await person.call('GET', '/api/raffia/v1/sign-in')).body.data.passkey_domain, undefined);
    for (const reply of [
      await begin(person),
      await person.call('POST', `${auth}/generate-authenticate-options`, { body: {} }),
      await show(person, new TestPasskey('http://192.0.2.7').signed({ challenge: 'AAAA' })),
    ]) {
      assert.equal(reply.status, 400, reply.text);
      assert.match(reply.body.message, /publicUrl/);
    }
  } finally {
    await bare.stop();
  }
});
