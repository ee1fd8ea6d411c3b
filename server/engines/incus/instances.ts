import { MachineGone, PassingFault } from '../engine.ts';
import type { ClusterMember } from './host-capacity.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { IncusError, isRefusal } from './incus-error.ts';
import { instanceStatus } from './instance-status.ts';
import { instanceName, lastOf } from './names.ts';

const deletionMs = 60_000;

/** An instance on a member of the cluster that does not answer: all that the engine tells of it. */
export interface LostInstance {
  readonly name: string;
  /** The member's name. */
  readonly location: string;
}

/** All instances: those that the engine tells of, and those that only their member could. */
export interface Listed<Instance = IncusInstance> {
  readonly told: readonly Instance[];
  readonly lost: readonly LostInstance[];
}

/** The instances of this cloud's project: found, switched and removed. */
export class Instances {
  readonly #api: IncusApi;
  /** The members of those that were lost when all were listed last, by their names. */
  #lost: ReadonlyMap<string, string> = new Map();

  constructor(api: IncusApi) {
    this.#api = api;
  }

  async all(): Promise<Listed> {
    const listed = await this.#list<IncusInstance>(1);
    this.#lost = new Map(listed.lost.map(({ name, location }) => [name, location]));
    return listed;
  }

  /** The same, with their snapshots. */
  allWithSnapshots(): Promise<Listed<IncusInstance & { readonly snapshots: readonly { name: string }[] | null }>> {
    return this.#list(2);
  }

  /** While a member does not answer, the engine lists its instances without anything that they say of themselves. */
  async #list<Instance extends IncusInstance>(recursion: 1 | 2): Promise<Listed<Instance>> {
    const all = await this.#api.get<(Instance | (LostInstance & { config: null }))[]>(
      `/1.0/instances?recursion=${recursion}`,
    );
    const isTold = (one: (typeof all)[number]): one is Instance => one.config !== null;
    const lost = all.filter((one) => !isTold(one)).map(({ name, location }) => ({ name, location }));
    return { told: all.filter(isTold), lost };
  }

  /**
   * The engine looks for a member that is away for ten seconds each time that it is asked for one of its instances; it knows better.
   *
   * @throws IncusError `member-lost`
   */
  async refuseLost(name: string): Promise<void> {
    const location = this.#lost.get(name);
    if (location === undefined) return;
    const member = await this.#api.find<ClusterMember>(`/1.0/cluster/members/${encodeURIComponent(location)}`);
    if (member === undefined || member.status === 'Online') return;
    throw new IncusError(`${location}, where ${name} is, does not answer: ${member.message}`, {
      refusal: 'member-lost',
    });
  }

  /**
   * An instance, or undefined where it is not there. While others come and go the engine may not find something else that belongs to it, and
   * answers alike: then the list of all decides.
   *
   * @throws IncusError `member-lost` where its member does not answer
   */
  async find(name: string): Promise<IncusInstance | undefined> {
    await this.refuseLost(name);
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

  /** @throws MachineGone where it is not there */
  async existing(machineId: string): Promise<IncusInstance> {
    const instance = await this.find(instanceName(machineId));
    if (instance === undefined) throw new MachineGone();
    return instance;
  }

  async power(
    name: string,
    action: 'start' | 'stop' | 'unfreeze',
    options: { force?: boolean; timeout?: number } = {},
  ): Promise<void> {
    await this.#api.change('PUT', `/1.0/instances/${name}/state`, { action, ...options }).catch((error) => {
      if (!isRefusal(error, action === 'stop' ? 'is-stopped' : 'is-running')) throw error;
    });
  }

  async cut({ name, status_code }: IncusInstance): Promise<void> {
    if (status_code !== instanceStatus.stopped) await this.power(name, 'stop', { force: true });
  }

  /** @returns what was there */
  async remove(name: string): Promise<IncusInstance | undefined> {
    const instance = await this.find(name);
    if (instance === undefined) return undefined;
    await this.cut(instance).catch((error) => {
      if (!isRefusal(error, 'not-found', 'is-stopped')) throw error;
    });
    await this.#api.remove(`/1.0/instances/${name}`, { timeoutMs: deletionMs });
    return instance;
  }
}
