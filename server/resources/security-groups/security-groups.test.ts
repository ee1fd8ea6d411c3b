import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parsePorts, parseRule } from '@raffia/contract/security-rules.ts';
import { TestServer } from '../../testing/test-server.ts';

let server: TestServer;
const path = '/api/v1/security-groups';
let serial = 0;
const owner = (method: string, at: string, body?: unknown, caller = server.owner) =>
  server.call(caller, method, at, body === undefined ? {} : { body });
const create = (rules: unknown[], more: object = {}) =>
  owner('POST', path, { name: `group ${++serial}`, rules, ...more });
const rule = (more: object = {}) => ({ protocol: 'TCP', rule_type: 'INBOUND', ...more });

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('rules come back in order with every field as it was sent', async () => {
  const rules = [
    rule({ range: '3000:4000,22', ip: '203.0.113.0', size: 24 }),
    { protocol: 'ICMP', rule_type: 'OUTBOUND', icmp_type: 8 },
    rule({ protocol: 'UDP', range: '53', ip: '2001:db8::', size: 32 }),
    rule({ range: '', ip: '', size: 0 }),
    rule({ protocol: 'ALL', range: '80' }),
    rule({ range: '22' }),
    rule({ range: '22' }),
  ];
  const made = await create(rules, { description: 'what may come' });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.data.rules, made.body.data.vm_count], [rules, 0]);
  const { data } = (await owner('GET', `${path}/${made.body.data.id}`)).body;
  assert.deepEqual([data.rules, data.description], [rules, 'what may come']);
});

test('words in lower case and a size in digits are taken, and come back as the contract has them', async () => {
  const { status, body, text } = await create([{ protocol: 'tcp', rule_type: 'inbound', ip: '10.0.0.0', size: '8' }]);
  assert.equal(status, 201, text);
  assert.deepEqual(body.data.rules, [rule({ ip: '10.0.0.0', size: 8 })]);
});

for (const [what, sent, sentence] of [
  ['port 0', { range: '0' }, /^invalid port format/],
  ['port 65536', { range: '65536' }, /^invalid port format/],
  ['a range that falls', { range: '4000:3000' }, /^invalid port format/],
  ['a hyphen', { range: '3000-4000' }, /^invalid port format/],
  ['a space', { range: '80, 443' }, /^invalid port format/],
  ['a name', { range: 'ssh' }, /^invalid port format/],
  ['an empty part', { range: '80,' }, /^invalid port format/],
  ['ports of ICMP', { protocol: 'ICMP', range: '80' }, /^invalid port format/],
  ['an address that is none', { ip: '10.0.0' }, /^invalid CIDR/],
  ['bits beyond the size', { ip: '10.0.0.1', size: 24 }, /^invalid CIDR/],
  ['an address with size 0', { ip: '10.0.0.1', size: 0 }, /^invalid CIDR/],
  ['a size over 32', { ip: '10.0.0.0', size: 33 }, /^invalid CIDR/],
  ['a size over 128 in digits', { ip: '2001:db8::', size: '129' }, /size must be at most 128/],
  ['a size without an address', { size: 24 }, /^invalid CIDR/],
  ['a family that the protocol has not', { protocol: 'ICMPV6', ip: '10.0.0.0', size: 8 }, /^invalid CIDR/],
  ['an ICMP type of TCP', { icmp_type: 8 }, /icmp_type belongs to/],
  ['a protocol that is none', { protocol: 'GRE' }, /protocol must be one of/],
  ['a size that is no number', { ip: '10.0.0.0', size: 'x' }, /size must/],
] as const) {
  test(`${what} is refused in a rule`, async () => {
    const reply = await create([rule({ range: '22' }), rule(sent)]);
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.body.message, sentence);
  });
}

test('a direction has forty rules and no more', async () => {
  const many = (inbound: number, outbound: number) => [
    ...Array.from({ length: inbound }, (_, n) => rule({ range: String(n + 1) })),
    ...Array.from({ length: outbound }, (_, n) => rule({ rule_type: 'OUTBOUND', range: String(n + 1) })),
  ];
  assert.equal((await create(many(40, 40))).status, 201);
  for (const [inbound, outbound] of [
    [41, 0],
    [0, 41],
    [40, 41],
  ] as const) {
    const reply = await create(many(inbound, outbound));
    assert.equal(reply.status, 400);
    assert.match(reply.body.message, /^too many rules/);
  }
});

test('inbound ports that are closed everywhere are taken out, and a rule of which nothing is left goes', async () => {
  const { body } = await create([
    rule({ range: '130:200' }),
    rule({ range: '445' }),
    rule({ range: '80,5985:5986,443' }),
    rule({ protocol: 'UDP', range: '130:140' }),
    rule({ protocol: 'UDP', range: '445' }),
    rule({ rule_type: 'OUTBOUND', range: '445' }),
    rule(),
  ]);
  assert.deepEqual(
    body.data.rules.map((kept: { range?: string }) => kept.range),
    ['130:134,136:138,140:200', '80,443', '130:136,139:140', '445', '445', undefined],
  );
});

test('a rule has one form for a firewall, whatever its spelling', () => {
  assert.deepEqual(parsePorts('80,3000:4000'), [
    { first: 80, last: 80 },
    { first: 3000, last: 4000 },
  ]);
  const cidrOf = (ip: string, size?: number) =>
    parseRule({ protocol: 'TCP', rule_type: 'INBOUND', ip, ...(size === undefined ? {} : { size }) }).cidr;
  assert.equal(cidrOf('0.0.0.0')?.prefix, 0);
  assert.equal(cidrOf('::')?.prefix, 0);
  assert.deepEqual(cidrOf('10.0.0.1'), { address: '10.0.0.1', prefix: 32, family: 4 });
  assert.equal(cidrOf('2001:db8::1')?.prefix, 128);
  assert.equal(cidrOf('::ffff:10.0.0.0', 104)?.family, 6);
  assert.equal(cidrOf(''), null);
});

test('a template gives its rules first, and what the request repeats stands once', async () => {
  const { data: templates } = (await owner('GET', `${path}/templates`)).body;
  assert.deepEqual(
    templates.map(({ id, rules }: { id: string; rules: unknown[] }) => [id, rules.length]),
    [
      ['web-server', 4],
      ['database-server', 6],
      ['ssh-only', 2],
      ['allow-all', 2],
      ['deny-all', 0],
    ],
  );
  const { body } = await create([rule({ range: '22' }), rule({ range: '8080' })], { template_id: 'web-server' });
  assert.deepEqual(body.data.rules, [...templates[0].rules, rule({ range: '8080' })]);
  const unknown = await create([], { template_id: 'mail-server' });
  assert.deepEqual([unknown.status, /names no template/.test(unknown.body.message)], [400, true]);
});

test('rules are replaced whole, other fields stay, and an empty change is refused', async () => {
  const { id, name } = (await create([rule({ range: '22' })], { description: 'kept' })).body.data;
  const put = (body: object) => owner('PUT', `${path}/${id}`, body);
  const changed = (await put({ rules: [rule({ range: '80' })] })).body.data;
  assert.deepEqual([changed.name, changed.description, changed.rules], [name, 'kept', [rule({ range: '80' })]]);
  assert.deepEqual((await put({ rules: [] })).body.data.rules, []);
  assert.match((await put({})).body.message, /At least one field is required/);
  assert.match((await put({ rules: [rule({ range: 'x' })] })).body.message, /^invalid port format/);
  const other = (await create([])).body.data;
  const taken = await put({ name: other.name });
  assert.deepEqual([taken.status, taken.body.existing_id], [400, other.id]);
  const { body } = await owner('GET', `/api/raffia/v1/audit?resource_id=${id}&verb=securitygroup.update`);
  assert.equal(body.total, 2);
});

test('of ten that create one name at once, one wins; a deletion frees the name, the quota and the project', async () => {
  const { id: project } = (await owner('POST', '/api/v1/projects', { name: 'guarded' })).body.data;
  const here = { key: server.first.api_key, project };
  const replies = await Promise.all(Array.from({ length: 10 }, () => owner('POST', path, { name: 'raced' }, here)));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, ...Array(9).fill(400)]);
  const { id } = replies.find(({ status }) => status === 201)?.body.data ?? {};
  assert.match((await owner('DELETE', `/api/v1/projects/${project}`)).body.message, /1 security group \(/);
  assert.equal((await owner('DELETE', `${path}/${id}`)).status, 404, 'from another project');
  assert.equal((await owner('DELETE', `${path}/${id}`, undefined, here)).status, 200);
  assert.equal((await owner('DELETE', `/api/v1/projects/${project}`)).status, 200);
  const { total } = (await owner('GET', path)).body;
  await server.operator('quota', server.first.account_id, '--security-groups', String(total + 1));
  assert.equal((await owner('POST', path, { name: 'raced' })).status, 201);
  assert.match((await create([])).body.message, /^too many security groups/);
  await server.operator('quota', server.first.account_id, '--security-groups', 'default');
});
