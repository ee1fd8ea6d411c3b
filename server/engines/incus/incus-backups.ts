import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { type Backups, EngineError, type MachineRef, type MachineSpec, type Progress } from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { type DisksUnderWay, removeImage } from './backup-leftovers.ts';
import { fallible } from './fallible.ts';
import { identityOf } from './identity-of-instance.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { asFault, isRefusal } from './incus-error.ts';
import type { IncusHost } from './incus-host.ts';
import { refuseUnfiltered } from './incus-machines.ts';
import type { IncusSettings } from './incus-settings.ts';
import { untoldKey } from './instance-changes.ts';
import { marks } from './instance-definition.ts';
import type { Instances } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import { listFolder } from './list-folder.ts';
import type { MachineBuilder } from './machine-builder.ts';
import type { MachineChanger } from './machine-changer.ts';
import {
  givenOutName,
  instanceName,
  interfaceName,
  isAskedSnapshot,
  lastOf,
  lostName,
  restoringName,
} from './names.ts';
import type { Networks } from './networks.ts';
import type { NicFilters } from './nic-filters.ts';
import { releaseNetworks } from './release-networks.ts';

interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly instances: Instances;
  readonly networks: Networks;
  readonly filters: NicFilters;
  readonly builder: MachineBuilder;
  readonly changer: MachineChanger;
  readonly inFlight: InFlight;
  readonly settings: IncusSettings;
  readonly log: Logger;
}

/** What an image says of the disk in it, beside what it is for people. */
interface Properties {
  /** Which backup it is on its way to, or from. */
  readonly 'raffia.backup'?: string;
  /** For cloud-init, which instance it was. */
  readonly 'raffia.instance'?: string;
  /** The interfaces that the guest knows. */
  readonly 'raffia.interfaces'?: string;
}

const isOurs = (property: string) => property.startsWith('raffia.');
/** Of which backup an instance was made, once it is whole. */
const restoredKey = 'user.raffia.restored';
/** How long a store or a host may say nothing while a disk passes through. */
const idleMs = 600_000;
const noDisk = 'What was kept is no disk of a machine of this host; take another backup';

/**
 * Disks as images of the engine, uncompressed, so that what is alike in two of them stays alike. One is given out of a snapshot, by an image
 * that its host holds meanwhile; one that is taken back becomes an instance of its own, and only when that is whole, the machine.
 */
export class IncusBackups implements Backups {
  readonly #with: Needs;
  readonly #underWay: DisksUnderWay;

  constructor(needs: Needs, underWay: DisksUnderWay) {
    this.#with = needs;
    this.#underWay = underWay;
  }

  export({ id }: MachineRef, backupId: string): Promise<Readable> {
    return fallible(async () => {
      const { api, host, instances } = this.#with;
      await host.facts();
      const instance = await instances.existing(id);
      const snapshots = `/1.0/instances/${instance.name}/snapshots`;
      const snapshot = givenOutName(backupId);
      await api.remove(`${snapshots}/${snapshot}`);
      this.#underWay.backups.add(backupId);
      await api.change('POST', snapshots, { name: snapshot, stateful: false }).catch((error) => {
        this.#underWay.backups.delete(backupId);
        this.#underWay.losses++;
        throw error;
      });
      const disk = new PassThrough();
      // Whoever reads it is told; where nobody does, nobody is.
      disk.on('error', () => {});
      void this.#give(instance, backupId, disk).finally(() => this.#underWay.backups.delete(backupId));
      return disk;
    });
  }

  restore(spec: MachineSpec, backupId: string, open: () => Promise<Readable>): Promise<Progress> {
    const { host, inFlight, settings } = this.#with;
    return fallible(async () => {
      refuseUnfiltered(spec, settings);
      await host.facts();
      return inFlight.join(instanceName(spec.id), `restore backup ${backupId}`, () =>
        this.#restore(spec, backupId, open),
      );
    });
  }

  /** The snapshot goes as soon as there is an image of it, and the image with the stream. */
  async #give({ name, config, devices }: IncusInstance, backupId: string, disk: PassThrough): Promise<void> {
    const { api } = this.#with;
    const snapshot = givenOutName(backupId);
    try {
      const { fingerprint } = await this.#publish({ name, config, devices }, snapshot, backupId).finally(() =>
        api.remove(`/1.0/instances/${name}/snapshots/${snapshot}`).catch((error) => {
          this.#underWay.losses++;
          throw error;
        }),
      );
      try {
        if (!disk.destroyed) await pipeline(await api.download(`/1.0/images/${fingerprint}/export`), disk);
      } finally {
        await removeImage(this.#with.api, fingerprint);
      }
    } catch (error) {
      if (!disk.destroyed) disk.destroy(asFault(error) as Error);
    }
  }

  #publish(
    { name, config, devices }: Pick<IncusInstance, 'name' | 'config' | 'devices'>,
    snapshot: string,
    backupId: string,
  ): Promise<{ fingerprint: string }> {
    const told = /^instance-id: (.+)$/m.exec(config['user.meta-data'] ?? '')?.[1];
    const nics = knownOf({ config, devices }).nics.map(({ nicId = 0 }) => interfaceName({ nicId }));
    const properties: Properties = {
      'raffia.backup': backupId,
      'raffia.instance': told ?? config['volatile.cloud-init.instance-id'] ?? '',
      'raffia.interfaces': nics.join(','),
    };
    return this.#with.api.change('POST', '/1.0/images', {
      source: { type: 'snapshot', name: `${name}/${snapshot}` },
      properties: { description: `Raffia backup ${backupId}`, ...properties },
      compression_algorithm: 'none',
    });
  }

  async #restore(spec: MachineSpec, backupId: string, open: () => Promise<Readable>): Promise<void> {
    const { host, instances, filters } = this.#with;
    const found = await instances.find(instanceName(spec.id));
    if (found !== undefined && identityOf(found).isComplete && identityOf(found).generation > spec.generation) return;
    const aside = await this.#buildAside(spec, backupId, open);
    await filters.with(
      spec,
      found,
      () => host.enforceFilters(),
      () => this.#takePlace(spec, found, aside),
    );
  }

  /** An instance of its own with the disk; where a killed engine had made it, that one. */
  async #buildAside(spec: MachineSpec, backupId: string, open: () => Promise<Readable>): Promise<IncusInstance> {
    const { api, host, instances, builder } = this.#with;
    const name = restoringName(spec.id);
    const there = await instances.find(name);
    if (there?.config[restoredKey] === backupId) return there;
    await instances.remove(name);
    this.#underWay.backups.add(backupId);
    try {
      const fingerprint = await this.#upload(open);
      try {
        const { properties } = await api.get<{ properties: Properties }>(`/1.0/images/${fingerprint}`);
        await builder.buildAside(await host.guarded(), spec, name, fingerprint).catch(asNoDisk);
        const seen = properties['raffia.instance'] ?? '';
        const config = {
          // Nothing is written over what is on the disk.
          'volatile.apply_template': '',
          ...(seen === '' ? {} : { 'user.meta-data': `instance-id: ${seen}\n` }),
          [untoldKey]: properties['raffia.interfaces'] ?? '',
          [restoredKey]: backupId,
          // What its image said, an instance says as well.
          ...Object.fromEntries(
            Object.keys(properties)
              .filter(isOurs)
              .map((key) => [`image.${key}`, '']),
          ),
        };
        await api.change('PATCH', `/1.0/instances/${name}`, { config });
        return await api.get<IncusInstance>(`/1.0/instances/${name}`);
      } finally {
        await removeImage(this.#with.api, fingerprint);
      }
    } finally {
      this.#underWay.backups.delete(backupId);
    }
  }

  /** @returns the fingerprint of the image */
  async #upload(open: () => Promise<Readable>): Promise<string> {
    const disk = await open();
    const digest = createHash('sha256');
    let broke: { with: unknown } | undefined;
    let isSent = false;
    const counted = async function* () {
      try {
        for await (const chunk of disk) {
          digest.update(chunk as Buffer);
          yield chunk as Buffer;
        }
        isSent = true;
      } catch (error) {
        broke = { with: error };
        throw error;
      }
    };
    const headers = { 'content-type': 'application/octet-stream' };
    const body = Readable.from(counted(), { objectMode: false });
    try {
      const options = { headers, timeoutMs: idleMs };
      const { fingerprint } = await this.#with.api.change<{ fingerprint: string }>(
        'POST',
        '/1.0/images',
        body,
        options,
      );
      return fingerprint;
    } catch (error) {
      disk.destroy();
      if (broke !== undefined) throw broke.with;
      if (isSent && isRefusal(error, 'exists')) return digest.digest('hex');
      if (isSent) asNoDisk(error);
      throw error;
    }
  }

  /**
   * The machine's instance stays where it has snapshots, which go with it, and gets the disk; else the other one takes its place. Then it is
   * brought to what its spec says, as a snapshot's is: its guest knows the interfaces of then.
   */
  async #takePlace(spec: MachineSpec, found: IncusInstance | undefined, aside: IncusInstance): Promise<void> {
    const { api, instances, networks, changer, log } = this.#with;
    const name = instanceName(spec.id);
    if (found !== undefined) await instances.cut(found);
    const stays = found !== undefined && (await this.#hasWhatToKeep(found, spec));
    if (stays) {
      const source = { type: 'copy', source: aside.name, refresh: true, instance_only: true };
      const copy = { name, type: aside.type, profiles: [], config: {}, devices: {}, source };
      await api.change('POST', '/1.0/instances', copy);
    } else {
      if (found !== undefined) await this.#clearAway(found, spec);
      await api.change('POST', `/1.0/instances/${aside.name}`, { name });
    }
    const known = knownOf(found ?? aside).nics.map(({ nicId = 0 }) => interfaceName({ nicId }));
    const untold = [(aside.config[untoldKey] ?? '').split(','), known, spec.nics.map(interfaceName)].flat();
    const { 'user.meta-data': metaData } = aside.config;
    await changer.change(await instances.existing(spec.id), spec, {
      ...marks(spec, 'ready'),
      ...(metaData === undefined ? {} : { 'user.meta-data': metaData }),
      // As the disk has it: nobody has started what it comes from.
      ...(aside.type === 'container'
        ? { 'volatile.last_state.idmap': aside.config['volatile.last_state.idmap'] ?? '[]' }
        : {}),
      'volatile.last_state.power': 'STOPPED',
      [untoldKey]: [...new Set(untold.filter((one) => one !== ''))].join(','),
      [restoredKey]: '',
    });
    if (stays) await instances.remove(aside.name);
    else await releaseNetworks(networks, Object.values(found?.devices ?? {}), log);
  }

  /**
   * The instance is gone, or has another name: the engine deletes none whose disk is not what its pool makes, as after the pool lost it. Then
   * it has nothing any more that another could miss.
   */
  async #clearAway({ name }: IncusInstance, { id }: MachineSpec): Promise<void> {
    const { api, instances, log } = this.#with;
    try {
      await instances.remove(name);
    } catch (error) {
      if (!isRefusal(error, 'other')) throw error;
      log.warn(
        { err: error, instance: name, now: lostName(id) },
        'an instance cannot be deleted; it gets another name',
      );
      await instances.remove(lostName(id));
      const path = `/1.0/instances/${name}`;
      const { value, etag } = await api.getWithTag<IncusInstance>(path);
      const config = Object.entries(value.config).filter(([key]) => !key.startsWith('user.raffia.'));
      const { root = {} } = value.devices;
      const bare = { ...value, config: Object.fromEntries(config), devices: { root } };
      await api.change('PUT', path, bare, { headers: { 'if-match': etag } });
      await api.change('POST', path, { name: lostName(id) });
    }
  }

  /** Whether an instance has snapshots of this machine, and a disk that can be written to: the pool of one may have lost it. */
  async #hasWhatToKeep(instance: IncusInstance, spec: MachineSpec): Promise<boolean> {
    const { api } = this.#with;
    const { isComplete, generation } = identityOf(instance);
    if (!isComplete || generation !== spec.generation) return false;
    const snapshots = (await api.find<string[]>(`/1.0/instances/${instance.name}/snapshots`)) ?? [];
    if (!snapshots.map(lastOf).some(isAskedSnapshot)) return false;
    if (instance.type !== 'container') return true;
    const top = await listFolder(api, instance.name, '/').catch((error) => {
      if (!isRefusal(error, 'not-found', 'other')) throw error;
      return new Set();
    });
    return top.size > 0;
  }
}

/** @throws EngineError where the engine could not read what it was given; else the error */
function asNoDisk(error: unknown): never {
  const isUnreadable = /\btar\b|\bEOF\b|archive|metadata|unpack|compress|magic|not a valid|squashfs|invalid argument/i;
  if (isRefusal(error, 'other', 'restarted', 'not-found') && isUnreadable.test((error as Error).message))
    throw new EngineError(noDisk, { cause: error });
  throw error;
}
