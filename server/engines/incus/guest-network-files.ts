import type { MachineNic } from '../engine.ts';
import { hasDefaultRoute } from './instance-definition.ts';

/** A file of a guest: its path, text and octal mode. */
export interface FileOfGuest {
  readonly path: string;
  readonly text: string;
  readonly mode: string;
}

export const interfacesFile = '/etc/network/interfaces';
export const networkdFolder = '/etc/systemd/network';
export const networkManagerFolder = '/etc/NetworkManager/system-connections';

/** The addresses for ifupdown, of Debian, Alpine and busybox. */
export function ifupdownFile(nics: readonly MachineNic[]): FileOfGuest {
  const stanzas = nics.map((nic, i) => {
    const gateway = hasDefaultRoute(nics, nic) ? `  gateway ${nic.gateway}\n` : '';
    return `auto eth${i}\niface eth${i} inet static\n  address ${nic.address}\n  netmask ${netmask(nic.prefix)}\n${gateway}`;
  });
  return { path: interfacesFile, text: ['auto lo\niface lo inet loopback\n', ...stanzas].join('\n'), mode: '0644' };
}

/** The same for systemd-networkd; ahead of the files that images bring along, whose names begin later. */
export function networkdFiles(nics: readonly MachineNic[], dns: readonly string[]): FileOfGuest[] {
  return nics.map((nic, i) => {
    const lines = [
      `Address=${nic.address}/${nic.prefix}`,
      ...(hasDefaultRoute(nics, nic) ? [`Gateway=${nic.gateway}`] : []),
      ...dns.map((server) => `DNS=${server}`),
    ];
    const text = `[Match]\nName=eth${i}\n\n[Network]\n${lines.join('\n')}\n`;
    return { path: `${networkdFolder}/05-raffia-eth${i}.network`, text, mode: '0644' };
  });
}

/** The same for NetworkManager, which reads only files that nobody else can. */
export function networkManagerFiles(nics: readonly MachineNic[], dns: readonly string[]): FileOfGuest[] {
  return nics.map((nic, i) => {
    const gateway = hasDefaultRoute(nics, nic) ? `,${nic.gateway}` : '';
    const text = `[connection]
id=raffia-eth${i}
type=ethernet
interface-name=eth${i}
autoconnect-priority=100

[ipv4]
method=manual
address1=${nic.address}/${nic.prefix}${gateway}
dns=${dns.join(';')}

[ipv6]
method=disabled
`;
    return { path: `${networkManagerFolder}/raffia-eth${i}.nmconnection`, text, mode: '0600' };
  });
}

function netmask(prefix: number): string {
  return [0, 8, 16, 24].map((shift) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - shift)))).join('.');
}
