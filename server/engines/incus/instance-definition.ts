import { familyOf } from '../../foundation/cidr.ts';
import type { MachineNic, MachineSpec } from '../engine.ts';
import { guestNics, nameServersOf } from './guest-nics.ts';
import type { IncusInstance } from './incus-api.ts';
import { knownMark } from './known-of-instance.ts';
import { type LimitSettings, limitKeysOf, withLimits } from './machine-limits.ts';
import { hostNameOf, instanceName, interfaceName, isFingerprint, networkName, newPortName, portName } from './names.ts';

/** What of the host an instance's definition depends on. */
export interface DefinitionOptions extends LimitSettings {
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
  const told: Wanted = {
    config: { ...sizeConfig(spec), ...(options.type === 'container' ? containerConfig : {}) },
    devices: { root: rootDevice(options.pool, spec.disk), ...nicDevices(spec, options) },
  };
  const { config, devices } = withLimits(told, options.type, options);
  return {
    name: instanceName(spec.id),
    type: options.type,
    description: '',
    profiles: [],
    ephemeral: false,
    config: {
      ...config,
      [wantedKey]: JSON.stringify(told),
      ...marks(spec, 'creating'),
      ...knownMark(spec),
      'cloud-init.user-data': userData(spec, options),
      'cloud-init.network-config': networkConfig(spec, options),
    },
    devices,
    source: {
      type: 'image',
      ...(isFingerprint(options.image) ? { fingerprint: options.image } : { alias: options.image }),
    },
  };
}

/** Where an instance holds what it was told to be, so that what somebody else changes can be told and undone. */
const wantedKey = 'user.raffia.wanted';

interface Wanted {
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type Held = Pick<IncusInstance, 'config' | 'devices'>;
type Whole = Pick<IncusInstance, 'config' | 'devices' | 'type'>;

function wantedOf({ config }: Held): Wanted | undefined {
  const text = config[wantedKey];
  return text === undefined ? undefined : (JSON.parse(text) as Wanted);
}

/**
 * The config entry that goes with a change which we make; empty for instances that hold none.
 *
 * @param gone names of devices that it is to have no more
 */
export function wanted(instance: Held, changes: Partial<Wanted>, gone: readonly string[] = []): Record<string, string> {
  const old = wantedOf(instance);
  if (old === undefined) return {};
  const devices = Object.entries({ ...old.devices, ...changes.devices }).filter(([name]) => !gone.includes(name));
  const now = { config: { ...old.config, ...changes.config }, devices: Object.fromEntries(devices) };
  return { [wantedKey]: JSON.stringify(now) };
}

/**
 * What has to be changed for an instance to be what it was told to be, with the limits that are in force now; undefined where it is. One
 * that holds nothing of what it was told has the limits to keep.
 */
export function differences(instance: Whole, limits: LimitSettings): Partial<Wanted> | undefined {
  const told = wantedOf(instance);
  const cpu = told?.config['limits.cpu'] ?? instance.config['limits.cpu'];
  const should = withLimits(
    {
      config: { ...told?.config, ...(cpu === undefined ? {} : { 'limits.cpu': cpu }) },
      devices: { ...instance.devices, ...told?.devices },
    },
    instance.type,
    limits,
  );
  const config = Object.entries(should.config).filter(([key, value]) => instance.config[key] !== value);
  const devices = Object.entries(should.devices).flatMap(([name, device]) => {
    const there = instance.devices[name];
    const keys = new Set([...Object.keys(device), ...limitKeysOf(name, device)]);
    const differs = [...keys].some((key) => key !== 'host_name' && there?.[key] !== device[key]);
    // The host's end may have another name since a start.
    return differs ? [[name, { ...device, ...(there?.host_name ? { host_name: there.host_name } : {}) }] as const] : [];
  });
  if (config.length + devices.length === 0) return undefined;
  return { config: Object.fromEntries(config), devices: Object.fromEntries(devices) };
}

/** The interfaces with new names on the host, with the prefixes that the firewall rules know. */
export function withNewPorts(devices: Held['devices']): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(devices)
      .filter(([, { host_name }]) => host_name !== undefined)
      .map(([name, device]) => [name, { ...device, host_name: newPortName(device.host_name as string) }]),
  );
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

/** The numbers of the calls that make subvolumes and snapshots of btrfs. */
const subvolumeCalls = [0x50_00_94_0e, 0x50_00_94_18, 0x50_00_94_01, 0x50_00_94_17];

/**
 * A guest whose root is nobody on the host, and that cannot exhaust the host's processes. Its users are a range of its own: what the kernel
 * counts for each user, such as keys and the pages of pipes, it cannot take from others.
 */
const containerConfig = {
  'security.privileged': 'false',
  'security.nesting': 'false',
  'security.idmap.isolated': 'true',
  'limits.memory.enforce': 'hard',
  'limits.processes': String(processesAtMost),
  // On btrfs a subvolume that a guest makes is counted by itself, outside of the disk's quota. The kernel reads 32 bits of the number.
  'security.syscalls.deny': subvolumeCalls
    .map((call) => `ioctl errno 1 [1,${call},SCMP_CMP_MASKED_EQ,4294967295]`)
    .join('\n'),
};

/** A machine's interfaces as devices, by their names. */
export function nicDevices(
  { id, nics }: Pick<MachineSpec, 'id' | 'nics'>,
  options: Pick<DefinitionOptions, 'project' | 'isOvn'>,
): Record<string, Record<string, string>> {
  return Object.fromEntries(nics.map((nic) => [interfaceName(nic), nicDevice(id, nic, options)]));
}

/** Addresses are fixed in the guest; the host lets nothing through that comes from another one. OVN sees to that by itself. */
function nicDevice(id: string, nic: MachineNic, { project, isOvn }: Pick<DefinitionOptions, 'project' | 'isOvn'>) {
  const device = {
    type: 'nic',
    name: interfaceName(nic),
    network: networkName(project, nic.network),
    hwaddr: nic.mac,
    host_name: portName(id, nic),
    [nic.type === 'ipv6' ? 'ipv6.address' : 'ipv4.address']: nic.address,
  };
  if (isOvn && nic.type === 'vpc') return device;
  return {
    ...device,
    'security.mac_filtering': 'true',
    'security.ipv4_filtering': 'true',
    'security.ipv6_filtering': 'true',
  };
}

/** What makes cloud-init set up the network at every boot, by what the instance's configuration says then. */
export const networkAtEachBoot = { updates: { network: { when: ['boot-new-instance', 'boot'] } } };

/**
 * What cloud-init reads at the first boot. Every user of the guest can read it too: no secret is ever in it. Nobody can write into a virtual
 * machine that is off when its interfaces change.
 */
function userData({ name, sshKeys }: MachineSpec, { type }: Pick<DefinitionOptions, 'type'>): string {
  const config = {
    ...(type === 'container' ? {} : networkAtEachBoot),
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
 * interfaces have their names from the host, and no udev that could give them others: asking for it makes cloud-init give up. A route to
 * everywhere becomes a call of net-tools' `route` under ifupdown, which images no longer have; `gateway4` and `gateway6` become a gateway
 * everywhere.
 */
export function networkConfig(
  { nics, nameServers }: Pick<MachineSpec, 'nics' | 'nameServers'>,
  { dns, type }: Pick<DefinitionOptions, 'dns' | 'type'>,
): string {
  const addresses = nameServersOf(nameServers, { dns });
  const ethernets = guestNics(nics).map(({ name, mac, address, prefix, gateway }) => [
    name,
    {
      ...(type === 'container' ? {} : { match: { macaddress: mac }, 'set-name': name }),
      addresses: [`${address}/${prefix}`],
      ...(gateway === undefined ? {} : { [`gateway${familyOf(address)}`]: gateway }),
      ...(familyOf(address) === 6 ? { 'accept-ra': false } : {}),
      nameservers: { addresses },
    },
  ]);
  return JSON.stringify({ version: 2, ethernets: Object.fromEntries(ethernets) });
}
