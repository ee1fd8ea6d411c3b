import { hash } from 'node:crypto';
import type { FilterDirection, NicFilter } from '@raffia/contract/nic-filter.ts';
import { familyOf } from '../../foundation/cidr.ts';
import { joined, matchesOf, protocolOf } from './filter-matches.ts';
import { bridgePrefix, gatewayPrefix } from './names.ts';
import { type NftTable, tableText } from './nft-table.ts';

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
export function filterTablesOf(nics: readonly FilteredNic[], zones: ReadonlyMap<string, number>): NftTable[] {
  const [inet, bridge] = filterTables;
  if (nics.length === 0)
    return [inet, bridge].map((name) => ({ name, chains: new Map(), maps: new Map(), hooks: new Map() }));
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
  const fromBeyond = (family: 4 | 6) => ({
    head: [`type ipv${family}_addr : verdict`],
    elements: [...ways]
      .filter(([address]) => familyOf(address) === family)
      .map(([address, way]) => `${address} : ${way}`),
  });
  const forPublic = new Map(chains);
  const byPort = (verdict: (nic: FilteredNic) => string) => ({
    head: ['type ifname : verdict', 'flags interval'],
    elements: nics.map((nic) => `"${nic.port}*" : ${verdict(nic)}`),
  });
  const inbound = byPort(({ filter }) => jump('in', filter.inbound));
  const outbound = byPort(({ filter }) => jump('out', filter.outbound));
  const ours = `{ "${bridgePrefix}*", "${gatewayPrefix}*" }`;
  // Also without them no neighbour is found; and of a packet in fragments only the first has ports, without which the others are nothing.
  const always = [
    `meta mark & ${isKnown} == ${isKnown} accept`,
    'meta protocol arp accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    'ip frag-off & 0x1fff != 0 accept',
  ];
  const known = `ct state established,related meta mark set meta mark or ${isKnown}`;
  const numbered = [...zones].map(([name, number]) => `"${name}" : ${number}`);
  const hook = (name: string, at: string, lines: readonly string[]) =>
    [name, [`type filter hook ${at}; policy accept;`, ...lines].map((line) => `    ${line}\n`).join('')] as const;
  const toOurs = [
    `oifname ${ours} ${known}`,
    ...always,
    `oifname ${ours} ip daddr vmap @addresses`,
    `oifname ${ours} ip6 daddr vmap @addresses6`,
  ];
  const numbering = numbered.length === 0 ? [] : [`ct zone set iifname map { ${numbered.join(', ')} }`];
  return [
    {
      name: inet,
      chains: forPublic,
      maps: new Map([
        ['addresses', fromBeyond(4)],
        ['addresses6', fromBeyond(6)],
      ]),
      hooks: new Map([
        hook('zones', 'prerouting priority -300', numbering),
        hook('prerouting', 'prerouting priority -150', [`iifname ${ours} ${known}`]),
        hook('forward', 'forward priority -5', toOurs),
        hook('output', 'output priority -5', toOurs),
        hook('postrouting', 'postrouting priority 300', [
          `oifname != ${ours} meta mark & ${isKnown} == ${isKnown} meta mark set meta mark and ${allOthers}`,
        ]),
      ]),
    },
    {
      name: bridge,
      chains,
      maps: new Map([
        ['inbound', inbound],
        ['outbound', outbound],
      ]),
      hooks: new Map([
        hook('forward', 'forward priority 0', [...always, 'iifname vmap @outbound', 'oifname vmap @inbound']),
        hook('input', 'input priority 0', [...always, 'iifname vmap @outbound']),
        hook('output', 'output priority 0', [...always, 'oifname vmap @inbound']),
      ]),
    },
  ];
}

/** What loads the rules of interfaces, in place of whatever is there. */
export function filterRules(nics: readonly FilteredNic[], zones: ReadonlyMap<string, number>): string {
  return filterTablesOf(nics, zones).map(tableText).join('');
}

/** What passes returns; whatever no rule allows is dropped, also what is no IP at all. */
function chainOf(direction: 'in' | 'out', { families, rules }: FilterDirection): string {
  const free = ([4, 6] as const).filter((family) => !families.includes(family)).map(protocolOf);
  return [...free, ...matchesOf(direction === 'in' ? 'saddr' : 'daddr', rules)]
    .map((match) => `    ${joined(match, 'return')}\n`)
    .concat('    drop\n')
    .join('');
}
