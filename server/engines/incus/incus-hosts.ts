import type { HostState, Hosts, Size } from '../engine.ts';
import { gibOf } from './byte-sizes.ts';
import { fallible } from './fallible.ts';
import { type ClusterMember, clusterMembers, offeredOf, resourcesOf } from './host-capacity.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { Instances } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import { machineIdOf } from './names.ts';
import type { StoredVolume, VolumeStore } from './volume-store.ts';

interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly instances: Instances;
  readonly volumes: VolumeStore;
  readonly settings: IncusSettings;
}

const parts = ['cpu', 'ram', 'disk'] as const;

/** The members of a cluster, or the one host. */
export class IncusHosts implements Hosts {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  list(): Promise<HostState[]> {
    return fallible(async () => {
      const { api, host, instances, volumes } = this.#needs;
      const { clustered, server } = await host.facts();
      const [members, machines, disks] = await Promise.all([
        clustered
          ? clusterMembers(api)
          : [{ server_name: server.environment.server_name, status: 'Online', message: '' }],
        instances.all(),
        volumes.all(),
      ]);
      const isHere = ({ location = '' }: { location?: string }, name: string) => !clustered || location === name;
      return Promise.all(
        members.map((member) =>
          this.#stateOf(
            member,
            clustered,
            machines.filter((machine) => isHere(machine, member.server_name)),
            disks.filter((disk) => isHere(disk, member.server_name)),
          ),
        ),
      );
    });
  }

  /** A host that does not say what it has takes nothing from what is told of the others. */
  async #stateOf(
    member: ClusterMember,
    clustered: boolean,
    machines: readonly IncusInstance[],
    disks: readonly StoredVolume[],
  ): Promise<HostState> {
    const { api, settings } = this.#needs;
    const { server_name: name, status, message } = member;
    const state = status === 'Online' ? 'online' : status === 'Evacuated' ? 'drained' : 'offline';
    const has =
      state === 'offline'
        ? undefined
        : await resourcesOf(api, settings.pool, clustered ? name : undefined).catch(() => undefined);
    return {
      name,
      state,
      message: state === 'offline' ? message : '',
      machines: machines.filter((machine) => machineIdOf(machine.name) !== undefined).length,
      has,
      offers: state === 'drained' ? { cpu: 0, ram: 0, disk: 0 } : has && offeredOf(has, settings),
      given: givenTo(machines, disks),
    };
  }
}

/** What machines and volumes take of where they are. */
function givenTo(machines: readonly IncusInstance[], disks: readonly StoredVolume[]): Size {
  const sizes = machines.map(knownOf);
  const sum = (part: keyof Size) => sizes.reduce((all, size) => all + (size[part] ?? 0), 0);
  const [cpu, ram, disk] = parts.map(sum) as [number, number, number];
  return { cpu, ram, disk: disks.reduce((all, { config }) => all + (gibOf(config.size) ?? 0), disk) };
}
