/** The words of security rules, and how many a group may have. */
export const protocols = ['TCP', 'UDP', 'ICMP', 'ICMPV6', 'IPSEC', 'ALL'] as const;
export type Protocol = (typeof protocols)[number];
export const directions = ['INBOUND', 'OUTBOUND'] as const;
export type Direction = (typeof directions)[number];

/** Of each direction. */
export const mostRules = 40;
/** What a request may bring: what is over is told by the direction that has too many. */
export const mostRulesOfGroup = 2 * mostRules + 20;

/** A rule as it is sent and given back. */
export interface SecurityRule {
  protocol: Protocol;
  rule_type: Direction;
  range?: string;
  ip?: string;
  /** The length of the prefix. */
  size?: number;
  icmp_type?: number;
}
