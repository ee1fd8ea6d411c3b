import { familyOf } from '../../foundation/cidr.ts';
import type { GuestNic } from './guest-nics.ts';

/** A file of a guest: its path, text and octal mode. */
export interface FileOfGuest {
  readonly path: string;
  readonly text: string;
  readonly mode: string;
}

export const interfacesFile = '/etc/network/interfaces';
export const networkdFolder = '/etc/systemd/network';
export const networkManagerFolder = '/etc/NetworkManager/system-connections';

export const networkdFileOf = (name: string) => `${networkdFolder}/05-raffia-${name}.network`;
export const networkManagerFileOf = (name: string) => `${networkManagerFolder}/raffia-${name}.nmconnection`;

/** What a file for ifupdown begins with. */
export const loopback = 'auto lo\niface lo inet loopback\n';

/** Words that begin a stanza of ifupdown; what stands before the next one belongs to it. */
const stanzaBegins =
  /^\s*(?:auto|allow-\S+|no-auto-down|no-scripts|iface|mapping|rename|source|source-directory|template)\b/;

/**
 * The addresses for ifupdown, of Debian, Alpine and busybox: whatever else the file says stays as it is.
 *
 * @param gone names of interfaces that it is to say no more of
 */
export function ifupdownFile(text: string, nics: readonly GuestNic[], gone: readonly string[] = []): FileOfGuest {
  const told = new Map(nics.map(({ name, address }) => [name, inet(address)]));
  let isTheirs = false;
  const others = text.split('\n').filter((line) => {
    const [word = '', name = '', ...more] = line.trim().split(/\s+/);
    if (word === '') isTheirs = false;
    if (word === 'iface') isTheirs = gone.includes(name) || (more[0] !== undefined && told.get(name) === more[0]);
    else if (stanzaBegins.test(line)) isTheirs = more.length === 0 && (gone.includes(name) || told.has(name));
    return !isTheirs;
  });
  const rest = others
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  const parts = [rest, ...nics.map(stanza)].filter((part) => part !== '');
  return { path: interfacesFile, text: `${parts.join('\n\n')}\n`, mode: '0644' };
}

/** The family of an address as ifupdown calls it. */
const inet = (address: string) => (familyOf(address) === 4 ? 'inet' : 'inet6');

function stanza({ name, address, prefix, gateway }: GuestNic): string {
  const family = familyOf(address);
  const lines = [
    `address ${address}`,
    `netmask ${family === 4 ? netmask(prefix) : prefix}`,
    ...(gateway === undefined ? [] : [`gateway ${gateway}`]),
    ...(family === 4 ? [] : ['accept_ra 0']),
  ];
  return [`auto ${name}`, `iface ${name} ${inet(address)} static`, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** The same for systemd-networkd; ahead of the files that images bring along, whose names begin later. */
export function networkdFile({ name, address, prefix, gateway }: GuestNic, dns: readonly string[]): FileOfGuest {
  const lines = [
    `Address=${address}/${prefix}`,
    ...(gateway === undefined ? [] : [`Gateway=${gateway}`]),
    ...(familyOf(address) === 4 ? [] : ['IPv6AcceptRA=no']),
    ...dns.map((server) => `DNS=${server}`),
  ];
  const text = `[Match]\nName=${name}\n\n[Network]\n${lines.join('\n')}\n`;
  return { path: networkdFileOf(name), text, mode: '0644' };
}

/** The same for NetworkManager, which reads only files that nobody else can. */
export function networkManagerFile({ name, address, prefix, gateway }: GuestNic, dns: readonly string[]): FileOfGuest {
  const family = familyOf(address);
  const own = `method=manual
address1=${address}/${prefix}${gateway === undefined ? '' : `,${gateway}`}
dns=${dns.filter((server) => familyOf(server) === family).join(';')}`;
  const text = `[connection]
id=raffia-${name}
type=ethernet
interface-name=${name}
autoconnect-priority=100

[ipv4]
${family === 4 ? own : 'method=disabled'}

[ipv6]
${family === 6 ? own : 'method=disabled'}
`;
  return { path: networkManagerFileOf(name), text, mode: '0600' };
}

function netmask(prefix: number): string {
  return [0, 8, 16, 24].map((shift) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - shift)))).join('.');
}
