import type { MachineNic, MachineSpec } from '../engine.ts';
import { knownMark } from './known-of-instance.ts';
import { hostNameOf, instanceName, isFingerprint, networkName, portName } from './names.ts';

/** What of the host an instance's definition depends on. */
export interface DefinitionOptions {
  readonly project: string;
  readonly type: 'container' | 'virtual-machine';
  readonly pool: string;
  readonly isOvn: boolean;
  readonly dns: readonly string[];
  /** The alias or fingerprint of the image. */
  readonly image: string;
}

const processesAtMost = 8192;

/** The body that creates a machine. It inherits nothing from profiles; our mark is on it, and `creating` until it is complete. */
export function instanceDefinition(spec: MachineSpec, options: DefinitionOptions): object {
  return {
    name: instanceName(spec.id),
    type: options.type,
    description: '',
    profiles: [],
    ephemeral: false,
    config: {
      ...sizeConfig(spec),
      ...(options.type === 'container' ? containerConfig : {}),
      ...marks(spec, 'creating'),
      ...knownMark(spec),
      'cloud-init.user-data': userData(spec),
      'cloud-init.network-config': networkConfig(spec.nics, options),
    },
    devices: {
      root: rootDevice(options.pool, spec.disk),
      ...Object.fromEntries(spec.nics.map((nic, i) => [`eth${i}`, nicDevice(spec.id, nic, `eth${i}`, options)])),
    },
    source: {
      type: 'image',
      ...(isFingerprint(options.image) ? { fingerprint: options.image } : { alias: options.image }),
    },
  };
}

/** Who an instance is: our id, its generation, and whether it is complete. */
export function marks({ id, generation }: Pick<MachineSpec, 'id' | 'generation'>, state: 'creating' | 'ready') {
  return { 'user.raffia.id': id, 'user.raffia.generation': String(generation), 'user.raffia.state': state };
}

export function sizeConfig({ cpu, ram }: { cpu: number; ram: number }) {
  return { 'limits.cpu': String(cpu), 'limits.memory': `${ram}GiB` };
}

export function rootDevice(pool: string, disk: number) {
  return { type: 'disk', path: '/', pool, size: `${disk}GiB` };
}

/**
 * A guest whose root is nobody on the host, and that cannot exhaust the host's processes. Ranges of users of its own
 * (`security.idmap.isolated`) are not asked for: LXD 5.0.2 hands out one that it may not use when machines are made at once.
 */
const containerConfig = {
  'security.privileged': 'false',
  'security.nesting': 'false',
  'limits.memory.enforce': 'hard',
  'limits.processes': String(processesAtMost),
};

/** Addresses are fixed in the guest; the host lets nothing through that comes from another one. OVN sees to that by itself. */
function nicDevice(id: string, nic: MachineNic, name: string, { project, isOvn }: DefinitionOptions) {
  const device = {
    type: 'nic',
    name,
    network: networkName(project, nic.network),
    hwaddr: nic.mac,
    host_name: portName(id, nic),
    'ipv4.address': nic.address,
  };
  if (isOvn && nic.type !== 'public') return device;
  return {
    ...device,
    'security.mac_filtering': 'true',
    'security.ipv4_filtering': 'true',
    'security.ipv6_filtering': 'true',
  };
}

/** What cloud-init reads at the first boot. Every user of the guest can read it too: no secret is ever in it. */
function userData({ name, sshKeys }: MachineSpec): string {
  const config = {
    hostname: hostNameOf(name),
    manage_etc_hosts: true,
    disable_root: false,
    users: [],
    ssh_authorized_keys: sshKeys,
    growpart: { mode: 'auto', devices: ['/'] },
  };
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}

/**
 * Version 2 of cloud-init's network configuration; JSON is YAML. The way out is the public network, where there is one. A container's
 * interfaces have their names from the host, and no udev that could give them others: asking for it makes cloud-init give up.
 */
function networkConfig(nics: readonly MachineNic[], { dns, type }: DefinitionOptions): string {
  const ethernets = nics.map((nic, i) => [
    `eth${i}`,
    {
      ...(type === 'container' ? {} : { match: { macaddress: nic.mac }, 'set-name': `eth${i}` }),
      addresses: [`${nic.address}/${nic.prefix}`],
      ...(hasDefaultRoute(nics, nic) ? { routes: [{ to: '0.0.0.0/0', via: nic.gateway }] } : {}),
      nameservers: { addresses: dns },
    },
  ]);
  return JSON.stringify({ version: 2, ethernets: Object.fromEntries(ethernets) });
}

/** Whether an interface carries the default route: the public one, else the first. */
export function hasDefaultRoute(nics: readonly MachineNic[], nic: MachineNic): boolean {
  return nic === (nics.find(({ type }) => type === 'public') ?? nics[0]);
}
