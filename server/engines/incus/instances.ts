import { MachineGone, PassingFault } from '../engine.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { instanceStatus } from './instance-status.ts';
import { instanceName, lastOf } from './names.ts';

const deletionMs = 60_000;

/** The instances of this cloud's project: found, switched and removed. */
export class Instances {
  readonly #api: IncusApi;

  constructor(api: IncusApi) {
    this.#api = api;
  }

  all(): Promise<IncusInstance[]> {
    return this.#api.get<IncusInstance[]>('/1.0/instances?recursion=1');
  }

  /**
   * An instance, or undefined where it is not there. While others come and go the engine may not find something else that belongs to it, and
   * answers alike: then the list of all decides.
   */
  async find(name: string): Promise<IncusInstance | undefined> {
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
