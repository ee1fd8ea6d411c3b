import type { KnownOfMachine } from '../../database/tables.ts';
import type { MachineSpec } from '../engine.ts';
import type { IncusInstance } from './incus-api.ts';

const mark = 'user.raffia.known';

/** What of a machine's definition cannot be read back from the instance itself. Nothing secret. */
export function knownMark({ name, image, nics }: MachineSpec): Record<string, string> {
  return { [mark]: JSON.stringify({ name, image, nics }) };
}

/** What an instance tells of the machine it is; one made by an older version knows less of its interfaces. */
export function knownOf({ config, devices }: IncusInstance): KnownOfMachine {
  const gib = (text: string | undefined) => (/^\d+GiB$/.test(text ?? '') ? Number.parseInt(text as string, 10) : null);
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
    ram: gib(config['limits.memory']),
    disk: gib(devices.root?.size) ?? withHeadroom(devices.root?.size),
  };
}

/** The size of a disk that got its headroom. */
function withHeadroom(text: string | undefined): number | null {
  return /^\d+MiB$/.test(text ?? '') ? Math.floor(Number.parseInt(text as string, 10) / 1024) : null;
}

function marked(text: string | undefined): Partial<KnownOfMachine> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Pick<KnownOfMachine, 'name' | 'image' | 'nics'>;
  } catch {
    // Somebody wrote something else there.
    return {};
  }
}
