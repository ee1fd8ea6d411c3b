import type { Protocol } from './enums.ts';
import type { PortRange } from './nic-filter.ts';

/** What no public interface of a machine is reached at, whatever its security groups say (network.md §4.1). */
export const closedPorts: Readonly<Partial<Record<Protocol, readonly PortRange[]>>> = {
  TCP: [
    { first: 135, last: 135 },
    { first: 139, last: 139 },
    { first: 445, last: 445 },
    { first: 5985, last: 5986 },
  ],
  UDP: [{ first: 137, last: 138 }],
};
