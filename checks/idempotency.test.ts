// timeout: 10m
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Reply, TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';
import { sql } from 'kysely';

const times = 1000;
const atOnce = 100;

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

/** Sends the same request many times, in parallel, with two restarts in between; a 429 or a broken connection is sent again. */
async function repeat(path: string, body: unknown, key: string): Promise<Reply[]> {
  const replies: Reply[] = [];
  const again = new Map<string, number>();
  let left = times;
  let restarting: Promise<void> | null = null;
  const one = async () => {
    for (;;) {
      if (restarting !== null) await restarting;
      try {
        const reply = await server.send(server.owner, 'POST', path, { body, headers: { 'idempotency-key': key } });
        if (reply.status !== 429 && reply.status !== 409 && reply.status !== 503) return reply;
        again.set(String(reply.status), (again.get(String(reply.status)) ?? 0) + 1);
        server.time.offset += 1000;
      } catch {
        again.set('connection', (again.get('connection') ?? 0) + 1);
        await new Promise(setImmediate);
      }
    }
  };
  const work = async () => {
    while (left-- > 0) {
      replies.push(await one());
      if (replies.length === 300 || replies.length === 700) {
        restarting = server.restart().finally(() => {
          restarting = null;
        });
        await restarting;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // What comes next finds room in its second, by the clocks of nodes too.
  await setTimeout(1100);
  console.log(`${replies.length} answers; sent again: ${JSON.stringify(Object.fromEntries(again))}`);
  return replies;
}

test(`the same create sent ${times} times makes one VM and gives one answer`, async () => {
  const replies = await repeat('/api/v1/vms', vmRequest('once'), 'create-once');
  assert.equal(new Set(replies.map((reply) => `${reply.status} ${reply.text}`)).size, 1);
  assert.equal(replies[0]?.status, 201);
  const list = await server.call(server.owner, 'GET', '/api/v1/vms');
  assert.equal(list.body.total, 1);
  assert.equal(replies.filter((reply) => reply.headers.get('idempotent-replayed') === null).length <= 1, true);
});

test(`the same key creation sent ${times} times makes one key, whose secret is nowhere in the database's files`, async () => {
  const replies = await repeat('/api/v1/api-keys', { name: 'one-key-only' }, 'key-once');
  assert.equal(new Set(replies.map((reply) => reply.text)).size, 1);
  const [first] = replies;
  assert.ok(first);
  const { secret } = first.body.data;
  assert.match(secret, /^raff_[0-9a-f]{64}$/);
  const keys = await server.call(server.owner, 'GET', '/api/v1/api-keys');
  assert.equal(keys.body.data.filter((key: { name: string }) => key.name === 'one-key-only').length, 1);

  const { db } = server.server.services;
  await sql`checkpoint`.execute(db);
  const { rows } = await sql<{ folder: string }>`select current_setting('data_directory') as folder`.execute(db);
  const files = (text: string) => filesWith(rows[0]?.folder as string, text);
  assert.notDeepEqual(files(secret.slice(0, 13)), [], 'the search finds what is stored: the prefix');
  assert.notDeepEqual(files('one-key-only'), [], 'and its name');
  assert.deepEqual(files(secret), []);
  assert.deepEqual(files(secret.slice(5)), []);
});

test('the same Idempotency-Key with another body is a 422, and nothing happens', async () => {
  const headers = { 'idempotency-key': 'reused' };
  const first = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'one' }, headers });
  assert.equal(first.status, 201);
  const second = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'two' }, headers });
  assert.equal(second.status, 422);
  assert.match(second.body.message, /Idempotency-Key/);
  const projects = await server.call(server.owner, 'GET', '/api/v1/projects');
  assert.deepEqual(projects.body.data.map((project: { name: string }) => project.name).sort(), ['Default', 'one']);
});

test('the same request in another project is another request', async () => {
  const headers = { 'idempotency-key': 'two-projects' };
  const project = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const there = { key: server.first.api_key, project: project.body.data.id };
  const body = vmRequest('here-or-there');
  assert.equal((await server.call(server.owner, 'POST', '/api/v1/vms', { body, headers })).status, 201);
  assert.equal((await server.call(there, 'POST', '/api/v1/vms', { body, headers })).status, 422);
});

test('a request that failed is not remembered: the next one with its key runs', async () => {
  const headers = { 'idempotency-key': 'second-try' };
  await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'taken' } });
  const refused = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'taken' }, headers });
  assert.equal(refused.status, 400);
  const runs = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'free' }, headers });
  assert.equal(runs.status, 201);
});

test('an answer is given again to its caller alone: another key of the account that repeats the request is refused', async () => {
  const other = await server.key({ account: 'owner' });
  const headers = { 'idempotency-key': 'shared' };
  const made = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'shared' }, headers });
  const same = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'shared' }, headers });
  assert.equal(same.text, made.text);
  const foreign = await server.call(other, 'POST', '/api/v1/projects', { body: { name: 'shared' }, headers });
  assert.equal(foreign.status, 422, foreign.text);
  const secretHeaders = { 'idempotency-key': 'secret' };
  await server.call(server.owner, 'POST', '/api/v1/api-keys', { body: { name: 's' }, headers: secretHeaders });
  const stolen = await server.call(other, 'POST', '/api/v1/api-keys', { body: { name: 's' }, headers: secretHeaders });
  assert.equal(stolen.status, 422);
  assert.equal(stolen.body.data, undefined);
});

test('what replaced or ended the thing that its path names is answered again, and nothing else finds that thing', async () => {
  const { body } = await server.call(server.owner, 'POST', '/api/v1/ips/reserve');
  const path = `/api/v1/ips/${body.data.id}/change`;
  const change = (key: string, caller = server.owner) =>
    server.call(caller, 'POST', path, { headers: { 'idempotency-key': key } });
  const first = await change('change');
  assert.equal(first.status, 200, first.text);
  const again = await change('change');
  assert.deepEqual([again.status, again.text], [200, first.text]);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  const viewer = await server.key({ project: 'viewer' });
  const other = await server.account('Elsewhere');
  for (const [key, caller, status] of [
    ['another', server.owner, 404],
    ['change', viewer, 403],
    ['change', { key: other.api_key, project: other.project_id }, 404],
  ] as const) {
    const refused = await change(key, caller);
    assert.equal(refused.status, status, refused.text);
  }
  assert.equal((await server.call(server.owner, 'GET', '/api/v1/ips?reserved=true')).body.total, 1);
  const missing = `/api/v1/vms/${body.data.id}/tags`;
  const headers = { 'idempotency-key': 'tag' };
  const tagged = await server.call(server.owner, 'POST', missing, { body: { name: 'x' }, headers });
  assert.deepEqual([tagged.status, tagged.body.message], [404, 'VM not found']);
  const standing = (state: string) =>
    server.server.services.pool.query('update accounts set payment_state = $1 where id = $2', [
      state,
      server.first.account_id,
    ]);
  await standing('failed');
  const resize = `/api/v1/vms/${body.data.id}/resize`;
  const unpaid = await server.call(server.owner, 'POST', resize, { body: { pricing_id: 2 }, headers });
  assert.deepEqual([unpaid.status, unpaid.body.message], [404, 'VM not found'], 'nothing else is asked of it');
  await standing('good');
  // What was not done is not remembered either.
  assert.equal(
    (await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'tag' }, headers })).status,
    201,
  );
});

test('an answer is forgotten after 24 hours', async () => {
  const headers = { 'idempotency-key': 'day' };
  const first = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'day one' }, headers });
  server.time.offset += 24 * 3_600_000 + 1000;
  const later = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'day two' }, headers });
  assert.equal(later.status, 201);
  assert.notEqual(later.body.data.id, first.body.data.id);
});

/** The files under a folder that contain a text. One that a running server takes away meanwhile contains nothing. */
function filesWith(folder: string, text: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 100, `a database has more than ${files.length} files`);
  return files
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => {
      try {
        return readFileSync(path).includes(text);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    });
}
