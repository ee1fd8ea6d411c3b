import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
const path = '/api/v1/vpcs';
const owner = (method: string, at: string, body?: unknown, caller = server.owner) =>
  server.call(caller, method, at, body === undefined ? {} : { body });
const create = (name: string, cidr: string, more: object = {}) => owner('POST', path, { name, cidr, ...more });
/** One that has to be made. */
async function created(name: string, cidr: string, more: object = {}) {
  const made = await create(name, cidr, more);
  assert.equal(made.status, 201, made.text);
  return made.body.data as { id: string };
}
const rowsOf = async (where: string) =>
  (await server.server.services.pool.query(`select count(*)::int as count from vpcs where ${where}`)).rows[0].count;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('a VPC comes back as it was asked for, with its gateway and the addresses that machines can get', async () => {
  const made = await create('prod', '10.40.0.0/24', { description: 'shops\nand more', dns: '9.9.9.9' });
  assert.equal(made.status, 201, made.text);
  const { id, created_at, updated_at, ...vpc } = made.body.data;
  assert.deepEqual(vpc, {
    account_id: server.first.account_id,
    project_id: server.first.project_id,
    name: 'prod',
    description: 'shops\nand more',
    cidr: '10.40.0.0/24',
    gateway: '10.40.0.1',
    dns: '9.9.9.9',
    status: 'active',
    total_ips: 253,
    used_ips: 0,
    region: 'us-east',
    gateway_type: 'none',
  });
  assert.match(created_at, /Z$/);
  assert.match(updated_at, /Z$/);
  const vm = await server.vm('inside', { vpc_id: id });
  const { data } = (await owner('GET', `${path}/${id}`)).body;
  assert.deepEqual(
    [data.vpc.used_ips, data.ip_range_start, data.ip_range_end, data.leases],
    [1, '10.40.0.2', '10.40.0.254', [{ ip: '10.40.0.2', nic_id: 1 }]],
  );
  const listed = (await owner('GET', path)).body;
  assert.deepEqual([listed.total, listed.data[0].id, listed.data[0].used_ips], [1, id, 1]);
  const refused = await owner('DELETE', `${path}/${id}`);
  assert.deepEqual(
    [refused.status, refused.body.message],
    [400, 'The VPC still has the VM inside; detach or delete it first'],
  );
  await server.operator('fault', 'add', 'delete', '--name', 'inside', '--count', '1', '--delay', '1000');
  await owner('DELETE', `/api/v1/vms/${vm}`, { delete_vpc: false });
  // Terraform deletes it right after the machine.
  assert.equal((await owner('DELETE', `${path}/${id}`)).status, 200);
  assert.equal((await owner('GET', `${path}/${id}`)).status, 404);
  assert.equal((await create('prod', '10.40.0.0/24')).status, 201, 'name and block are free at once');
  await server.settled();
  assert.equal(await rowsOf(`id = '${id}'`), 0, 'its row goes with the machine');
});

for (const [prefix, count, last] of [
  [16, 65_533, '172.20.255.254'],
  [20, 4093, '172.20.15.254'],
  [28, 13, '172.20.0.14'],
] as const) {
  test(`a /${prefix} has ${count} addresses for machines`, async () => {
    const { body } = await create(`size ${prefix}`, `172.20.0.0/${prefix}`);
    assert.equal(body.data.total_ips, count);
    assert.equal((await owner('GET', `${path}/${body.data.id}`)).body.data.ip_range_end, last);
    assert.equal((await owner('DELETE', `${path}/${body.data.id}`)).status, 200);
  });
}

test('a block of the wrong size, range or form is refused with what is wrong', async () => {
  const before = await rowsOf('true');
  for (const [cidr, sentence] of [
    ['10.0.0.0/15', /^CIDR prefix must be between \/16 and \/28$/],
    ['10.0.0.0/29', /^CIDR prefix must be between/],
    ['11.0.0.0/24', /^CIDR must be in private range/],
    ['192.168.1.50/20', /192\.168\.0\.0\/20/],
    ['10.0.0.300/24', /not a CIDR block/],
    ['10.0.0.0', /cidr must be an IPv4 block/],
  ] as const) {
    const reply = await create('bad', cidr);
    assert.equal(reply.status, 400, cidr);
    assert.match(reply.body.message, sentence);
  }
  assert.match((await create('bad', '10.50.0.0/24', { dns: '8.8.8' })).body.message, /^dns must be an IPv4 address/);
  assert.match((await create('bad', '10.50.0.0/24', { region: 'mars' })).body.message, /region must be one of/);
  assert.equal(await rowsOf('true'), before);
});

test('an overlap is refused with the id of what is there, also in another project, and so is a name', async () => {
  const { id } = (await create('first', '10.60.0.0/20')).body.data;
  const overlap = await create('second', '10.60.3.0/24');
  assert.deepEqual([overlap.status, overlap.body.existing_id], [400, id]);
  assert.match(overlap.body.message, new RegExp(`^10\\.60\\.3\\.0/24 overlaps .*10\\.60\\.0\\.0/20.*${id}`));
  const named = await create('first', '10.61.0.0/24');
  assert.deepEqual(
    [named.status, named.body.message, named.body.existing_id],
    [400, `VPC name already exists (id ${id})`, id],
  );
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'beside' })).body.data;
  const there = await server.key({ project: 'project-admin', on: project });
  for (const body of [
    { name: 'second', cidr: '10.60.3.0/24' },
    { name: 'first', cidr: '10.62.0.0/24' },
  ]) {
    const reply = await owner('POST', path, body, there);
    assert.equal(reply.status, 400);
    assert.ok(!reply.text.includes(id), `who does not see the VPC is not told of it: ${reply.text}`);
  }
  const other = await server.account('Elsewhere');
  const theirs = await owner(
    'POST',
    path,
    { name: 'first', cidr: '10.60.0.0/20' },
    { key: other.api_key, project: other.project_id },
  );
  assert.equal(theirs.status, 201, theirs.text);
});

test('of ten that create one name or one block at once, one wins and the others are refused', async () => {
  for (const [what, body] of [
    ['name', (n: number) => ({ name: 'raced', cidr: `10.70.${n}.0/24` })],
    ['block', (n: number) => ({ name: `raced ${n}`, cidr: '10.71.0.0/24' })],
  ] as const) {
    const replies = await Promise.all(Array.from({ length: 10 }, (_, n) => owner('POST', path, body(n))));
    const statuses = replies.map((reply) => reply.status).sort();
    assert.deepEqual(statuses, [201, ...Array(9).fill(400)], what);
    const made = replies.find(({ status }) => status === 201)?.body.data.id;
    for (const { status, body: answer } of replies) if (status === 400) assert.equal(answer.existing_id, made, what);
  }
});

test('of a VM that joins and a deletion at once, one is refused', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const { id } = (await create(`joined ${round}`, `10.80.${round}.0/24`)).body.data;
    const body = { name: `joins ${round}`, template_id: '5ac21891-32e6-41ce-8a93-b5d6ab708b0d', pricing_id: 1 };
    const [join, gone] = await Promise.all([
      owner('POST', '/api/v1/vms', { ...body, region: 'us-east', password: 'ABcdefgh12345!', vpc_id: id }),
      owner('DELETE', `${path}/${id}`),
    ]);
    const outcome = `${join.status} ${gone.status}`;
    assert.ok(['201 400', '400 200'].includes(outcome), `${join.text} ${gone.text}`);
    seen.add(outcome);
  }
  assert.ok(seen.size >= 1);
  await server.settled();
});

test('what is suggested overlaps nothing, also of projects that the caller does not see', async () => {
  const suggestions = async (caller = server.owner) =>
    (await owner('GET', `${path}/cidr-suggestions`, undefined, caller)).body;
  const sizes: [string, number][] = [
    ['small', 253],
    ['medium', 4093],
    ['large', 65_533],
  ];
  for (let round = 0; round < 3; round++) {
    const before = await rowsOf(`account_id = '${server.first.account_id}' and deleted_at is null`);
    const { suggested, suggested_ips, alternatives, existing_count } = await suggestions();
    assert.equal(existing_count, before);
    assert.deepEqual(
      alternatives.map(({ size, available_ips }: { size: string; available_ips: number }) => [size, available_ips]),
      sizes,
    );
    assert.deepEqual([suggested, suggested_ips], [alternatives[1].cidr, 4093]);
    const { cidr } = alternatives[round % 3];
    assert.equal((await create(`suggested ${round}`, cidr)).status, 201, cidr);
  }
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'suggesting' })).body.data;
  const there = await server.key({ project: 'viewer', on: project });
  assert.deepEqual(await suggestions(there), await suggestions());
  const nobody = await server.key({ account: 'billing' });
  const refused = await owner('GET', `${path}/cidr-suggestions`, undefined, { key: nobody.key });
  assert.deepEqual([refused.status, refused.body.message], [403, 'permission denied: vpc.view']);
});

test('name and description can change, the block cannot, and nothing at all is no change', async () => {
  const { id } = (await create('plain', '10.90.0.0/24')).body.data;
  await create('taken', '10.91.0.0/24');
  const put = (body: object) => owner('PUT', `${path}/${id}`, body);
  const changed = await put({ description: 'described', cidr: '10.92.0.0/24' });
  assert.deepEqual(
    [changed.body.data.name, changed.body.data.description, changed.body.data.cidr],
    ['plain', 'described', '10.90.0.0/24'],
  );
  assert.equal((await put({ name: 'renamed' })).body.data.description, 'described');
  assert.equal((await put({ description: '' })).body.data.description, '');
  for (const body of [{}, { cidr: '10.92.0.0/24' }]) {
    const reply = await put(body);
    assert.deepEqual(
      [reply.status, reply.body.message],
      [400, 'At least one field is required: name, description, dns or gateway_type'],
    );
  }
  assert.match((await put({ name: 'taken' })).body.message, /^VPC name already exists \(id /);
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'not its own' })).body.data;
  const elsewhere = await owner('PUT', `${path}/${id}`, { name: 'x' }, { key: server.first.api_key, project });
  assert.equal(elsewhere.status, 404);
});

test('VPCs are listed of the projects where the caller may see them, and block the deletion of theirs', async () => {
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'with a network' })).body.data;
  const here = { key: server.first.api_key, project };
  const { id } = (await owner('POST', path, { name: 'apart', cidr: '10.100.0.0/24' }, here)).body.data;
  const ids = async (caller: typeof here) =>
    (await owner('GET', path, undefined, caller)).body.data.map((row: { id: string }) => row.id);
  assert.deepEqual(await ids(here), [id]);
  const member = await server.key({ project: 'viewer', on: project });
  assert.deepEqual(await ids({ key: member.key } as typeof here), [id]);
  const refused = await owner('DELETE', `/api/v1/projects/${project}`);
  assert.equal(refused.status, 409);
  assert.match(refused.body.message, /^The project still holds 1 VPC \(GET \/api\/v1\/vpcs lists them, DELETE /);
  assert.equal((await owner('DELETE', `${path}/${id}`, undefined, here)).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/projects/${project}`)).status, 200);
});

test('a VPC gets a gateway with an address of its own, keeps it, and gives it back; its machines hear of it', async () => {
  const made = await create('routed', '100.100.70.0/24', { gateway_type: 'nat' });
  assert.equal(made.status, 201, made.text);
  const { id, gateway_type, router_public_ip, router_status } = made.body.data;
  assert.deepEqual([gateway_type, router_status], ['nat', 'active'], 'nobody is in it who would have to be told');
  assert.match(router_public_ip, /^198\.18\./);
  const shown = (await owner('GET', '/api/v1/ips?limit=100')).body.data as { id: string; ip_address: string }[];
  const ip = shown.find(({ ip_address }) => ip_address === router_public_ip);
  assert.deepEqual({ ...ip, status: 'in-use', reserved: false }, ip, 'people see it, in use and not reserved');
  assert.equal((await owner('DELETE', `/api/v1/ips/${ip?.id}/reserve`)).status, 400, 'and cannot take it away');
  const vm = await server.vm('routed', { vpc_id: id, skip_public_ip: true });
  const routerOf = async () => {
    const { rows } = await server.server.services.pool.query(
      `select n -> 'network' -> 'router' ->> 'address' as address from simulated_machines, jsonb_array_elements(nics) n where id = $1`,
      [vm],
    );
    return rows[0].address;
  };
  assert.equal(await routerOf(), router_public_ip);
  const same = await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' });
  assert.deepEqual([same.status, same.body.data.router_public_ip], [200, router_public_ip]);

  await server.operator('fault', 'add', 'network', '--name', id, '--count', '1', '--delay', '500');
  const closed = await owner('PUT', `${path}/${id}`, { gateway_type: 'none' });
  assert.equal(closed.status, 200, closed.text);
  const { data } = closed.body;
  assert.deepEqual([data.gateway_type, data.router_public_ip, data.router_status], ['none', undefined, undefined]);
  const rowOf = async () => {
    const text = 'select state, account_id is null as "is nobody\'s" from public_addresses where address = $1';
    return (await server.server.services.pool.query(text, [router_public_ip])).rows[0];
  };
  assert.equal((await rowOf()).state, 'attached', 'its host may have it');
  assert.equal((await owner('GET', `/api/v1/ips/${ip?.id}`)).status, 404, 'and nobody sees it');
  await server.settled();
  assert.deepEqual(await rowOf(), { state: 'free', "is nobody's": true });
  assert.equal(await routerOf(), null);

  const opened = await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' });
  assert.equal(opened.body.data.router_status, 'provisioning');
  await server.settled();
  const again = (await owner('GET', `${path}/${id}`)).body.data.vpc;
  assert.deepEqual([again.router_status, await routerOf()], ['active', again.router_public_ip]);
  // Before its host has let go of it: it goes on with the address that it has.
  const back = [await owner('PUT', `${path}/${id}`, { gateway_type: 'none' })];
  back.push(await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' }));
  await server.settled();
  const { vpc } = (await owner('GET', `${path}/${id}`)).body.data;
  assert.deepEqual([vpc.router_status, await routerOf()], ['active', vpc.router_public_ip]);

  await owner('DELETE', `/api/v1/vms/${vm}`);
  assert.equal((await create('routed', '100.100.70.0/24')).status, 201, 'name and block are free at once');
  await server.settled();
  assert.equal(await rowsOf(`id = '${id}'`), 0);
  assert.equal(await rowsOf('router_address is not null'), 0);
  assert.equal(
    (
      await server.server.services.pool.query(
        "select from public_addresses a where state = 'attached' and not exists (select from nics where public_address = a.address)",
      )
    ).rowCount,
    0,
    'no address is left over',
  );
});

test('a gateway that cannot be opened is said to have failed, and asked for again it opens', async () => {
  const { id } = await created('unlucky', '100.100.71.0/24');
  await server.vm('unlucky', { vpc_id: id });
  await server.operator('fault', 'add', 'network', '--name', id, '--count', '1', '--fail', 'no room');
  await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' });
  await server.settled();
  const failed = (await owner('GET', `${path}/${id}`)).body.data.vpc;
  assert.deepEqual([failed.gateway_type, failed.router_status], ['nat', 'failure']);
  await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' });
  await server.settled();
  const { vpc } = (await owner('GET', `${path}/${id}`)).body.data;
  assert.deepEqual([vpc.router_status, vpc.router_public_ip], ['active', failed.router_public_ip]);
});

test('an account has as many gateways as its quota says', async () => {
  const there = await rowsOf('router_address is not null');
  await server.operator('quota', server.first.account_id, '--gateways', String(there + 1));
  const made = await create('one-more', '100.100.72.0/24', { gateway_type: 'nat' });
  assert.equal(made.status, 201, made.text);
  const many = await create('too-many', '100.100.73.0/24', { gateway_type: 'nat' });
  assert.equal(many.status, 400, many.text);
  assert.match(many.body.message, /gateways of VPCs/);
  const { id } = await created('too-many', '100.100.73.0/24');
  const changed = await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' });
  assert.equal(changed.status, 400, changed.text);
  assert.equal((await owner('PUT', `${path}/${made.body.data.id}`, { gateway_type: 'none' })).status, 200);
  await server.settled();
  assert.equal((await owner('PUT', `${path}/${id}`, { gateway_type: 'nat' })).status, 200, 'there is room again');
});

test('the machines of a VPC hear of its name server when they join it, when it is another, and when they leave', async () => {
  const { id } = await created('named', '100.100.74.0/24', { dns: '192.0.2.53' });
  const vm = await server.vm('named', { vpc_id: id });
  const serversOf = async () => {
    await server.settled();
    const text = 'select name_servers from simulated_machines where id = $1';
    return (await server.server.services.pool.query(text, [vm])).rows[0].name_servers;
  };
  assert.deepEqual(await serversOf(), ['192.0.2.53']);
  const changed = await owner('PUT', `${path}/${id}`, { dns: '192.0.2.54' });
  assert.deepEqual([changed.status, changed.body.data.dns], [200, '192.0.2.54']);
  assert.deepEqual(await serversOf(), ['192.0.2.54']);
  const other = await created('named-2', '100.100.75.0/24', { dns: '192.0.2.55' });
  await owner('POST', `/api/v1/vms/${vm}/vpc`, { vpc_id: other.id });
  assert.deepEqual(await serversOf(), ['192.0.2.54', '192.0.2.55']);
  await owner('DELETE', `/api/v1/vms/${vm}/vpc/1`);
  assert.deepEqual(await serversOf(), ['192.0.2.55']);
});

test('the account’s standing and its quota are asked before a VPC is made', async () => {
  await server.operator(
    'quota',
    server.first.account_id,
    '--vpcs',
    String(await rowsOf(`account_id = '${server.first.account_id}'`)),
  );
  const over = await create('one too many', '10.110.0.0/24');
  assert.deepEqual([over.status, over.body.message.split(':')[0]], [400, 'too many VPCs']);
  await server.operator('quota', server.first.account_id, '--vpcs', 'default');
  await server.server.services.pool.query(`update accounts set payment_state = 'failed' where id = $1`, [
    server.first.account_id,
  ]);
  const refused = await create('unpaid', '10.110.0.0/24');
  assert.deepEqual([refused.status, refused.body.reason], [403, 'failed']);
  await server.server.services.pool.query(`update accounts set payment_state = 'good' where id = $1`, [
    server.first.account_id,
  ]);
});
