import type { FilterRule, PortRange } from '@raffia/contract/nic-filter.ts';
import { parseEitherBlock } from '../../foundation/cidr.ts';

/** The match of a family's packets. */
export const protocolOf = (family: 4 | 6) => `meta protocol ${family === 4 ? 'ip' : 'ip6'}`;

interface Block {
  readonly text: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** What a rule is about beside ports: whom, as `ip saddr` and a block; a family alone; or nothing, where it is everybody. */
type Peer = { readonly family: 4 | 6 | null; readonly block: Block | null };

/** What of a protocol a rule is about: its ports, or whatever the words match; no words match everything. */
type Term =
  | { readonly protocol: 'tcp' | 'udp'; readonly ports: readonly PortRange[] }
  | { readonly protocol: null; readonly words: string };

const everyPort: readonly PortRange[] = [{ first: 0, last: 65_535 }];

/** Protocols by their numbers where nft would look their names up in /etc/protocols, which small hosts lack. */
function termsOf({ protocol, ports, icmpType }: FilterRule): Term[] {
  const words = (text: string): Term => ({ protocol: null, words: text });
  switch (protocol) {
    case 'TCP':
      return [{ protocol: 'tcp', ports: ports.length === 0 ? everyPort : ports }];
    case 'UDP':
      return [{ protocol: 'udp', ports: ports.length === 0 ? everyPort : ports }];
    case 'ICMP':
      return [words(icmpType === null ? 'ip protocol 1' : `icmp type ${icmpType}`)];
    case 'ICMPV6':
      return [words(icmpType === null ? 'meta l4proto 58' : `icmpv6 type ${icmpType}`)];
    case 'IPSEC':
      return [
        words('meta l4proto { 50, 51 }'),
        { protocol: 'udp', ports: [500, 4500].map((port) => ({ first: port, last: port })) },
      ];
    case 'ALL':
      return [words('')];
  }
}

function peerOf({ cidr }: FilterRule): Peer {
  if (cidr === null) return { family: null, block: null };
  const { address, prefix, family } = cidr;
  if (prefix === 0) return { family, block: null };
  const text = `${address}/${prefix}`;
  const { first, last } = parseEitherBlock(text) as { first: bigint; last: bigint };
  return { family, block: { text, first, last } };
}

/** The rules as few matches, each a set that is looked up at once, however much is in it. Nothing in one set may overlap. */
export function matchesOf(side: 'saddr' | 'daddr', rules: readonly FilterRule[]): string[] {
  const terms = rules.flatMap((rule) => termsOf(rule).map((term) => ({ peer: peerOf(rule), term })));
  const groups = Map.groupBy(terms, ({ peer: { family, block }, term }) =>
    [family, block === null, term.protocol === null ? term.words : 'ports'].join(' '),
  );
  return [...groups.values()].flatMap((group) => {
    const [{ peer, term }] = group as [(typeof group)[number]];
    const address = `${peer.family === 4 ? 'ip' : 'ip6'} ${side}`;
    const family = peer.family === null ? '' : protocolOf(peer.family);
    if (term.protocol === null) {
      const blocks = outermost(group.flatMap((one) => one.peer.block ?? []));
      return [joined(blocks.length === 0 ? family : `${address} ${setOf(blocks.map(({ text }) => text))}`, term.words)];
    }
    const byBlock = Map.groupBy(group, (one) => one.peer.block?.text);
    const parts = [...byBlock.values()].map((of) => ({ block: of[0]?.peer.block ?? null, ports: portsOf(of) }));
    const blocks = parts.flatMap(({ block }) => block ?? []);
    if (blocks.length > 0 && outermost(blocks).length === blocks.length) {
      const elements = parts.flatMap(({ block, ports }) => ports.map((port) => `${block?.text} . ${port}`));
      return [`${address} . ${portWords} ${setOf(elements)}`];
    }
    return parts.map(({ block, ports }) =>
      joined(block === null ? family : `${address} ${block.text}`, portWords, setOf(ports)),
    );
  });
}

const portWords = 'meta l4proto . th dport';

/** The ports of some terms as elements of a set, such as `tcp . 80-90`. */
function portsOf(group: readonly { readonly term: Term }[]): string[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const ranges = group.flatMap(({ term }) => (term.protocol === protocol ? term.ports : []));
    return merged(ranges).map((range) => `${protocol} . ${range}`);
  });
}

const setOf = (elements: readonly string[]) => `{ ${elements.join(', ')} }`;

/** Parts of a rule's text, those that are empty left out. */
export const joined = (...parts: readonly string[]) => parts.filter((part) => part !== '').join(' ');

/** Ranges as nft writes them, none of which touches another. */
function merged(ranges: readonly PortRange[]): string[] {
  const whole: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = whole.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else whole.push({ first, last });
  }
  return whole.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
}

/** Those blocks that lie in no other one: blocks never overlap otherwise. */
function outermost<B extends Block>(blocks: readonly B[]): B[] {
  const order = blocks.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.last > b.last ? -1 : 1));
  let end = -1n;
  return order.filter(({ last }) => {
    if (last <= end) return false;
    end = last;
    return true;
  });
}
