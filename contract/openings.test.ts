import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterOfGroups } from './filter-of-groups.ts';
import { openingsOf, textOf } from './openings.ts';
import type { SecurityRule } from './security-groups.ts';

const rule = (protocol: SecurityRule['protocol'], more: Partial<SecurityRule> = {}): SecurityRule => ({
  protocol,
  rule_type: 'INBOUND',
  ...more,
});
/** As `TCP 22-22 0.0.0.0/0`, of which there may be several. */
const opened = (...rules: SecurityRule[]) =>
  openingsOf(filterOfGroups([rules])?.inbound).map(
    ({ kind, first, last, who }) => `${kind} ${first}-${last} ${who.map(textOf).join(' ')}`,
  );
const any = '0.0.0.0/0 ::/0';

test('without a filter everybody reaches everything, and without a rule nobody reaches anything', () => {
  assert.deepEqual(
    openingsOf(undefined).map(({ kind, first, last, who }) => `${kind} ${first}-${last} ${who.map(textOf).join(' ')}`),
    [
      `TCP 0-65535 ${any}`,
      `UDP 0-65535 ${any}`,
      'ICMP 0-255 0.0.0.0/0',
      'ICMPV6 0-255 ::/0',
      `IPSEC 0-0 ${any}`,
      `other 0-0 ${any}`,
    ],
  );
  assert.deepEqual(opened(), []);
});

test('who reaches a port is whoever any rule lets, said once', () => {
  assert.deepEqual(
    opened(rule('TCP', { range: '22,80:90' }), rule('TCP', { range: '80:85', ip: '10.0.0.0', size: 8 })),
    [`TCP 22-22 ${any}`, `TCP 80-90 ${any}`],
  );
  const both = [
    rule('TCP', { range: '80:90', ip: '10.0.0.0', size: 8 }),
    rule('TCP', { range: '85:95', ip: '192.0.2.7' }),
    rule('UDP', { range: '53', ip: '2001:db8::', size: 32 }),
  ];
  assert.deepEqual(opened(...both), [
    'TCP 80-84 10.0.0.0/8',
    'TCP 85-90 10.0.0.0/8 192.0.2.7/32',
    'TCP 91-95 192.0.2.7/32',
    'UDP 53-53 2001:db8::/32',
  ]);
});

test('halves are one, and what lies within another is not said', () => {
  const from = (ip: string, size: number) => rule('TCP', { range: '22', ip, size });
  assert.deepEqual(
    opened(
      from('10.128.0.0', 9),
      from('10.0.0.0', 9),
      from('10.1.0.0', 16),
      from('11.0.0.0', 8),
      rule('UDP', { range: '1', ip: '::1' }),
    ),
    ['TCP 22-22 10.0.0.0/7', 'UDP 1-1 ::1/128'],
  );
  assert.deepEqual(
    opened(from('0.0.0.0', 1), from('128.0.0.0', 1), rule('UDP', { range: '1', ip: '::1' }))[0],
    'TCP 22-22 0.0.0.0/0',
  );
});

test('a family of which no rule is about is open, and IPsec opens the ports with which it begins', () => {
  assert.ok(opened(rule('TCP', { range: '22', ip: '10.0.0.0', size: 8 })).includes('TCP 22-22 10.0.0.0/8 ::/0'));
  assert.deepEqual(opened(rule('IPSEC', { ip: '192.0.2.0', size: 24 }), rule('TCP', { range: '1', ip: '::1' })), [
    'TCP 1-1 ::1/128',
    'UDP 500-500 192.0.2.0/24',
    'UDP 4500-4500 192.0.2.0/24',
    'IPSEC 0-0 192.0.2.0/24',
  ]);
});
