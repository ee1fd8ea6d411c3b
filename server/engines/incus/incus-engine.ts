import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import {
  type Engine,
  EngineError,
  type EngineObserver,
  type MachineSpec,
  type MachineState,
  PassingFault,
  type Progress,
  type Size,
  UnusableHost,
} from '../engine.ts';
import { writeGuestFiles, writePassword } from './guest-files.ts';
import { setPasswordInGuest } from './guest-password.ts';
import { InFlight } from './in-flight.ts';
import { IncusApi, type IncusInstance } from './incus-api.ts';
import { asFault, IncusError, isRefusal } from './incus-error.ts';
import { IncusEvents } from './incus-events.ts';
import { type HostFacts, IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import {
  differences,
  instanceDefinition,
  marks,
  rootDevice,
  sizeConfig,
  wanted,
  withNewPorts,
} from './instance-definition.ts';
import { knownOf } from './known-of-instance.ts';
import { removeLeftoverPorts } from './leftover-ports.ts';
import { instanceName, isFingerprint, lastOf, machineIdOf, savedImageAlias, vpcPrefix } from './names.ts';
import { Networks } from './networks.ts';
import { Slots } from './slots.ts';

/** How long a verb waits before it says that it is not done yet. */
const patienceMs = 10_000;
/** How long a daemon that was away takes to start again what ran before: until then, stopped may mean not yet started. */
const settleMs = 8000;
const gracefulSeconds = 3600;
const longMs = 60_000;
const prepareMs = 5000;
/** What the engine calls an instance on its way from one member to another. */
const movingName = /^(lxd|incus)-move-/;
/** Machines that a sentence names one by one. */
const namedAtMost = 5;
const mib = 2 ** 20;
const gib = 2 ** 30;
/** What the engine itself writes onto a container's disk to start it, with room to spare. */
const roomToStart = 16 * mib;
/** What a full disk gets once, so that its machine starts and its owner can tidy up. */
const headroom = 64 * mib;

const running = 103;
const stopped = 102;
const frozen = 110;
const failed = 112;

/** Which image a template means: an alias or fingerprint of the engine; undefined where the catalogue has no such template. */
export type ImageOf = (templateId: string) => string | undefined;

interface Options {
  readonly settings: IncusSettings;
  /** What marks this cloud's project; the same for as long as its database lives. */
  readonly cloudId: string;
  readonly imageOf: ImageOf;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Machines on an Incus or LXD host, or on a cluster of them, which places and stores them. The instance itself says whose it is, in
 * which generation, and whether it was completed; nothing else is remembered between two calls.
 */
export class IncusEngine implements Engine {
  readonly name = 'incus';
  readonly #api: IncusApi;
  readonly #host: IncusHost;
  readonly #networks: Networks;
  readonly #settings: IncusSettings;
  readonly #imageOf: ImageOf;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #inFlight = new InFlight(patienceMs);
  /** For what is heavy work on the host: it is done sooner when not all is begun at once. */
  readonly #slots: Slots;
  /** One by one: LXD gives two that are made at the same moment the same range of users, or one that it may not use. */
  readonly #creations = new Slots(1);
  /** Whether a creation may have ended before its instance had a range of users. */
  #mayLackUsers = true;
  #settledAt = 0;
  /** Machines that had lost their bridge when the host was last tidied. */
  #cutOff: readonly IncusInstance[] = [];

  constructor({ settings, cloudId, imageOf, clock, log }: Options) {
    this.#settings = settings;
    this.#imageOf = imageOf;
    this.#clock = clock;
    this.#log = log;
    this.#api = new IncusApi(settings, settings.project);
    this.#slots = new Slots(settings.atOnce);
    this.#host = new IncusHost(this.#api, settings, cloudId, log);
    this.#networks = new Networks(this.#api);
  }

  async prepare(): Promise<void> {
    const ready = this.#host.facts().catch((error) => {
      if (error instanceof UnusableHost) throw error;
      this.#log.error({ err: error }, 'the engine is not ready; work on machines waits until it is');
    });
    ready.catch(() => {});
    // A host that is slow to answer must not keep the server from starting.
    let cancel = () => {};
    const enough = new Promise<void>((go) => {
      cancel = this.#clock.after(prepareMs, go);
    });
    await Promise.race([ready, enough]).finally(() => cancel());
  }

  ensure(spec: MachineSpec): Promise<Progress> {
    const name = instanceName(spec.id);
    return this.#fallible(async () => {
      const host = await this.#host.guarded();
      return this.#inFlight.join(name, `ensure ${spec.generation}`, () =>
        this.#slots.run(() => this.#build(host, spec)),
      );
    });
  }

  start(id: string): Promise<Progress> {
    return this.#towards(id, 'start', async (instance) => {
      await this.#host.guarded();
      if (instance.status_code !== running) await this.#slots.run(() => this.#start(instance));
    });
  }

  stop(id: string, _name: string, force: boolean): Promise<Progress> {
    if (!force) {
      return this.#towards(id, 'stop', async (instance) => {
        if (instance.status_code !== stopped) await this.#power(instance.name, 'stop', { timeout: gracefulSeconds });
      });
    }
    // A shutdown under way must not delay the cut.
    return this.#fallible(async () => {
      const instance = await this.#existing(id);
      return this.#inFlight.join(`${instance.name} power`, 'cut', () => this.#cut(instance));
    });
  }

  resize(id: string, _name: string, size: { cpu: number; ram: number }): Promise<Progress> {
    return this.#towards(id, 'resize', async (instance) => {
      const { name } = instance;
      await this.#api.change('PATCH', `/1.0/instances/${name}`, {
        config: { ...sizeConfig(size), ...wanted(instance, { config: sizeConfig(size) }) },
      });
    });
  }

  growDisk(id: string, _name: string, disk: number): Promise<Progress> {
    return this.#towards(id, 'grow', async (instance) => {
      const { name, devices } = instance;
      const root = { ...devices.root, ...rootDevice(devices.root?.pool ?? this.#settings.pool, disk) };
      if (bytesOf(devices.root?.size) - headroom > disk * gib) throw new EngineError('A disk cannot be made smaller');
      await this.#api.change('PATCH', `/1.0/instances/${name}`, {
        devices: { root },
        config: wanted(instance, { devices: { root } }),
      });
    });
  }

  setPassword(id: string, _name: string, password: string): Promise<Progress> {
    return this.#towards(id, 'password', async (instance) => {
      if (instance.type === 'container') return writePassword(this.#api, instance.name, password);
      await this.#host.guarded();
      // Only its own agent writes into a virtual machine, and that runs while the machine does.
      const wasOff = instance.status_code === stopped;
      if (wasOff) await this.#start(instance);
      await setPasswordInGuest(this.#api, this.#clock, instance.name, password);
      if (wasOff) await this.#power(instance.name, 'stop', { timeout: gracefulSeconds });
    });
  }

  saveImage(id: string, _name: string, imageId: string): Promise<Progress> {
    return this.#towards(id, `image ${imageId}`, ({ name }) => this.#capture(name, imageId));
  }

  async deleteImage(imageId: string): Promise<Progress> {
    const alias = savedImageAlias(imageId);
    return this.#fallible(() => this.#inFlight.join(alias, 'delete', () => this.#removeImage(alias)));
  }

  delete(id: string): Promise<Progress> {
    const name = instanceName(id);
    return this.#fallible(() => this.#inFlight.join(name, 'delete', () => this.#slots.run(() => this.#remove(name))));
  }

  async inspect(id: string): Promise<MachineState | undefined> {
    const instance = await this.#fallible(() => this.#find(instanceName(id)));
    return instance === undefined ? undefined : this.#stateOf(instance);
  }

  async list(): Promise<MachineState[]> {
    const all = await this.#fallible(async () => {
      await this.#host.facts();
      return this.#api.get<IncusInstance[]>('/1.0/instances?recursion=1');
    });
    return all.map((instance) => this.#stateOf(instance)).filter((state) => state !== undefined);
  }

  async tidy(): Promise<void> {
    await this.#fallible(async () => {
      const { clustered } = await this.#host.facts();
      const instances = await this.#api.get<IncusInstance[]>('/1.0/instances?recursion=1');
      const bridges = this.#renewBridges(instances);
      // One failure must not keep the rest from being done.
      const results = await Promise.allSettled([
        bridges.then(() => this.#networks.restoreGateways(instances, { ...this.#settings, clustered })),
        // What is there again shows who is not on it.
        bridges
          .catch(() => {})
          .then(() => this.#networks.cutOff(instances, { clustered }))
          .then((lost) => {
            this.#cutOff = lost;
          }),
        this.#networks.tidy(instances),
        this.#removeLeftovers(instances, clustered),
        ...instances.map((instance) => this.#mend(instance)),
      ]);
      const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      for (const reason of failures.slice(1)) this.#log.warn({ err: reason }, 'a part of the host could not be tidied');
      if (failures.length > 0) throw failures[0];
    });
  }

  watch(observer: EngineObserver): () => void {
    let cancel = () => {};
    const guard = () => {
      cancel = this.#clock.after(this.#settings.guardMs, () => {
        this.#host.guarded().catch((error) => this.#log.debug({ err: error }, 'the host could not be looked at'));
        guard();
      });
    };
    guard();
    const events = new IncusEvents(this.#api, this.#clock, this.#log, {
      connected: () => {
        // Whatever went with the host meanwhile is looked at and made anew before anything is made or started.
        this.#host.forget();
        this.#mayLackUsers = true;
        this.#settledAt = this.#clock.now() + settleMs;
        observer.returned();
      },
      lost: (wasThere) => {
        if (wasThere) this.#settledAt = Number.POSITIVE_INFINITY;
        this.#host.forget();
      },
      happened: (instance, action) => {
        const id = machineIdOf(instance);
        if (id !== undefined && /^instance-(started|restarted|stopped|shutdown|paused|deleted|resumed)$/.test(action))
          observer.changed(id);
      },
    });
    return () => {
      cancel();
      events.close();
      this.#settledAt = 0;
    };
  }

  async check(): Promise<string> {
    const about = await this.#host.describe();
    const lost = await this.#fallible(() => this.#stillCutOff());
    if (lost.length === 0) return about;
    const named = lost.slice(0, namedAtMost).map((instance) => `${knownOf(instance).name} (${instance.name})`);
    const more = lost.length > named.length ? ` and ${lost.length - named.length} more` : '';
    throw new EngineError(
      `Bridges were deleted on the host and have been made anew; these VMs have no network until they are rebooted: ${named.join(', ')}${more}`,
    );
  }

  /** Of the machines that lost their bridge, those that have not been started again. */
  async #stillCutOff(): Promise<readonly IncusInstance[]> {
    if (this.#cutOff.length === 0) return [];
    const { clustered } = await this.#host.facts();
    const now = await Promise.all(this.#cutOff.map(({ name }) => this.#find(name)));
    this.#cutOff = await this.#networks.cutOff(
      now.filter((instance) => instance !== undefined),
      { clustered },
    );
    return this.#cutOff;
  }

  /** On the host that the server runs on: elsewhere nobody is sure to see all whose interfaces are there. */
  async #removeLeftovers(instances: readonly IncusInstance[], clustered: boolean): Promise<void> {
    const { url, gatewayCommand } = this.#settings;
    if (clustered || !url.startsWith('unix://')) return;
    const ports = await removeLeftoverPorts(this.#api, gatewayCommand, instances);
    if (ports.length > 0) this.#log.info({ ports }, 'interfaces that no machine has any more were removed');
  }

  templatesWithoutImage(templateIds: readonly string[]): Promise<readonly string[]> {
    return this.#fallible(async () => {
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

  capacity(): Promise<Size> {
    return this.#fallible(() => this.#host.capacity());
  }

  async close(): Promise<void> {
    this.#api.connection.close();
  }

  /** Builds what is missing of a machine. What a crash left half done is removed and begun anew: nobody can tell how far it came. */
  async #build(host: HostFacts, spec: MachineSpec): Promise<void> {
    const name = instanceName(spec.id);
    const found = await this.#find(name);
    if (found !== undefined) {
      const { generation, isComplete } = identityOf(found);
      if (generation >= spec.generation && isComplete) return;
      if (await this.#api.isBusy(name)) throw new PassingFault('The host is still busy with this VM');
      await this.#removeInstance(name);
    }
    const isOvn = this.#settings.ovnUplink !== null;
    const { project, pool, dns } = this.#settings;
    const definition = instanceDefinition(spec, {
      project,
      pool,
      dns,
      isOvn,
      type: host.type,
      image: this.#imageFor(spec),
    });
    await this.#networks.with(spec.nics, { ...this.#settings, clustered: host.clustered }, () =>
      this.#create(spec, definition),
    );
    if (host.type === 'container') await writeGuestFiles(this.#api, spec, dns);
    await this.#api.change('PATCH', `/1.0/instances/${name}`, { config: marks(spec, 'ready') });
  }

  async #create(spec: MachineSpec, definition: object): Promise<void> {
    try {
      await this.#creations.run(async () => {
        await this.#removeWithoutUsers();
        await this.#api.change('POST', '/1.0/instances', definition);
      });
    } catch (error) {
      this.#mayLackUsers = true;
      if (isRefusal(error, 'not-found') && /image|alias|fingerprint/i.test((error as Error).message)) {
        throw new EngineError(
          spec.image.startsWith('image:')
            ? 'The saved image is gone from its host; save it again'
            : 'The image of this template is not on the host; ask the operator of this cloud to import it',
          { cause: error },
        );
      }
      // A creation that failed may leave its record.
      if (!isRefusal(error, 'unreachable', 'exists', 'busy'))
        await this.#removeInstance(instanceName(spec.id)).catch(() => {});
      throw error;
    }
  }

  /**
   * Removes what a killed engine left of a creation before it had a range of users; its operation begins it anew. The engine takes such a
   * range for one that begins with the host's first user, and gives all that follow ranges that it may not use: none of them could start.
   */
  async #removeWithoutUsers(): Promise<void> {
    if (!this.#mayLackUsers) return;
    this.#mayLackUsers = false;
    try {
      const instances = await this.#api.get<IncusInstance[]>('/1.0/instances?recursion=1');
      for (const { name } of instances.filter(lacksUsers)) {
        if (await this.#api.isBusy(name)) throw new PassingFault('The host is still busy with another VM');
        this.#log.info({ instance: name }, 'what an interrupted creation left is removed');
        await this.#removeInstance(name);
      }
    } catch (error) {
      this.#mayLackUsers = true;
      throw error;
    }
  }

  #imageFor({ image }: MachineSpec): string {
    if (image.startsWith('image:')) return savedImageAlias(image.slice('image:'.length));
    const alias = this.#imageOf(image);
    if (alias === undefined) throw new EngineError('This cloud no longer offers the template; choose another one');
    return alias;
  }

  async #remove(name: string): Promise<void> {
    const instance = await this.#removeInstance(name);
    const networks = Object.values(instance?.devices ?? {})
      .filter(({ host_name }) => host_name?.startsWith(vpcPrefix))
      .flatMap(({ network }) => network ?? []);
    // Where it cannot be done now, as while a member is down, the reconciler does it later.
    if (networks.length > 0) {
      await this.#networks
        .removeUnused(networks)
        .catch((error) => this.#log.info({ err: error, networks }, 'an unused network could not be removed yet'));
    }
  }

  async #removeInstance(name: string): Promise<IncusInstance | undefined> {
    const instance = await this.#find(name);
    if (instance === undefined) return undefined;
    if (instance.status_code !== stopped) await this.#cut(instance).catch(unlessGone);
    await this.#api
      .change('DELETE', `/1.0/instances/${name}`, undefined, { timeoutMs: longMs })
      .catch(async (error) => {
        unlessGone(error);
        // Something else may be what was not found.
        if ((await this.#find(name)) !== undefined) throw error;
      });
    return instance;
  }

  async #cut({ name, status_code }: IncusInstance): Promise<void> {
    if (status_code !== stopped) await this.#power(name, 'stop', { force: true });
  }

  /**
   * Starts an instance. A full disk gets its headroom before, since the engine cannot start it then; and an interface that an earlier start
   * has left on the host gets out of the way by another name.
   */
  async #start(instance: IncusInstance): Promise<void> {
    const { name, devices } = instance;
    if (instance.status_code === frozen) return this.#power(name, 'unfreeze');
    if (instance.type === 'container') await this.#makeRoomToStart(instance);
    await this.#power(name, 'start').catch(async (error) => {
      if (!isRefusal(error, 'leftover', 'no-bridge')) throw error;
      if (isRefusal(error, 'no-bridge')) await this.#renewBridges([instance]);
      await this.#api.change('PATCH', `/1.0/instances/${name}`, { devices: withNewPorts(devices) });
      await this.#power(name, 'start');
    });
  }

  /** A start that fails for want of space leaves things behind on the host, so it is not tried. */
  async #makeRoomToStart(instance: IncusInstance): Promise<void> {
    const { name, devices } = instance;
    const { disk } = await this.#api.get<{ disk?: Record<string, { usage: number }> | null }>(
      `/1.0/instances/${name}/state`,
    );
    const size = bytesOf(devices.root?.size);
    const used = disk?.root?.usage ?? 0;
    if (devices.root === undefined || size === 0 || used <= size - roomToStart) return;
    if (size % gib !== 0)
      throw new IncusError(`${used} of ${size} bytes of the disk are used`, { refusal: 'disk-full' });
    this.#log.info({ instance: name, used, size }, 'a full disk gets its headroom');
    const root = { ...devices.root, size: `${(size + headroom) / mib}MiB` };
    await this.#api.change('PATCH', `/1.0/instances/${name}`, {
      devices: { root },
      config: wanted(instance, { devices: { root } }),
    });
  }

  async #renewBridges(instances: readonly Pick<IncusInstance, 'devices'>[]): Promise<void> {
    const used = instances.flatMap(({ devices }) => Object.values(devices).flatMap(({ network }) => network ?? []));
    const networks = await this.#networks.renewBridges(used);
    if (networks.length > 0)
      this.#log.warn(
        { networks },
        'bridges were gone from the host; machines that ran on them have no network until a reboot',
      );
  }

  /** What somebody changed about an instance of ours is made what it was when it was last told to be. */
  async #mend(instance: IncusInstance): Promise<void> {
    const { name, config } = instance;
    const id = config['user.raffia.id'];
    if (id === undefined || !identityOf(instance).isComplete) return;
    const rightName = instanceName(id);
    // While it moves to another member the engine gives it a passing name, and needs that until it has arrived.
    if (movingName.test(name)) return;
    if (name !== rightName) {
      this.#log.warn({ instance: name, rightName }, 'an instance was renamed; it gets its name back');
      await this.#api.change('POST', `/1.0/instances/${name}`, { name: rightName });
      return;
    }
    if (this.#inFlight.isBusy(name)) return;
    if (differences(instance) === undefined) return;
    // The list may be older than what we did since.
    const now = await this.#find(name);
    const changes = now === undefined ? undefined : differences(now);
    if (changes === undefined) return;
    this.#log.warn({ instance: name, changes }, 'an instance was changed by somebody else; it is changed back');
    await this.#api.change('PATCH', `/1.0/instances/${name}`, changes);
  }

  async #power(
    name: string,
    action: 'start' | 'stop' | 'unfreeze',
    options: { force?: boolean; timeout?: number } = {},
  ): Promise<void> {
    await this.#api.change('PUT', `/1.0/instances/${name}/state`, { action, ...options }).catch((error) => {
      if (!isRefusal(error, action === 'stop' ? 'is-stopped' : 'is-running')) throw error;
    });
  }

  /** Saves the disk as an image under our alias, which appears with the complete image; of a running machine by way of a snapshot. */
  async #capture(name: string, imageId: string): Promise<void> {
    const alias = savedImageAlias(imageId);
    if ((await this.#api.find(`/1.0/images/aliases/${alias}`)) !== undefined) return;
    const snapshots = `/1.0/instances/${name}/snapshots`;
    const snapshot = `image-${imageId}`;
    await this.#api.change('DELETE', `${snapshots}/${snapshot}`).catch(unlessGone);
    await this.#api.change('POST', snapshots, { name: snapshot, stateful: false });
    try {
      await this.#api.change('POST', '/1.0/images', {
        source: { type: 'snapshot', name: `${name}/${snapshot}` },
        properties: { description: `Raffia image ${imageId}` },
        aliases: [{ name: alias }],
        compression_algorithm: this.#settings.imageCompression,
      });
    } finally {
      await this.#api.change('DELETE', `${snapshots}/${snapshot}`).catch(unlessGone);
    }
  }

  /** An image of ours has one alias, and goes with it: what two machines saved alike would be one image with two. */
  async #removeImage(alias: string): Promise<void> {
    await this.#host.facts();
    const found = await this.#api.find<{ target: string }>(`/1.0/images/aliases/${alias}`);
    if (found === undefined) return;
    const image = await this.#api.find<{ aliases: unknown[] }>(`/1.0/images/${found.target}`);
    const isShared = (image?.aliases.length ?? 0) > 1;
    await this.#api
      .change('DELETE', isShared ? `/1.0/images/aliases/${alias}` : `/1.0/images/${found.target}`)
      .catch(unlessGone);
  }

  /**
   * An instance, or undefined where it is not there. While others come and go the engine may not find something else that belongs to it, and
   * answers alike: then the list of all decides.
   */
  async #find(name: string): Promise<IncusInstance | undefined> {
    try {
      return await this.#api.get<IncusInstance>(`/1.0/instances/${name}`);
    } catch (error) {
      if (!isRefusal(error, 'not-found')) throw error;
      if (/instance not found/i.test((error as Error).message)) return undefined;
      const isThere = (await this.#api.get<string[]>('/1.0/instances')).some((path) => lastOf(path) === name);
      if (isThere) throw new PassingFault('The host is still busy with this VM', { cause: error });
      return undefined;
    }
  }

  async #existing(id: string): Promise<IncusInstance> {
    const instance = await this.#find(instanceName(id));
    if (instance === undefined)
      throw new EngineError('The machine is gone from its host; delete the VM and create it again');
    return instance;
  }

  #stateOf(instance: IncusInstance): MachineState | undefined {
    const id = machineIdOf(instance.name);
    const { generation, isComplete } = identityOf(instance);
    // In our project, but not made by us.
    if (id === undefined || instance.config['user.raffia.id'] !== id) return undefined;
    return {
      id,
      generation,
      power: isComplete ? this.#powerOf(instance) : 'building',
      known: knownOf(instance),
    };
  }

  #powerOf({ status_code }: IncusInstance): MachineState['power'] {
    if (status_code === running) return 'on';
    // Nothing in it goes on; to start it is to thaw it.
    if (status_code === frozen) return 'off';
    if (status_code === failed) return 'unknown';
    return status_code === stopped && this.#clock.now() >= this.#settledAt ? 'off' : 'changing';
  }

  /** A verb on a machine that has to be there. */
  #towards(id: string, goal: string, act: (instance: IncusInstance) => Promise<void>): Promise<Progress> {
    return this.#fallible(async () => {
      await this.#host.facts();
      return this.#inFlight.join(instanceName(id), goal, async () => act(await this.#existing(id)));
    });
  }

  /** Whatever fails on the way comes out as the failure of an operation. */
  async #fallible<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof UnusableHost)
        throw new PassingFault('The host of the machines is not ready; ask the operator of this cloud', {
          cause: error,
        });
      throw asFault(error);
    }
  }
}

/** A disk's size as we write it, or 0. */
function bytesOf(size: string | undefined): number {
  const [, number, unit] = /^(\d+)(MiB|GiB)$/.exec(size ?? '') ?? [];
  return number === undefined ? 0 : Number(number) * (unit === 'GiB' ? gib : mib);
}

function identityOf({ config }: IncusInstance): { generation: number; isComplete: boolean } {
  return {
    generation: Number(config['user.raffia.generation'] ?? 0),
    isComplete: config['user.raffia.state'] === 'ready',
  };
}

/** Whether an instance of ours was to have a range of users of its own and was given none. It has never run. */
function lacksUsers(instance: IncusInstance): boolean {
  const { config, type, name } = instance;
  return (
    type === 'container' &&
    machineIdOf(name) !== undefined &&
    !identityOf(instance).isComplete &&
    config['security.idmap.isolated'] === 'true' &&
    (config['volatile.idmap.base'] ?? '') === ''
  );
}

function unlessGone(error: unknown): void {
  if (!isRefusal(error, 'not-found', 'is-stopped')) throw error;
}
