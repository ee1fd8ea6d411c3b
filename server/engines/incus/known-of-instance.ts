import type { KnownOfMachine } from '../../database/tables.ts';
import type { MachineSpec } from '../engine.ts';
import { gibOf } from './byte-sizes.ts';
import type { IncusInstance } from './incus-api.ts';
import { volumeOfDevice } from './volume-devices.ts';

const mark = 'user.raffia.known';

/** What of a machine's definition cannot be read back from the instance itself. Nothing secret. */
export function knownMark({ name, image, nics, nameServers }: MachineSpec): Record<string, string> {
  return { [mark]: JSON.stringify({ name, image, nics, nameServers }) };
}

/** What an instance tells of the machine it is; one made by an older version knows less of its interfaces. */
export function knownOf({ config, devices }: Pick<IncusInstance, 'config' | 'devices'>): KnownOfMachine {
  const cpu = Number(config['limits.cpu'] ?? Number.NaN);
  return {
    name: null,
    image: null,
    nics: Object.values(devices)
      .filter((device) => device.type === 'nic' && device['ipv4.address'] !== undefined)
      .map((device) => ({
        type: null,
        address: device['ipv4.address'] as string,
        mac: device.hwaddr ?? null,
        gateway: null,
        network: null,
      })),
    ...marked(config[mark]),
    cpu: Number.isInteger(cpu) ? cpu : null,
    ram: gibOf(config['limits.memory']),
    disk: gibOf(devices.root?.size),
    volumes: Object.values(devices).flatMap((device) => volumeOfDevice(device) ?? []),
  };
}

function marked(text: string | undefined): Partial<KnownOfMachine> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Pick<KnownOfMachine, 'name' | 'image' | 'nics' | 'nameServers'>;
  } catch {
    // Somebody wrote something else there.
    return {};
  }
}
