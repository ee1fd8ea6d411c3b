import { closedPorts } from '@raffia/contract/closed-ports.ts';
import type { PortRange } from '@raffia/contract/nic-filter.ts';
import { familyOf } from '../../foundation/cidr.ts';
import { bridgePrefix, gatewayPrefix, publicPrefix, vpcPrefix } from './names.ts';

/** The tables that the rules are in. */
export const firewallTables = ['bridge raffia', 'inet raffia'] as const;

/**
 * What keeps machines away from their host, for nft: the same on every host, whatever machines and networks come and go, because it
 * matches the beginnings of names. In VPCs nothing reaches the host at all, not even by its hardware address; on public networks the
 * host routes, answers pings and replies to what it began itself. What machines send to ranges of the operator's own networks is
 * dropped, unless it replies. And some ports are closed on every public interface, from wherever. Of IPv6 the host is beside a bridge, never
 * on it: what comes from the bridge itself is nobody's.
 *
 * @param blocked CIDR blocks that machines must not reach
 */
export function firewallRules(blocked: readonly string[]): string {
  const table = (name: string) => `table ${name}\ndelete table ${name}\ntable ${name}`;
  const machines = `iifname { "${bridgePrefix}*", "${gatewayPrefix}*" }`;
  const drop = ([4, 6] as const)
    .map((family) => ({ family, blocks: blocked.filter((block) => familyOf(block) === family) }))
    .filter(({ blocks }) => blocks.length > 0)
    .map(({ family, blocks }) => `${machines} ${family === 4 ? 'ip' : 'ip6'} daddr { ${blocks.join(', ')} } drop\n    `)
    .join('');
  return `${table('bridge raffia')} {
  chain input {
    type filter hook input priority -300; policy accept;
    iifname "${vpcPrefix}*" drop
  }
  chain closed {
    tcp dport { ${ports('TCP')} } tcp flags & (syn | ack) == syn drop
    udp dport { ${ports('UDP')} } drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    oifname "${publicPrefix}*" jump closed
  }
  chain output {
    type filter hook output priority -10; policy accept;
    oifname "${publicPrefix}*" jump closed
  }
}
${table('inet raffia')} {
  chain machines {
    ct state established,related accept
    icmp type echo-request limit rate 100/second accept
    icmpv6 type echo-request limit rate 100/second accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    drop
  }
  chain input {
    type filter hook input priority -10; policy accept;
    ${machines} jump machines
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    ${machines} ct state established,related accept
    ${machines} oifname { "${bridgePrefix}*", "${gatewayPrefix}*" } accept
    ${drop}iifname "${bridgePrefix}*" meta nfproto ipv6 drop
  }
}
`;
}

const ports = (protocol: 'TCP' | 'UDP') => (closedPorts[protocol] ?? []).map(rangeOf).join(', ');

const rangeOf = ({ first, last }: PortRange) => (first === last ? `${first}` : `${first}-${last}`);
