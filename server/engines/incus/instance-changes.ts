import { isDeepStrictEqual } from 'node:util';
import type { MachineSpec } from '../engine.ts';
import { bytesOf } from './byte-sizes.ts';
import { wayOut } from './guest-nics.ts';
import type { IncusInstance } from './incus-api.ts';
import {
  type DefinitionOptions,
  networkConfig,
  nicDevices,
  rootDevice,
  sizeConfig,
  wanted,
} from './instance-definition.ts';
import { knownMark, knownOf } from './known-of-instance.ts';
import { withLimits } from './machine-limits.ts';
import { interfaceName } from './names.ts';
import { volumeDevices, volumeOfDevice } from './volume-devices.ts';

type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What has to be changed about an instance. */
export interface InstanceChanges {
  readonly config: Readonly<Record<string, string>>;
  /** Interfaces and volumes that have to go before anything else, as they were: also those that others take the place of. */
  readonly unplugged: Devices;
  /** Interfaces that have to come, and whose networks have to be there. */
  readonly plugged: Devices;
  /** Volumes that have to come. */
  readonly attached: Devices;
  /** Other devices that have to be other ones. */
  readonly devices: Devices;
}

/** Interfaces of which the guest has yet to be told, by name: written with the change, taken away once it knows. */
export const untoldKey = 'user.raffia.untold';

/** What stands among them where the guest has yet to be told of other name servers. */
export const nameServersWord = 'name-servers';

export function untoldOf({ config }: Pick<IncusInstance, 'config'>): string[] {
  return (config[untoldKey] ?? '').split(',').filter((name) => name !== '');
}

/** What of a device makes it another interface, or another volume, for its guest. */
const identity = ['network', 'hwaddr', 'ipv4.address', 'source', 'path'] as const;

/**
 * What an instance has to become to be what its spec says; undefined where it is. A disk that is larger, if only by its headroom, stays as
 * it is, and so does the name of an interface's end on the host.
 */
export function changesTowards(
  instance: IncusInstance,
  spec: MachineSpec,
  options: Omit<DefinitionOptions, 'image'>,
): InstanceChanges | undefined {
  const has = instance.devices;
  const root = rootTowards(has.root, spec, options.pool);
  const told = {
    config: sizeConfig(spec),
    devices: { root, ...nicDevices(spec, options), ...volumeDevices(spec, options) } as Devices,
  };
  const should = withLimits(told, instance.type, options);
  const isOther = (name: string) => identity.some((key) => has[name]?.[key] !== should.devices[name]?.[key]);
  const isNic = (_: string, { type }: Devices[string]) => type === 'nic';
  const isVolume = (_: string, device: Devices[string]) => volumeOfDevice(device) !== undefined;
  const unplugged = filter(has, (name, device) => (isNic(name, device) || isVolume(name, device)) && isOther(name));
  const plugged = filter(should.devices, (name, device) => isNic(name, device) && isOther(name));
  const attached = filter(should.devices, (name, device) => isVolume(name, device) && isOther(name));
  const changed = new Set([unplugged, plugged, attached].flatMap((some) => Object.keys(some)));
  const otherNics = new Set([filter(unplugged, isNic), plugged].flatMap((some) => Object.keys(some)));
  const devices = filter(told.devices, (name, device) => !changed.has(name) && !isSame(has[name], device));
  const areRight = Object.entries({ ...should.config, ...knownMark(spec) }).every(
    ([key, value]) => instance.config[key] === value,
  );
  if (areRight && changed.size + Object.keys(devices).length === 0) return undefined;
  const forTheGuest = untoldAfter(instance, spec, [...otherNics]);
  const gone = Object.keys(unplugged).filter((name) => told.devices[name] === undefined);
  return {
    config: {
      ...should.config,
      ...wanted(instance, told, gone),
      ...knownMark(spec),
      ...(forTheGuest.length === 0 ? {} : tellingGuest(instance, spec, options, forTheGuest)),
    },
    unplugged,
    plugged,
    attached,
    // What somebody else put on one stays, and so does the host's end of an interface, which may have another name since a start.
    devices: Object.fromEntries(
      Object.entries(devices).map(([name, device]) => [
        name,
        { ...device, ...has[name], ...without(device, 'host_name') },
      ]),
    ),
  };
}

function filter(devices: Devices, is: (name: string, device: Devices[string]) => boolean): Devices {
  return Object.fromEntries(Object.entries(devices).filter(([name, device]) => is(name, device)));
}

function rootTowards(root: Devices[string] | undefined, { disk }: MachineSpec, pool: string): Devices[string] {
  const right = { ...root, ...rootDevice(root?.pool ?? pool, disk) };
  return root !== undefined && bytesOf(root.size) >= bytesOf(right.size) ? root : right;
}

function without(device: Devices[string], key: string): Devices[string] {
  return Object.fromEntries(Object.entries(device).filter(([other]) => other !== key));
}

/** Whatever others may have added, and wherever it ends on the host. */
function isSame(has: Devices[string] | undefined, should: Devices[string]): boolean {
  return Object.entries(should).every(([key, value]) => key === 'host_name' || has?.[key] === value);
}

/** What the guest has not been told of once these interfaces are others: them, its way out where that is another one, its name servers. */
function untoldAfter(instance: IncusInstance, spec: MachineSpec, changed: readonly string[]): string[] {
  const { nics, nameServers = [] } = knownOf(instance);
  const known = nics.map((nic, i) => ({ ...nic, nicId: nic.nicId ?? i }));
  const [before, after] = [wayOut(known), wayOut(spec.nics)].map((nic) => nic && interfaceName(nic));
  const areOther = !isDeepStrictEqual(nameServers, spec.nameServers);
  const untold = [
    ...changed,
    ...(before === after ? [] : [before, after]),
    ...(areOther ? [...spec.nics.map(interfaceName), nameServersWord] : []),
  ];
  return [...new Set(untold)].filter((name) => name !== undefined);
}

/**
 * What goes with what the guest is told. The engine makes a new instance of one whose interfaces change, as far as cloud-init is concerned,
 * which would make new host keys for ssh and put back keys that their owner took away: it stays the one that it was.
 */
function tellingGuest(
  instance: IncusInstance,
  spec: MachineSpec,
  options: Omit<DefinitionOptions, 'image'>,
  untold: readonly string[],
): Record<string, string> {
  const { config } = instance;
  const seen = config['volatile.cloud-init.instance-id'];
  return {
    'cloud-init.network-config': networkConfig(spec, options),
    ...(seen === undefined || config['user.meta-data'] !== undefined
      ? {}
      : { 'user.meta-data': `instance-id: ${seen}\n` }),
    [untoldKey]: [...new Set([...untoldOf(instance), ...untold])].join(),
  };
}
