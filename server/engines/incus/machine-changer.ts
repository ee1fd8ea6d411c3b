import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import type { MachineSpec } from '../engine.ts';
import { attachVolumes } from './attach-volumes.ts';
import type { Bridges } from './bridges.ts';
import { formatVolumes } from './format-volumes.ts';
import { guestNics, nameServersOf } from './guest-nics.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { IncusHost } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import { changesTowards, type InstanceChanges, nameServersWord, untoldKey, untoldOf } from './instance-changes.ts';
import { withNewPorts } from './instance-definition.ts';
import { instanceStatus } from './instance-status.ts';
import { knownOf } from './known-of-instance.ts';
import { interfaceName } from './names.ts';
import type { Networks } from './networks.ts';
import { releaseNetworks } from './release-networks.ts';
import { runInGuest } from './run-in-guest.ts';
import { tellGuest } from './tell-guest.ts';
import type { VolumeStore } from './volume-store.ts';

const noChanges: InstanceChanges = { config: {}, devices: {}, plugged: {}, unplugged: {}, attached: {} };

/** How often a change is worked out anew because the instance became another one meanwhile. */
const attemptsAtMost = 3;

interface Needs {
  readonly api: IncusApi;
  readonly host: IncusHost;
  readonly networks: Networks;
  readonly bridges: Bridges;
  readonly volumes: VolumeStore;
  readonly settings: IncusSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Brings a machine that is there to its spec. First the instance changes, then its guest is told; until it knows, the instance says of
 * what, so that whoever comes after a crash goes on with it.
 */
export class MachineChanger {
  readonly #with: Needs;

  constructor(needs: Needs) {
    this.#with = needs;
  }

  /** @param also what else of the instance's configuration is to change, together with that */
  async change(found: IncusInstance, spec: MachineSpec, also: Readonly<Record<string, string>> = {}): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Whatever else is to be changed comes first: volumes that come have a change of their own.
        const kept = spec.volumes.filter(({ id }) => knownOf(found).volumes?.includes(id));
        const instance = await this.#changeInstance(found.name, { ...spec, volumes: kept }, also);
        if (untoldOf(instance).length > 0) await this.#tell(instance, spec);
        await this.#attach(found.name, spec);
        return;
      } catch (error) {
        if (!isRefusal(error, 'conflict') || attempt === attemptsAtMost) throw error;
      }
    }
  }

  /** @returns the instance as it is then */
  async #changeInstance(
    name: string,
    spec: MachineSpec,
    also: Readonly<Record<string, string>>,
  ): Promise<IncusInstance> {
    const { api, networks, settings, log } = this.#with;
    const path = `/1.0/instances/${name}`;
    const { value: instance, etag } = await api.getWithTag<IncusInstance>(path);
    const isOvn = settings.ovnUplink !== null;
    const towards = changesTowards(instance, spec, { ...settings, isOvn, type: instance.type });
    if (towards === undefined && Object.keys(also).length === 0) return instance;
    const changes: InstanceChanges = { ...(towards ?? noChanges), config: { ...towards?.config, ...also } };
    const { config, devices, plugged, unplugged } = changes;
    if (Object.keys(unplugged).length > 0) {
      // Nothing is left out of an instance but by saying all of it.
      const left = Object.entries({ ...instance.devices, ...devices }).filter(
        ([device]) => unplugged[device] === undefined,
      );
      const whole = { ...instance, config: { ...instance.config, ...config }, devices: Object.fromEntries(left) };
      await api.change('PUT', path, whole, { headers: { 'if-match': etag } });
      await releaseNetworks(networks, Object.values(unplugged), log);
    } else if (Object.keys(plugged).length === 0) await api.change('PATCH', path, { config, devices });
    if (Object.keys(plugged).length > 0) await this.#plug(instance, spec, changes);
    return { ...instance, config: { ...instance.config, ...config } };
  }

  async #attach(name: string, spec: MachineSpec): Promise<void> {
    const { api, volumes, settings } = this.#with;
    const instance = await api.get<IncusInstance>(`/1.0/instances/${name}`);
    const isOvn = settings.ovnUplink !== null;
    const changes = changesTowards(instance, spec, { ...settings, isOvn, type: instance.type });
    if (changes !== undefined) await attachVolumes(api, volumes, instance, spec, changes);
    if (instance.status_code !== instanceStatus.running) return;
    await formatVolumes(this.#with, { ...instance, devices: { ...instance.devices, ...changes?.attached } });
  }

  /** In a change of its own: in one with its predecessor the engine refuses it, for being on the same network. */
  async #plug(
    { name, type, status_code }: IncusInstance,
    spec: MachineSpec,
    { config, devices, plugged }: InstanceChanges,
  ): Promise<void> {
    const { api, host, networks, bridges, settings, log } = this.#with;
    const { clustered } = await host.guarded();
    const plug = (nics: InstanceChanges['plugged']) =>
      api.change('PATCH', `/1.0/instances/${name}`, { config, devices: { ...devices, ...nics } });
    const nics = spec.nics.filter((nic) => plugged[interfaceName(nic)] !== undefined);
    await networks.with(nics, { ...settings, clustered }, () =>
      plug(plugged).catch(async (error) => {
        if (!isRefusal(error, 'leftover', 'no-bridge', 'exists', 'other')) throw error;
        log.info(
          { err: error, instance: name },
          'an interface could not be plugged; what may be in its way is removed',
        );
        await bridges.renew([{ devices: plugged }]);
        // An engine that was killed may have plugged it and not have written it down. The end in the guest takes the host's along.
        if (type === 'container' && status_code === instanceStatus.running) {
          const script = 'for name; do ip link delete "$name"; done';
          const command = ['sh', '-c', script, 'sh', ...Object.keys(plugged)];
          await runInGuest(api, name, command).catch(() => {});
        }
        await plug(withNewPorts(plugged));
      }),
    );
  }

  async #tell(instance: IncusInstance, spec: MachineSpec): Promise<void> {
    const { api, settings } = this.#with;
    const { name } = instance;
    const untold = untoldOf(instance);
    const nics = guestNics(spec.nics).filter((nic) => untold.includes(nic.name));
    const gone = untold.filter((other) => other !== nameServersWord && nics.every((nic) => nic.name !== other));
    const nameServers = nameServersOf(spec.nameServers, settings);
    const news = { nics, gone, nameServers, areNameServersNew: untold.includes(nameServersWord) };
    if (!(await tellGuest(this.#with, instance, news))) {
      await this.#plugAgain(name, untold);
      await tellGuest(this.#with, instance, news);
    }
    await api.change('PATCH', `/1.0/instances/${name}`, { config: { [untoldKey]: '' } });
  }

  /** The instance has an interface that its guest has not: its engine was killed in the middle of plugging it. */
  async #plugAgain(instance: string, names: readonly string[]): Promise<void> {
    const { api, log } = this.#with;
    const path = `/1.0/instances/${instance}`;
    const { devices } = await api.get<IncusInstance>(path);
    const again = Object.fromEntries(Object.entries(devices).filter(([name]) => names.includes(name)));
    log.warn({ instance, interfaces: Object.keys(again) }, 'a guest lacks interfaces; they are plugged again');
    const without = Object.fromEntries(Object.keys(again).map((name) => [name, { type: 'none' }]));
    await api.change('PATCH', path, { devices: without });
    await api.change('PATCH', path, { devices: withNewPorts(again) });
  }
}
