import type { Logger } from 'pino';
import { EngineError } from '../engine.ts';
import type { IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { IncusHost } from './incus-host.ts';
import type { Instances } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import type { Networks } from './networks.ts';

/** Machines that a sentence names one by one. */
const namedAtMost = 5;

/** Bridges that somebody deleted under the engine, and the machines that lost their network by it. */
export class Bridges {
  readonly #host: IncusHost;
  readonly #networks: Networks;
  readonly #instances: Instances;
  readonly #log: Logger;
  /** Machines that had lost their bridge when the host was last looked at. */
  #cutOff: readonly IncusInstance[] = [];

  constructor(host: IncusHost, networks: Networks, instances: Instances, log: Logger) {
    this.#host = host;
    this.#networks = networks;
    this.#instances = instances;
    this.#log = log;
  }

  /** Makes those of these instances anew. */
  async renew(instances: readonly Pick<IncusInstance, 'devices'>[]): Promise<void> {
    const used = instances.flatMap(({ devices }) => Object.values(devices).flatMap(({ network }) => network ?? []));
    const networks = await this.#networks.renewBridges(used);
    if (networks.length > 0)
      this.#log.warn(
        { networks },
        'bridges were gone from the host; machines that ran on them have no network until a reboot',
      );
  }

  /** Remembers which of these instances have lost theirs. */
  async look(instances: readonly IncusInstance[]): Promise<void> {
    this.#cutOff = await this.#networks.cutOff(instances, await this.#host.facts());
  }

  /** @throws EngineError with the machines that have no network until they are started again */
  async refuseCutOff(): Promise<void> {
    if (this.#cutOff.length === 0) return;
    const now = await Promise.all(
      this.#cutOff.map(({ name }) =>
        this.#instances.find(name).catch((error) => {
          if (!isRefusal(error, 'member-lost')) throw error;
          return undefined;
        }),
      ),
    );
    await this.look(now.filter((instance) => instance !== undefined));
    const lost = this.#cutOff;
    if (lost.length === 0) return;
    const named = lost.slice(0, namedAtMost).map((instance) => `${knownOf(instance).name} (${instance.name})`);
    const more = lost.length > named.length ? ` and ${lost.length - named.length} more` : '';
    throw new EngineError(
      `Bridges were deleted on the host and have been made anew; these VMs have no network until they are rebooted: ${named.join(', ')}${more}`,
    );
  }
}
