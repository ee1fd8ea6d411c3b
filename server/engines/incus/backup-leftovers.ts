import type { Logger } from 'pino';
import type { InFlight } from '../in-flight.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { Instances, Listed } from './instances.ts';
import { givenOutName, instanceName, isGivenOut, isLost, lastOf, restoringIdOf } from './names.ts';

interface Needs {
  readonly api: IncusApi;
  readonly instances: Instances;
  readonly inFlight: InFlight;
  readonly log: Logger;
}

/** The backups whose disks are on their way, for those who give them out and take them back, and who tidies up. */
export class DisksUnderWay {
  /** Those whose snapshots and images are in use. */
  readonly backups = new Set<string>();
  /** How often a snapshot may have been left: by an engine before this one, and whenever its host could not be told to remove one. */
  losses = 1;
}

/** What backups that were given out or taken back left on a host, because they broke off or their server was killed. */
export class BackupLeftovers {
  readonly #with: Needs;
  readonly #underWay: DisksUnderWay;
  /** The losses after which snapshots were looked for. */
  #looked = 0;

  constructor(needs: Needs, underWay: DisksUnderWay) {
    this.#with = needs;
    this.#underWay = underWay;
  }

  /** Removes what was begun and is nobody's any more. What a machine is made of whose own instance is gone is all that there is of it: it stays. */
  async remove({ told, lost }: Listed): Promise<void> {
    const { api, inFlight, log } = this.#with;
    const names = new Set([...told, ...lost].map(({ name }) => name));
    for (const { name } of told.filter((one) => isLost(one.name))) {
      await this.#with.instances
        .remove(name)
        .catch((error) =>
          log.warn({ err: error, instance: name }, 'what is left of a machine whose disk is lost stays'),
        );
    }
    for (const { name } of told) {
      const id = restoringIdOf(name);
      if (id === undefined || !names.has(instanceName(id)) || inFlight.isBusy(instanceName(id))) continue;
      log.info({ instance: name }, 'what a restore that broke off left is removed');
      await this.#with.instances.remove(name);
    }
    type Image = { fingerprint: string; properties: { 'raffia.backup'?: string } | null };
    for (const { fingerprint, properties } of await api.get<Image[]>('/1.0/images?recursion=1')) {
      const backupId = properties?.['raffia.backup'];
      if (backupId !== undefined && !this.#underWay.backups.has(backupId)) await removeImage(api, fingerprint);
    }
    const { losses } = this.#underWay;
    if (this.#looked === losses) return;
    const isTaking = await this.#isTakingSnapshots();
    const all = await this.#with.instances.allWithSnapshots();
    for (const { name, snapshots } of all.told) {
      for (const snapshot of (snapshots ?? []).map((one) => lastOf(one.name)).filter(isGivenOut)) {
        if (this.#underWay.backups.has(snapshot.slice(givenOutName('').length))) continue;
        await api.remove(`/1.0/instances/${name}/snapshots/${snapshot}`);
      }
    }
    if (!isTaking && all.lost.length === 0) this.#looked = losses;
  }

  /** Whether the host is at work on a snapshot that is not there yet, such as one that a server asked for which was killed. */
  async #isTakingSnapshots(): Promise<boolean> {
    type Work = { description: string };
    const { running = [] } = await this.#with.api.get<{ running?: Work[] }>('/1.0/operations?recursion=1');
    return running.some(({ description }) => /snapshot/i.test(description));
  }
}

/** Engines remove none while a member of theirs does not answer: then it is left, and goes with what else is left. */
export async function removeImage(api: IncusApi, fingerprint: string): Promise<void> {
  await api.remove(`/1.0/images/${fingerprint}`).catch((error) => {
    if (!isRefusal(error, 'member-lost')) throw error;
  });
}
