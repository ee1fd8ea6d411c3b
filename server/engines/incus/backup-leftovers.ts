import type { Logger } from 'pino';
import type { InFlight } from '../in-flight.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { type Instances, unlessGone } from './instances.ts';
import { givenOutName, instanceName, isGivenOut, isLost, lastOf, restoringIdOf } from './names.ts';

interface Needs {
  readonly api: IncusApi;
  readonly instances: Instances;
  readonly inFlight: InFlight;
  readonly log: Logger;
}

/** What backups that were given out or taken back left on a host, because they broke off or their server was killed. */
export class BackupLeftovers {
  readonly #with: Needs;
  /** The backups whose images are in use. */
  readonly #using: ReadonlySet<string>;
  /** Whether an engine before this one may have left snapshots. */
  #mayHaveLeft = true;

  constructor(needs: Needs, using: ReadonlySet<string>) {
    this.#with = needs;
    this.#using = using;
  }

  /** Removes what was begun and is nobody's any more. What a machine is made of whose own instance is gone is all that there is of it: it stays. */
  async remove(instances: readonly IncusInstance[]): Promise<void> {
    const { api, inFlight, log } = this.#with;
    const names = new Set(instances.map(({ name }) => name));
    for (const { name } of instances.filter((one) => isLost(one.name))) {
      await this.#with.instances
        .remove(name)
        .catch((error) =>
          log.warn({ err: error, instance: name }, 'what is left of a machine whose disk is lost stays'),
        );
    }
    for (const { name } of instances) {
      const id = restoringIdOf(name);
      if (id === undefined || !names.has(instanceName(id)) || inFlight.isBusy(instanceName(id))) continue;
      log.info({ instance: name }, 'what a restore that broke off left is removed');
      await this.#with.instances.remove(name);
    }
    type Image = { fingerprint: string; properties: { 'raffia.backup'?: string } | null };
    for (const { fingerprint, properties } of await api.get<Image[]>('/1.0/images?recursion=1')) {
      const backupId = properties?.['raffia.backup'];
      if (backupId !== undefined && !this.#using.has(backupId)) await removeImage(api, fingerprint);
    }
    if (!this.#mayHaveLeft) return;
    type Whole = { name: string; snapshots: { name: string }[] | null };
    for (const { name, snapshots } of await api.get<Whole[]>('/1.0/instances?recursion=2')) {
      for (const snapshot of (snapshots ?? []).map((one) => lastOf(one.name)).filter(isGivenOut)) {
        if (this.#using.has(snapshot.slice(givenOutName('').length))) continue;
        await api.change('DELETE', `/1.0/instances/${name}/snapshots/${snapshot}`).catch(unlessGone);
      }
    }
    this.#mayHaveLeft = false;
  }
}

export async function removeImage(api: IncusApi, fingerprint: string): Promise<void> {
  await api.change('DELETE', `/1.0/images/${fingerprint}`).catch(unlessGone);
}
