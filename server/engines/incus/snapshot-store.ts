import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { lastOf, olderBeginningName, snapshotName } from './names.ts';

/**
 * Ours are named by their ids. Whether one is complete, the engine does not say: whoever takes one knows it by the answer, and one without
 * that, of an attempt that was killed, gives way to the next attempt's. Until then nobody is told that it is there.
 */
export class SnapshotStore {
  readonly #api: IncusApi;

  constructor(api: IncusApi) {
    this.#api = api;
  }

  /**
   * Undefined where it is not there.
   *
   * @param of the path of what it is of, an instance or a volume
   */
  find<Snapshot>(of: string, snapshotId: string): Promise<Snapshot | undefined> {
    return this.#api.find<Snapshot>(`${of}/snapshots/${snapshotName(snapshotId)}`);
  }

  /**
   * @param how what the engine wants to know beside the name
   * @param mayRemove throws where what an earlier attempt left cannot be removed at this moment
   */
  async take(
    of: string,
    snapshotId: string,
    how: { readonly stateful?: false } = {},
    mayRemove = async (): Promise<void> => {},
  ): Promise<void> {
    const take = () => this.#api.change('POST', `${of}/snapshots`, { name: snapshotName(snapshotId), ...how });
    // Mostly there is none: it is not looked for before.
    await take().catch(async (error) => {
      if (!isRefusal(error, 'exists')) throw error;
      const left = await this.#ours(of, snapshotId);
      if (left.length > 0) await mayRemove();
      for (const name of left) await this.#remove(of, name);
      await take();
    });
  }

  async delete(of: string, snapshotId: string): Promise<void> {
    for (const name of await this.#ours(of, snapshotId)) await this.#remove(of, name);
  }

  async #ours(of: string, snapshotId: string): Promise<string[]> {
    const ours = [olderBeginningName(snapshotId), snapshotName(snapshotId)];
    return (await this.names(of)).filter((name) => ours.includes(name));
  }

  /** The engine's names of all that are there; none where what they were of is gone. */
  async names(of: string): Promise<string[]> {
    return ((await this.#api.find<string[]>(`${of}/snapshots`)) ?? []).map(lastOf);
  }

  #remove(of: string, name: string): Promise<void> {
    return this.#api.remove(`${of}/snapshots/${name}`);
  }
}
