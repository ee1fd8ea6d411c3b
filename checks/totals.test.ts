import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { oneOfEach } from '@raffia/server/testing/one-of-each.ts';
import { seededRandom } from '@raffia/server/testing/random.ts';
import { sshPublicKey, TestServer } from '@raffia/server/testing/test-server.ts';

/**
 * Lists are read, whole and in pages, while what they list comes and goes: the total of an answer is that of the rows which it shows,
 * at whatever moment it was read.
 */
const readsOfEach = 100;
const least = 1;
let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_QUOTA_INVITATIONS: 'none' });
});
after(() => server.stop());

async function ok(method: string, path: string, body?: unknown) {
  const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body.data;
}

/** Those of operators are over all accounts, and take no key: their own test counts them. */
const lists = operations.filter(
  ({ query, answer, access }) =>
    access.who !== 'operator' &&
    'limit' in (query?.properties ?? {}) &&
    'total' in ((answer as { properties?: object }).properties ?? {}),
);
const reads = readsOfEach * lists.length;

test('the total of every list is that of its own rows, whatever comes and goes meanwhile', async () => {
  const { owner, first } = server;
  const random = seededRandom();
  const role = systemRoles.find(({ slug }) => slug === 'viewer')?.id;
  const accountRole = systemRoles.find(({ slug }) => slug === 'member')?.id;
  let number = 0;
  let changes = 0;
  let isOver = false;
  /** Makes something and takes it away again, over and over. */
  const comeAndGo = async (make: (n: number) => Promise<string>) => {
    while (!isOver) {
      const path = await make(++number);
      await ok('DELETE', path);
      changes += 2;
    }
  };
  await oneOfEach(server, 'kept');
  await ok('POST', `/api/v1/projects/${first.project_id}/invitations`, { email: 'kept@example.com', role_id: role });
  const writers = [
    comeAndGo(async (n) => {
      const { id } = await ok('POST', '/api/v1/ssh-keys', { name: `k${n}`, public_key: sshPublicKey() });
      return `/api/v1/ssh-keys/${id}`;
    }),
    comeAndGo(async (n) => `/api/v1/projects/${(await ok('POST', '/api/v1/projects', { name: `p${n}` })).id}`),
    comeAndGo(async (n) => `/api/v1/api-keys/${(await ok('POST', '/api/v1/api-keys', { name: `k${n}` })).id}`),
    comeAndGo(
      async (n) => `/api/v1/security-groups/${(await ok('POST', '/api/v1/security-groups', { name: `g${n}` })).id}`,
    ),
    comeAndGo(async () => `/api/v1/ips/${(await ok('POST', '/api/v1/ips/reserve')).id}/reserve`),
    comeAndGo(async (n) => {
      const cidr = `172.${16 + (Math.floor(n / 256) % 16)}.${n % 256}.0/24`;
      return `/api/v1/vpcs/${(await ok('POST', '/api/v1/vpcs', { name: `v${n}`, cidr })).id}`;
    }),
    comeAndGo(async (n) => `/api/v1/vms/${await server.vm(`m${n}`, {}, owner, false)}`),
    comeAndGo(async (n) => {
      server.time.offset += 60_000;
      const body = { email: `p${n}@example.com`, role_id: accountRole };
      return `/api/v1/invitations/${(await ok('POST', '/api/v1/invitations', body)).id}`;
    }),
    comeAndGo(async (n) => {
      server.time.offset += 60_000;
      const body = { email: `q${n}@example.com`, role_id: role };
      return `/api/v1/invitations/${(await ok('POST', `/api/v1/projects/${first.project_id}/invitations`, body)).id}`;
    }),
  ];
  const disagreements: string[] = [];
  const seen: Record<string, number> = {};
  const readOne = async ({ id, path, query }: (typeof lists)[number]) => {
    const limit = 1 + Math.floor(random() * 100);
    const offset = random() < 0.5 ? 0 : Math.floor(random() * 6);
    const inside = path.includes('{id}') ? path.replace('{id}', first.project_id) : path;
    const asked = `limit=${limit}${'offset' in (query?.properties ?? {}) ? `&offset=${offset}` : ''}`;
    const { status, body, text } = await server.call(owner, 'GET', `${inside}?${asked}`);
    assert.equal(status, 200, text);
    const must = Math.max(0, Math.min(limit, body.total - offset));
    // Some of each are there all the time.
    if (body.data.length !== must || body.total < least) {
      disagreements.push(`${id}?${asked}: ${body.data.length} rows of ${body.total}`);
    }
    seen[id] = (seen[id] ?? 0) + 1;
  };
  const readers = Array.from({ length: 3 }, async (_, reader) => {
    for (let i = reader; i < reads; i += 3) await readOne(lists[i % lists.length] as (typeof lists)[number]);
  });
  try {
    await Promise.all(readers);
  } finally {
    isOver = true;
    await Promise.all(writers);
  }
  console.log(
    `${disagreements.length} of ${reads} reads disagreed, during ${changes} changes; ${JSON.stringify(seen)}`,
  );
  assert.deepEqual(disagreements, []);
  assert.ok(lists.length >= 9, `${lists.length} lists have a total`);
  for (const { id } of lists) assert.ok((seen[id] ?? 0) >= readsOfEach, `${id} was read ${seen[id]} times`);
  assert.ok(changes >= 100, `${changes} changes`);
});
