import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import { inTime } from '../../foundation/in-time.ts';
import { type Engine, type EngineObserver, type OnRecord, type Size, UnusableHost } from '../engine.ts';
import { InFlight } from '../in-flight.ts';
import { BackupLeftovers, DisksUnderWay } from './backup-leftovers.ts';
import { Bridges } from './bridges.ts';
import { fallible } from './fallible.ts';
import { givenAt } from './given-at.ts';
import { hostCapacity } from './host-capacity.ts';
import { IncusApi, type IncusInstance } from './incus-api.ts';
import { IncusBackups } from './incus-backups.ts';
import { isRefusal } from './incus-error.ts';
import { IncusEvents } from './incus-events.ts';
import { IncusHost } from './incus-host.ts';
import { IncusHosts } from './incus-hosts.ts';
import { IncusImages } from './incus-images.ts';
import { IncusMachines } from './incus-machines.ts';
import { IncusNetworks } from './incus-networks.ts';
import type { IncusSettings } from './incus-settings.ts';
import { IncusSnapshots } from './incus-snapshots.ts';
import { IncusVolumeSnapshots } from './incus-volume-snapshots.ts';
import { IncusVolumes } from './incus-volumes.ts';
import { InstanceStarter } from './instance-starter.ts';
import { Instances } from './instances.ts';
import { removeLeftoverPorts } from './leftover-ports.ts';
import { type ImageOf, MachineBuilder } from './machine-builder.ts';
import { MachineChanger } from './machine-changer.ts';
import { MachineStates } from './machine-states.ts';
import { mendInstance } from './mend-instance.ts';
import { machineIdOf } from './names.ts';
import { Networks } from './networks.ts';
import { NicFilters } from './nic-filters.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { VolumeStore } from './volume-store.ts';

/** How long a verb waits before it says that it is not done yet. */
const patienceMs = 10_000;
const prepareMs = 5000;

interface Options {
  readonly settings: IncusSettings;
  /** What marks this cloud's project; the same for as long as its database lives. */
  readonly cloudId: string;
  readonly imageOf: ImageOf;
  readonly onRecord: OnRecord;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Machines on an Incus or LXD host, or on a cluster of them, which places and stores them. The instance itself says whose it is, in
 * which generation, and whether it was completed; nothing else is remembered between two calls.
 */
export class IncusEngine implements Engine {
  readonly name = 'incus';
  readonly machines: IncusMachines;
  readonly snapshots: IncusSnapshots;
  readonly backups: IncusBackups;
  readonly images: IncusImages;
  readonly volumes: IncusVolumes;
  readonly volumeSnapshots: IncusVolumeSnapshots;
  readonly networks: IncusNetworks;
  readonly hosts: IncusHosts;
  readonly #api: IncusApi;
  readonly #host: IncusHost;
  readonly #instances: Instances;
  readonly #networks: Networks;
  readonly #bridges: Bridges;
  readonly #backupLeftovers: BackupLeftovers;
  readonly #builder: MachineBuilder;
  readonly #givenAt: (members: readonly string[]) => Promise<Size>;
  readonly #states: MachineStates;
  readonly #inFlight = new InFlight(patienceMs);
  readonly #settings: IncusSettings;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor({ settings, cloudId, imageOf, onRecord, clock, log }: Options) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    const api = new IncusApi(settings, settings.project);
    const filters = new NicFilters(settings.project);
    const instances = new Instances(api);
    const host = new IncusHost({ api, settings, cloudId, instances, filters, onRecord, log });
    const networks = new Networks(api, settings);
    const bridges = new Bridges(host, networks, instances, log);
    const builder = new MachineBuilder(api, instances, networks, settings, imageOf, log);
    const starter = new InstanceStarter(api, instances, bridges, log);
    const states = new MachineStates(clock);
    const inFlight = this.#inFlight;
    const snapshotStore = new SnapshotStore(api);
    const volumes = new VolumeStore(api, snapshotStore, settings.pool);
    const changer = new MachineChanger({ api, host, networks, bridges, volumes, settings, clock, log });
    const needs = {
      api,
      host,
      filters,
      instances,
      networks,
      volumes,
      builder,
      changer,
      starter,
      states,
      inFlight,
      snapshotStore,
      settings,
      onRecord,
      clock,
      log,
    };
    this.machines = new IncusMachines(needs);
    this.snapshots = new IncusSnapshots(needs);
    const underWay = new DisksUnderWay();
    this.backups = new IncusBackups(needs, underWay);
    this.#backupLeftovers = new BackupLeftovers(needs, underWay);
    this.volumes = new IncusVolumes(volumes, host, inFlight);
    this.volumeSnapshots = new IncusVolumeSnapshots(volumes, host, inFlight);
    this.networks = new IncusNetworks(networks, host, inFlight, settings);
    this.hosts = new IncusHosts(needs);
    this.images = new IncusImages(api, host, instances, inFlight, settings, imageOf);
    this.#api = api;
    this.#host = host;
    this.#givenAt = (members) => givenAt(members, needs);
    this.#instances = instances;
    this.#networks = networks;
    this.#bridges = bridges;
    this.#builder = builder;
    this.#states = states;
  }

  async prepare(): Promise<void> {
    const ready = this.#host.facts().catch((error) => {
      if (error instanceof UnusableHost) throw error;
      this.#log.error({ err: error }, 'the engine is not ready; work on machines waits until it is');
    });
    // A host that is slow to answer must not keep the server from starting.
    await inTime<unknown, void>(ready, prepareMs, () => {}, this.#clock);
  }

  async tidy(): Promise<void> {
    await fallible(async () => {
      const { clustered } = await this.#host.facts();
      const all = await this.#host.look();
      const instances = all.told;
      const bridges = this.#bridges.renew(instances);
      const needs = {
        api: this.#api,
        instances: this.#instances,
        inFlight: this.#inFlight,
        settings: this.#settings,
        log: this.#log,
      };
      // One failure must not keep the rest from being done.
      const results = await Promise.allSettled([
        bridges.then(async () => {
          const options = { ...this.#settings, clustered };
          await this.#networks.restoreGateways(instances, options);
          await this.#networks.restoreRouters(instances, options);
        }),
        // What is there again shows who is not on it.
        bridges.catch(() => {}).then(() => this.#bridges.look(instances)),
        this.#networks.tidy(instances),
        this.#host.enforceFilters(),
        this.#removeLeftovers(instances, clustered),
        this.#backupLeftovers.remove(all),
        ...instances.map((instance) => mendInstance(instance, needs)),
      ]);
      const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      // What needs a member that is away is done when it is back.
      const failures = reasons.filter((reason) => !isRefusal(reason, 'member-lost'));
      for (const reason of reasons.filter((one) => !failures.includes(one)))
        this.#log.info({ err: reason }, 'a part of the host is tidied when all of its members answer');
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
        this.#builder.hostReturned();
        this.#states.hostReturned();
        observer.returned();
      },
      lost: (wasThere) => {
        if (wasThere) this.#states.hostLost();
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
      this.#states.unwatched();
    };
  }

  async check(): Promise<string> {
    const about = await this.#host.describe();
    await fallible(() => this.#bridges.refuseCutOff());
    return about;
  }

  capacity(): Promise<Size> {
    return fallible(async () => {
      const { clustered } = await this.#host.facts();
      return hostCapacity(this.#api, this.#settings, clustered, this.#givenAt);
    });
  }

  async close(): Promise<void> {
    this.#api.connection.close();
  }

  /** On the host that the server runs on: elsewhere nobody is sure to see all whose interfaces are there. */
  async #removeLeftovers(instances: readonly IncusInstance[], clustered: boolean): Promise<void> {
    const { url, gatewayCommand } = this.#settings;
    if (clustered || !url.startsWith('unix://')) return;
    const ports = await removeLeftoverPorts(this.#api, gatewayCommand, instances);
    if (ports.length > 0) this.#log.info({ ports }, 'interfaces that no machine has any more were removed');
  }
}
