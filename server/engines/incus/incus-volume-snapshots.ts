import type { Progress, VolumeRef, VolumeSnapshots, VolumeSpec } from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { fallible } from './fallible.ts';
import type { IncusHost } from './incus-host.ts';
import { volumeName } from './names.ts';
import type { VolumeStore } from './volume-store.ts';

/** Snapshots of custom volumes. */
export class IncusVolumeSnapshots implements VolumeSnapshots {
  readonly #store: VolumeStore;
  readonly #host: IncusHost;
  readonly #inFlight: InFlight;

  constructor(store: VolumeStore, host: IncusHost, inFlight: InFlight) {
    this.#store = store;
    this.#host = host;
    this.#inFlight = inFlight;
  }

  take({ id }: VolumeRef, snapshotId: string): Promise<Progress> {
    return this.#join(id, `snapshot ${snapshotId}`, () => this.#store.takeSnapshot(id, snapshotId));
  }

  restore(volume: VolumeSpec, snapshotId: string): Promise<Progress> {
    return this.#join(volume.id, `restore ${snapshotId}`, () => this.#store.restore(volume, snapshotId));
  }

  delete({ id }: VolumeRef, snapshotId: string): Promise<Progress> {
    return this.#join(id, `delete snapshot ${snapshotId}`, () => this.#store.removeSnapshot(id, snapshotId));
  }

  #join(id: string, goal: string, act: () => Promise<void>): Promise<Progress> {
    return fallible(async () => {
      await this.#host.facts();
      return this.#inFlight.join(volumeName(id), goal, act);
    });
  }
}
