import {
  type Progress,
  VolumeGone,
  type VolumeRef,
  type VolumeSpec,
  type VolumeState,
  type Volumes,
} from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { gibOf } from './byte-sizes.ts';
import { fallible } from './fallible.ts';
import type { IncusHost } from './incus-host.ts';
import { volumeIdOf, volumeName } from './names.ts';
import { isDeleted, machinesWith, type StoredVolume, type VolumeStore } from './volume-store.ts';

/** Volumes as custom volumes of the pool: block devices where machines are virtual ones, directories for containers. */
export class IncusVolumes implements Volumes {
  readonly #host: IncusHost;
  readonly #inFlight: InFlight;
  readonly #store: VolumeStore;

  constructor(store: VolumeStore, host: IncusHost, inFlight: InFlight) {
    this.#store = store;
    this.#host = host;
    this.#inFlight = inFlight;
  }

  apply(volume: VolumeSpec, { makes } = { makes: false }): Promise<Progress> {
    const name = volumeName(volume.id);
    return fallible(async () => {
      const { type } = await this.#host.facts();
      return this.#inFlight.join(name, `apply ${makes} ${volume.size}`, async () => {
        const found = await this.#store.find(volume.id);
        if (found !== undefined) return this.#store.grow(found, volume.id, volume.size);
        if (!makes) throw new VolumeGone();
        await this.#store.make(volume, type === 'container' ? 'filesystem' : 'block');
      });
    });
  }

  delete({ id }: VolumeRef, options = { withSnapshots: false }): Promise<Progress> {
    const name = volumeName(id);
    return fallible(async () => {
      await this.#host.facts();
      return this.#inFlight.join(name, `delete ${options.withSnapshots}`, () => this.#store.remove(id, options));
    });
  }

  async inspect(id: string): Promise<VolumeState | undefined> {
    const found = await fallible(() => this.#store.find(id));
    return found === undefined ? undefined : stateOf(found, id);
  }

  async list(): Promise<VolumeState[]> {
    const all = await fallible(async () => {
      await this.#host.facts();
      return this.#store.all();
    });
    return all.flatMap((volume) => {
      const id = volumeIdOf(volume.name);
      return id === undefined ? [] : stateOf(volume, id);
    });
  }
}

function stateOf(volume: StoredVolume, id: string): VolumeState {
  const size = gibOf(volume.config.size) ?? 0;
  return { id, size, machineIds: machinesWith(volume), ...(isDeleted(volume) ? { isDeleted: true } : {}) };
}
