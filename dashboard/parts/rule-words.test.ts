import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directions, protocols } from '@raffia/contract/enums.ts';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import { securityGroupTemplates } from '@raffia/contract/security-group-templates.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { differenceOf, serviceOf, wordsOf } from './rule-words.ts';

const rule = (protocol: SecurityRule['protocol'], more: Partial<SecurityRule> = {}): SecurityRule => ({
  protocol,
  rule_type: 'INBOUND',
  ...more,
});
const words = (rules: readonly SecurityRule[], side: 'inbound' | 'outbound' = 'inbound') =>
  wordsOf(filterOfGroups([rules]), side).map(({ text, isWide }) => (isWide ? `${text}!` : text));
const refused = 'Everything else from outside is refused';

test('each template says whom it lets in, and lets everything out but deny-all', () => {
  const privately = '10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12 and 192.168.0.0/16';
  const expected: Record<string, string[]> = {
    'web-server': ['Anyone can reach ports 22, 80 and 443 and send ICMP, such as ping', refused],
    'database-server': ['Anyone can reach port 22', `Only ${privately} can reach ports 3306 and 5432`, refused],
    'ssh-only': ['Anyone can reach port 22', refused],
    'allow-all': ['Anyone can reach everything!'],
    'deny-all': ['Everything from outside is refused'],
  };
  assert.deepEqual(securityGroupTemplates.map(({ id }) => id).sort(), Object.keys(expected).sort());
  for (const { id, rules } of securityGroupTemplates) {
    assert.deepEqual(words(rules), expected[id], id);
    assert.deepEqual(
      words(rules, 'outbound'),
      [id === 'deny-all' ? 'Everything to the outside is refused' : 'VMs can reach everything'],
      id,
    );
  }
});

test('every protocol, range and block is said in each direction', () => {
  const ranges: Record<string, string> = {
    '22': 'port 22',
    '80,443': 'ports 80 and 443',
    '3000:4000': 'ports 3000 to 4000',
    '22,80,3000:4000': 'ports 22, 80 and 3000 to 4000',
  };
  const whats: Record<string, [Partial<SecurityRule>, string][]> = {
    TCP: [
      [{}, 'reach every TCP port'],
      ...Object.entries(ranges).map(([range, text]): [object, string] => [{ range }, `reach ${text}`]),
    ],
    UDP: [
      [{}, 'reach every UDP port'],
      ...Object.entries(ranges).map(([range, text]): [object, string] => [{ range }, `reach UDP ${text}`]),
    ],
    ICMP: [
      [{}, 'send ICMP, such as ping'],
      [{ icmp_type: 8 }, 'ping'],
      [{ icmp_type: 3 }, 'send ICMP type 3'],
    ],
    ICMPV6: [
      [{}, 'send ICMPv6, such as ping'],
      [{ icmp_type: 128 }, 'ping over IPv6'],
      [{ icmp_type: 1 }, 'send ICMPv6 type 1'],
    ],
    IPSEC: [[{}, 'set up IPsec']],
    ALL: [[{}, 'reach everything']],
  };
  assert.deepEqual(Object.keys(whats).sort(), [...protocols].sort());
  const blocks: [Partial<SecurityRule>, string, 4 | 6][] = [
    [{ ip: '203.0.113.0', size: 24 }, '203.0.113.0/24', 4],
    [{ ip: '203.0.113.7' }, '203.0.113.7', 4],
    [{ ip: '2001:db8::', size: 32 }, '2001:db8::/32', 6],
  ];
  let said = 0;
  for (const direction of directions) {
    const side = direction === 'INBOUND' ? 'inbound' : 'outbound';
    const isIn = side === 'inbound';
    for (const protocol of protocols) {
      for (const [more, doing] of whats[protocol] ?? []) {
        // Another rule of the other family, so that none is unfiltered.
        const both = (['TCP', 'ALL', 'UDP', 'IPSEC'] as const).includes(protocol as never);
        const other = rule('TCP', {
          rule_type: direction,
          range: '1',
          ip: protocol === 'ICMPV6' ? '192.0.2.1' : '::1',
        });
        const found = words([rule(protocol, { rule_type: direction, ...more }), ...(both ? [] : [other])], side)[0];
        const out = protocol === 'IPSEC' ? `${doing} with peers` : doing;
        const end = protocol === 'ALL' ? '' : ' anywhere';
        const anyone = isIn ? `Anyone can ${doing}` : `VMs can ${out}${end}`;
        const first = both
          ? found
          : words([rule(protocol, { rule_type: direction, ...more }), other], side).find((text) =>
              text.startsWith(anyone),
            );
        assert.equal(first?.replace('!', ''), anyone, JSON.stringify({ protocol, direction, ...more }));
        said++;
        for (const [block, people, family] of blocks) {
          if (protocol === (family === 4 ? 'ICMPV6' : 'ICMP')) continue;
          const own = rule(protocol, { rule_type: direction, ...more, ...block });
          const rest = rule(protocol === 'UDP' ? 'TCP' : 'UDP', {
            rule_type: direction,
            range: '9',
            ip: family === 4 ? '::1' : '192.0.2.1',
          });
          const lines = words([own, rest], side);
          const only = protocol === 'ALL' ? '' : 'only ';
          const wanted = isIn
            ? protocol === 'ALL'
              ? `${people} can ${doing}`
              : `Only ${people} can ${doing}`
            : `VMs can ${out} ${only}at ${people}`;
          assert.ok(lines.includes(wanted), `${wanted}: ${JSON.stringify(lines)}`);
          assert.equal(lines.at(-1), isIn ? refused : 'Everything else to the outside is refused');
          said++;
        }
      }
    }
  }
  assert.ok(said >= 120, `${said}`);
});

test('“only” names everybody who can, and a family of which no rule is about', () => {
  const ssh = (ip: string, size: number) => rule('TCP', { range: '22', ip, size });
  assert.deepEqual(words([ssh('203.0.113.0', 24), ssh('2001:db8::', 32), rule('ALL', { ip: '10.0.0.0', size: 8 })]), [
    '10.0.0.0/8 can reach everything',
    'Only 10.0.0.0/8, 203.0.113.0/24 and 2001:db8::/32 can reach port 22',
    refused,
  ]);
  assert.deepEqual(words([ssh('203.0.113.0', 24)]), [
    'Every IPv6 address can reach everything!',
    'Only 203.0.113.0/24 and every IPv6 address can reach port 22',
    refused,
  ]);
  assert.deepEqual(words([ssh('203.0.113.0', 24), rule('TCP', { range: '22' })]), [
    'Anyone can reach port 22',
    refused,
  ]);
  const many = ['1', '3', '5', '7', '9', '11'].map((octet) => ssh(`192.0.${octet}.0`, 24));
  assert.deepEqual(
    words([...many, rule('UDP', { range: '1', ip: '::1' })])[0]?.split(' can ')[0],
    'Only 192.0.1.0/24, 192.0.3.0/24, 192.0.5.0/24, 192.0.7.0/24 and 2 more',
  );
  assert.deepEqual(
    words([rule('UDP', { range: '53' }), rule('TCP', { range: '53' })])[0],
    'Anyone can reach TCP and UDP port 53',
  );
  assert.deepEqual(
    wordsOf(undefined, 'inbound').map(({ text }) => text),
    ['Anyone can reach everything'],
  );
});

test('what a change opens and closes is said with whom it is about', () => {
  const difference = (before: SecurityRule[] | undefined, after: SecurityRule[]) =>
    differenceOf(before === undefined ? undefined : filterOfGroups([before]), filterOfGroups([after]), 'inbound');
  const ssh = rule('TCP', { range: '22' });
  assert.deepEqual(difference([ssh], [ssh, rule('TCP', { range: '8443', ip: '203.0.113.0', size: 24 })]), {
    opens: ['Port 8443 opens for 203.0.113.0/24'],
    closes: [],
  });
  assert.deepEqual(
    difference([ssh], [rule('TCP', { range: '22', ip: '10.0.0.0', size: 8 }), rule('UDP', { range: '53,123' })]),
    {
      opens: ['UDP ports 53 and 123 open for anyone'],
      closes: ['Port 22 closes for anyone but 10.0.0.0/8'],
    },
  );
  assert.deepEqual(difference([ssh], [rule('TCP', { range: '20:30' })]).opens, [
    'Ports 20 to 21 and 23 to 30 open for anyone',
  ]);
  assert.deepEqual(difference(undefined, []), { opens: [], closes: ['Everything closes for anyone'] });
  assert.deepEqual(difference([ssh, ssh], [ssh]), { opens: [], closes: [] });
  // Without a rule about IPv6 nothing of it is filtered.
  assert.deepEqual(difference([ssh], [rule('TCP', { range: '8443', ip: '10.0.0.0', size: 8 })]), {
    opens: ['Everything opens for every IPv6 address', 'Port 8443 opens for 10.0.0.0/8'],
    closes: ['Port 22 closes for every IPv4 address'],
  });
});

test('what usually listens at a port is named', () => {
  assert.equal(serviceOf('TCP', '80,443'), 'HTTP, HTTPS');
  assert.equal(serviceOf('TCP', '3000:4000'), '');
  assert.equal(serviceOf('UDP', ''), 'Every UDP port');
  assert.equal(serviceOf('ICMP', ''), 'Ping');
});
