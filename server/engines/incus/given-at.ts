import type { OnRecord, Size } from '../engine.ts';
import { gibOf } from './byte-sizes.ts';
import type { Instances } from './instances.ts';
import { machineIdOf } from './names.ts';
import type { VolumeStore } from './volume-store.ts';

interface Needs {
  readonly instances: Instances;
  readonly volumes: VolumeStore;
  readonly onRecord: OnRecord;
}

/** What is on these members of a cluster, whether they answer or not: what the rows of machines there say, and volumes. */
export async function givenAt(members: readonly string[], { instances, volumes, onRecord }: Needs): Promise<Size> {
  const [{ told, lost }, disks] = await Promise.all([instances.all(), volumes.all()]);
  const isThere = ({ location = '' }: { location?: string }) => members.includes(location);
  const ids = [...told, ...lost].filter(isThere).flatMap(({ name }) => machineIdOf(name) ?? []);
  const rows = ids.length === 0 ? [] : await onRecord(ids);
  const sum = (part: keyof Size) => rows.reduce((all, row) => all + row[part], 0);
  const ofVolumes = disks.filter(isThere).reduce((all, { config }) => all + (gibOf(config.size) ?? 0), 0);
  return { cpu: sum('cpu'), ram: sum('ram'), disk: sum('disk') + ofVolumes };
}
