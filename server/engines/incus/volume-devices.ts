import type { MachineSpec } from '../engine.ts';
import type { MachineType } from './incus-api.ts';
import { volumeIdOf, volumeName } from './names.ts';

type Device = Readonly<Record<string, string>>;

/** What a volume is called as a device of its instance, and where a container has it: `/mnt/volume-12`. */
const deviceName = (number: number) => `volume-${number}`;

/** A machine's volumes as devices, by their names. A container has a directory, a virtual machine a block device. */
export function volumeDevices(
  { volumes }: Pick<MachineSpec, 'volumes'>,
  { pool, type }: { readonly pool: string; readonly type: MachineType },
): Record<string, Record<string, string>> {
  return Object.fromEntries(
    volumes.map(({ id, number }): [string, Record<string, string>] => {
      const name = deviceName(number);
      const path: Record<string, string> = type === 'container' ? { path: `/mnt/${name}` } : {};
      return [name, { type: 'disk', pool, source: volumeName(id), ...path }];
    }),
  );
}

/** The id of the volume that a device is; undefined where it is another device. */
export function volumeOfDevice({ type, source = '' }: Device): string | undefined {
  return type === 'disk' ? volumeIdOf(source) : undefined;
}
