import type { NetworkSpec, Progress, Networks as Verbs } from '../engine.ts';
import type { InFlight } from '../in-flight.ts';
import { fallible } from './fallible.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import { networkName } from './names.ts';
import type { Networks } from './networks.ts';

/** VPCs as the host's networks, each with a router where it has a way out. */
export class IncusNetworks implements Verbs {
  readonly #networks: Networks;
  readonly #host: IncusHost;
  readonly #inFlight: InFlight;
  readonly #settings: IncusSettings;

  constructor(networks: Networks, host: IncusHost, inFlight: InFlight, settings: IncusSettings) {
    this.#networks = networks;
    this.#host = host;
    this.#inFlight = inFlight;
    this.#settings = settings;
  }

  apply(network: NetworkSpec): Promise<Progress> {
    return fallible(async () => {
      // Nothing has a way out where nothing keeps machines away from the host.
      const { clustered } = await this.#host.guarded();
      return this.#inFlight.join(networkName(this.#settings.project, network), JSON.stringify(network), () =>
        this.#networks.route(network, { ...this.#settings, clustered }),
      );
    });
  }
}
