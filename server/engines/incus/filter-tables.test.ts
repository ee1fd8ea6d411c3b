import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { FilterRule } from '@raffia/contract/nic-filter.ts';
import { type FilteredNic, filterRules } from './filter-tables.ts';

const rule = (more: Partial<FilterRule>): FilterRule => ({
  protocol: 'TCP',
  ports: [],
  cidr: null,
  icmpType: null,
  ...more,
});
const port = (first: number, last = first) => ({ first, last });
const block = (address: string, prefix: number) => ({
  address,
  prefix,
  family: address.includes(':') ? (6 as const) : (4 as const),
});
const closed = { families: [4, 6] as const, rules: [] };

let serial = 0;
function nic(rules: readonly FilterRule[], more: Partial<FilteredNic> = {}): FilteredNic {
  const digits = (++serial).toString(16).padStart(10, '0');
  return {
    port: `rfv${digits}`,
    bridge: 'rfb0000000001',
    publicAddress: null,
    filter: { inbound: { families: [4, 6], rules }, outbound: closed },
    ...more,
  };
}

const text = (...nics: FilteredNic[]) => filterRules(nics, new Map([['rfb0000000001', 7]]));
/** What passes inwards beside what always does. */
const passing = (rules: readonly FilterRule[]) =>
  (/chain in_\w+ {\n([^}]*(?:{[^}]*}[^}\n]*\n[^}]*)*)drop/.exec(text(nic(rules)))?.[1] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .slice(0, -1);

test('rules become few sets in which nothing overlaps', () => {
  assert.deepEqual(passing([rule({ ports: [port(22)] }), rule({ ports: [port(20, 30), port(31), port(80)] })]), [
    'meta l4proto . th dport { tcp . 20-31, tcp . 80 } return',
  ]);
  const [a, b] = [block('10.0.0.0', 8), block('192.0.2.1', 32)];
  assert.deepEqual(
    passing([
      rule({ ports: [port(22)], cidr: a }),
      rule({ ports: [port(22), port(21, 25)], cidr: a }),
      rule({ cidr: b }),
    ]),
    ['ip saddr . meta l4proto . th dport { 10.0.0.0/8 . tcp . 21-25, 192.0.2.1/32 . tcp . 0-65535 } return'],
  );
  assert.deepEqual(
    passing([rule({ ports: [port(22)], cidr: a }), rule({ ports: [port(80)], cidr: block('10.1.0.0', 16) })]),
    [
      'ip saddr 10.0.0.0/8 meta l4proto . th dport { tcp . 22 } return',
      'ip saddr 10.1.0.0/16 meta l4proto . th dport { tcp . 80 } return',
    ],
  );
  assert.deepEqual(
    passing([
      rule({ protocol: 'ALL', cidr: a }),
      rule({ protocol: 'ALL', cidr: block('10.1.0.0', 16) }),
      rule({ protocol: 'ALL', cidr: b }),
    ]),
    ['ip saddr { 10.0.0.0/8, 192.0.2.1/32 } return'],
  );
});

test('each protocol says what it is, of the families that its rule is about', () => {
  assert.deepEqual(passing([rule({ protocol: 'ALL' })]), ['return']);
  assert.deepEqual(passing([rule({ protocol: 'ALL', cidr: block('0.0.0.0', 0) })]), ['meta protocol ip return']);
  assert.deepEqual(passing([rule({ protocol: 'UDP', cidr: block('::', 0) })]), [
    'meta protocol ip6 meta l4proto . th dport { udp . 0-65535 } return',
  ]);
  assert.deepEqual(
    passing([rule({ protocol: 'ICMP' }), rule({ protocol: 'ICMP', icmpType: 8, cidr: block('10.0.0.0', 8) })]),
    ['ip protocol 1 return', 'ip saddr { 10.0.0.0/8 } icmp type 8 return'],
  );
  assert.deepEqual(passing([rule({ protocol: 'IPSEC' })]), [
    'meta l4proto { 50, 51 } return',
    'meta l4proto . th dport { udp . 500, udp . 4500 } return',
  ]);
});

test('machines with the same rules share their chains; a VPC has a zone, and a public address its own way in', () => {
  const rules = [rule({ ports: [port(22)] })];
  const said = text(nic(rules), nic(rules), nic(rules, { bridge: 'rfb0000000002', publicAddress: '203.0.113.7' }));
  assert.equal(said.match(/chain in_/g)?.length, 2, 'one in each table');
  assert.equal(said.match(/"rfv\w{10}\*" : jump in_/g)?.length, 3);
  assert.match(said, /ct zone set iifname map { "rfb0000000001" : 7 }/);
  assert.match(said, /elements = { 203\.0\.113\.7 : jump in_\w+ }/);
});

const skip = process.getuid?.() === 0 && existsSync('/usr/sbin/nft') ? false : 'needs root and nft (package nftables)';

test('nft takes whatever rules there may be', { skip }, () => {
  const cidrs = [
    null,
    block('0.0.0.0', 0),
    block('::', 0),
    block('10.0.0.0', 8),
    block('10.0.0.1', 32),
    block('2001:db8::', 32),
    block('::ffff:10.0.0.0', 104),
  ];
  const ports = [[], [port(22)], [port(1, 65_535)], [port(80), port(80, 90), port(65_535)]];
  const sets: FilterRule[][] = [[]];
  for (const cidr of cidrs) {
    for (const protocol of ['TCP', 'UDP'] as const)
      for (const of of ports) sets.push([rule({ protocol, cidr, ports: of })]);
    for (const protocol of ['IPSEC', 'ALL'] as const) sets.push([rule({ protocol, cidr })]);
    for (const icmpType of [null, 0, 8, 255]) {
      if (cidr?.family !== 6) sets.push([rule({ protocol: 'ICMP', cidr, icmpType })]);
      if (cidr?.family !== 4) sets.push([rule({ protocol: 'ICMPV6', cidr, icmpType })]);
    }
  }
  sets.push(sets.flat());
  const nics = sets.flatMap((rules) => [
    nic(rules),
    nic(rules, { publicAddress: serial % 2 === 0 ? `203.0.113.${serial % 250}` : `2001:db8::${serial}` }),
  ]);
  const addressed = nics.filter(
    ({ publicAddress }, i) =>
      nics.findIndex((one) => one.publicAddress === publicAddress) === i || publicAddress === null,
  );
  const outwards = addressed.map((one) => ({
    ...one,
    filter: { inbound: one.filter.outbound, outbound: one.filter.inbound },
  }));
  for (const all of [addressed, outwards]) {
    // As on a small host, which has no names of protocols.
    const script = '[ ! -e /etc/protocols ] || mount --bind /dev/null /etc/protocols; exec nft -f -';
    const { status, stderr } = spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], {
      input: text(...all),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr.slice(0, 2000));
  }
  assert.ok(sets.length > 80, `${sets.length} sets of rules`);
});
