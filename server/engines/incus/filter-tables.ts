import { hash } from 'node:crypto';
import { familyOf } from '../../foundation/cidr.ts';
import type { FilterDirection, NicFilter } from '../../foundation/nic-filter.ts';
import { joined, matchesOf, protocolOf } from './filter-matches.ts';
import { bridgePrefix, gatewayPrefix } from './names.ts';

/** The tables that the rules of interfaces are in. */
export const filterTables = ['inet raffia_filters', 'bridge raffia_filters'] as const;

/** An interface of a machine that has a filter, as its host has it. */
export interface FilteredNic {
  /** The beginning of what the host's end is called: a start may have given it a longer name. */
  readonly port: string;
  readonly bridge: string;
  /** The address by which it is reached from beyond its bridge; null in VPCs, which are reached from nowhere else. */
  readonly publicAddress: string | null;
  readonly filter: NicFilter;
}

/** The bit of a packet's mark that says that it belongs to a connection which was let through. */
const isKnown = '0x01000000';
const allOthers = '0xfeffffff';

/**
 * The rules of interfaces, for nft. Which interface a packet comes from and goes to, a bridge knows; whether it belongs to a connection, the
 * layer above it, which bridges ask before they forward anything (`bridge-nf-call-iptables`) and which tells it by the mark. Where they
 * do not ask, nothing is known and replies are dropped: that closes machines, and opens none.
 *
 * What comes from beyond a bridge is judged by its address as well, before the connection is remembered: else a packet that is dropped would
 * open the way back. VPCs may have the same blocks, so each has its own connections.
 *
 * @param zones numbers of VPCs' bridges, in which their connections are told from others'
 */
export function filterRules(nics: readonly FilteredNic[], zones: ReadonlyMap<string, number>): string {
  const table = (name: string) => `table ${name}\ndelete table ${name}\ntable ${name}`;
  const [inet, bridge] = filterTables;
  if (nics.length === 0) return `${table(inet)} {\n}\n${table(bridge)} {\n}\n`;
  const chains = new Map<string, string>();
  const jump = (direction: 'in' | 'out', passes: FilterDirection) => {
    const name = `${direction}_${hash('sha256', JSON.stringify(passes), 'hex').slice(0, 16)}`;
    if (!chains.has(name)) chains.set(name, chainOf(direction, passes));
    return `jump ${name}`;
  };
  const ways = new Map(
    nics.flatMap(({ publicAddress, filter }) =>
      publicAddress === null ? [] : [[publicAddress, jump('in', filter.inbound)] as const],
    ),
  );
  const fromBeyond = (family: 4 | 6) =>
    [...ways].filter(([address]) => familyOf(address) === family).map(([address, way]) => `${address} : ${way}`);
  const forPublic = [...chains.entries()].map(chainText).join('');
  const inbound = nics.map(({ port, filter }) => `"${port}*" : ${jump('in', filter.inbound)}`);
  const outbound = nics.map(({ port, filter }) => `"${port}*" : ${jump('out', filter.outbound)}`);
  const map = (name: string, type: string, elements: readonly string[]) =>
    `  map ${name} {\n    type ${type}\n${elements.length === 0 ? '' : `    elements = { ${elements.join(',\n      ')} }\n`}  }\n`;
  const ports = 'ifname : verdict\n    flags interval';
  const ours = `{ "${bridgePrefix}*", "${gatewayPrefix}*" }`;
  // Also without them no neighbour is found; and of a packet in fragments only the first has ports, without which the others are nothing.
  const always = `meta mark & ${isKnown} == ${isKnown} accept
    meta protocol arp accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    ip frag-off & 0x1fff != 0 accept`;
  const known = `ct state established,related meta mark set meta mark or ${isKnown}`;
  const numbered = [...zones].map(([name, number]) => `"${name}" : ${number}`);
  return `${table(inet)} {
${forPublic}${map('addresses', 'ipv4_addr : verdict', fromBeyond(4))}${map('addresses6', 'ipv6_addr : verdict', fromBeyond(6))}  chain zones {
    type filter hook prerouting priority -300; policy accept;
    ${numbered.length === 0 ? '' : `ct zone set iifname map { ${numbered.join(', ')} }`}
  }
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    iifname ${ours} ${known}
  }
  chain forward {
    type filter hook forward priority -5; policy accept;
    oifname ${ours} ${known}
    ${always}
    oifname ${ours} ip daddr vmap @addresses
    oifname ${ours} ip6 daddr vmap @addresses6
  }
  chain output {
    type filter hook output priority -5; policy accept;
    oifname ${ours} ${known}
    ${always}
    oifname ${ours} ip daddr vmap @addresses
    oifname ${ours} ip6 daddr vmap @addresses6
  }
  chain postrouting {
    type filter hook postrouting priority 300; policy accept;
    oifname != ${ours} meta mark & ${isKnown} == ${isKnown} meta mark set meta mark and ${allOthers}
  }
}
${table(bridge)} {
${[...chains].map(chainText).join('')}${map('inbound', ports, inbound)}${map('outbound', ports, outbound)}  chain forward {
    type filter hook forward priority 0; policy accept;
    ${always}
    iifname vmap @outbound
    oifname vmap @inbound
  }
  chain input {
    type filter hook input priority 0; policy accept;
    ${always}
    iifname vmap @outbound
  }
  chain output {
    type filter hook output priority 0; policy accept;
    ${always}
    oifname vmap @inbound
  }
}
`;
}

const chainText = ([name, lines]: readonly [string, string]) => `  chain ${name} {\n${lines}  }\n`;

/** What passes returns; whatever no rule allows is dropped, also what is no IP at all. */
function chainOf(direction: 'in' | 'out', { families, rules }: FilterDirection): string {
  const free = ([4, 6] as const).filter((family) => !families.includes(family)).map(protocolOf);
  return [...free, ...matchesOf(direction === 'in' ? 'saddr' : 'daddr', rules)]
    .map((match) => `    ${joined(match, 'return')}\n`)
    .concat('    drop\n')
    .join('');
}
