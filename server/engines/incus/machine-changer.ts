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

  /**
   * @param found the instance as it was right before
   * @param also what else of the instance's configuration is to change, together with that
   */
  async change(found: IncusInstance, spec: MachineSpec, also: Readonly<Record<string, string>> = {}): Promise<void> {
    for (let attempt = 1, before = found; ; attempt++) {
      try {
        const instance = await this.#changeInstance(before, spec, also);
        const isUntold = untoldOf(instance).length > 0;
        if (isUntold) await this.#tell(instance, spec);
        await this.#attach(isUntold ? await this.#read(found.name) : instance, spec);
        return;
      } catch (error) {
        if (!isRefusal(error, 'conflict') || attempt === attemptsAtMost) throw error;
        before = await this.#read(found.name);
      }
    }
  }

  #read(name: string): Promise<IncusInstance> {
    return this.#with.api.get<IncusInstance>(`/1.0/instances/${name}`);
  }

  #towards(instance: IncusInstance, spec: MachineSpec): InstanceChanges | undefined {
    const { settings } = this.#with;
    return changesTowards(instance, spec, { ...settings, isOvn: settings.ovnUplink !== null, type: instance.type });
  }

  /**
   * Whatever else is to be changed comes first: volumes that come may be refused, and have a change of their own, unless one change is all.
   *
   * @returns the instance as it is then
   */
  async #changeInstance(
    found: IncusInstance,
    spec: MachineSpec,
    also: Readonly<Record<string, string>>,
  ): Promise<IncusInstance> {
    const kept = { ...spec, volumes: spec.volumes.filter(({ id }) => knownOf(found).volumes?.includes(id)) };
    const all = kept.volumes.length < spec.volumes.length ? this.#towardsWith(found, spec, also) : undefined;
    const isOne = all !== undefined && Object.keys({ ...all.plugged, ...all.unplugged }).length === 0;
    if (!isOne) return this.#changeRest(found, kept, also);
    const { api, volumes } = this.#with;
    await attachVolumes(api, volumes, found, spec, all).catch(async (error) => {
      await this.#changeRest(found, kept, also);
      throw error;
    });
    const { config, devices, attached } = all;
    return {
      ...found,
      config: { ...found.config, ...config },
      devices: { ...found.devices, ...devices, ...attached },
    };
  }

  async #changeRest(
    found: IncusInstance,
    spec: MachineSpec,
    also: Readonly<Record<string, string>>,
  ): Promise<IncusInstance> {
    const { api } = this.#with;
    const path = `/1.0/instances/${found.name}`;
    const changes = this.#towardsWith(found, spec, also);
    if (changes === undefined) return found;
    const { config, devices, plugged, unplugged } = changes;
    if (Object.keys(unplugged).length > 0) await this.#unplug(found.name, spec, also);
    else if (Object.keys(plugged).length > 0) await this.#plug(found, spec, changes);
    else {
      await api.change('PATCH', path, { config, devices });
      return { ...found, config: { ...found.config, ...config }, devices: { ...found.devices, ...devices } };
    }
    return this.#read(found.name);
  }

  /** The same, and what else is to change and is not so yet. */
  #towardsWith(
    instance: IncusInstance,
    spec: MachineSpec,
    also: Readonly<Record<string, string>>,
  ): InstanceChanges | undefined {
    const towards = this.#towards(instance, spec);
    const isAlso = Object.entries(also).every(([key, value]) => instance.config[key] === value);
    if (towards === undefined && isAlso) return undefined;
    return { ...(towards ?? noChanges), config: { ...towards?.config, ...also } };
  }

  /** Nothing is left out of an instance but by saying all of it, as it is at this moment. */
  async #unplug(name: string, spec: MachineSpec, also: Readonly<Record<string, string>>): Promise<void> {
    const { api, networks, log } = this.#with;
    const path = `/1.0/instances/${name}`;
    const { value: instance, etag } = await api.getWithTag<IncusInstance>(path);
    const changes = this.#towardsWith(instance, spec, also) ?? noChanges;
    const { config, devices, plugged, unplugged } = changes;
    const left = Object.entries({ ...instance.devices, ...devices }).filter(
      ([device]) => unplugged[device] === undefined,
    );
    const whole = { ...instance, config: { ...instance.config, ...config }, devices: Object.fromEntries(left) };
    await api.change('PUT', path, whole, { headers: { 'if-match': etag } });
    await releaseNetworks(networks, Object.values(unplugged), log);
    if (Object.keys(plugged).length > 0) await this.#plug(instance, spec, changes);
  }

  async #attach(instance: IncusInstance, spec: MachineSpec): Promise<void> {
    const { api, volumes } = this.#with;
    const changes = this.#towards(instance, spec);
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
