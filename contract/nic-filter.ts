import type { Protocol } from './enums.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What may pass, as a firewall follows it. */
export interface FilterRule {
  readonly protocol: Protocol;
  /** Empty: every port. */
  readonly ports: readonly PortRange[];
  /** Whom the interface hears, or speaks to; null: everybody, of both families. */
  readonly cidr: { readonly address: string; readonly prefix: number; readonly family: 4 | 6 } | null;
  readonly icmpType: number | null;
}

/** What passes an interface in one direction; replies to what passed in the other always do. */
export interface FilterDirection {
  /** The families of addresses of which nothing passes but what a rule allows; of the others all does. */
  readonly families: readonly (4 | 6)[];
  readonly rules: readonly FilterRule[];
}

/** What passes an interface of a machine, towards the machine and from it. */
export interface NicFilter {
  readonly inbound: FilterDirection;
  readonly outbound: FilterDirection;
}
