import { closedPorts } from './closed-ports.ts';
import { type Direction, directions } from './enums.ts';
import type { FilterRule, PortRange } from './nic-filter.ts';
import type { SecurityRule } from './security-groups.ts';

/** Rules of each direction that a group may have. */
export const mostRules = 40;

/** Why no firewall could follow a rule, or a group; `field` is the one that is wrong. */
export class RuleProblem extends Error {
  readonly field: 'range' | 'ip' | 'icmp_type' | undefined;

  constructor(message: string, field?: RuleProblem['field']) {
    super(message);
    this.field = field;
  }
}

/** A rule as a firewall follows it, whatever its spelling. */
export interface ParsedRule extends FilterRule {
  readonly direction: Direction;
}

/**
 * Reads one rule.
 *
 * @throws RuleProblem with the documented words, where no firewall could follow it
 */
export function parseRule(rule: SecurityRule): ParsedRule {
  const { protocol, rule_type: direction, range = '', icmp_type } = rule;
  const hasPorts = protocol === 'TCP' || protocol === 'UDP';
  if (!hasPorts && protocol !== 'ALL' && range !== '') {
    throw new RuleProblem(`invalid port format: ${protocol} has no ports, leave range out`, 'range');
  }
  const isIcmp = protocol === 'ICMP' || protocol === 'ICMPV6';
  if (icmp_type !== undefined && !isIcmp)
    throw new RuleProblem(`icmp_type belongs to ICMP and ICMPV6, not to ${protocol}`, 'icmp_type');
  const cidr = parseCidr(rule);
  if (cidr !== null && protocol === 'ICMP' && cidr.family === 6)
    throw new RuleProblem('invalid CIDR: ICMP takes an IPv4 block', 'ip');
  if (cidr !== null && protocol === 'ICMPV6' && cidr.family === 4) {
    throw new RuleProblem('invalid CIDR: ICMPV6 takes an IPv6 block', 'ip');
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
      throw new RuleProblem(
        'invalid port format: write ports such as 22, 80,443 or 3000:4000, from 1 to 65535',
        'range',
      );
    }
    return { first, last };
  });
}

function parseCidr({ ip = '', size }: SecurityRule): ParsedRule['cidr'] {
  if (ip === '') {
    if (size !== undefined && size !== 0) throw new RuleProblem('invalid CIDR: a size needs an ip', 'ip');
    return null;
  }
  const family = familyOf(ip);
  if (family === 0) throw new RuleProblem('invalid CIDR: ip must be an address such as 203.0.113.0', 'ip');
  const width = family === 4 ? 32 : 128;
  const bits = bitsOf(ip, family);
  // 0.0.0.0 alone is any address; another one alone is a host.
  const prefix = size ?? (bits === 0n ? 0 : width);
  if (prefix > width) throw new RuleProblem(`invalid CIDR: size must be at most ${width} for ${ip}`, 'ip');
  if (bits & ((1n << BigInt(width - prefix)) - 1n)) {
    throw new RuleProblem(
      `invalid CIDR: ${ip} has bits beyond its size ${prefix}; write the first address of the block`,
      'ip',
    );
  }
  return { address: ip, prefix, family };
}

/** The family of an address; 0 where the text is none. */
function familyOf(ip: string): 4 | 6 | 0 {
  const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
  if (new RegExp(`^${octet}(\\.${octet}){3}$`).test(ip)) return 4;
  return /^[0-9a-f:.]+$/i.test(ip) && ip.includes(':') && URL.canParse(`http://[${ip}]`) ? 6 : 0;
}

export function bitsOf(ip: string, family: 4 | 6): bigint {
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
 * @throws RuleProblem for a rule that cannot be followed, or for too many
 */
export function keptRules(rules: readonly SecurityRule[]): SecurityRule[] {
  for (const direction of directions) {
    const count = rules.filter((rule) => rule.rule_type === direction).length;
    if (count > mostRules) {
      throw new RuleProblem(
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
