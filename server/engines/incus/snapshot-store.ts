import type { IncusApi } from './incus-api.ts';
import { unlessGone } from './instances.ts';
import { beginningSnapshotName, lastOf, snapshotName } from './names.ts';

/** Ours are named by their ids; each is given its name once it is complete: what a killed engine left of one has another. */
export class SnapshotStore {
  readonly #api: IncusApi;

  constructor(api: IncusApi) {
    this.#api = api;
  }

  /**
   * Undefined where it is not there, or was never completed.
   *
   * @param of the path of what it is of, an instance or a volume
   */
  find<Snapshot>(of: string, snapshotId: string): Promise<Snapshot | undefined> {
    return this.#api.find<Snapshot>(`${of}/snapshots/${snapshotName(snapshotId)}`);
  }

  /** @param how what the engine wants to know beside the name */
  async take(of: string, snapshotId: string, how: { readonly stateful?: false } = {}): Promise<void> {
    const [beginning, complete] = [beginningSnapshotName(snapshotId), snapshotName(snapshotId)];
    if ((await this.find(of, snapshotId)) !== undefined) return;
    await this.#remove(of, beginning);
    await this.#api.change('POST', `${of}/snapshots`, { name: beginning, ...how });
    await this.#api.change('POST', `${of}/snapshots/${beginning}`, { name: complete });
  }

  async delete(of: string, snapshotId: string): Promise<void> {
    const ours = [beginningSnapshotName(snapshotId), snapshotName(snapshotId)];
    for (const name of (await this.names(of)).filter((one) => ours.includes(one))) await this.#remove(of, name);
  }

  /** The engine's names of all that are there, complete or not; none where what they were of is gone. */
  async names(of: string): Promise<string[]> {
    return ((await this.#api.find<string[]>(`${of}/snapshots`)) ?? []).map(lastOf);
  }

  #remove(of: string, name: string): Promise<void> {
    return this.#api.change('DELETE', `${of}/snapshots/${name}`).then(() => {}, unlessGone);
  }
}
