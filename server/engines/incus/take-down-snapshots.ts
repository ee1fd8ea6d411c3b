import type { IncusApi } from './incus-api.ts';
import { lastOf } from './names.ts';

/**
 * Takes snapshots down that a killed daemon has left mounted: LXD mounts one while it makes an image of it, what is mounted cannot be
 * removed, and the end of the next image takes it down.
 *
 * @param path of an instance, all of whose snapshots are meant, or of one of them
 */
export async function takeDownSnapshots(api: IncusApi, path: string): Promise<void> {
  const [, instance, snapshot] = /^\/1\.0\/instances\/([^/]+)(?:\/snapshots\/([^/]+))?$/.exec(path) ?? [];
  if (instance === undefined) return;
  const all = snapshot === undefined ? ((await api.find<string[]>(`${path}/snapshots`)) ?? []).map(lastOf) : [snapshot];
  for (const name of all) {
    const { fingerprint } = await api.change<{ fingerprint: string }>('POST', '/1.0/images', {
      source: { type: 'snapshot', name: `${instance}/${name}` },
      // Where this is broken off as well, it goes with what backups have left.
      properties: { 'raffia.backup': 'none' },
      compression_algorithm: 'none',
    });
    await api.remove(`/1.0/images/${fingerprint}`);
  }
}
