import type { Logger } from 'pino';
import { EngineError, type OnRecord, PassingFault, UnusableHost } from '../engine.ts';
import { type ClusterMember, clusterMembers, isOnlyAbout } from './host-capacity.ts';
import { HostGuard } from './host-guard.ts';
import {
  canRunVirtualMachines,
  type IncusApi,
  type IncusServer,
  type MachineType,
  machinesOf,
  machineType,
  productOf,
  volumesOf,
} from './incus-api.ts';
import { IncusError, isRefusal } from './incus-error.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { Instances, Listed } from './instances.ts';
import { machineIdOf } from './names.ts';
import type { NicFilters } from './nic-filters.ts';
import { refuseUnlimitable } from './refuse-unlimitable.ts';

/** What is known of a host that is ready for machines. */
export interface HostFacts {
  readonly server: IncusServer;
  readonly type: MachineType;
  readonly clustered: boolean;
}

interface Needs {
  readonly api: IncusApi;
  readonly settings: IncusSettings;
  /** What marks this cloud's project. */
  readonly cloudId: string;
  readonly instances: Instances;
  readonly filters: NicFilters;
  readonly onRecord: OnRecord;
  readonly log: Logger;
}

const fullFrom = 0.98;

/** The host, or cluster of hosts: made ready once, looked at again after it was away, and asked how it is. */
export class IncusHost {
  readonly #api: IncusApi;
  readonly #settings: IncusSettings;
  readonly #cloudId: string;
  readonly #instances: Instances;
  readonly #filters: NicFilters;
  readonly #onRecord: OnRecord;
  readonly #guard: HostGuard;
  #facts: Promise<HostFacts> | undefined;

  constructor({ api, settings, cloudId, instances, filters, onRecord, log }: Needs) {
    this.#api = api;
    this.#settings = settings;
    this.#cloudId = cloudId;
    this.#instances = instances;
    this.#filters = filters;
    this.#onRecord = onRecord;
    this.#guard = new HostGuard(settings, filters, (command) => this.#isAway(command), log);
  }

  /**
   * The host, ready for machines.
   *
   * @throws IncusError where it does not answer
   * @throws UnusableHost where it must not be used as it is configured
   * @throws PassingFault where something is missing that an operator can add
   */
  facts(): Promise<HostFacts> {
    this.#facts ??= this.#makeReady().catch((error) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  /** The same, where what keeps machines away from the host is in force now: nothing is made or started otherwise. */
  async guarded(): Promise<HostFacts> {
    const facts = await this.facts();
    await this.#guard.verify();
    return facts;
  }

  /** What interfaces are to let through at this moment is in force. */
  enforceFilters(): Promise<void> {
    return this.#guard.enforce();
  }

  /** The host was away, and may be another one now. */
  forget(): void {
    this.#facts = undefined;
    this.#guard.forget();
  }

  /**
   * @returns what the host is, for people
   * @throws EngineError with what is amiss
   */
  async describe(): Promise<string> {
    const { server, type, clustered } = await this.guarded().catch((error) => {
      throw sentenceFor(error);
    });
    try {
      const lost = clustered ? (await this.members()).filter(({ status }) => status === 'Offline') : [];
      // A question that the database has to answer: the daemon answers others even when it can do nothing.
      await this.#api.get<string[]>('/1.0/instances');
      if (lost.length > 0) {
        const names = lost.map((member) => member.server_name).join(', ');
        throw new EngineError(
          `${names} ${lost.length === 1 ? 'does' : 'do'} not answer: VMs there go on or have stopped, and nothing about them can be changed; ` +
            'new networks cannot be made',
        );
      }
      await this.#checkSpace();
      return `${productOf(server)}, ${clustered ? 'cluster, ' : ''}${machinesOf(type)}, ${volumesOf(type)}`;
    } catch (error) {
      throw sentenceFor(error);
    }
  }

  /** All instances; what they say of their interfaces' filters is to be in force. */
  async look(): Promise<Listed> {
    const askedAt = performance.now();
    const all = await this.#instances.all();
    const lost = all.lost.flatMap(({ name }) => machineIdOf(name) ?? []);
    this.#filters.take(all, lost.length === 0 ? [] : await this.#onRecord(lost), askedAt);
    return all;
  }

  /** Whether a command is for a member that does not answer: nothing is made or started there. */
  async #isAway(command: string): Promise<boolean> {
    // Where there is no cluster the engine answers that there is none.
    const members = await this.members().catch(() => []);
    return members.some((member) => member.status !== 'Online' && isOnlyAbout(command, member, members));
  }

  members(): Promise<ClusterMember[]> {
    return clusterMembers(this.#api);
  }

  async #makeReady(): Promise<HostFacts> {
    const server = await this.#api.server();
    await this.#takeProject();
    const type = this.#typeFor(server);
    const clustered = server.environment.server_clustered;
    await this.#checkPool();
    await refuseUnlimitable(this.#settings, clustered);
    await this.look();
    await this.#guard.verify();
    return { server, type, clustered };
  }

  /** Machines live in a project of their own, marked as this cloud's: two clouds on one host don't take each other's. */
  async #takeProject(): Promise<void> {
    const { project } = this.#settings;
    const path = `/1.0/projects/${project}`;
    const found = await this.#api.find<{ config: Record<string, string> }>(path);
    if (found === undefined) {
      const config = {
        'features.images': 'false',
        'features.networks': 'false',
        'features.profiles': 'true',
        'features.storage.volumes': 'true',
        'user.raffia.cloud': this.#cloudId,
      };
      await this.#api
        .change('POST', '/1.0/projects', { name: project, description: 'Raffia', config })
        .catch((error) => {
          if (!isRefusal(error, 'exists')) throw error;
        });
      return;
    }
    const owner = found.config['user.raffia.cloud'];
    if (owner === this.#cloudId) return;
    throw new UnusableHost(
      `The project ${project} on the engine ${owner === undefined ? 'was not made by Raffia' : "is another Raffia's"}. ` +
        'Name one of your own with RAFFIA_INCUS_PROJECT' +
        (owner === undefined
          ? '.'
          : `, or, if that other one is gone for good, take it over: set user.raffia.cloud=${this.#cloudId} on the project.`),
    );
  }

  #typeFor(server: IncusServer): MachineType {
    const type = machineType(server, this.#settings.instanceType);
    if (type === 'container' || canRunVirtualMachines(server)) return type;
    throw new PassingFault(
      'The host cannot run virtual machines (no KVM, or no QEMU); RAFFIA_INCUS_TYPE=container uses system containers',
    );
  }

  /** A disk size that nothing enforces would let one machine fill the host for all. */
  async #checkPool(): Promise<void> {
    const { pool, acceptUnenforcedDisks } = this.#settings;
    const found = await this.#api.find<{ driver: string }>(`/1.0/storage-pools/${pool}`);
    if (found === undefined) {
      throw new PassingFault(`The engine has no storage pool ${pool}; make it, or name another with RAFFIA_INCUS_POOL`);
    }
    if (found.driver !== 'dir' || acceptUnenforcedDisks || (await this.#dirHasQuotas(pool))) return;
    throw new UnusableHost(
      `The storage pool ${pool} is a plain directory whose file system has no project quotas: no VM's disk size would be enforced, and one ` +
        'VM could fill the host. Use a btrfs, zfs, lvm or ceph pool (RAFFIA_INCUS_POOL), or accept it with RAFFIA_INCUS_ACCEPT_UNENFORCED_DISKS=true.',
    );
  }

  /** Only a directory with quotas can tell how full a volume is. */
  async #dirHasQuotas(pool: string): Promise<boolean> {
    const volumes = `/1.0/storage-pools/${pool}/volumes/custom`;
    const name = `raffia-probe-${process.pid}`;
    await this.#api.change('POST', volumes, { name, config: { size: '1MiB' } });
    try {
      await this.#api.get(`${volumes}/${name}/state`);
      return true;
    } catch (error) {
      if (error instanceof IncusError && error.refusal !== 'unreachable') return false;
      throw error;
    } finally {
      await this.#api.remove(`${volumes}/${name}`);
    }
  }

  async #checkSpace(): Promise<void> {
    const { space } = await this.#api.get<{ space: { used: number; total: number } }>(
      `/1.0/storage-pools/${this.#settings.pool}/resources`,
    );
    if (space.total > 0 && space.used / space.total > fullFrom) {
      throw new EngineError(`The storage pool ${this.#settings.pool} is full: new VMs fail until there is space`);
    }
  }
}

/** What is wrong with the host, for operators: in `/ready`, and where a command speaks to it. */
export function sentenceFor(error: unknown): Error {
  if (error instanceof EngineError) return error;
  if (error instanceof UnusableHost) return new EngineError(error.message);
  if (!(error instanceof IncusError)) return error as Error;
  if (error.refusal === 'untrusted') {
    return new EngineError(
      'The engine does not trust our client certificate; add it to the trust store (docs/operating.md)',
    );
  }
  return new EngineError(`The engine does not answer: ${reasonOf(error)}`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket at RAFFIA_INCUS_URL; is the daemon running?',
  ECONNREFUSED: 'nothing listens at RAFFIA_INCUS_URL; is the daemon running?',
  EACCES: 'this user may not open the socket; run as root or join the group incus-admin or lxd',
  ENOTFOUND: 'the name of the host in RAFFIA_INCUS_URL is unknown',
  EHOSTUNREACH: 'there is no way to the host in RAFFIA_INCUS_URL',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not the one in RAFFIA_INCUS_SERVER_CERTIFICATE',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not the one in RAFFIA_INCUS_SERVER_CERTIFICATE',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not the one in RAFFIA_INCUS_SERVER_CERTIFICATE',
};

function reasonOf({ cause, refusal }: IncusError): string {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  if (refusal === 'member-lost') return 'too many members of its cluster are down';
  return reasons[code] ?? (code === '' ? 'it did not answer in time, or not as an engine does' : code);
}
