import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import {
  EngineError,
  type MachineConsole,
  MachineGone,
  type MachineList,
  type MachineRef,
  type MachineSpec,
  type MachineState,
  type Machines,
  type MachineUsage,
  type Progress,
  type TerminalSize,
} from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { fallible } from './fallible.ts';
import { formatVolumes } from './format-volumes.ts';
import { writePassword } from './guest-files.ts';
import { setPasswordInGuest } from './guest-password.ts';
import { clusterMembers } from './host-capacity.ts';
import { identityOf } from './identity-of-instance.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { openIncusConsole } from './incus-console.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { InstanceStarter } from './instance-starter.ts';
import { instanceStatus } from './instance-status.ts';
import type { Instances } from './instances.ts';
import type { MachineBuilder } from './machine-builder.ts';
import type { MachineChanger } from './machine-changer.ts';
import type { MachineStates } from './machine-states.ts';
import { machineUsage } from './machine-usage.ts';
import { instanceName, machineIdOf, restoringName } from './names.ts';
import type { Networks } from './networks.ts';
import type { NicFilters } from './nic-filters.ts';
import { releaseNetworks } from './release-networks.ts';
import { Slots } from './slots.ts';
import type { VolumeStore } from './volume-store.ts';

const gracefulSeconds = 3600;

/** What the verbs do it with. */
interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly instances: Instances;
  readonly filters: NicFilters;
  readonly networks: Networks;
  readonly volumes: VolumeStore;
  readonly builder: MachineBuilder;
  readonly changer: MachineChanger;
  readonly starter: InstanceStarter;
  readonly states: MachineStates;
  readonly inFlight: InFlight;
  readonly settings: IncusSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Machines as instances of the engine: what is there? what is missing? one goal at a time. */
export class IncusMachines implements Machines {
  readonly #with: Needs;
  /** For what is heavy work on the host: it is done sooner when not all is begun at once. */
  readonly #slots: Slots;

  constructor(needs: Needs) {
    this.#with = needs;
    this.#slots = new Slots(needs.settings.atOnce);
  }

  apply(spec: MachineSpec, { builds } = { builds: false }): Promise<Progress> {
    const { host, filters, instances, builder, changer, inFlight, settings } = this.#with;
    const enforce = () => host.enforceFilters();
    const name = instanceName(spec.id);
    const goal = `apply ${builds} ${hash('sha256', JSON.stringify(spec), 'hex')}`;
    return fallible(async () => {
      refuseUnfiltered(spec, settings);
      await host.facts();
      return inFlight.join(name, goal, async () => {
        const found = await instances.find(name);
        if (found !== undefined) {
          const { generation, isComplete } = identityOf(found);
          if (isComplete && generation > spec.generation) return;
          if (isComplete && generation === spec.generation) {
            return filters.with(spec, found, enforce, () => changer.change(found, spec));
          }
        }
        if (!builds) throw new MachineGone();
        const facts = await host.guarded();
        await this.#slots.run(() =>
          filters.with(spec, undefined, enforce, () => builder.build(facts, { ...spec, volumes: [] })),
        );
        if (spec.volumes.length > 0) await changer.change(await instances.existing(spec.id), spec);
      });
    });
  }

  start({ id }: MachineRef): Promise<Progress> {
    const { host, starter } = this.#with;
    return this.#towards(id, 'start', async (instance) => {
      await host.guarded();
      if (instance.status_code !== instanceStatus.running) await this.#slots.run(() => starter.start(instance));
      // The guest runs, whatever becomes of its volumes: one that is blank still is formatted with the next start.
      await formatVolumes(this.#with, instance).catch((error) =>
        this.#with.log.warn({ err: error, instance: instance.name }, 'a volume stays blank'),
      );
    });
  }

  stop({ id }: MachineRef, { force }: { force: boolean }): Promise<Progress> {
    const { instances, inFlight } = this.#with;
    if (!force) return this.#towards(id, 'stop', (instance) => this.#shutDown(instance));
    // A shutdown under way must not delay the cut.
    return fallible(async () => {
      const instance = await instances.existing(id);
      return inFlight.join(`${instance.name} power`, 'cut', () => instances.cut(instance));
    });
  }

  setPassword({ id }: MachineRef, password: string): Promise<Progress> {
    const { api, host, starter, clock } = this.#with;
    return this.#towards(id, 'password', async (instance) => {
      if (instance.type === 'container') return writePassword(api, instance.name, password);
      await host.guarded();
      // Only its own agent writes into a virtual machine, and that runs while the machine does.
      const wasOff = instance.status_code === instanceStatus.stopped;
      if (wasOff) await starter.start(instance);
      await setPasswordInGuest(api, clock, instance.name, password);
      if (wasOff) await this.#with.instances.power(instance.name, 'stop', { timeout: gracefulSeconds });
    });
  }

  console({ id }: MachineRef, size: TerminalSize): Promise<MachineConsole> {
    const { api, host, instances, clock } = this.#with;
    return fallible(async () => {
      await host.facts();
      return openIncusConsole(api, await instances.existing(id), size, clock);
    });
  }

  delete({ id }: MachineRef): Promise<Progress> {
    const name = instanceName(id);
    return fallible(() => this.#with.inFlight.join(name, 'delete', () => this.#slots.run(() => this.#remove(id))));
  }

  async inspect(id: string): Promise<MachineState | undefined> {
    const { instances, states } = this.#with;
    const instance = await fallible(() => instances.find(instanceName(id)));
    return instance === undefined ? undefined : states.of(instance);
  }

  async list(): Promise<MachineList> {
    const { host, instances, states } = this.#with;
    const all = await fallible(async () => {
      await host.facts();
      return instances.all();
    });
    states.look(all);
    return {
      told: all.told.flatMap((instance) => states.of(instance) ?? []),
      lost: all.lost.flatMap(({ name }) => machineIdOf(name) ?? []),
    };
  }

  usage(): Promise<MachineUsage[]> {
    const { api, host } = this.#with;
    return fallible(async () => {
      const { clustered } = await host.facts();
      const targets = clustered
        ? (await clusterMembers(api))
            .filter(({ status }) => status !== 'Offline')
            .map(({ server_name }) => `?target=${encodeURIComponent(server_name)}`)
        : [''];
      const texts = await Promise.all(
        // One that is lost at this moment tells of none.
        targets.map((target) =>
          api.text(`/1.0/metrics${target}`).catch((error) => (clustered ? '' : Promise.reject(error))),
        ),
      );
      return texts.flatMap(machineUsage);
    });
  }

  async #shutDown({ name, status_code }: IncusInstance): Promise<void> {
    if (status_code === instanceStatus.stopped) return;
    await this.#with.instances.power(name, 'stop', { timeout: gracefulSeconds });
  }

  async #remove(id: string): Promise<void> {
    const { instances, networks, log } = this.#with;
    await instances.remove(restoringName(id));
    const instance = await instances.remove(instanceName(id));
    await releaseNetworks(networks, Object.values(instance?.devices ?? {}), log);
  }

  /** A verb on a machine that has to be there. */
  #towards(id: string, goal: string, act: (instance: IncusInstance) => Promise<void>): Promise<Progress> {
    const { host, instances, inFlight } = this.#with;
    return fallible(async () => {
      await host.facts();
      return inFlight.join(instanceName(id), goal, async () => act(await instances.existing(id)));
    });
  }
}

/** @throws EngineError where a filter would not be kept */
export function refuseUnfiltered({ nics }: MachineSpec, { ovnUplink }: IncusSettings): void {
  if (ovnUplink !== null && nics.some(({ type, filter }) => type === 'vpc' && filter !== undefined))
    throw new EngineError(
      'VPCs of this cloud are on OVN, where they have no security groups yet; detach it from the VPC’s interface',
    );
}
