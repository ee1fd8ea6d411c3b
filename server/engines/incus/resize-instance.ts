import type { MachineSpec } from '../engine.ts';
import { bytesOf } from './byte-sizes.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { rootDevice, sizeConfig, wanted } from './instance-definition.ts';
import { weightConfig } from './machine-limits.ts';

/** Gives an instance the size of its spec, with its weight; a disk that is larger, if only by its headroom, stays as it is. */
export async function resizeInstance(
  api: IncusApi,
  { name, type, config: has, devices }: IncusInstance,
  spec: MachineSpec,
  pool: string,
): Promise<void> {
  const size = { ...sizeConfig(spec), ...weightConfig(type, spec.cpu) };
  const limits = Object.entries(size).filter(([key, value]) => has[key] !== value);
  const right = { ...devices.root, ...rootDevice(devices.root?.pool ?? pool, spec.disk) };
  const grows = bytesOf(devices.root?.size) < bytesOf(right.size);
  if (limits.length === 0 && !grows) return;
  const changes = { config: Object.fromEntries(limits), ...(grows ? { devices: { root: right } } : {}) };
  await api.change('PATCH', `/1.0/instances/${name}`, {
    ...changes,
    config: { ...changes.config, ...wanted({ config: has, devices }, changes) },
  });
}
