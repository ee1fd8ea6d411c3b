import type { FilterDirection, FilterRule, PortRange } from './nic-filter.ts';
import { bitsOf } from './security-rules.ts';

/** Addresses with the same beginning; prefix 0 is all of a family. */
export interface AddressBlock {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
}

/** What rules tell apart: `other` is whatever no rule names, such as GRE. */
export const kinds = ['TCP', 'UDP', 'ICMP', 'ICMPV6', 'IPSEC', 'other'] as const;
export type Kind = (typeof kinds)[number];

/** A part of a kind, and all who can reach it: ports of TCP and UDP, types of ICMP; the others have one part. */
export interface Opening extends PortRange {
  readonly kind: Kind;
  /** As few blocks as say it, none in another one; nobody is left out, and nobody named that cannot. */
  readonly who: readonly AddressBlock[];
}

/** The numbers that a kind has. */
export const spanOf: Readonly<Record<Kind, PortRange>> = {
  TCP: { first: 0, last: 65_535 },
  UDP: { first: 0, last: 65_535 },
  ICMP: { first: 0, last: 255 },
  ICMPV6: { first: 0, last: 255 },
  IPSEC: { first: 0, last: 0 },
  other: { first: 0, last: 0 },
};

/** The families that a kind is spoken in. */
export const familiesOf: Readonly<Record<Kind, readonly (4 | 6)[]>> = {
  TCP: [4, 6],
  UDP: [4, 6],
  ICMP: [4],
  ICMPV6: [6],
  IPSEC: [4, 6],
  other: [4, 6],
};

/**
 * Who can reach what through a filter, in whole: parts of each kind in their order, next to each other only where somebody else can.
 * IPsec is ESP and AH; the ports with which it begins are among those of UDP.
 *
 * @param direction what passes; undefined where there is no filter, so that everything does
 */
export function openingsOf(direction: FilterDirection | undefined): Opening[] {
  return kinds.flatMap((kind) => {
    const rules = direction?.rules.flatMap((rule) => partsOf(rule, kind)) ?? [];
    const span = spanOf[kind];
    const starts = new Set([span.first]);
    for (const { first, last } of rules) {
      starts.add(first);
      if (last < span.last) starts.add(last + 1);
    }
    const free = familiesOf[kind].filter((family) => direction === undefined || !direction.families.includes(family));
    const found: Opening[] = [];
    const order = [...starts].sort((a, b) => a - b);
    for (const [at, first] of order.entries()) {
      const last = (order[at + 1] ?? span.last + 1) - 1;
      const who = fewest([
        ...free.map(wholeFamily),
        ...rules.filter((rule) => rule.first <= first && rule.last >= last).flatMap((rule) => rule.who),
      ]);
      const before = found.at(-1);
      if (before !== undefined && isSame(before.who, who)) found[found.length - 1] = { ...before, last };
      else found.push({ kind, first, last, who });
    }
    return found.filter(({ who }) => who.length > 0);
  });
}

export const wholeFamily = (family: 4 | 6): AddressBlock => ({
  family,
  address: family === 4 ? '0.0.0.0' : '::',
  prefix: 0,
});

export const isSame = (a: readonly AddressBlock[], b: readonly AddressBlock[]): boolean =>
  a.length === b.length && a.every((one, at) => textOf(one) === textOf(b[at] as AddressBlock));

export const textOf = ({ address, prefix }: AddressBlock): string => `${address}/${prefix}`;

/** Those of some blocks that others leave out, whole or in part. */
export function beyond(blocks: readonly AddressBlock[], others: readonly AddressBlock[]): AddressBlock[] {
  return blocks.filter((block) => !others.some((other) => holds(other, block)));
}

/** What a rule opens of a kind. */
function partsOf(rule: FilterRule, kind: Kind): (PortRange & { readonly who: readonly AddressBlock[] })[] {
  const { protocol, ports, cidr, icmpType } = rule;
  const families = familiesOf[kind];
  const who = cidr === null ? families.map(wholeFamily) : families.includes(cidr.family) ? [cidr] : [];
  const all = { ...spanOf[kind], who };
  if (who.length === 0) return [];
  if (protocol === 'ALL') return [all];
  if (protocol === 'IPSEC' && kind === 'UDP') return [500, 4500].map((port) => ({ first: port, last: port, who }));
  if (protocol !== kind) return [];
  if (icmpType !== null) return [{ first: icmpType, last: icmpType, who }];
  return ports.length === 0 ? [all] : ports.map((range) => ({ ...range, who }));
}

const widthOf = (family: 4 | 6) => (family === 4 ? 32 : 128);
const startOf = (block: AddressBlock) => bitsOf(block.address, block.family);

function holds(a: AddressBlock, b: AddressBlock): boolean {
  if (a.family !== b.family || a.prefix > b.prefix) return false;
  const shift = BigInt(widthOf(a.family) - a.prefix);
  return startOf(a) >> shift === startOf(b) >> shift;
}

/** The same addresses in as few blocks as there can be: none within another, and no two that are one. */
function fewest(blocks: readonly AddressBlock[]): AddressBlock[] {
  const order = [...new Map(blocks.map((block) => [key(block), block])).values()].sort(
    (a, b) => a.family - b.family || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : a.prefix - b.prefix),
  );
  const kept: AddressBlock[] = [];
  for (const block of order) {
    if (kept.some((one) => holds(one, block))) continue;
    kept.push(block);
    for (let [a, b] = [kept.at(-2), kept.at(-1)]; a !== undefined && b !== undefined; ) {
      const shift = BigInt(widthOf(a.family) - a.prefix);
      const isHalves =
        a.family === b.family &&
        a.prefix === b.prefix &&
        a.prefix > 0 &&
        startOf(a) >> (shift + 1n) === startOf(b) >> (shift + 1n);
      if (!isHalves) break;
      kept.splice(-2, 2, { ...a, prefix: a.prefix - 1 });
      [a, b] = [kept.at(-2), kept.at(-1)];
    }
  }
  return kept;
}

const key = (block: AddressBlock) => `${block.family} ${startOf(block)} ${block.prefix}`;
