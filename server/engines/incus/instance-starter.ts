import type { Logger } from 'pino';
import type { Bridges } from './bridges.ts';
import { bytesOf, hasHeadroom, withHeadroom } from './byte-sizes.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { IncusError, isRefusal } from './incus-error.ts';
import { wanted, withNewPorts } from './instance-definition.ts';
import { instanceStatus } from './instance-status.ts';
import type { Instances } from './instances.ts';

/** What the engine itself writes onto a container's disk to start it, with room to spare: 16 MiB. */
const roomToStart = 2 ** 24;

/** Starts instances, and gets out of the way what keeps one from starting. */
export class InstanceStarter {
  readonly #api: IncusApi;
  readonly #instances: Instances;
  readonly #bridges: Bridges;
  readonly #log: Logger;

  constructor(api: IncusApi, instances: Instances, bridges: Bridges, log: Logger) {
    this.#api = api;
    this.#instances = instances;
    this.#bridges = bridges;
    this.#log = log;
  }

  /**
   * Starts an instance. A full disk gets its headroom before, since the engine cannot start it then; and an interface that an earlier start
   * has left on the host gets out of the way by another name.
   */
  async start(instance: IncusInstance): Promise<void> {
    const { name, devices } = instance;
    if (instance.status_code === instanceStatus.frozen) return this.#instances.power(name, 'unfreeze');
    if (instance.type === 'container') await this.#makeRoom(instance);
    await this.#instances.power(name, 'start').catch(async (error) => {
      if (!isRefusal(error, 'leftover', 'no-bridge')) throw error;
      if (isRefusal(error, 'no-bridge')) await this.#bridges.renew([instance]);
      await this.#api.change('PATCH', `/1.0/instances/${name}`, { devices: withNewPorts(devices) });
      await this.#instances.power(name, 'start');
    });
  }

  /** A start that fails for want of space leaves things behind on the host, so it is not tried. */
  async #makeRoom(instance: IncusInstance): Promise<void> {
    const { name, devices } = instance;
    const { disk } = await this.#api.get<{ disk?: Record<string, { usage: number }> | null }>(
      `/1.0/instances/${name}/state`,
    );
    const size = bytesOf(devices.root?.size);
    const used = disk?.root?.usage ?? 0;
    if (devices.root === undefined || size === 0 || used <= size - roomToStart) return;
    if (hasHeadroom(size))
      throw new IncusError(`${used} of ${size} bytes of the disk are used`, { refusal: 'disk-full' });
    this.#log.info({ instance: name, used, size }, 'a full disk gets its headroom');
    const root = { ...devices.root, size: withHeadroom(size) };
    await this.#api.change('PATCH', `/1.0/instances/${name}`, {
      devices: { root },
      config: wanted(instance, { devices: { root } }),
    });
  }
}
