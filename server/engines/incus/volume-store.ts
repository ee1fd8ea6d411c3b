import { EngineError, PassingFault, SnapshotGone, VolumeGone, type VolumeSpec } from '../engine.ts';
import { bytesOf, inGib, inMib } from './byte-sizes.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { isAskedSnapshot, lastOf, machineIdOf, snapshotName, volumeName } from './names.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** A volume as the engine has it. */
export interface StoredVolume {
  readonly name: string;
  readonly content_type: 'filesystem' | 'block';
  readonly config: Readonly<Record<string, string>>;
  /** Paths of what has it. */
  readonly used_by: readonly string[] | null;
  /** The member of a cluster that it lies on; empty or `none` where there is none. */
  readonly location?: string;
}

/** What is to be made on a block device, for as long as nobody knows that it was. */
export const filesystemKey = 'user.raffia.filesystem';

/** That a volume was deleted, and is there for its snapshots. */
const deletedKey = 'user.raffia.deleted';

export function isDeleted({ config }: StoredVolume): boolean {
  return config[deletedKey] === 'true';
}

/** The machines that have a volume. */
export function machinesWith({ used_by }: StoredVolume): string[] {
  return (used_by ?? []).flatMap((path) => machineIdOf(lastOf(path)) ?? []);
}

/** The volumes of the pool, with their snapshots: found, made, grown, put back and removed. */
export class VolumeStore {
  readonly #api: IncusApi;
  readonly #snapshots: SnapshotStore;
  readonly #folder: string;

  constructor(api: IncusApi, snapshots: SnapshotStore, pool: string) {
    this.#api = api;
    this.#snapshots = snapshots;
    this.#folder = `/1.0/storage-pools/${pool}/volumes/custom`;
  }

  all(): Promise<StoredVolume[]> {
    return this.#api.get<StoredVolume[]>(`${this.#folder}?recursion=1`);
  }

  /** Undefined where it is not there, or was deleted. */
  async find(id: string): Promise<StoredVolume | undefined> {
    const volume = await this.#findAny(id);
    return volume === undefined || isDeleted(volume) ? undefined : volume;
  }

  /** @throws VolumeGone where it is not there */
  async existing(id: string): Promise<StoredVolume> {
    const volume = await this.find(id);
    if (volume === undefined) throw new VolumeGone();
    return volume;
  }

  #findAny(id: string): Promise<StoredVolume | undefined> {
    return this.#api.find<StoredVolume>(this.#path(id));
  }

  #path(id: string): string {
    return `${this.#folder}/${volumeName(id)}`;
  }

  /** Makes one, or leaves the one that is there. */
  async make({ id, size, filesystem }: VolumeSpec, content: StoredVolume['content_type']): Promise<void> {
    const isMade = content === 'block' && filesystem !== null;
    const config = { size: `${size}GiB`, 'user.raffia.id': id, ...(isMade ? { [filesystemKey]: filesystem } : {}) };
    const volume = { name: volumeName(id), type: 'custom', content_type: content, config };
    await this.#api.change('POST', this.#folder, volume).catch((error) => {
      if (!isRefusal(error, 'exists')) throw error;
    });
  }

  /** What was to be made on it is there. */
  async isFormatted(id: string): Promise<void> {
    await this.#configure(id, { [filesystemKey]: '' });
  }

  /** Where it has snapshots it is held for them, with nothing on it but what the newest of them keeps. */
  async remove(id: string, { withSnapshots }: { readonly withSnapshots: boolean }): Promise<void> {
    const volume = await this.#findAny(id);
    if (volume === undefined || (isDeleted(volume) && !withSnapshots)) return;
    if (machinesWith(volume).length > 0) throw stillInUse();
    await this.#refuseBusy(id);
    const newest = withSnapshots ? undefined : (await this.#askedSnapshots(id)).sort().at(-1);
    if (newest === undefined) return this.#destroy(id);
    await this.#api.change('PUT', this.#path(id), { restore: newest });
    await this.#configure(id, { [deletedKey]: 'true' });
  }

  /** Ids of snapshots are given in the order of time, and so are their names. */
  async #askedSnapshots(id: string): Promise<string[]> {
    return (await this.#snapshots.names(this.#path(id))).filter(isAskedSnapshot);
  }

  async #destroy(id: string): Promise<void> {
    await this.#api.remove(this.#path(id)).catch((error) => {
      throw isRefusal(error, 'in-use') ? stillInUse(error) : error;
    });
  }

  async takeSnapshot(id: string, snapshotId: string): Promise<void> {
    await this.existing(id);
    await this.#snapshots.take(this.#path(id), snapshotId, {}, () => this.#refuseBusy(id));
  }

  /**
   * The engine gives a volume the bounds that it had then, but says that it has those of now, and makes them so only where they are said
   * anew, in other words. A device that was blank then is blank again.
   */
  async restore({ id, filesystem }: VolumeSpec, snapshotId: string): Promise<void> {
    const [{ config, content_type }, snapshot] = await Promise.all([
      this.existing(id),
      this.#snapshots.find<Pick<StoredVolume, 'config'>>(this.#path(id), snapshotId),
    ]);
    if (snapshot === undefined) throw new SnapshotGone();
    await this.#api.change('PUT', this.#path(id), { restore: snapshotName(snapshotId) }).catch((error) => {
      throw isRefusal(error, 'in-use')
        ? new EngineError('A VM that runs has this volume; stop it, then restore again', { cause: error })
        : error;
    });
    const bytes = bytesOf(config.size);
    const isOtherSize = bytesOf(snapshot.config.size) !== bytes;
    const changes = {
      ...(isOtherSize ? { size: config.size === inGib(bytes) ? inMib(bytes) : inGib(bytes) } : {}),
      ...(content_type === 'block' && filesystem !== null ? { [filesystemKey]: filesystem } : {}),
    };
    if (Object.keys(changes).length > 0) await this.#configure(id, changes);
  }

  async removeSnapshot(id: string, snapshotId: string): Promise<void> {
    await this.#refuseBusy(id);
    await this.#snapshots.delete(this.#path(id), snapshotId);
    const volume = await this.#findAny(id);
    if (volume === undefined || !isDeleted(volume)) return;
    if ((await this.#askedSnapshots(id)).length === 0) await this.#destroy(id);
  }

  async grow(volume: StoredVolume, id: string, size: number): Promise<void> {
    const should = `${size}GiB`;
    if (bytesOf(volume.config.size) >= bytesOf(should)) return;
    await this.#configure(id, { size: should }).catch((error) => {
      throw isRefusal(error, 'in-use')
        ? new EngineError('The host cannot grow this volume while its VM runs; stop the VM, then try again', {
            cause: error,
          })
        : error;
    });
  }

  /**
   * Of volumes the engine would remove a snapshot that it is making, and leave half of it in the way: what somebody asked for who was killed
   * since is waited for.
   */
  async #refuseBusy(id: string): Promise<void> {
    if (await this.#api.isBusy(volumeName(id))) throw new PassingFault('The host is still busy with this volume');
  }

  async #configure(id: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#api.change('PATCH', this.#path(id), { config });
  }
}

const stillInUse = (cause?: unknown) => new EngineError('A VM still has this volume; detach it first', { cause });
