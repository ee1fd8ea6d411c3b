import { isIP } from 'node:net';
import { type Direction, directions } from '@raffia/contract/enums.ts';
import { mostRules, type SecurityRule } from '@raffia/contract/security-groups.ts';
import { invalid } from '../../foundation/api-error.ts';
import { closedPorts } from '../../foundation/closed-ports.ts';
import type { FilterRule, PortRange } from '../../foundation/nic-filter.ts';

/** A rule as a firewall follows it, whatever its spelling. */
export interface ParsedRule extends FilterRule {
  readonly direction: Direction;
}

/**
 * Reads one rule.
 *
 * @throws ApiError 400 with the documented words, where no firewall could follow it
 */
export function parseRule(rule: SecurityRule): ParsedRule {
  const { protocol, rule_type: direction, range = '', icmp_type } = rule;
  const hasPorts = protocol === 'TCP' || protocol === 'UDP';
  if (!hasPorts && protocol !== 'ALL' && range !== '') {
    throw invalid(`invalid port format: ${protocol} has no ports, leave range out`);
  }
  const isIcmp = protocol === 'ICMP' || protocol === 'ICMPV6';
  if (icmp_type !== undefined && !isIcmp) throw invalid(`icmp_type belongs to ICMP and ICMPV6, not to ${protocol}`);
  const cidr = parseCidr(rule);
  if (cidr !== null && protocol === 'ICMP' && cidr.family === 6)
    throw invalid('invalid CIDR: ICMP takes an IPv4 block');
  if (cidr !== null && protocol === 'ICMPV6' && cidr.family === 4) {
    throw invalid('invalid CIDR: ICMPV6 takes an IPv6 block');
  }
  return { direction, protocol, ports: hasPorts ? parsePorts(range) : [], cidr, icmpType: icmp_type ?? null };
}

/** `22`, `80,443`, `3000:4000` or a mixture; an empty text stands for every port. */
export function parsePorts(range: string): PortRange[] {
  if (range === '') return [];
  return range.split(',').map((part) => {
    const [, low = '', high = low] = /^([1-9]\d{0,4})(?::([1-9]\d{0,4}))?$/.exec(part) ?? [];
    const [first, last] = [Number(low), Number(high)];
    if (low === '' || last > 65_535 || first > last) {
      throw invalid('invalid port format: write ports such as 22, 80,443 or 3000:4000, from 1 to 65535');
    }
    return { first, last };
  });
}

function parseCidr({ ip = '', size }: SecurityRule): ParsedRule['cidr'] {
  if (ip === '') {
    if (size !== undefined && size !== 0) throw invalid('invalid CIDR: a size needs an ip');
    return null;
  }
  const family = isIP(ip);
  if (family === 0 || ip.includes('%')) throw invalid('invalid CIDR: ip must be an address such as 203.0.113.0');
  const width = family === 4 ? 32 : 128;
  const bits = bitsOf(ip, family as 4 | 6);
  // 0.0.0.0 alone is any address; another one alone is a host.
  const prefix = size ?? (bits === 0n ? 0 : width);
  if (prefix > width) throw invalid(`invalid CIDR: size must be at most ${width} for ${ip}`);
  if (bits & ((1n << BigInt(width - prefix)) - 1n)) {
    throw invalid(`invalid CIDR: ${ip} has bits beyond its size ${prefix}; write the first address of the block`);
  }
  return { address: ip, prefix, family: family as 4 | 6 };
}

function bitsOf(ip: string, family: 4 | 6): bigint {
  if (family === 4) return ip.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  // The URL parser writes an address out in its one form: no dotted end, no leading zeros.
  const text = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':'));
  const [front, back] = [words(head), words(tail ?? '')];
  const all = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return all.reduce((sum, word) => sum * 65_536n + BigInt(`0x${word}`), 0n);
}

/**
 * The rules of a group as they are kept: as sent and in order, without the inbound ports that are closed everywhere. A rule of which
 * nothing is left goes.
 *
 * @throws ApiError 400 for a rule that cannot be followed, or for too many
 */
export function keptRules(rules: readonly SecurityRule[]): SecurityRule[] {
  for (const direction of directions) {
    const count = rules.filter((rule) => rule.rule_type === direction).length;
    if (count > mostRules) {
      throw invalid(
        `too many rules: a group has at most ${mostRules} ${direction.toLowerCase()} ones, and this has ${count}`,
      );
    }
  }
  return rules.flatMap((rule) => {
    const { ports, direction, protocol } = parseRule(rule);
    const shut = direction === 'INBOUND' ? (closedPorts[protocol] ?? []) : [];
    const touches = ports.some((one) => shut.some(({ first, last }) => one.first <= last && one.last >= first));
    if (!touches) return [rule];
    const left = ports.flatMap((one) => without(one, shut));
    if (left.length === 0) return [];
    const range = left.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
    return [{ ...rule, range }];
  });
}

function without(range: PortRange, shut: readonly PortRange[]): PortRange[] {
  return shut.reduce<PortRange[]>(
    (left, { first, last }) =>
      left.flatMap((one) => {
        if (one.last < first || one.first > last) return [one];
        const below = { first: one.first, last: first - 1 };
        const above = { first: last + 1, last: one.last };
        return [below, above].filter((part) => part.first <= part.last);
      }),
    [range],
  );
}
