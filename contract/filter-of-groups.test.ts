import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterOfGroups } from './filter-of-groups.ts';
import type { SecurityRule } from './security-groups.ts';

const rule = (protocol: SecurityRule['protocol'], more: Partial<SecurityRule> = {}): SecurityRule => ({
  protocol,
  rule_type: 'INBOUND',
  ...more,
});
const inbound = (...groups: SecurityRule[][]) => filterOfGroups(groups)?.inbound;

test('without a group everything passes, with one without rules nothing does', () => {
  assert.equal(filterOfGroups([]), undefined);
  const nothing = { families: [4, 6], rules: [] };
  assert.deepEqual(filterOfGroups([[]]), { inbound: nothing, outbound: nothing });
});

test('a direction is about the families that its rules are about, and closed where it has none', () => {
  const ipv4 = rule('TCP', { range: '22', ip: '0.0.0.0', size: 0 });
  for (const [rules, families] of [
    [[ipv4], [4]],
    [[rule('ICMP')], [4]],
    [[rule('ICMPV6')], [6]],
    [[rule('TCP', { ip: '2001:db8::', size: 32 })], [6]],
    [
      [ipv4, rule('ALL', { ip: '::', size: 0 })],
      [4, 6],
    ],
    [[rule('TCP', { range: '22' })], [4, 6]],
    [[rule('IPSEC')], [4, 6]],
    [[rule('ALL')], [4, 6]],
  ] as const) {
    assert.deepEqual(inbound([...rules])?.families, families, JSON.stringify(rules));
    assert.deepEqual(filterOfGroups([[...rules]])?.outbound, { families: [4, 6], rules: [] });
  }
  // One that closes a family closes it, whatever the others are about.
  assert.deepEqual(inbound([ipv4], [])?.families, [4, 6]);
});

test('several groups let through what any of them does, and make one filter in whatever order they come', () => {
  const [a, b] = [
    [rule('TCP', { range: '22' }), rule('UDP')],
    [rule('TCP', { range: '80,443:444' }), rule('TCP', { range: '22' })],
  ];
  assert.deepEqual(filterOfGroups([a, b]), filterOfGroups([b, a]));
  assert.deepEqual(inbound(a, b)?.rules, [
    { protocol: 'TCP', ports: [{ first: 22, last: 22 }], cidr: null, icmpType: null },
    {
      protocol: 'TCP',
      ports: [
        { first: 80, last: 80 },
        { first: 443, last: 444 },
      ],
      cidr: null,
      icmpType: null,
    },
    { protocol: 'UDP', ports: [], cidr: null, icmpType: null },
  ]);
});
