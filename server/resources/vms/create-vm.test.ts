import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pick, seededRandom } from '../../testing/random.ts';
import { statementsOf } from '../../testing/statements.ts';
import { sshPublicKey, TestServer, vmRequest } from '../../testing/test-server.ts';

let server: TestServer;
let serial = 0;
const nowhere = '01900000-0000-7000-8000-000000000000';

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const fresh = (prefix = 'vm') => `${prefix}-${++serial}`;

function create(change: Record<string, unknown>) {
  return server.call(server.owner, 'POST', '/api/v1/vms', { body: { ...vmRequest(fresh()), ...change } });
}

async function windows(): Promise<string> {
  const { body } = await server.call({ key: undefined }, 'GET', '/api/v1/public/templates');
  return body.data.find((template: { is_windows: boolean }) => template.is_windows).id;
}

async function refuses(change: Record<string, unknown>, sentence: RegExp): Promise<void> {
  const reply = await create(change);
  assert.equal(reply.status, 400, reply.text);
  assert.match(reply.body.message, sentence);
}

async function vpcOf(vm: string): Promise<string> {
  const { rows } = await server.server.services.pool.query('select vpc_id from nics where vm_id = $1 and type = $2', [
    vm,
    'vpc',
  ]);
  return rows[0].vpc_id;
}

async function nics(id: string): Promise<{ type: string; ip: string }[]> {
  const { body } = await server.call(server.owner, 'GET', `/api/v1/vms/${id}/networks`);
  return body.data;
}

test('a new VM answers as initiating with its addresses, and becomes active', async () => {
  const { status, body } = await create({ name: 'first' });
  assert.equal(status, 201);
  const { data } = body;
  assert.equal(data.status, 'initiating');
  assert.equal(data.active, false);
  assert.match(data.public_ipv4_address, /^198\.1[89]\./);
  assert.match(data.private_ipv4_address, /^10\./);
  assert.deepEqual([data.cpu, data.ram, data.storage, data.total_storage], [1, 1, 25, 25]);
  assert.equal(data.price_per_hour, '0.005542');
  assert.equal(data.billing_type, 'payg');
  await server.status(data.id, 'active');
  const seen = await server.call(server.owner, 'GET', `/api/v1/vms/${data.id}`);
  assert.equal(seen.body.data.active, true);
  assert.equal(seen.body.data.public_ipv4_address, data.public_ipv4_address);
});

test('a creation passes through initiating, provisioning, booting and active, in this order', async () => {
  const { pool } = server.server.services;
  await pool.query('create table seen (position serial, vm_id uuid, status text)');
  await pool.query(`create function note_status() returns trigger language plpgsql as $$
    begin insert into seen (vm_id, status) values (new.id, new.status); return new; end $$`);
  await pool.query(
    'create trigger seen after insert or update of status on vms for each row execute function note_status()',
  );
  const id = await server.vm(fresh());
  const { rows } = await pool.query('select status from seen where vm_id = $1 order by position', [id]);
  await pool.query('drop trigger seen on vms; drop function note_status; drop table seen');
  assert.deepEqual(
    rows.map((row) => row.status),
    ['initiating', 'provisioning', 'booting', 'active'],
  );
});

test('a name is unique in the account, has 1 to 64 characters, and is free again after deletion', async () => {
  const id = await server.vm('taken');
  await refuses({ name: 'taken' }, /name already exists/);
  await refuses({ name: '' }, /name/);
  await refuses({ name: 'n'.repeat(65) }, /name/);
  assert.equal((await create({ name: 'n'.repeat(64) })).status, 201);
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  assert.equal((await create({ name: 'taken' })).status, 201);
  const other = await server.account('Names');
  const theirs = { key: other.api_key, project: other.project_id };
  assert.equal((await server.call(theirs, 'POST', '/api/v1/vms', { body: vmRequest('taken') })).status, 201);
});

test('two creations of one name at once make one VM', async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, () => create({ name: 'twice-at-once' })));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, ...Array(7).fill(400)]);
});

for (const [password, sentence] of [
  ['ABcdefg123!', /12 characters/],
  ['Abcdefgh12345!', /2 upper-case/],
  ['ABcdefghijkl1!', /2 digits/],
  ['ABcdefgh123456', /1 of @/],
  ['ABcdefgh12345!#', /only have letters/],
  ['ABcdefgh 12345!', /only have letters/],
  ['ÄÖcdefgh12345!', /only have letters/],
] as const) {
  test(`the password ${password} is refused with what it lacks`, () => refuses({ password }, sentence));
}

test('every special character of the rule is good for a password', async () => {
  for (const special of '@+-_.,!') {
    const reply = await create({ password: `ABcdefgh12345${special}` });
    assert.equal(reply.status, 201, reply.text);
  }
});

test('a Linux VM needs a password or a key; a key may be text or the id of a stored one', async () => {
  await refuses({ password: undefined }, /ssh_keys, password or both/);
  await refuses({ password: undefined, ssh_keys: [] }, /ssh_keys, password or both/);
  await refuses({ password: undefined, ssh_keys: ['not a key'] }, /key/i);
  await refuses({ password: undefined, ssh_keys: [nowhere] }, /no SSH key of this account/);
  assert.equal((await create({ password: undefined, ssh_keys: [sshPublicKey()] })).status, 201);
  const stored = await server.call(server.owner, 'POST', '/api/v1/ssh-keys', {
    body: { name: 'mine', public_key: sshPublicKey() },
  });
  assert.equal((await create({ password: undefined, ssh_keys: [stored.body.data.id] })).status, 201);
  assert.equal((await create({ ssh_keys: [sshPublicKey()] })).status, 201);
  const other = await server.account('Keys');
  const theirs = await server.call({ key: other.api_key }, 'POST', '/api/v1/ssh-keys', {
    body: { name: 'theirs', public_key: sshPublicKey() },
  });
  await refuses({ password: undefined, ssh_keys: [theirs.body.data.id] }, /no SSH key of this account/);
});

test('Windows needs a premium plan of its size and a password, and ignores keys', async () => {
  const template_id = await windows();
  await refuses({ template_id, pricing_id: 1 }, /at least 2 vCPU, 4 GB of RAM, 80 GB of storage/);
  await refuses({ template_id, pricing_id: 11 }, /premium/);
  await refuses({ template_id, pricing_id: 3, password: undefined }, /password/);
  assert.equal((await create({ template_id, pricing_id: 3, ssh_keys: ['whatever'] })).status, 201);
});

test('a plan, template or region that is not in the catalogue is refused by name', async () => {
  await refuses({ pricing_id: 14 }, /pricing_id/);
  await refuses({ pricing_id: 0 }, /pricing_id/);
  await refuses({ template_id: nowhere }, /template/i);
  await refuses({ region: 'eu-west' }, /region/);
});

test('without a word on networks a VPC of its own comes along, with a block that overlaps no other', async () => {
  const made = await create({ name: 'alone' });
  const list = await nics(made.body.data.id);
  assert.deepEqual(list.map((nic) => nic.type).sort(), ['public', 'vpc']);
  const { rows } = await server.server.services.pool.query(
    'select name, cidr from vpcs where deleted_at is null and account_id = $1',
    [server.first.account_id],
  );
  assert.ok(rows.some((vpc) => vpc.name === 'vpc-alone'));
  assert.equal(new Set(rows.map((vpc) => vpc.cidr)).size, rows.length);
});

test('the block of such a VPC is the first that is free, whatever the account has', async () => {
  const random = seededRandom();
  const other = await server.account('Blocks');
  const caller = { key: other.api_key, project: other.project_id };
  const { pool, configuration } = server.server.services;
  assert.equal(configuration.autoVpcRange, '10.0.0.0/8');
  const text = (block: number) => `10.${block >> 8}.${block & 255}`;
  let found = 0;
  for (let round = 0; round < 12; round++) {
    await pool.query('delete from nics where vpc_id in (select id from vpcs where account_id = $1)', [
      other.account_id,
    ]);
    await pool.query('delete from vpcs where account_id = $1', [other.account_id]);
    // By /24: what is smaller takes one, what is larger takes several; outside of the range nothing counts.
    const taken = new Set<number>();
    const cidrs = new Set(['192.168.0.0/16']);
    // In every other round the first block is taken, whatever chance brings.
    if (round % 2 === 1) {
      taken.add(0);
      cidrs.add(`${text(0)}.0/24`);
    }
    for (let n = Math.floor(random() * 20); n > 0; n--) {
      const prefix = pick(random, [24, 24, 24, 23, 22, 26, 28]);
      const size = 2 ** Math.max(0, 24 - prefix);
      const first = Math.floor((random() * 24) / size) * size;
      cidrs.add(`${text(first)}.0/${prefix}`);
      for (let block = first; block < first + size; block++) taken.add(block);
    }
    for (const cidr of cidrs) {
      await pool.query(
        `insert into vpcs (id, account_id, project_id, name, cidr, region) values (gen_random_uuid(), $1, $2, $3, $3, 'us-east')`,
        [other.account_id, other.project_id, cidr],
      );
    }
    const id = await server.vm(fresh('blocks'), {}, caller, false);
    const { rows } = await pool.query('select cidr from vpcs v join nics n on n.vpc_id = v.id where n.vm_id = $1', [
      id,
    ]);
    let first = 0;
    while (taken.has(first)) first++;
    if (first > 0) found++;
    assert.equal(rows[0].cidr, `${text(first)}.0/24`, `beside ${[...cidrs].join(', ')}`);
  }
  assert.ok(found >= 6, `${found} rounds had to look further`);
});

test('SSH keys are looked up in one query, before anything is locked', async () => {
  const { pool } = server.server.services;
  const payer = await server.account('Payer');
  await pool.query(`update accounts set billing_mode = 'subscription' where id = $1`, [payer.account_id]);
  const caller = { key: payer.api_key, project: payer.project_id };
  const keys: string[] = [];
  for (let n = 0; n < 3; n++) {
    const body = { name: `key ${n}`, public_key: sshPublicKey() };
    keys.push((await server.call(caller, 'POST', '/api/v1/ssh-keys', { body })).body.data.id);
  }
  let id = '';
  const order = async (act: () => Promise<unknown>) => {
    await server.settled();
    const texts = (await statementsOf(act)).map(({ text }) => text);
    const look = texts.flatMap((one, index) => (/from "ssh_keys"/.test(one) ? [index] : []));
    const lock = texts.findIndex((one) => /from "(accounts|vms)" .* for no key update/.test(one));
    assert.equal(look.length, 1);
    assert.ok(lock >= 0 && (look[0] as number) < lock, `looked up as statement ${look[0]}, locked as ${lock}`);
  };
  await order(async () => {
    id = await server.vm(fresh(), { ssh_keys: keys }, caller, false);
  });
  await server.status(id, 'active', caller);
  await order(async () => {
    const body = { template_id: vmRequest('x').template_id, ssh_keys: keys };
    const reply = await server.call(caller, 'POST', `/api/v1/vms/${id}/reinstall`, { body });
    assert.equal(reply.status, 200, reply.text);
  });
});

test('two VMs can share a VPC by its id, and get different addresses in it', async () => {
  const first = await create({ name: fresh(), vpc_name: 'shared', vpc_cidr: '172.20.0.0/28' });
  assert.equal(first.status, 201, first.text);
  const vpc_id = await vpcOf(first.body.data.id);
  const second = await create({ vpc_id });
  assert.equal(second.status, 201, second.text);
  assert.notEqual(second.body.data.private_ipv4_address, first.body.data.private_ipv4_address);
  assert.match(second.body.data.private_ipv4_address, /^172\.20\.0\./);
  await refuses({ vpc_name: 'shared', vpc_cidr: '172.21.0.0/24' }, /VPC name already exists/);
});

test('a full VPC is refused with its name, and the VM is not there', async () => {
  const first = await create({ vpc_name: 'tiny', vpc_cidr: '172.22.0.0/28' });
  const vpc_id = await vpcOf(first.body.data.id);
  const statuses: number[] = [];
  for (let index = 0; index < 16; index++) statuses.push((await create({ vpc_id })).status);
  assert.equal(statuses.at(-1), 400);
  const accepted = statuses.filter((status) => status === 201).length;
  assert.ok(accepted >= 11 && accepted <= 13, String(accepted));
  const { rows } = await server.server.services.pool.query(
    'select count(*) as n, count(distinct address) as d from nics where vpc_id = $1',
    [vpc_id],
  );
  assert.equal(Number(rows[0].n), accepted + 1);
  assert.equal(rows[0].d, rows[0].n);
});

test('each combination of network fields that contradicts itself is refused', async () => {
  await refuses({ skip_vpc: true, skip_public_ip: true }, /network|skip/i);
  await refuses({ vpc_name: 'half' }, /vpc_cidr/);
  await refuses({ vpc_cidr: '10.9.0.0/24' }, /vpc_name/);
  await refuses({ vpc_id: nowhere, vpc_name: 'x', vpc_cidr: '10.9.0.0/24' }, /vpc_id/);
  await refuses({ skip_vpc: true, vpc_id: nowhere }, /skip_vpc/);
  await refuses({ vpc_id: nowhere }, /VPC/);
  await refuses({ vpc_name: 'big', vpc_cidr: '10.0.0.0/15' }, /between \/16 and \/28/);
  await refuses({ vpc_name: 'small', vpc_cidr: '10.0.0.0/29' }, /between \/16 and \/28/);
  await refuses({ vpc_name: 'bad', vpc_cidr: '10.0.0.0' }, /vpc_cidr/);
  await refuses({ vpc_name: 'public', vpc_cidr: '9.9.9.0/24' }, /private range/);
});

test('skip_vpc leaves only the public address, skip_public_ip only the private one', async () => {
  const open = await create({ skip_vpc: true });
  assert.equal(open.body.data.private_ipv4_address, undefined);
  assert.ok(open.body.data.public_ipv4_address);
  const hidden = await create({ skip_public_ip: true });
  assert.equal(hidden.body.data.public_ipv4_address, undefined);
  assert.ok(hidden.body.data.private_ipv4_address);
});

test('a VPC of another account or another project cannot be named', async () => {
  const other = await server.account('Nets');
  const theirs = { key: other.api_key, project: other.project_id };
  const made = await server.call(theirs, 'POST', '/api/v1/vms', { body: vmRequest('x') });
  await refuses({ vpc_id: await vpcOf(made.body.data.id) }, /VPC/);
  const project = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'nets' } });
  const elsewhere = { key: server.first.api_key, project: project.body.data.id };
  const there = await server.call(elsewhere, 'POST', '/api/v1/vms', { body: vmRequest(fresh()) });
  await refuses({ vpc_id: await vpcOf(there.body.data.id) }, /VPC/);
});

test('public addresses are never given twice, and a deleted VM’s come back', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => create({})));
  const addresses = made.map(({ body }) => body.data.public_ipv4_address);
  assert.equal(new Set(addresses).size, 20);
  const [first] = made;
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${first?.body.data.id}`, { body: {} });
  await server.settled();
  const { rows } = await server.server.services.pool.query('select 1 from nics where address = $1', [addresses[0]]);
  assert.equal(rows.length, 0);
});

test('extra storage, backups and tags are checked, and seen in the answer', async () => {
  await refuses({ extra_storage: -1 }, /extra_storage/);
  await refuses({ extra_storage: 10_001 }, /extra_storage/);
  await refuses({ backup_type: 'weekly' }, /backup_date/);
  await refuses({ backup_type: 'hourly' }, /backup_type/);
  await refuses({ backup_type: 'daily', backup_time: '25:00' }, /backup_time/);
  await refuses({ tags: Array.from({ length: 21 }, (_, index) => `t${index}`) }, /tags must have at most 20 items/);
  await refuses({ tags: ['a', 'a'] }, /once/);
  await refuses({ tags: [''] }, /tags must not be empty/);
  await refuses({ tags: ['🌴'.repeat(65)] }, /at most 64 characters/);
  assert.equal((await create({ tags: ['🌴'.repeat(64)] })).status, 201);
  const made = await create({ extra_storage: 100, backup_type: 'weekly', backup_date: 'Monday', tags: ['web', 'app'] });
  assert.equal(made.status, 201, made.text);
  const { data } = made.body;
  assert.deepEqual([data.added_storage, data.total_storage, data.backup_type], [100, 125, 'weekly']);
  assert.deepEqual(
    data.tags.map((tag: { name: string }) => tag.name),
    ['web', 'app'],
  );
});

test('the quota of VMs counts what is there but not what failed, also when many ask at once', async () => {
  const account = await server.account('Quota');
  const theirs = { key: account.api_key, project: account.project_id };
  await server.operator('quota', account.account_id, '--vms', '3');
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      server.call(theirs, 'POST', '/api/v1/vms', { body: vmRequest(`q${index}`) }),
    ),
  );
  const accepted = replies.filter(({ status }) => status === 201);
  assert.equal(accepted.length, 3);
  const refused = replies.find(({ status }) => status !== 201);
  assert.equal(refused?.status, 400);
  assert.match(refused?.body.message, /too many VMs.*3/);
  await server.settled();
  await server.server.services.pool.query("update vms set status = 'failure' where id = $1", [
    accepted[0]?.body.data.id,
  ]);
  assert.equal((await server.call(theirs, 'POST', '/api/v1/vms', { body: vmRequest('again') })).status, 201);
});

test('vCPU and RAM quotas name themselves', async () => {
  const account = await server.account('Cores');
  const theirs = { key: account.api_key, project: account.project_id };
  const big = () => server.call(theirs, 'POST', '/api/v1/vms', { body: { ...vmRequest(fresh()), pricing_id: 4 } });
  await server.operator('quota', account.account_id, '--ram', '7');
  assert.match((await big()).body.message, /RAM quota exceeded/);
  await server.operator('quota', account.account_id, '--ram', 'none', '--vcpus', '3');
  assert.match((await big()).body.message, /vCPU quota exceeded/);
  await server.operator('quota', account.account_id, '--vcpus', 'none');
  assert.equal((await big()).status, 201);
});

test('standing decides before money: suspended, failed payment, none, and balance too low', async () => {
  const account = await server.account('Money');
  const theirs = { key: account.api_key, project: account.project_id };
  const ask = () => server.call(theirs, 'POST', '/api/v1/vms', { body: vmRequest(fresh()) });
  await server.operator('account', 'suspend', account.account_id);
  const banned = await ask();
  assert.deepEqual(
    [banned.status, banned.body.error, banned.body.reason],
    [403, 'Billing validation failed', 'banned'],
  );
  await server.operator('account', 'resume', account.account_id);
  await server.operator('balance', account.account_id, '--payment', 'failed');
  const failed = await ask();
  assert.deepEqual(
    [failed.status, failed.body.message, failed.body.reason],
    [403, 'Payment failed. Please update your payment method.', 'failed'],
  );
  await server.operator('balance', account.account_id, '--payment', 'none');
  assert.equal((await ask()).body.reason, 'no_billing_customer');
  await server.operator('balance', account.account_id, '--payment', 'good', '--mode', 'subscription', '--set', '3.98');
  const poor = await ask();
  assert.deepEqual(
    [poor.status, poor.body.error, poor.body.message],
    [402, 'Payment Required', 'Insufficient balance for subscription'],
  );
  await server.operator('balance', account.account_id, '--set', '3.99');
  const paid = await ask();
  assert.equal(paid.status, 201, paid.text);
  assert.equal(paid.body.data.billing_type, 'subscription');
  assert.equal((await ask()).status, 402);
});

test('a creation that the engine refuses ends as a failure with the reason, and its addresses come back', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'doomed-*', '--count', '1', '--fail', 'no capacity left');
  const made = await create({ name: 'doomed-1' });
  const { id, public_ipv4_address } = made.body.data;
  await server.status(id, 'failure');
  await server.settled();
  const seen = await server.call(server.owner, 'GET', `/api/v1/vms/${id}`);
  assert.equal(seen.body.data.active, false);
  assert.equal(seen.body.data.public_ipv4_address, undefined);
  const { rows } = await server.server.services.pool.query(
    'select state, id, account_id from public_addresses where address = $1',
    [public_ipv4_address],
  );
  assert.deepEqual(rows, [{ state: 'free', id: null, account_id: null }]);
  assert.match(await server.operator('operations'), /no capacity left/);
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`)).status, 200);
  assert.equal((await create({ name: 'doomed-1' })).status, 201);
});

test('what was written is in the next list and the next read', async () => {
  for (let index = 0; index < 20; index++) {
    const made = await create({});
    const { body } = await server.call(server.owner, 'GET', '/api/v1/vms?limit=100');
    assert.ok(body.data.some((vm: { id: string }) => vm.id === made.body.data.id));
    await server.call(server.owner, 'DELETE', `/api/v1/vms/${made.body.data.id}`, { body: {} });
    const gone = await server.call(server.owner, 'GET', '/api/v1/vms?limit=100');
    assert.ok(!gone.body.data.some((vm: { id: string }) => vm.id === made.body.data.id));
  }
});

test('lists are newest first, paged, counted before paging, and filtered by project and status', async () => {
  const project = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'listed' } });
  const here = { key: server.first.api_key, project: project.body.data.id };
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push(await server.vm(fresh(), {}, here));
  const path = `/api/v1/vms?project_id=${here.project}`;
  const plain = { key: server.first.api_key };
  const page = await server.call(plain, 'GET', `${path}&limit=2&offset=1`);
  assert.equal(page.body.total, 5);
  assert.deepEqual(
    page.body.data.map((vm: { id: string }) => vm.id),
    [ids[3], ids[2]],
  );
  assert.equal((await server.call(here, 'GET', '/api/v1/vms')).body.total, 5);
  assert.equal((await server.call(plain, 'GET', `${path}&status=passive`)).body.total, 0);
  assert.equal((await server.call(plain, 'GET', `${path}&status=active&region=us-east`)).body.total, 5);
});

test('a password is nowhere in the database once the machine has it', async () => {
  const name = fresh('secret');
  await server.vm(name, { password: 'XYunmistakable99!' });
  await server.settled();
  const { rows } = await server.server.services.pool.query(
    `select table_name from information_schema.tables where table_schema = 'public'`,
  );
  assert.ok(rows.length >= 25, `${rows.length} tables`);
  const tablesWith = async (text: string) => {
    const found: string[] = [];
    for (const { table_name } of rows) {
      const { rowCount } = await server.server.services.pool.query(
        `select 1 from "${table_name}" t where t::text like $1`,
        [`%${text}%`],
      );
      if (rowCount !== 0) found.push(table_name);
    }
    return found;
  };
  assert.deepEqual(await tablesWith('XYunmistakable99!'), []);
  // What is there is found.
  assert.ok((await tablesWith(name)).includes('vms'));
  const { rows: left } = await server.server.services.pool.query(
    'select 1 from operations where sealed_input is not null',
  );
  assert.equal(left.length, 0);
});
