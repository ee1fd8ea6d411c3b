import type { Logger } from 'pino';
import {
  type MachineNic,
  type MachineRef,
  type MachineSpec,
  type Progress,
  SnapshotGone,
  type Snapshots,
} from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { fallible } from './fallible.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { Instances } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import type { MachineChanger } from './machine-changer.ts';
import { instanceName, networkName, snapshotName } from './names.ts';
import type { Networks } from './networks.ts';
import type { NicFilters } from './nic-filters.ts';
import { releaseNetworks } from './release-networks.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** A snapshot of an instance: what the instance was. */
type Snapshot = Pick<IncusInstance, 'name' | 'config' | 'devices'>;

interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly instances: Instances;
  readonly networks: Networks;
  readonly filters: NicFilters;
  readonly changer: MachineChanger;
  readonly inFlight: InFlight;
  readonly snapshotStore: SnapshotStore;
  readonly settings: IncusSettings;
  readonly log: Logger;
}

const pathOf = (instance: string) => `/1.0/instances/${instance}`;

/** Snapshots of the engine, each of a whole instance. */
export class IncusSnapshots implements Snapshots {
  readonly #with: Needs;

  constructor(needs: Needs) {
    this.#with = needs;
  }

  take({ id }: MachineRef, snapshotId: string): Promise<Progress> {
    return this.#join(id, `snapshot ${snapshotId}`, async () => {
      const { instances, snapshotStore } = this.#with;
      await snapshotStore.take(pathOf(instanceName(id)), snapshotId, { stateful: false }).catch(async (error) => {
        if (isRefusal(error, 'not-found')) await instances.existing(id);
        throw error;
      });
    });
  }

  restore(spec: MachineSpec, snapshotId: string): Promise<Progress> {
    return this.#join(spec.id, `restore ${snapshotId}`, async () => {
      const { host, instances, snapshotStore } = this.#with;
      const [{ clustered }, instance, snapshot] = await Promise.all([
        host.facts(),
        instances.existing(spec.id),
        snapshotStore.find<Snapshot>(pathOf(instanceName(spec.id)), snapshotId),
      ]);
      if (snapshot === undefined) throw new SnapshotGone();
      const named = { ...snapshot, name: snapshotName(snapshotId) };
      await this.#withNetworks(named, { instance, spec, clustered }, () => this.#restore(instance, named, spec));
    });
  }

  delete({ id }: MachineRef, snapshotId: string): Promise<Progress> {
    return this.#join(id, `delete snapshot ${snapshotId}`, () =>
      this.#with.snapshotStore.delete(pathOf(instanceName(id)), snapshotId),
    );
  }

  #join(machineId: string, goal: string, act: () => Promise<void>): Promise<Progress> {
    const { host, instances, inFlight } = this.#with;
    return fallible(async () => {
      await host.facts();
      await instances.refuseLost(instanceName(machineId));
      return inFlight.join(instanceName(machineId), goal, act);
    });
  }

  /** Does something while the networks of then are there: the engine takes no interface from an instance whose network is gone. */
  async #withNetworks(
    snapshot: Snapshot,
    { instance, spec, clustered }: { instance: IncusInstance; spec: MachineSpec; clustered: boolean },
    act: () => Promise<void>,
  ): Promise<void> {
    const { api, host, networks, settings, log } = this.#with;
    // Without their routers of then, whose addresses may be others' by now.
    const nics = knownOf(snapshot).nics.flatMap(({ network, ...nic }) =>
      network === null ? [] : [{ ...nic, network: { id: network.id, cidr: network.cidr } } as MachineNic],
    );
    // Those of now are there.
    const there = new Set(Object.values(instance.devices).map(({ network }) => network));
    const isMade = ({ network }: MachineNic) => !there.has(networkName(api.project, network));
    if (nics.some(isMade)) await host.guarded();
    await networks.with(nics, { ...settings, clustered }, act);
    const stay = new Set(spec.nics.map(({ network }) => networkName(api.project, network)));
    const left = Object.values(snapshot.devices).filter(({ network = '' }) => !stay.has(network));
    await releaseNetworks(networks, left, log);
  }

  /**
   * The engine puts back the whole instance: its size and interfaces are those of then, as the restored guest knows them, until they are
   * brought to what they are now. That it ran is put back as well: an engine that starts anew before that is taken back starts it too. And
   * for cloud-init it stays the instance that it was then, or it would get new host keys.
   */
  async #restore(instance: IncusInstance, { name, config }: Snapshot, spec: MachineSpec): Promise<void> {
    const { api, host, filters, instances, changer } = this.#with;
    await instances.cut(instance);
    await api.change('PUT', pathOf(instance.name), { restore: name, stateful: false });
    const seen = config['volatile.cloud-init.instance-id'];
    const isTold = seen === undefined || config['user.meta-data'] !== undefined;
    const also = {
      'volatile.last_state.power': 'STOPPED',
      ...(isTold ? {} : { 'user.meta-data': `instance-id: ${seen}\n` }),
    };
    // It has the interfaces and volumes of then, and what is taken from it is taken from what it is now.
    const restored = await instances.existing(spec.id);
    await filters.with(
      spec,
      restored,
      () => host.enforceFilters(),
      () => changer.change(restored, spec, also),
    );
  }
}
