import type { Logger } from 'pino';
import type { KnownOfMachine } from '../../database/tables.ts';
import {
  EngineError,
  type Evacuation,
  type Evacuee,
  type HostState,
  type Hosts,
  type MachineOnRecord,
  type OnRecord,
  type Progress,
  type Size,
} from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { gibOf } from './byte-sizes.ts';
import { fallible } from './fallible.ts';
import { type ClusterMember, clusterMembers, offeredOf, resourcesOf, sharesPool } from './host-capacity.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import { instanceStatus } from './instance-status.ts';
import type { Instances } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import { instanceName, machineIdOf } from './names.ts';
import { volumeOfDevice } from './volume-devices.ts';
import type { StoredVolume, VolumeStore } from './volume-store.ts';

interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly instances: Instances;
  readonly volumes: VolumeStore;
  readonly settings: IncusSettings;
  readonly inFlight: InFlight;
  readonly onRecord: OnRecord;
  readonly log: Logger;
}

/** What the engine is doing with a member as a whole. */
interface MemberOperation {
  readonly description: string;
  readonly status_code: number;
  /** The member that it goes on at, which is the one that it is about. */
  readonly location: string;
}

/** An instance and what it was given, as it says itself, or where it is lost, its row. */
interface Sized {
  readonly name: string;
  readonly size: KnownOfMachine | MachineOnRecord | undefined;
}

const success = 200;

const parts = ['cpu', 'ram', 'disk'] as const;

/** The members of a cluster, or the one host. */
export class IncusHosts implements Hosts {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  list(): Promise<HostState[]> {
    return fallible(async () => {
      const { api, host, instances, volumes, onRecord } = this.#needs;
      const { clustered, server } = await host.facts();
      const [members, operations, { told, lost }, disks] = await Promise.all([
        clustered
          ? clusterMembers(api)
          : [{ server_name: server.environment.server_name, status: 'Online', message: '', url: '' }],
        // Where a member has just died nobody says what goes on, and all else is told.
        clustered ? this.#operations().catch(() => []) : [],
        instances.all(),
        volumes.all(),
      ]);
      const rows = lost.length === 0 ? [] : await onRecord(lost.flatMap(({ name }) => machineIdOf(name) ?? []));
      const rowOf = new Map(rows.map((row) => [instanceName(row.id), row]));
      const machines = [
        ...told.map((instance) => ({ ...instance, size: knownOf(instance) })),
        ...lost.map((instance) => ({ ...instance, size: rowOf.get(instance.name) })),
      ];
      const isHere = ({ location = '' }: { location?: string }, name: string) => !clustered || location === name;
      return Promise.all(
        members.map((member) =>
          this.#stateOf(
            member,
            stateOf(member, operations),
            clustered,
            machines.filter((machine) => isHere(machine, member.server_name)),
            disks.filter((disk) => isHere(disk, member.server_name)),
          ),
        ),
      );
    });
  }

  evacuationOf(name: string): Promise<Evacuation> {
    return fallible(async () => {
      const { api, instances, settings } = this.#needs;
      await this.#refuseUndrainable(name);
      const [all, isShared] = await Promise.all([instances.all(), sharesPool(api, settings.pool)]);
      const here = all.told.filter((instance) => instance.location === name);
      const others = await this.#others(name).catch(() => undefined);
      return { machines: here.flatMap((instance) => evacueeOf(instance, isShared)), others };
    });
  }

  drain(name: string): Promise<Progress> {
    return fallible(async () => {
      await this.#refuseUndrainable(name);
      return this.#change(name, 'evacuate');
    });
  }

  takeBack(name: string): Promise<Progress> {
    return fallible(async () => {
      await this.#answering(name);
      return this.#change(name, 'restore');
    });
  }

  /** Goes on while nobody waits; whoever asks again joins it. */
  #change(name: string, action: 'evacuate' | 'restore'): Promise<Progress> {
    const { api, inFlight, log } = this.#needs;
    return inFlight.join(`member ${name}`, action, () =>
      api.change('POST', `/1.0/cluster/members/${encodeURIComponent(name)}/state`, { action }).then(
        () => log.info({ host: name, action }, 'a host was drained or brought back'),
        (error) => {
          log.error({ err: error, host: name, action }, 'a host could not be drained or brought back');
          throw error;
        },
      ),
    );
  }

  /** @throws EngineError where there is no such host, no cluster, or no answer */
  async #answering(name: string): Promise<readonly ClusterMember[]> {
    const { api, host } = this.#needs;
    const { clustered, server } = await host.facts();
    if (!clustered) {
      throw new EngineError(
        `${server.environment.server_name} is the only host: its machines have nowhere to go. Hosts are drained in a cluster`,
      );
    }
    const all = await clusterMembers(api);
    const member = all.find(({ server_name }) => server_name === name);
    if (member === undefined)
      throw new EngineError(
        `There is no host ${name}; there are ${all.map(({ server_name }) => server_name).join(', ')}`,
      );
    if (stateOf(member, []) === 'offline')
      throw new EngineError(`${name} does not answer, so nothing can be moved from it or to it: ${member.message}`);
    return all;
  }

  async #refuseUndrainable(name: string): Promise<void> {
    const all = await this.#answering(name);
    if (!all.some(({ server_name, status }) => server_name !== name && status === 'Online'))
      throw new EngineError(`No other host takes machines, so those of ${name} have nowhere to go`);
  }

  /** What is under way at members: engines say it in words alone. */
  async #operations(): Promise<MemberOperation[]> {
    const all = await this.#needs.api.get<Record<string, MemberOperation[]>>('/1.0/operations?recursion=1');
    return Object.values(all)
      .flat()
      .filter(({ status_code }) => status_code < success);
  }

  /** How many instances a host has that are none of this cloud's: they are moved, too. */
  async #others(name: string): Promise<number> {
    const { api, settings } = this.#needs;
    const all = await api.get<{ location: string; project: string }[]>('/1.0/instances?recursion=1&all-projects=true');
    return all.filter(({ location, project }) => location === name && project !== settings.project).length;
  }

  /** A host that does not say what it has takes nothing from what is told of the others. */
  async #stateOf(
    { server_name: name, message }: ClusterMember,
    state: HostState['state'],
    clustered: boolean,
    machines: readonly Sized[],
    disks: readonly StoredVolume[],
  ): Promise<HostState> {
    const { api, settings } = this.#needs;
    const has =
      state === 'offline'
        ? undefined
        : await resourcesOf(api, settings.pool, clustered ? name : undefined).catch(() => undefined);
    const takesNone = state === 'drained' || state === 'draining';
    return {
      name,
      state,
      message: state === 'offline' ? message : '',
      machines: machines.filter((machine) => machineIdOf(machine.name) !== undefined).length,
      has,
      offers: takesNone ? { cpu: 0, ram: 0, disk: 0 } : has && offeredOf(has, settings),
      given: givenTo(machines, disks),
    };
  }
}

function stateOf({ server_name, status }: ClusterMember, operations: readonly MemberOperation[]): HostState['state'] {
  const isUnderWay = (words: RegExp) =>
    operations.some(({ location, description }) => location === server_name && words.test(description));
  if (isUnderWay(/^evacuating .*member/i)) return 'draining';
  if (isUnderWay(/^restoring .*member/i)) return 'returning';
  return status === 'Online' ? 'online' : status === 'Evacuated' ? 'drained' : 'offline';
}

/** What the engine will do with an instance, by the rules that it has for it. */
function evacueeOf(instance: IncusInstance, isPoolShared: boolean): Evacuee[] {
  const id = machineIdOf(instance.name);
  if (id === undefined) return [];
  const { name, cpu, ram, disk } = knownOf(instance);
  const hasVolumes = Object.values(instance.devices).some((device) => volumeOfDevice(device) !== undefined);
  const staysFor =
    hasVolumes && !isPoolShared
      ? 'its volumes are on this host alone'
      : instance.config['cluster.evacuate'] === 'stop'
        ? 'the engine was told to (cluster.evacuate)'
        : undefined;
  return [
    {
      id,
      name: name ?? id,
      isRunning: instance.status_code !== instanceStatus.stopped,
      staysFor,
      size: { cpu: cpu ?? 0, ram: ram ?? 0, disk: disk ?? 0 },
    },
  ];
}

/** What machines and volumes take of where they are; undefined where a machine is lost that no row knows. */
function givenTo(machines: readonly Sized[], disks: readonly StoredVolume[]): Size | undefined {
  const sizes = machines.flatMap(({ size }) => size ?? []);
  if (sizes.length < machines.length) return undefined;
  const sum = (part: keyof Size) => sizes.reduce((all, size) => all + (size[part] ?? 0), 0);
  const [cpu, ram, disk] = parts.map(sum) as [number, number, number];
  return { cpu, ram, disk: disks.reduce((all, { config }) => all + (gibOf(config.size) ?? 0), disk) };
}
