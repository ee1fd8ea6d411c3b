import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { oneOfEach } from '../../testing/one-of-each.ts';
import { TestServer } from '../../testing/test-server.ts';
import { handedOver } from './project-contents.ts';

let server: TestServer;
const projects = '/api/v1/projects';
const role = (slug: string) => systemRoles.find((candidate) => candidate.slug === slug)?.id as string;
const owner = (method: string, path: string, body?: unknown) =>
  server.call(server.owner, method, path, body === undefined ? {} : { body });
const made = async (name: string) => (await owner('POST', projects, { name })).body.data;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('an account begins with a default project that can be renamed but never deleted', async () => {
  const { data } = (await owner('GET', `${projects}/${server.first.project_id}`)).body;
  assert.equal(data.is_default, true);
  assert.equal((await owner('PUT', `${projects}/${data.id}`, { name: 'Renamed' })).status, 200);
  const refused = await owner('DELETE', `${projects}/${data.id}`);
  assert.equal(refused.status, 409);
  assert.match(refused.body.message, /default/i);
});

test('a name is unique in the account and has 1 to 64 characters; the slug stays when the name changes', async () => {
  const project = await made('Web Shop');
  assert.equal(project.slug, 'web-shop');
  assert.equal((await owner('POST', projects, { name: 'Web Shop' })).status, 400);
  assert.equal((await owner('POST', projects, { name: '' })).status, 400);
  assert.equal((await owner('POST', projects, { name: 'n'.repeat(65) })).status, 400);
  assert.equal((await owner('POST', projects, {})).status, 400);
  const renamed = await owner('PUT', `${projects}/${project.id}`, { name: 'Shop', description: 'sells' });
  assert.deepEqual([renamed.body.data.name, renamed.body.data.slug], ['Shop', 'web-shop']);
  assert.equal((await owner('PUT', `${projects}/${project.id}`, { description: '' })).body.data.name, 'Shop');
});

test('what is being deleted, and what nobody could delete, does not block a project', async () => {
  const project = await made('Leaving');
  const here = { key: server.first.api_key, project: project.id };
  const body = { delete_vpc: true, volume_action: 'delete' };
  const vm = await server.vm('leaving', { extra_storage: 10 }, here);
  const other = await server.vm('leaving-too', {}, here);
  await server.settled();
  await server.call(here, 'DELETE', `/api/v1/vms/${other}`, { body });
  await server.settled();
  await server.operator('fault', 'add', 'delete', '--name', 'leaving', '--count', '1', '--delay', '1500');
  assert.equal((await server.call(here, 'DELETE', `/api/v1/vms/${vm}`, { body })).status, 200);
  const { pool } = server.server.services;
  const count = async (what: string) => (await pool.query(`select count(*) from ${what}`)).rows[0].count;
  const reply = await owner('DELETE', `${projects}/${project.id}`);
  assert.equal(await count(`operations where finished_at is null and resource_id = '${vm}'`), 1, 'still being deleted');
  assert.deepEqual([reply.status, reply.body.message], [200, 'The project was deleted']);
  assert.equal((await owner('GET', `${projects}/${project.id}`)).status, 404);
  await server.settled();
  assert.equal(await count(`vms where id = '${vm}'`), 0);
  assert.equal(await count(`simulated_machines where id = '${vm}'`), 0);
  assert.equal(await count("public_addresses where state = 'attached'"), 0);
  assert.equal(await count("vpcs where name like 'vpc-leaving%'"), 0);
  assert.equal(await count("volumes where name = 'leaving-storage'"), 0);
});

test('a saved image keeps its project, and the refusal says how to delete it', async () => {
  const project = await made('Pictures');
  const here = { key: server.first.api_key, project: project.id };
  const vm = await server.vm('model', {}, here);
  await server.settled();
  assert.equal((await server.call(here, 'POST', `/api/v1/vms/${vm}/save-image`, { body: { name: 'p' } })).status, 201);
  await server.settled();
  await server.call(here, 'DELETE', `/api/v1/vms/${vm}`, { body: {} });
  const refused = await owner('DELETE', `${projects}/${project.id}`);
  assert.equal(refused.status, 409);
  assert.match(
    refused.body.message,
    /1 image \(GET \/api\/raffia\/v1\/images lists them, DELETE \/api\/raffia\/v1\/images\/\{id\}/,
  );
});

test('one thing of any kind blocks a project, and nothing that is hidden: it is handed over, as is what is of no kind', async () => {
  const { pool } = server.server.services;
  const ids = await oneOfEach(server);
  const project = await made('Held');
  let blocking = 0;
  let hiding = 0;
  for (const [kind, { table, hiddenBy, label, project: lies }] of Object.entries(resources) as [
    ResourceName,
    Resource,
  ][]) {
    if (lies !== 'project_id') continue;
    const put = (where: string, more = '') =>
      pool.query(`update ${table} set project_id = $1 ${more} where id = $2`, [where, ids[kind]]);
    await put(project.id);
    const refused = await owner('DELETE', `${projects}/${project.id}`);
    assert.equal(refused.status, 409, refused.text);
    const how = new RegExp(
      `holds 1 ${label} \\(GET (/api/\\S+) lists them, DELETE \\1/\\{id\\}\\S* deletes one\\); delete`,
    );
    assert.match(refused.body.message, how);
    blocking++;
    if (hiddenBy === undefined) await put(server.first.project_id);
    else {
      await put(project.id, `, ${hiddenBy} = now()${kind === 'ip' ? ", state = 'attached', is_reserved = false" : ''}`);
      hiding++;
    }
  }
  const deleted = await owner('DELETE', `${projects}/${project.id}`);
  assert.deepEqual([deleted.status, deleted.body.message], [200, 'The project was deleted']);
  for (const [kind, { table, hiddenBy, project: lies }] of Object.entries(resources) as [ResourceName, Resource][]) {
    if (lies !== 'project_id') continue;
    const { rows } = await pool.query(`select project_id from ${table} where id = $1`, [ids[kind]]);
    assert.equal(rows[0]?.project_id, server.first.project_id, kind);
    if (hiddenBy !== undefined) await pool.query(`update ${table} set ${hiddenBy} = null where id = $1`, [ids[kind]]);
  }
  assert.ok(blocking >= 4 && hiding >= 3, `${blocking} kinds block, ${hiding} hide`);
});

test('whatever row of a project does not go with it is handed over', async () => {
  const { rows } = await server.server.services.pool.query<{ name: string }>(
    `select conrelid::regclass::text as name from pg_constraint
      where contype = 'f' and confrelid = 'projects'::regclass and confdeltype <> 'c'`,
  );
  assert.deepEqual(
    [...handedOver].sort(),
    rows.map(({ name }) => name).sort(),
    'enter the kind in contract/resources.ts, let its rows go with the project, or name its table in project-contents.ts',
  );
});

test('a project with something in it cannot be deleted; an empty one can, with the grants on it', async () => {
  const project = await made('Full');
  const here = { key: server.first.api_key, project: project.id };
  const vm = await server.vm('blocks', {}, here);
  const refused = await owner('DELETE', `${projects}/${project.id}`);
  assert.equal(refused.status, 409);
  assert.match(refused.body.message, /VM/);
  await server.call(here, 'DELETE', `/api/v1/vms/${vm}`, { body: {} });
  await server.settled();
  const member = await server.key({ project: 'viewer', on: project.id });
  assert.equal((await owner('DELETE', `${projects}/${project.id}`)).status, 200);
  assert.equal((await owner('GET', `${projects}/${project.id}`)).status, 404);
  const after = await server.call(member, 'GET', '/api/v1/vms');
  assert.equal(after.status, 403, after.text);
  assert.equal((await owner('POST', projects, { name: 'Full' })).status, 201);
});

test('whoever lacks account.projects.view sees the projects where he has a role, and only those', async () => {
  const project = await made('Visible');
  const member = await server.key({ project: 'viewer', on: project.id });
  const list = (await server.call({ key: member.key }, 'GET', projects)).body;
  assert.deepEqual(
    list.data.map((row: { id: string }) => row.id),
    [project.id],
  );
  assert.equal(list.total, 1);
  assert.equal((await server.call(member, 'GET', `${projects}/${server.first.project_id}`)).status, 404);
  const admin = await server.key({ account: 'admin' });
  assert.ok((await server.call({ key: admin.key }, 'GET', projects)).body.total > 1);
});

test('projects of another account are neither listed, read, changed nor usable as a header', async () => {
  const other = await server.account('Projects');
  for (const [method, body] of [['GET'], ['PUT', { name: 'x' }], ['DELETE']] as const) {
    assert.equal((await owner(method, `${projects}/${other.project_id}`, body)).status, 404, method);
  }
  const reply = await server.call({ key: server.first.api_key, project: other.project_id }, 'GET', '/api/v1/vms');
  assert.equal(reply.status, 403);
});

test('a member has one role in a project, of scope project, and is a person or a key but not both', async () => {
  const key = (await owner('POST', '/api/v1/api-keys', { name: 'member' })).body.data;
  const members = `${projects}/${server.first.project_id}/members`;
  const add = (body: object) => owner('POST', members, body);
  assert.equal((await add({ api_key_id: key.id, role_id: role('admin') })).status, 400);
  assert.equal((await add({ role_id: role('viewer') })).status, 400);
  assert.equal((await add({ api_key_id: key.id, target_user_id: key.id, role_id: role('viewer') })).status, 400);
  assert.equal((await add({ api_key_id: server.first.project_id, role_id: role('viewer') })).status, 400);
  const added = await add({ api_key_id: key.id, role_id: role('viewer') });
  assert.equal(added.status, 201, added.text);
  assert.match(added.body.data.email, /^[^@\s]+@[^@\s]+$/);
  assert.equal((await add({ api_key_id: key.id, role_id: role('operator') })).status, 400);
  const id = added.body.data.id;
  const changed = await owner('PATCH', `${members}/${id}`, { role_id: role('operator') });
  assert.equal(changed.body.data.role_id, role('operator'));
  assert.equal((await owner('PATCH', `${members}/${id}`, {})).status, 400);
  assert.ok((await owner('GET', members)).body.data.some((member: { id: string }) => member.id === id));
  assert.equal((await owner('DELETE', `${members}/${id}`)).status, 200);
  assert.equal((await owner('GET', `${members}/${id}`)).status, 404);
});

test('the Owner needs no grant and cannot be given one', async () => {
  const { rows } = await server.server.services.pool.query('select owner_id from accounts where id = $1', [
    server.first.account_id,
  ]);
  const reply = await owner('POST', `${projects}/${server.first.project_id}/members`, {
    target_user_id: rows[0].owner_id,
    role_id: role('viewer'),
  });
  assert.equal(reply.status, 400);
  assert.match(reply.body.message, /Owner/);
});

test('a person of the account can be given a project', async () => {
  await server.operator(
    'account',
    'add-member',
    server.first.account_id,
    '--email',
    'ann@example.com',
    '--role',
    'member',
  );
  const { rows } = await server.server.services.pool.query("select id from users where email = 'ann@example.com'");
  const members = `${projects}/${server.first.project_id}/members`;
  const added = await owner('POST', members, { target_user_id: rows[0].id, role_id: role('project-member') });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.body.data.email, 'ann@example.com');
  const stranger = await server.account('Strangers');
  const theirs = await server.server.services.pool.query('select owner_id from accounts where id = $1', [
    stranger.account_id,
  ]);
  const foreign = await owner('POST', members, { target_user_id: theirs.rows[0].owner_id, role_id: role('viewer') });
  assert.equal(foreign.status, 400);
});
