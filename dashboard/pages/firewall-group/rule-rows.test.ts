import assert from 'node:assert/strict';
import { test } from 'node:test';
import { securityGroupTemplates } from '@raffia/contract/security-group-templates.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { changesOf, cutOf, pastedRows, problemOf, type RuleRow, rowOf, ruleOf } from './rule-rows.ts';

let serial = 0;
const row = (more: Partial<RuleRow> = {}): RuleRow => ({
  key: ++serial,
  direction: 'INBOUND',
  protocol: 'TCP',
  range: '22',
  peer: 'Anywhere',
  icmpType: undefined,
  ...more,
});

test('rules come back from the fields as they were', () => {
  const rules: SecurityRule[] = [
    ...securityGroupTemplates.flatMap((template) => template.rules),
    { protocol: 'TCP', rule_type: 'INBOUND', range: '22', ip: '0.0.0.0', size: 0 },
    { protocol: 'UDP', rule_type: 'OUTBOUND', range: '53', ip: '2001:db8::', size: 32 },
    { protocol: 'TCP', rule_type: 'INBOUND', ip: '192.0.2.7' },
    { protocol: 'ICMPV6', rule_type: 'INBOUND', ip: '::', size: 0, icmp_type: 128 },
  ];
  assert.ok(rules.length >= 18);
  for (const rule of rules) assert.deepEqual(ruleOf(rowOf(rule, 1)), rule);
  assert.equal(rowOf({ protocol: 'TCP', rule_type: 'INBOUND', ip: '192.0.2.7', size: 32 }, 1).peer, '192.0.2.7');
});

test('what a firewall could not follow is said at the field that is wrong', () => {
  for (const [more, field, text] of [
    [{ range: '3000:2999' }, 'range', 'The first port must be the lower one: 2999:3000'],
    [{ range: 'ssh' }, 'range', /^Write ports such as 22/],
    [{ range: '0' }, 'range', /^Write ports/],
    [{ range: '22-30' }, 'range', /^Write ports/],
    [{ peer: '10.0.0.1/8' }, 'peer', /^10\.0\.0\.1 has bits beyond its size 8; write the first address/],
    [{ peer: '10.0.0' }, 'peer', /^Write an address or a block such as/],
    [{ peer: '10.0.0.0/x' }, 'peer', /^A block ends with its size/],
    [{ peer: '10.0.0.0/33' }, 'peer', /^Size must be at most 32/],
    [{ protocol: 'ICMP', peer: '::1' }, 'peer', /^ICMP takes an IPv4 block/],
    [{ protocol: 'ICMPV6', peer: '10.0.0.0/8' }, 'peer', /^ICMPV6 takes an IPv6 block/],
  ] as const) {
    const wrong = row(more);
    const found = problemOf(wrong, [wrong]);
    assert.equal(found?.field, field, JSON.stringify(more));
    assert.match(found?.text ?? '', typeof text === 'string' ? new RegExp(text) : text);
  }
  for (const more of [
    {},
    { range: '' },
    { range: '80, 443' },
    { peer: 'any' },
    { peer: '2001:db8::/32' },
    { protocol: 'ALL', range: '80' },
  ] as const) {
    const right = row(more);
    assert.equal(problemOf(right, [right]), undefined, JSON.stringify(more));
  }
  const [first, second, other] = [row(), row({ peer: ' anywhere ' }), row({ direction: 'OUTBOUND' })];
  const all = [first, second, other];
  assert.deepEqual(
    all.map((one) => problemOf(one, all)?.text),
    [undefined, 'The same as a rule above', undefined],
  );
});

test('what the default firewall takes away is told before it is saved', () => {
  assert.equal(
    cutOf(row({ range: '130:140' })),
    'Saved as 130:134,136:138,140: the default firewall keeps the others closed',
  );
  assert.match(cutOf(row({ range: '445' })) ?? '', /is not saved/);
  assert.equal(cutOf(row({ range: '445', direction: 'OUTBOUND' })), undefined);
  assert.equal(cutOf(row({ range: '' })), undefined);
});

test('changes are counted: one that is edited is one', () => {
  const saved: SecurityRule[] = [
    { protocol: 'TCP', rule_type: 'INBOUND', range: '22' },
    { protocol: 'TCP', rule_type: 'INBOUND', range: '80' },
  ];
  const rows = saved.map(rowOf);
  assert.equal(changesOf(saved, rows).count, 0);
  assert.equal(changesOf(saved, [...rows].reverse()).count, 0);
  const edited = { ...rows[0], range: '23' } as RuleRow;
  const { count, isNew } = changesOf(saved, [edited, rows[1] as RuleRow]);
  assert.deepEqual([count, isNew(edited), isNew(rows[1] as RuleRow)], [1, true, false]);
  assert.equal(changesOf(saved, [edited]).count, 2);
  assert.equal(changesOf(saved, [...rows, row({ range: '443' })]).count, 1);
});

test('lines that are pasted are rules; a text that is none is left alone', () => {
  let key = 0;
  const rows = pastedRows('tcp 80,443 203.0.113.0/24\nudp/53\n\n3000:4000\nicmp\n', 'INBOUND', () => ++key);
  assert.deepEqual(
    rows?.map(({ protocol, range, peer }) => `${protocol} ${range} ${peer}`),
    ['TCP 80,443 203.0.113.0/24', 'UDP 53 Anywhere', 'TCP 3000:4000 Anywhere', 'ICMP  Anywhere'],
  );
  assert.equal(
    pastedRows('80', 'INBOUND', () => 1),
    undefined,
  );
  assert.equal(
    pastedRows('what is\nthis text about', 'INBOUND', () => 1),
    undefined,
  );
});
