import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '../testing/test-person.ts';
import { TestServer } from '../testing/test-server.ts';
import { authEndpoints, unservedEndpoints } from './auth-endpoints.ts';

const auth = '/api/raffia/v1/auth';
let server: TestServer;
let owner: TestPerson;

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
});
after(() => server.stop());

async function guest(name: string): Promise<TestPerson & { email: string }> {
  const email = `${name}@example.com`;
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

test('each endpoint that better-auth offers is served as the table says, or named as left out', async () => {
  const offered = await server.server.services.people.offeredPaths();
  assert.ok(offered.length > 30);
  const known = [...authEndpoints.map(({ path, pattern }) => pattern ?? path), ...unservedEndpoints];
  assert.deepEqual([...offered].sort(), [...known].sort());
});

test('what the table does not name is not there, whatever its method and spelling', async () => {
  for (const path of unservedEndpoints) {
    for (const method of ['GET', 'POST']) {
      const reply = await owner.call(method, `${auth}${path.replace(':token', 'x')}`, {
        ...(method === 'POST' ? { body: guess('owner@example.com') } : {}),
      });
      assert.equal(reply.status, 404, `${method} ${path}: ${reply.text}`);
    }
  }
});

test('an endpoint that hashes a password is one that the table limits', async () => {
  const { hasher } = server.server.services.people;
  const hashing: string[] = [];
  for (const { method, path } of authEndpoints) {
    const person = await guest(`hashing${authEndpoints.findIndex((one) => one.path === path)}`);
    await withSecondFactor(person.email);
    const before = hasher.count;
    await person.call(method, `${auth}${path}`, method === 'POST' ? { body: guess(person.email) } : {});
    if (hasher.count !== before) hashing.push(path);
  }
  const limited = authEndpoints.filter(({ guesses }) => guesses !== undefined).map(({ path }) => path);
  // Codes are looked at without a hash.
  assert.deepEqual(
    hashing,
    limited.filter((path) => !path.includes('verify-')),
  );
  assert.equal(hashing.length, 5);
});

for (const { method, path } of authEndpoints.filter(({ guesses }) => guesses !== undefined)) {
  test(`of forty guesses at ${path} ten are looked at`, async () => {
    const person = await guest(`guesses${path.replaceAll('/', '-')}`);
    // A code is asked for where there is one.
    if (path.includes('verify-')) {
      await person.call('POST', `${auth}/two-factor/enable`, { body: { password: 'guest password' } });
    }
    await withSecondFactor(person.email);
    const { hasher } = server.server.services.people;
    const before = hasher.count;
    const statuses: number[] = [];
    for (let wrong = 0; wrong < 40; wrong++) {
      const reply = await person.call(method, `${auth}${path}`, { body: guess(person.email) });
      statuses.push(reply.status);
      if (reply.status === 429) assert.ok(Number(reply.headers.get('retry-after')) > 0, reply.text);
    }
    assert.equal(statuses.filter((status) => status === 429).length, 30, statuses.join());
    assert.ok(
      statuses.every((status) => [400, 401, 429].includes(status)),
      statuses.join(),
    );
    assert.ok(hasher.count - before <= 20, `${hasher.count - before} hashes`);
    server.time.offset += 601_000;
  });
}

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
