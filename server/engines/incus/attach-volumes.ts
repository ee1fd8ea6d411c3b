import { EngineError, type MachineSpec, VolumeGone } from '../engine.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import type { InstanceChanges } from './instance-changes.ts';
import { volumeOfDevice } from './volume-devices.ts';
import { machinesWith, type VolumeStore } from './volume-store.ts';

/**
 * Gives an instance volumes, in one change with what the instance holds of itself. The engine would give one to several machines, and to
 * one of another host.
 *
 * @throws VolumeGone where one is not there
 * @throws EngineError where another machine has one, or it lies elsewhere
 */
export async function attachVolumes(
  api: IncusApi,
  volumes: VolumeStore,
  { name, location }: Pick<IncusInstance, 'name' | 'location'>,
  { id: machineId }: MachineSpec,
  { config, devices, attached }: Pick<InstanceChanges, 'config' | 'devices' | 'attached'>,
): Promise<void> {
  const ids = Object.values(attached).flatMap((device) => volumeOfDevice(device) ?? []);
  for (const volume of await Promise.all(ids.map((id) => volumes.find(id)))) {
    if (volume === undefined) throw new VolumeGone();
    if (machinesWith(volume).some((other) => other !== machineId)) {
      throw new EngineError('Another VM has this volume; detach it first');
    }
    const isElsewhere = ![undefined, '', 'none', location].includes(volume.location);
    if (isElsewhere) {
      throw new EngineError(
        `This volume lies on ${volume.location} and the VM on ${location}: without shared storage only VMs of the same host can have it`,
      );
    }
  }
  await api.change('PATCH', `/1.0/instances/${name}`, { config, devices: { ...devices, ...attached } });
}
