import type { Direction } from './enums.ts';
import type { FilterDirection, FilterRule, NicFilter } from './nic-filter.ts';
import type { SecurityRule } from './security-groups.ts';
import { parseRule } from './security-rules.ts';

/**
 * What an interface with these groups lets through: whatever a rule of any of them allows, and nothing else (network.md §4.1). The rules of
 * one family say nothing about the other: only a direction without rules, and one whose rules are about both, closes both.
 *
 * @param groups the rules of each; without a group everything passes, which is undefined
 */
export function filterOfGroups(groups: readonly (readonly SecurityRule[])[]): NicFilter | undefined {
  if (groups.length === 0) return undefined;
  return { inbound: direction(groups, 'INBOUND'), outbound: direction(groups, 'OUTBOUND') };
}

function direction(groups: readonly (readonly SecurityRule[])[], which: Direction): FilterDirection {
  const parsed = groups.map((rules) => rules.map(parseRule).filter((rule) => rule.direction === which));
  const families = ([4, 6] as const).filter((family) =>
    parsed.some((rules) => rules.length === 0 || rules.some((rule) => isAbout(rule, family))),
  );
  // In one order and each once: the same rules are the same filter, whoever brings them.
  const rules = new Map(
    parsed.flat().map(({ protocol, ports, cidr, icmpType }) => {
      const rule: FilterRule = { protocol, ports, cidr, icmpType };
      return [JSON.stringify(rule), rule] as const;
    }),
  );
  return { families, rules: [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule) };
}

function isAbout({ protocol, cidr }: FilterRule, family: 4 | 6): boolean {
  if (cidr !== null) return cidr.family === family;
  if (protocol === 'ICMP') return family === 4;
  return protocol !== 'ICMPV6' || family === 6;
}
