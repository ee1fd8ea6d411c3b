import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer, vmRequest } from '../testing/test-server.ts';

let server: TestServer;
const account = 'My cloud';
const one = async (query: string, ...values: unknown[]) =>
  (await server.server.services.pool.query(query, values)).rows[0];

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('help lists the commands; what is none of them is refused', async () => {
  assert.match(await server.operator('help'), /raffia operator quota ACCOUNT/);
  assert.match(await server.operator(), /raffia operator quota ACCOUNT/);
  await assert.rejects(server.operator('fly'), /There is no command fly; raffia operator help lists all/);
  await assert.rejects(server.operator('toString'), /There is no command/);
});

test('a wrong option or value says how the command is used', async () => {
  await assert.rejects(server.operator('quota', account, '--vmz', '3'), /Usage: raffia operator quota ACCOUNT/);
  await assert.rejects(server.operator('quota', account, '--vms', 'many'), /--vms must be a whole number/);
  await assert.rejects(server.operator('balance', account, '--set', 'x'), /Amounts are dollars/);
  await assert.rejects(server.operator('balance', account, '--mode', 'free'), /free is not one of: payg, subscription/);
  await assert.rejects(server.operator('tier', 'set', 'x', 'high'), /use the key's id, not its secret/);
  await assert.rejects(server.operator('account', 'create', 'x'), /Usage: raffia operator account create/);
  await assert.rejects(server.operator('fault', 'add', 'fly', '--name', '*', '--fail', 'x'), /fly is not one of/);
  await assert.rejects(server.operator('fault', 'add', 'stop', '--name', '*'), /exactly one of --fail/);
  await assert.rejects(server.operator('fault', 'remove', '99'), /There is no fault 99/);
});

test('an account that is made has a key that works, and nothing of another one', async () => {
  const output = await server.operator('account', 'create', 'Second', '--email', 'second@example.com');
  const key = /raff_[0-9a-f]{64}/.exec(output)?.[0];
  const projects = await server.call({ key }, 'GET', '/api/v1/projects');
  assert.equal(projects.body.total, 1);
  assert.match(await server.operator('account', 'list'), /Second {2}owner second@example\.com/);
});

test('two accounts of one name are told apart by id', async () => {
  await server.operator('account', 'create', 'Twin', '--email', 'a@example.com');
  await server.operator('account', 'create', 'Twin', '--email', 'b@example.com');
  await assert.rejects(server.operator('quota', 'Twin', '--vms', '1'), /Several accounts are named Twin; use the id/);
});

test('a lost key is replaced by another Owner key', async () => {
  const output = await server.operator('key', 'create', account, '--name', 'spare');
  const key = /raff_[0-9a-f]{64}/.exec(output)?.[0];
  const made = await server.call({ key, project: server.first.project_id }, 'POST', '/api/v1/vms', {
    body: vmRequest('x'),
  });
  assert.equal(made.status, 201);
});

test('the Owner is transferred to a member, and becomes an Admin', async () => {
  await assert.rejects(
    server.operator('account', 'transfer', account, '--to', 'new@example.com'),
    /is no member of this account/,
  );
  await server.operator('account', 'add-member', account, '--email', 'new@example.com', '--role', 'member');
  await server.operator('account', 'transfer', account, '--to', 'new@example.com');
  assert.match(await server.operator('account', 'list'), /My cloud {2}owner new@example\.com/);
  const old = await one(
    `select r.slug from members m join roles r on r.id = m.role_id join users u on u.id = m.user_id
      where m.account_id = $1 and u.email = 'owner@example.com'`,
    server.first.account_id,
  );
  assert.equal(old.slug, 'admin');
  assert.equal((await server.call(server.owner, 'GET', '/api/v1/api-keys')).status, 401);
  // As the new Owner would enable it.
  await server.server.services.pool.query('update api_keys set is_active = true');
  await server.restart();
});

test('faults are counted, listed and removed', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'bad-*', '--count', '1', '--fail', 'no room');
  const added = await server.operator('fault', 'add', 'stop', '--name', '*', '--delay', '10');
  assert.match(await server.operator('fault', 'list'), /create of bad-\* fails: no room {2}1 times/);
  const id = await server.vm('bad-1', {}, server.owner, false);
  await server.status(id, 'failure');
  await server.vm('bad-2');
  await server.vm('good');
  await server.operator('fault', 'remove', /\d+/.exec(added)?.[0] ?? '');
  assert.doesNotMatch(await server.operator('fault', 'list'), /stop of/);
});

test('what the operator does to an account stands in its audit log', async () => {
  await server.operator('quota', account, '--vms', '7');
  const row = await one(
    `select verb, actor_kind, details from audit_log where account_id = $1 order by id desc limit 1`,
    server.first.account_id,
  );
  assert.deepEqual([row.verb, row.actor_kind, row.details.vms], ['account.quota', 'operator', 7]);
});
