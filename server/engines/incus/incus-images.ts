import { type Images, type MachineRef, type Progress, SnapshotGone } from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { fallible } from './fallible.ts';
import type { IncusApi } from './incus-api.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { Instances } from './instances.ts';
import type { ImageOf } from './machine-builder.ts';
import { instanceName, isFingerprint, savedImageAlias, snapshotName } from './names.ts';

/** Images of the engine: templates' ones are there before us, saved ones have an alias with their id. */
export class IncusImages implements Images {
  readonly #api: IncusApi;
  readonly #host: IncusHost;
  readonly #instances: Instances;
  readonly #inFlight: InFlight;
  readonly #settings: IncusSettings;
  readonly #imageOf: ImageOf;

  constructor(
    api: IncusApi,
    host: IncusHost,
    instances: Instances,
    inFlight: InFlight,
    settings: IncusSettings,
    imageOf: ImageOf,
  ) {
    this.#api = api;
    this.#host = host;
    this.#instances = instances;
    this.#inFlight = inFlight;
    this.#settings = settings;
    this.#imageOf = imageOf;
  }

  save({ id }: MachineRef, imageId: string, snapshotId?: string): Promise<Progress> {
    return fallible(async () => {
      await this.#host.facts();
      return this.#inFlight.join(instanceName(id), `image ${imageId}`, async () =>
        this.#capture((await this.#instances.existing(id)).name, imageId, snapshotId),
      );
    });
  }

  delete(imageId: string): Promise<Progress> {
    const alias = savedImageAlias(imageId);
    return fallible(() => this.#inFlight.join(alias, 'delete', () => this.#remove(alias)));
  }

  templatesWithoutImage(templateIds: readonly string[]): Promise<readonly string[]> {
    return fallible(async () => {
      await this.#host.facts();
      const images =
        await this.#api.get<{ fingerprint: string; aliases: { name: string }[] | null }[]>('/1.0/images?recursion=1');
      const aliases = new Set(images.flatMap((image) => image.aliases ?? []).map(({ name }) => name));
      return templateIds.filter((id) => {
        const image = this.#imageOf(id);
        if (image === undefined) return true;
        return (
          !aliases.has(image) && !(isFingerprint(image) && images.some((one) => one.fingerprint.startsWith(image)))
        );
      });
    });
  }

  /** Saves the disk as an image under our alias, which appears with the complete image; of a running machine by way of a snapshot. */
  async #capture(name: string, imageId: string, snapshotId: string | undefined): Promise<void> {
    const alias = savedImageAlias(imageId);
    if ((await this.#api.find(`/1.0/images/aliases/${alias}`)) !== undefined) return;
    const snapshots = `/1.0/instances/${name}/snapshots`;
    if (snapshotId !== undefined) {
      const kept = snapshotName(snapshotId);
      if ((await this.#api.find(`${snapshots}/${kept}`)) === undefined) throw new SnapshotGone();
      return this.#publish(`${name}/${kept}`, imageId);
    }
    const snapshot = `image-${imageId}`;
    await this.#api.remove(`${snapshots}/${snapshot}`);
    await this.#api.change('POST', snapshots, { name: snapshot, stateful: false });
    try {
      await this.#publish(`${name}/${snapshot}`, imageId);
    } finally {
      await this.#api.remove(`${snapshots}/${snapshot}`);
    }
  }

  async #publish(snapshot: string, imageId: string): Promise<void> {
    await this.#api.change('POST', '/1.0/images', {
      source: { type: 'snapshot', name: snapshot },
      properties: { description: `Raffia image ${imageId}` },
      aliases: [{ name: savedImageAlias(imageId) }],
      compression_algorithm: this.#settings.imageCompression,
    });
  }

  /** An image of ours has one alias, and goes with it: what two machines saved alike would be one image with two. */
  async #remove(alias: string): Promise<void> {
    await this.#host.facts();
    const found = await this.#api.find<{ target: string }>(`/1.0/images/aliases/${alias}`);
    if (found === undefined) return;
    const image = await this.#api.find<{ aliases: unknown[] }>(`/1.0/images/${found.target}`);
    const isShared = (image?.aliases.length ?? 0) > 1;
    await this.#api.remove(isShared ? `/1.0/images/aliases/${alias}` : `/1.0/images/${found.target}`);
  }
}
