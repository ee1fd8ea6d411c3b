import { EngineError, type VolumeSpec } from '../engine.ts';
import { bytesOf } from './byte-sizes.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { lastOf, machineIdOf, volumeName } from './names.ts';

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

/** The machines that have a volume. */
export function machinesWith({ used_by }: StoredVolume): string[] {
  return (used_by ?? []).flatMap((path) => machineIdOf(lastOf(path)) ?? []);
}

/** The volumes of the pool: found, made, grown and removed. */
export class VolumeStore {
  readonly #api: IncusApi;
  readonly #folder: string;

  constructor(api: IncusApi, pool: string) {
    this.#api = api;
    this.#folder = `/1.0/storage-pools/${pool}/volumes/custom`;
  }

  all(): Promise<StoredVolume[]> {
    return this.#api.get<StoredVolume[]>(`${this.#folder}?recursion=1`);
  }

  /** Undefined where it is not there. */
  find(id: string): Promise<StoredVolume | undefined> {
    return this.#api.find<StoredVolume>(`${this.#folder}/${volumeName(id)}`);
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
    await this.#api.change('PATCH', `${this.#folder}/${volumeName(id)}`, { config: { [filesystemKey]: '' } });
  }

  async remove(id: string): Promise<void> {
    if ((await this.find(id)) === undefined) return;
    await this.#api.change('DELETE', `${this.#folder}/${volumeName(id)}`).catch((error) => {
      if (isRefusal(error, 'not-found')) return;
      throw isRefusal(error, 'in-use')
        ? new EngineError('A VM still has this volume; detach it first', { cause: error })
        : error;
    });
  }

  async grow({ name, config }: StoredVolume, size: number): Promise<void> {
    const should = `${size}GiB`;
    if (bytesOf(config.size) >= bytesOf(should)) return;
    await this.#api.change('PATCH', `${this.#folder}/${name}`, { config: { size: should } }).catch((error) => {
      throw isRefusal(error, 'in-use')
        ? new EngineError('The host cannot grow this volume while its VM runs; stop the VM, then try again', {
            cause: error,
          })
        : error;
    });
  }
}
