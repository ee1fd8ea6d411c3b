import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocols } from '@raffia/contract/enums.ts';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import { type Kind, kinds, openingsOf } from '@raffia/contract/openings.ts';
import { securityGroupTemplates } from '@raffia/contract/security-group-templates.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { bitsOf } from '@raffia/contract/security-rules.ts';
import { filterTablesOf } from './filter-tables.ts';

/** What people are told of who reaches what (contract/openings.ts) is what the host's tables do, packet by packet. */
interface Packet {
  readonly kind: Kind;
  readonly number: number;
  readonly from: string;
}

const family = (address: string) => (address.includes(':') ? 6 : 4);
function isIn(address: string, block: string): boolean {
  const [start = '', prefix = family(start) === 4 ? '32' : '128'] = block.split('/');
  if (family(start) !== family(address)) return false;
  const shift = BigInt((family(address) === 4 ? 32 : 128) - Number(prefix));
  return bitsOf(start, family(start)) >> shift === bitsOf(address, family(address)) >> shift;
}
const numbersOf: Record<Kind, number> = { TCP: 6, UDP: 17, ICMP: 1, ICMPV6: 58, IPSEC: 50, other: 47 };

/** Whether a packet passes a chain as nft follows it: line by line, what the words of each mean. */
function passes(chain: string, packet: Packet): boolean {
  for (const line of chain.split('\n').map((one) => one.trim())) {
    if (line === 'drop') return false;
    if (line === '') continue;
    let rest = line.replace(/ ?return$/, '');
    assert.notEqual(rest, line, line);
    const is: boolean[] = [];
    const take = (pattern: RegExp, holds: (match: RegExpExecArray) => boolean) => {
      const match = pattern.exec(rest);
      if (match === null) return;
      rest = rest.slice(match[0].length).trim();
      is.push(holds(match));
    };
    const portIs = (protocol: string | undefined, range = '') => {
      const [first = '', last = first] = range.split('-');
      return packet.kind === protocol?.toUpperCase() && packet.number >= Number(first) && packet.number <= Number(last);
    };
    const parts = (set = '') => set.split(', ').map((element) => element.split(' . '));
    take(/^meta protocol (ip6?)(?= |$)/, ([, name]) => (name === 'ip' ? 4 : 6) === family(packet.from));
    take(/^ip6? [sd]addr \. meta l4proto \. th dport \{ ([^}]*) \}/, ([, set]) =>
      parts(set).some(([block = '', name, range]) => isIn(packet.from, block) && portIs(name, range)),
    );
    take(/^ip6? [sd]addr (?:\{ ([^}]*) \}|(\S+))/, ([, set, one = '']) =>
      (set?.split(', ') ?? [one]).some((block) => isIn(packet.from, block)),
    );
    take(/^meta l4proto \. th dport \{ ([^}]*) \}/, ([, set]) =>
      parts(set).some(([name, range]) => portIs(name, range)),
    );
    take(/^(?:ip protocol|meta l4proto) (?:\{ ([^}]*) \}|(\d+))/, ([, set, one = '']) =>
      (set?.split(', ') ?? [one]).includes(String(numbersOf[packet.kind])),
    );
    take(
      /^icmp(v6)? type (\d+)/,
      ([, v6, type]) => packet.kind === (v6 === undefined ? 'ICMP' : 'ICMPV6') && packet.number === Number(type),
    );
    assert.equal(rest, '', `understood all of ${line}`);
    if (is.every(Boolean)) return true;
  }
  throw new Error('a chain ends with drop');
}

const addresses = ['10.1.2.3', '172.16.0.1', '192.0.2.7', '203.0.113.9', '8.8.8.8', '2001:db8::1', 'fd00::1'];
const numbers = [0, 1, 8, 22, 53, 80, 128, 200, 443, 500, 3306, 3999, 4500, 8080, 65_535];
const packets: Packet[] = kinds.flatMap((kind) =>
  addresses
    .filter((from) => kind !== (family(from) === 4 ? 'ICMPV6' : 'ICMP'))
    .flatMap((from) =>
      (kind === 'IPSEC' || kind === 'other' ? [0] : numbers)
        .filter((number) => !kind.startsWith('ICMP') || number < 256)
        .map((number) => ({ kind, number, from })),
    ),
);

/** Groups of every template, of every protocol with every range and block that it can have, and mixtures of them. */
function groups(): SecurityRule[][] {
  const ranges = [undefined, '22', '80,443', '3000:4000', '22,500,3000:4000'];
  const blocks: Partial<SecurityRule>[] = [
    {},
    { ip: '0.0.0.0', size: 0 },
    { ip: '10.0.0.0', size: 8 },
    { ip: '192.0.2.7' },
    { ip: '::', size: 0 },
    { ip: '2001:db8::', size: 32 },
  ];
  const single = protocols.flatMap((protocol) =>
    blocks
      .filter(({ ip = '' }) => ip === '' || protocol !== (family(ip) === 4 ? 'ICMPV6' : 'ICMP'))
      .flatMap((block) => {
        const made = (more: Partial<SecurityRule>): SecurityRule => ({
          protocol,
          rule_type: 'INBOUND',
          ...block,
          ...more,
        });
        if (protocol === 'TCP' || protocol === 'UDP')
          return ranges.map((range) => made(range === undefined ? {} : { range }));
        return protocol.startsWith('ICMP') ? [made({}), made({ icmp_type: 8 }), made({ icmp_type: 128 })] : [made({})];
      }),
  );
  const mixed = single.flatMap((a, at) =>
    [7, 31].map((step) => [a, single[(at * step + 5) % single.length] as SecurityRule]),
  );
  return [...securityGroupTemplates.map(({ rules }) => [...rules]), ...single.map((one) => [one]), ...mixed, []];
}

test('what is told of a filter is what the host’s tables do with each packet, in both directions', () => {
  let tried = 0;
  let passed = 0;
  for (const rules of groups()) {
    for (const direction of ['inbound', 'outbound'] as const) {
      const own = rules.map((one) => ({
        ...one,
        ...(direction === 'outbound' && { rule_type: 'OUTBOUND' as const }),
      }));
      const filter = filterOfGroups([own]);
      assert.ok(filter !== undefined);
      const nic = { port: 'rveth0', bridge: 'raffia0', publicAddress: null, filter };
      const [, bridge] = filterTablesOf([nic], new Map());
      const chain = [...(bridge?.chains ?? [])].find(([name]) =>
        name.startsWith(direction === 'inbound' ? 'in_' : 'out_'),
      );
      const openings = openingsOf(filter[direction]);
      for (const packet of packets) {
        const told = openings.some(
          ({ kind, first, last, who }) =>
            kind === packet.kind &&
            packet.number >= first &&
            packet.number <= last &&
            who.some(({ address, prefix }) => isIn(packet.from, `${address}/${prefix}`)),
        );
        const does = passes(chain?.[1] ?? '', packet);
        assert.equal(told, does, `${JSON.stringify(packet)} ${direction} ${JSON.stringify(own)}\n${chain?.[1]}`);
        tried++;
        if (does) passed++;
      }
    }
  }
  console.log(`${tried} packets, ${passed} of them pass`);
  assert.ok(tried > 100_000 && passed > 10_000 && tried - passed > 10_000, `${tried} ${passed}`);
});
