import type { NicFilter, PortRange } from '@raffia/contract/nic-filter.ts';
import {
  type AddressBlock,
  beyond,
  familiesOf,
  isSame,
  type Kind,
  type Opening,
  openingsOf,
  spanOf,
} from '@raffia/contract/openings.ts';

/** What is open, to whom, in one sentence. `isWide` where it is more than a rule of thumb would have: all of something, for everybody. */
export interface Line {
  readonly text: string;
  readonly isWide: boolean;
}

type Side = 'inbound' | 'outbound';

/** Something that some can reach: parts of kinds. */
interface Part {
  readonly kind: Kind;
  readonly ranges: readonly PortRange[];
}

/**
 * What a filter lets through, in sentences that are true of it in whole (contract/openings.ts): who, and what. The last says what becomes of
 * the rest.
 *
 * @param filter undefined where nothing is filtered
 */
export function wordsOf(filter: NicFilter | undefined, side: Side): Line[] {
  const openings = openingsOf(filter?.[side]);
  const base = openings.find(({ kind }) => kind === 'other')?.who ?? [];
  const lines: Line[] =
    base.length === 0 ? [] : [{ text: everything(base, side), isWide: side === 'inbound' && hasWholeFamily(base) }];
  const special = openings.filter(({ kind, who }) => kind !== 'other' && !isSame(who, within(base, kind)));
  for (const { who, parts } of byWho(withoutWhatIpsecOpens(special))) {
    const isWide =
      side === 'inbound' &&
      parts.some(({ kind, ranges }) => isPorts(kind) && isWhole(kind, ranges) && hasWholeFamily(who));
    lines.push({ text: sentence(who, parts, side), isWide });
  }
  if (base.length > 0 && isAnyone(base, 'other')) return lines;
  const rest = lines.length === 0 ? 'Everything' : 'Everything else';
  return [
    ...lines,
    {
      text: side === 'inbound' ? `${rest} from outside is refused` : `${rest} to the outside is refused`,
      isWide: false,
    },
  ];
}

/** What another filter opens and closes, for whom: `Port 8443 opens for 203.0.113.0/24`, `Port 22 closes for anyone but 10.0.0.0/8`. */
export function differenceOf(before: NicFilter | undefined, after: NicFilter | undefined, side: Side) {
  const [old, now] = [openingsOf(before?.[side]), openingsOf(after?.[side])];
  const words = (gains: readonly Gain[], verb: 'open' | 'close') =>
    byWho(withoutWhatIsInAll(gains)).map(({ who, left, parts }) => {
      // Who reaches what no rule names reaches everything.
      const isAll = parts.some(({ kind }) => kind === 'other');
      const what = isAll ? 'everything' : whatOf(parts);
      const isMany = !isAll && (/(^| )ports /.test(what) || parts.length > 1);
      // Some of those for whom it closes are still let in.
      const still = left.filter((block) => beyond([block], who).length === 0);
      const but = still.length === 0 ? '' : ` but ${peopleOf(still, parts)}`;
      const people = side === 'outbound' ? place(peopleOf(who, parts)) : peopleOf(who, parts);
      return `${capital(what)} ${isMany ? verb : `${verb}s`} ${side === 'inbound' ? 'for' : 'towards'} ${people}${but}`;
    });
  return {
    opens: words(
      gained(old, now).map(({ left: _, ...gain }) => gain),
      'open',
    ),
    closes: words(gained(now, old), 'close'),
  };
}

/** Of those for whom everything opens, what opens for them is not said again. */
function withoutWhatIsInAll(gains: readonly Gain[]): Gain[] {
  const all = gains.find(({ kind }) => kind === 'other')?.who ?? [];
  // First, so that it is said first.
  const order = gains.toSorted((a, b) => Number(b.kind === 'other') - Number(a.kind === 'other'));
  return order.flatMap((gain) => {
    const who = gain.kind === 'other' ? gain.who : beyond(gain.who, all);
    return who.length === 0 ? [] : [{ ...gain, who }];
  });
}

/** Those who can reach something that they could not, and who could before. */
interface Gain extends Opening {
  readonly left?: readonly AddressBlock[];
}

/** What of the second list the first has not. */
function gained(from: readonly Opening[], to: readonly Opening[]): Gain[] {
  return to.flatMap(({ kind, first, last, who }) => {
    const there = from.filter((one) => one.kind === kind);
    const cuts = there.flatMap((one) => [one.first, one.last + 1]).filter((cut) => cut > first && cut <= last);
    const starts = [...new Set([first, ...cuts])].sort((a, b) => a - b);
    return starts.flatMap((start, at) => {
      const end = (starts[at + 1] ?? last + 1) - 1;
      const left = there.find((one) => one.first <= start && one.last >= end)?.who ?? [];
      const more = beyond(who, left);
      return more.length === 0 ? [] : [{ kind, first: start, last: end, who: more, left }];
    });
  });
}

function everything(who: readonly AddressBlock[], side: Side): string {
  const people = peopleOf(who, [{ kind: 'other', ranges: [spanOf.other] }]);
  return side === 'inbound'
    ? `${capital(people)} can reach everything`
    : `VMs can reach everything at ${place(people)}`.replace(' at anywhere', '');
}

function sentence(who: readonly AddressBlock[], parts: readonly Part[], side: Side): string {
  const people = peopleOf(who, parts);
  const isForAll = people === 'anyone';
  const doing = doingOf(parts, side);
  // Of all of a family nobody says only.
  const isOnly = who.some(({ prefix }) => prefix > 0);
  if (side === 'inbound') return isOnly ? `Only ${people} can ${doing}` : `${capital(people)} can ${doing}`;
  return isForAll ? `VMs can ${doing} anywhere` : `VMs can ${doing} ${isOnly ? 'only ' : ''}at ${people}`;
}

const place = (people: string) => (people === 'anyone' ? 'anywhere' : people);
const isPorts = (kind: Kind) => kind === 'TCP' || kind === 'UDP';
const hasWholeFamily = (who: readonly AddressBlock[]) => who.some(({ prefix }) => prefix === 0);

/** `reach ports 80 and 443`, `send ICMP, such as ping`. */
function doingOf(parts: readonly Part[], side: Side): string {
  const ports = parts.filter(({ kind }) => isPorts(kind));
  const others = parts.filter(({ kind }) => !isPorts(kind));
  return listed([
    ...(ports.length === 0 ? [] : [`reach ${portsWords(ports)}`]),
    ...others.map(({ kind, ranges }) => {
      if (kind === 'IPSEC') return side === 'inbound' ? 'set up IPsec' : 'set up IPsec with peers';
      const name = kind === 'ICMP' ? 'ICMP' : 'ICMPv6';
      if (isWhole(kind, ranges)) return `send ${name}, such as ping`;
      return isPing(kind, ranges)
        ? kind === 'ICMP'
          ? 'ping'
          : 'ping over IPv6'
        : `send ${name} ${numbered('type', ranges)}`;
    }),
  ]);
}

/** The same as a noun: `ports 80 and 443`, `ping`. */
function whatOf(parts: readonly Part[]): string {
  const ports = parts.filter(({ kind }) => isPorts(kind));
  const others = parts.filter(({ kind }) => !isPorts(kind));
  return listed([
    ...(ports.length === 0 ? [] : [portsWords(ports)]),
    ...others.map(({ kind, ranges }) => {
      if (kind === 'other') return 'every other protocol';
      if (kind === 'IPSEC') return 'IPsec';
      const name = kind === 'ICMP' ? 'ICMP' : 'ICMPv6';
      if (isWhole(kind, ranges)) return name;
      return isPing(kind, ranges)
        ? kind === 'ICMP'
          ? 'ping'
          : 'ping over IPv6'
        : `${name} ${numbered('type', ranges)}`;
    }),
  ]);
}

/** A port without a protocol is one of TCP, as people say it. */
function portsWords(parts: readonly Part[]): string {
  const [tcp, udp] = (['TCP', 'UDP'] as const).map((kind) => parts.find((part) => part.kind === kind)?.ranges);
  const words = (protocol: string, ranges: readonly PortRange[], kind: Kind = 'TCP') =>
    isWhole(kind, ranges)
      ? `every ${protocol} port`
      : `${protocol === 'TCP' ? '' : `${protocol} `}${numbered('port', ranges)}`;
  if (tcp !== undefined && udp !== undefined && JSON.stringify(tcp) === JSON.stringify(udp))
    return words('TCP and UDP', tcp);
  return listed([...(tcp === undefined ? [] : [words('TCP', tcp)]), ...(udp === undefined ? [] : [words('UDP', udp)])]);
}

/** Port 0 is nobody's, and not said. */
function numbered(noun: 'port' | 'type', ranges: readonly PortRange[]): string {
  const named =
    noun === 'type'
      ? ranges
      : ranges.flatMap((range) => (range.last === 0 ? [] : { ...range, first: Math.max(1, range.first) }));
  const words = named.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`));
  const isOne = named.length === 1 && named[0]?.first === named[0]?.last;
  return `${noun}${isOne ? '' : 's'} ${listed(words)}`;
}

const isPing = (kind: Kind, ranges: readonly PortRange[]) =>
  ranges.length === 1 && ranges[0]?.first === ranges[0]?.last && ranges[0]?.first === (kind === 'ICMP' ? 8 : 128);

/** Whoever opens all ports but 0 opens all. */
function isWhole(kind: Kind, ranges: readonly PortRange[]): boolean {
  const [only, ...more] = ranges;
  return (
    only !== undefined &&
    more.length === 0 &&
    only.first <= 1 &&
    (kind.startsWith('ICMP') ? only.first === 0 : true) &&
    only.last === spanOf[kind].last
  );
}

function isAnyone(who: readonly AddressBlock[], kind: Kind): boolean {
  return familiesOf[kind].every((family) => who.some((block) => block.family === family && block.prefix === 0));
}

function within(who: readonly AddressBlock[], kind: Kind): AddressBlock[] {
  return who.filter(({ family }) => familiesOf[kind].includes(family));
}

/** `anyone`, `every IPv4 address`, `10.0.0.0/8 and 192.0.2.7`; of many blocks the first. */
function peopleOf(who: readonly AddressBlock[], parts: readonly Part[]): string {
  if (parts.every(({ kind }) => isAnyone(who, kind))) return 'anyone';
  const words = who
    .toSorted((a, b) => Number(a.prefix === 0) - Number(b.prefix === 0))
    .map(({ family, address, prefix }) => {
      if (prefix === 0) return `every IPv${family} address`;
      return prefix === (family === 4 ? 32 : 128) ? address : `${address}/${prefix}`;
    });
  return words.length > 5 ? `${words.slice(0, 4).join(', ')} and ${words.length - 4} more` : listed(words);
}

interface Group {
  who: readonly AddressBlock[];
  readonly left: readonly AddressBlock[];
  readonly parts: { readonly kind: Kind; readonly ranges: PortRange[] }[];
}

/** What the same people can reach, together. */
function byWho(gains: readonly Gain[]): Group[] {
  const found: Group[] = [];
  for (const { kind, first, last, who, left = [] } of gains) {
    // Everybody who speaks ICMP is everybody: what anyone can is together, whatever its families.
    const isForAll = isAnyone(who, kind) && left.length === 0;
    const same = found.find((one) =>
      isForAll && one.left.length === 0
        ? one.parts.every((part) => isAnyone(one.who, part.kind))
        : isSame(one.who, who) && isSame(one.left, left),
    );
    const group = same ?? { who, left, parts: [] };
    if (same === undefined) found.push(group);
    if (who.length > group.who.length) group.who = who;
    const part = group.parts.find((one) => one.kind === kind);
    const before = part?.ranges.at(-1);
    if (part === undefined) group.parts.push({ kind, ranges: [{ first, last }] });
    else if (before !== undefined && before.last + 1 === first)
      part.ranges[part.ranges.length - 1] = { first: before.first, last };
    else part.ranges.push({ first, last });
  }
  return found;
}

/** Where IPsec is said, the two ports of UDP with which it begins are not, unless others can reach them as well. */
function withoutWhatIpsecOpens(openings: readonly Opening[]): Opening[] {
  const ipsec = openings.find(({ kind }) => kind === 'IPSEC');
  return openings.filter(
    ({ kind, first, last, who }) =>
      !(
        kind === 'UDP' &&
        first === last &&
        (first === 500 || first === 4500) &&
        ipsec !== undefined &&
        isSame(ipsec.who, who)
      ),
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const services: Readonly<Record<string, string>> = {
  'TCP 21': 'FTP',
  'TCP 22': 'SSH',
  'TCP 25': 'SMTP',
  'TCP 53': 'DNS',
  'UDP 53': 'DNS',
  'UDP 67:68': 'DHCP',
  'TCP 80': 'HTTP',
  'UDP 123': 'NTP',
  'TCP 143': 'IMAP',
  'TCP 443': 'HTTPS',
  'UDP 443': 'HTTP/3',
  'TCP 465': 'SMTPS',
  'TCP 587': 'Mail submission',
  'TCP 993': 'IMAPS',
  'TCP 1194': 'OpenVPN',
  'UDP 1194': 'OpenVPN',
  'TCP 1433': 'SQL Server',
  'TCP 3306': 'MySQL',
  'TCP 3389': 'Remote Desktop',
  'UDP 3389': 'Remote Desktop',
  'TCP 5432': 'PostgreSQL',
  'TCP 6379': 'Redis',
  'TCP 6443': 'Kubernetes',
  'TCP 8080': 'HTTP, alternative',
  'TCP 8443': 'HTTPS, alternative',
  'TCP 9090': 'Prometheus',
  'TCP 27017': 'MongoDB',
  'UDP 51820': 'WireGuard',
};

/** What usually listens there: `HTTP, HTTPS`; empty where nothing is known. */
export function serviceOf(protocol: string, range: string): string {
  if (protocol === 'ALL') return 'Everything';
  if (protocol === 'IPSEC') return 'IPsec';
  if (protocol.startsWith('ICMP')) return 'Ping';
  if (range === '') return `Every ${protocol} port`;
  return range
    .split(',')
    .map((part) => services[`${protocol} ${part}`] ?? '')
    .filter((name) => name !== '')
    .join(', ');
}
