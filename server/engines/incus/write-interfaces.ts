import {
  ifupdownFile,
  interfacesFile,
  networkdFile,
  networkdFileOf,
  networkdFolder,
  networkManagerFile,
  networkManagerFileOf,
  networkManagerFolder,
} from './guest-network-files.ts';
import type { GuestNic } from './guest-nics.ts';
import type { IncusApi } from './incus-api.ts';

interface Interfaces {
  /** What the guest's /etc has. */
  readonly etc: ReadonlySet<string>;
  /** Those to be written down; others stay as they are. */
  readonly nics: readonly GuestNic[];
  /** Names of those that are no more. */
  readonly gone: readonly string[];
  readonly dns: readonly string[];
  /** What the file of ifupdown is made from; by default what it says. */
  readonly ifupdown?: string;
}

/** Tells whichever of the usual network programs a guest has what it is to set up when it boots: ifupdown, systemd-networkd, NetworkManager. */
export async function writeInterfaces(
  api: IncusApi,
  instance: string,
  { etc, nics, gone, dns, ifupdown }: Interfaces,
): Promise<void> {
  const has = async (top: string, path: string) => (etc.has(top) ? api.readFile(instance, path) : undefined);
  const [interfaces, networkd, networkManager] = await Promise.all([
    has('network', interfacesFile),
    has('systemd', networkdFolder),
    has('NetworkManager', networkManagerFolder),
  ]);
  const files = [
    ...(interfaces ? [ifupdownFile(ifupdown ?? interfaces.content, nics, gone)] : []),
    ...(networkd ? nics.map((nic) => networkdFile(nic, dns)) : []),
    ...(networkManager ? nics.map((nic) => networkManagerFile(nic, dns)) : []),
    ...(interfaces && ifupdown !== undefined && etc.has('resolv.conf')
      ? [{ path: '/etc/resolv.conf', text: dns.map((server) => `nameserver ${server}\n`).join(''), mode: '0644' }]
      : []),
  ];
  for (const { path, text, mode } of files) await api.writeFile(instance, path, text, mode);
  for (const name of gone) {
    if (networkd) await api.removeFile(instance, networkdFileOf(name));
    if (networkManager) await api.removeFile(instance, networkManagerFileOf(name));
  }
}
