import type { IncusInstance, MachineType } from './incus-api.ts';
import type { IncusSettings } from './incus-settings.ts';
import { volumeOfDevice } from './volume-devices.ts';

/** What the operator lets one machine take of what all machines of a host share. */
export type LimitSettings = Pick<IncusSettings, 'networkLimit' | 'diskLimit'>;

type Parts = Pick<IncusInstance, 'config' | 'devices'>;
type Device = Parts['devices'][string];

/** A processor's weight, in percent of what a group of processes has by itself: all that the host runs beside its machines is one such group. */
const percentOfCpu = 10;
/** The greatest weight that the kernel takes. */
const mostPercent = 10_000;

const networkKeys = ['limits.ingress', 'limits.egress', 'limits.max'];
const diskKeys = ['limits.read', 'limits.write', 'limits.max'];

/** Under contention a machine gets processor time as it has processors. A virtual machine does so without: each of its own is a thread of the host. */
export function weightConfig(type: MachineType, cpu: number): Record<string, string> {
  if (type !== 'container' || !Number.isInteger(cpu)) return {};
  return { 'limits.cpu.allowance': `${Math.min(cpu * percentOfCpu, mostPercent)}%` };
}

/**
 * An instance as it is to be, with what keeps it from starving its neighbours: it follows from its size and the settings as these are now,
 * and whatever it had of limits goes.
 */
export function withLimits({ config, devices }: Parts, type: MachineType, settings: LimitSettings): Parts {
  return {
    config: { ...config, ...weightConfig(type, Number(config['limits.cpu'])) },
    devices: Object.fromEntries(
      Object.entries(devices).map(([name, device]) => [name, limited(name, device, settings)]),
    ),
  };
}

/**
 * A root device whose limits are no limits any more, for those that another one lacks or has in another unit; undefined where there are none. The
 * engine leaves in force for a running container what is only taken away.
 */
export function liftedDisk(there: Device | undefined, should: Device | undefined): Device | undefined {
  if (there === undefined || should === undefined) return undefined;
  const lifted = diskKeys.flatMap((key) => {
    const unit = unitOf(there[key]);
    return unit === undefined || unit === unitOf(should[key]) ? [] : [[key, noLimit[unit]]];
  });
  return lifted.length === 0 ? undefined : { ...there, ...Object.fromEntries(lifted) };
}

const noLimit = { bytes: '1000000MB', iops: '100000000iops' };

function unitOf(limit: string | undefined): keyof typeof noLimit | undefined {
  if (limit === undefined) return undefined;
  return limit.endsWith('iops') ? 'iops' : 'bytes';
}

/** The keys of a device's limits: what stands there and is not to, is one too many. */
export function limitKeysOf(name: string, device: Device): readonly string[] {
  if (name === 'root' || volumeOfDevice(device) !== undefined) return diskKeys;
  // A port of a bridge; those of OVN have no such limits.
  return device.type === 'nic' && device['security.mac_filtering'] !== undefined ? networkKeys : [];
}

function limited(name: string, device: Device, { networkLimit, diskLimit }: LimitSettings) {
  const keys = limitKeysOf(name, device);
  const rest = Object.entries(device).filter(([key]) => !keys.includes(key));
  const mbit = (limit: number | null) => (limit === null ? null : `${limit}Mbit`);
  const values =
    keys === diskKeys
      ? { 'limits.read': diskLimit.read, 'limits.write': diskLimit.write }
      : { 'limits.ingress': mbit(networkLimit.receive), 'limits.egress': mbit(networkLimit.send) };
  const limits = Object.entries(values).filter(([key, value]) => keys.includes(key) && value !== null);
  return Object.fromEntries([...rest, ...limits]) as Record<string, string>;
}
