import { hash } from 'node:crypto';
import { EngineError, type MachineNic, type NetworkSpec } from '../engine.ts';
import { makeGateway } from './gateway.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { knownOf } from './known-of-instance.ts';
import { bridgePrefix, lastOf, networkName, publicPrefix } from './names.ts';
import { makeRouter, removeRouter } from './router.ts';

/** By what of an interface its network is made. */
type NetworkOfNic = Pick<MachineNic, 'type' | 'prefix' | 'gateway' | 'network'>;

/** Where a VPC's network says of its router, so that whoever comes after a reboot of the host makes it anew. */
const routerKey = 'user.raffia.router';

interface IncusNetwork {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly config: Readonly<Record<string, string>>;
  readonly used_by: readonly string[] | null;
}

/** How networks are made on this host. */
export interface NetworkOptions {
  readonly clustered: boolean;
  /** The uplink of OVN networks; null: VPCs are bridges. */
  readonly ovnUplink: string | null;
  /** Runs a shell on the member that is the gateway of public networks, and has the routers of VPCs. */
  readonly gatewayCommand: string;
  /** The members' interface that tunnels between them use; null: that of the default route. */
  readonly tunnelInterface: string | null;
}

/**
 * The engine's networks: one for each VPC, made when the first machine joins and removed after the last has left, and one for each
 * block of public addresses, which stays. A VPC is a bridge without addresses (the host is not on it, so that VPCs may have the same
 * block) or an OVN network; on public networks the host is the gateway. One that has a way out has a router on both. In a cluster bridges are
 * joined by VXLAN, and one member is the gateway and has the routers.
 */
export class Networks {
  readonly #api: IncusApi;
  readonly #gatewayCommand: string;
  readonly #made = new Map<string, Promise<void>>();
  /** How many machines are being connected to each network: those are not removed. */
  readonly #joining = new Map<string, number>();
  /** The numbers of tunnels that were given out here. */
  readonly #tunnels = new Map<string, number>();
  readonly #removing = new Map<string, Promise<void>>();

  constructor(api: IncusApi, { gatewayCommand }: Pick<NetworkOptions, 'gatewayCommand'>) {
    this.#api = api;
    this.#gatewayCommand = gatewayCommand;
  }

  /** Does something that needs the networks of these interfaces; they are there meanwhile. */
  async with<T>(nics: readonly MachineNic[], options: NetworkOptions, act: () => Promise<T>): Promise<T> {
    const names = nics.map((nic) => networkName(this.#api.project, nic.network));
    for (const name of names) this.#joining.set(name, (this.#joining.get(name) ?? 0) + 1);
    try {
      await Promise.all(nics.map((nic, i) => this.#ensure(names[i] as string, nic, options)));
      return await act();
    } catch (error) {
      // What is remembered may be wrong: a network was removed by hand.
      if (isRefusal(error, 'not-found')) for (const name of names) this.#made.delete(name);
      throw error;
    } finally {
      for (const name of names) this.#joining.set(name, (this.#joining.get(name) ?? 1) - 1);
    }
  }

  /**
   * Brings the way out of a VPC to what its spec says. Where no machine is in it there is no network: its router comes with that.
   *
   * @throws EngineError where VPCs are OVN networks, which have a way out of their own
   */
  async route(spec: NetworkSpec, options: NetworkOptions): Promise<void> {
    if (options.ovnUplink !== null) {
      if (spec.router === undefined) return;
      throw new EngineError('VPCs of this cloud have a way out of their own (OVN)');
    }
    const name = networkName(this.#api.project, spec);
    await this.#removing.get(name)?.catch(() => {});
    await this.#made.get(name)?.catch(() => {});
    const network = await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`);
    const says = routerMark(spec)[routerKey] ?? '';
    if (network !== undefined && (network.config[routerKey] ?? '') !== says) {
      const change = { description: 'Raffia', config: { [routerKey]: says } };
      await this.#api.change('PATCH', `/1.0/networks/${name}`, change);
    }
    if (network?.status === 'Created' && says !== '') await this.#makeRouter(name, says, options);
    else await removeRouter(this.#gatewayCommand, name);
  }

  /** @param says what the VPC's network says of it; nothing where it has none */
  async #makeRouter(name: string, says: string | undefined, options: NetworkOptions): Promise<void> {
    if (says === undefined || says === '') return;
    const spec = JSON.parse(says) as Parameters<typeof makeRouter>[3];
    const { prefix, gateway, network } = spec.router;
    const publicName = networkName(this.#api.project, network);
    await this.#ensure(publicName, { type: 'public', prefix, gateway, network }, options);
    await makeRouter(this.#gatewayCommand, name, publicName, spec);
  }

  /** Mends the routers of the VPCs that machines say have one, such as after a reboot. */
  async restoreRouters(instances: readonly IncusInstance[], options: NetworkOptions): Promise<void> {
    if (options.ovnUplink !== null) return;
    const nics = instances.flatMap((instance) => knownOf(instance).nics);
    const routed = nics.flatMap(({ network }) =>
      network?.router === undefined ? [] : networkName(this.#api.project, network),
    );
    for (const name of new Set(routed)) {
      const network = await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`);
      if (network?.status === 'Created') await this.#makeRouter(name, network.config[routerKey], options);
    }
  }

  /** Removes those of these networks that no machine uses; the engine refuses the others. */
  async removeUnused(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#remove(name);
  }

  /**
   * Makes the bridges of networks anew that somebody deleted under the engine, which knows nothing of it. Machines that run have lost their
   * network until they are started again.
   *
   * @returns the names of those that were gone
   */
  async renewBridges(names: Iterable<string>): Promise<string[]> {
    const gone: string[] = [];
    for (const name of new Set(names)) {
      if (!name.startsWith(bridgePrefix) || (await this.#api.find(`/1.0/networks/${name}/state`)) !== undefined)
        continue;
      const network = await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`);
      if (network?.type !== 'bridge' || network.status !== 'Created') continue;
      // The engine looks after a bridge only when something about it is changed.
      const mtu = network.config['bridge.mtu'] ?? '';
      await this.#api.change('PATCH', `/1.0/networks/${name}`, {
        config: { 'bridge.mtu': mtu === '1500' ? '1400' : '1500' },
      });
      await this.#api.change('PATCH', `/1.0/networks/${name}`, { config: { 'bridge.mtu': mtu } });
      gone.push(name);
    }
    return gone;
  }

  /**
   * Those of these instances that run, and have an interface that is not on its bridge: somebody deleted the bridge while they ran. The new
   * one has the name and nothing else, so they have no network until they are started again.
   */
  async cutOff(instances: readonly IncusInstance[], { clustered }: Pick<NetworkOptions, 'clustered'>) {
    const ports = new Map<string, Promise<readonly string[] | undefined>>();
    const portsOf = (bridge: string, location: string) => {
      const path = `/1.0/networks/${bridge}/state${clustered ? `?target=${location}` : ''}`;
      const asked =
        ports.get(path) ??
        this.#api
          .find<{ bridge?: { upper_devices?: readonly string[] | null } | null }>(path)
          // What is no bridge has no such list.
          .then((state) => (state?.bridge ? (state.bridge.upper_devices ?? []) : undefined));
      ports.set(path, asked);
      return asked;
    };
    const lost: IncusInstance[] = [];
    for (const instance of instances) {
      if (instance.status !== 'Running') continue;
      for (const { network = '', host_name = '' } of Object.values(instance.devices)) {
        if (!network.startsWith(bridgePrefix) || host_name === '') continue;
        const there = await portsOf(network, instance.location);
        if (there === undefined || there.includes(host_name)) continue;
        lost.push(instance);
        break;
      }
    }
    return lost;
  }

  /** Removes what no instance uses: our VPCs' networks, and those that were begun on some members and are not yet anybody's. */
  async tidy(instances: readonly IncusInstance[]): Promise<void> {
    const used = new Set(instances.flatMap(({ devices }) => Object.values(devices).map(({ network }) => network)));
    for (const path of await this.#api.get<string[]>('/1.0/networks')) {
      const name = lastOf(path);
      if (!name.startsWith(bridgePrefix) || used.has(name)) continue;
      // Asked one by one: with all of them the engine counts the users of each.
      const network = await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`);
      if (network === undefined) continue;
      const { config, status, used_by } = network;
      const isOurs = config['user.raffia.project'] === this.#api.project && config['user.raffia.vpc'] !== undefined;
      if ((isOurs || status === 'Pending') && (used_by ?? []).length === 0) await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    if ((this.#joining.get(name) ?? 0) > 0) return;
    // Machines that leave together ask for it together: the second would find half of it.
    const underWay = this.#removing.get(name);
    if (underWay !== undefined) return underWay;
    this.#made.delete(name);
    this.#tunnels.delete(name);
    const removal = this.#removeNow(name);
    this.#removing.set(name, removal);
    try {
      await removal;
    } finally {
      this.#removing.delete(name);
    }
  }

  /** A router goes before its network: what remembers it is the network. */
  async #removeNow(name: string): Promise<void> {
    const path = `/1.0/networks/${name}`;
    const network = await this.#api.find<IncusNetwork>(path);
    if (network === undefined || (network.used_by ?? []).length > 0) return;
    if (network.config[routerKey]) await removeRouter(this.#gatewayCommand, name);
    await this.#api.remove(path).catch((error) => {
      if (!isRefusal(error, 'in-use')) throw error;
    });
  }

  async #ensure(name: string, nic: NetworkOfNic, options: NetworkOptions): Promise<void> {
    await this.#removing.get(name)?.catch(() => {});
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#make(name, nic, options);
      this.#made.set(name, made);
      made.catch(() => this.#made.delete(name));
    }
    await made;
  }

  async #make(name: string, nic: NetworkOfNic, options: NetworkOptions): Promise<void> {
    const found = await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`);
    const gateway = () =>
      hasGateway(nic, options) ? makeGateway(options.gatewayCommand, name, addressOf(nic)) : undefined;
    if (found?.status === 'Created') {
      await gateway();
      return this.#makeRouter(name, found.config[routerKey], options);
    }
    // A creation that broke off, as where a member did not answer: it can only be begun anew.
    if (found !== undefined) await this.#api.remove(`/1.0/networks/${name}`);
    const isOvn = nic.type === 'vpc' && options.ovnUplink !== null;
    const type = isOvn ? 'ovn' : 'bridge';
    if (options.clustered && !isOvn) {
      for (const member of await this.#api.get<string[]>('/1.0/cluster/members')) {
        await this.#api.change('POST', `/1.0/networks?target=${lastOf(member)}`, { name, type }).catch((error) => {
          if (!isRefusal(error, 'exists')) throw error;
        });
      }
    }
    const router = isOvn ? {} : routerMark({ ...nic, ...nic.network });
    const config = {
      'user.raffia.project': this.#api.project,
      'user.raffia.cidr': nic.network.cidr,
      ...(nic.type === 'vpc' ? vpcConfig(nic, options.ovnUplink) : publicConfig(nic, options)),
      ...(options.clustered && !isOvn ? await this.#tunnel(name, options.tunnelInterface) : {}),
      ...router,
    };
    await this.#api.change('POST', '/1.0/networks', { name, type, description: 'Raffia', config }).catch((error) => {
      if (!isRefusal(error, 'exists')) throw error;
    });
    await gateway();
    await this.#makeRouter(name, router[routerKey], options);
  }

  /** Makes the gateways of the public networks that machines use anew, where they went with a reboot. */
  async restoreGateways(instances: readonly IncusInstance[], options: NetworkOptions): Promise<void> {
    const names = new Set(
      instances
        .flatMap(({ devices }) => Object.values(devices))
        .filter(
          (device) => device.host_name?.startsWith(publicPrefix) && (options.clustered || 'ipv6.address' in device),
        )
        .flatMap(({ network }) => network ?? []),
    );
    for (const name of names) {
      const address = (await this.#api.find<IncusNetwork>(`/1.0/networks/${name}`))?.config['user.raffia.gateway'];
      if (address !== undefined) await makeGateway(options.gatewayCommand, name, address);
    }
  }

  /**
   * Joins the members' bridges. The number of the tunnel is the network's own: taken from its name, the next free one where it is taken.
   * Only the networks whose own numbers are near are asked for theirs: all of them take the engine seconds, as it counts their users.
   */
  async #tunnel(name: string, tunnelInterface: string | null): Promise<Record<string, string>> {
    const own = tunnelOf(name);
    const names = (await this.#api.get<string[]>('/1.0/networks')).map(lastOf);
    const near = names
      .filter((other) => other !== name && other.startsWith(bridgePrefix))
      .filter((other) => {
        const distance = own - tunnelOf(other);
        return distance >= -longestRun && distance <= longestRun;
      });
    const found = await Promise.all(near.map((other) => this.#api.find<IncusNetwork>(`/1.0/networks/${other}`)));
    const taken = new Set([
      ...found.map((network) => Number(network?.config['tunnel.x.id'])),
      ...this.#tunnels.values(),
    ]);
    let number = own;
    while (taken.has(number)) number = (number % 0xff_ff_fe) + 1;
    this.#tunnels.set(name, number);
    return {
      'tunnel.x.protocol': 'vxlan',
      'tunnel.x.id': String(number),
      ...(tunnelInterface === null ? {} : { 'tunnel.x.interface': tunnelInterface }),
    };
  }
}

/** How many networks can have numbers in a row before one is given out twice: far more than chance makes. */
const longestRun = 16;

/** The number of a tunnel that a network's name asks for. */
function tunnelOf(name: string): number {
  return Number.parseInt(hash('sha256', name, 'hex').slice(0, 6), 16) || 1;
}

/** What a VPC's network says of its router; nothing where it has none. */
function routerMark({ id, cidr, prefix, gateway, router }: NetworkSpec): Record<string, string> {
  if (router === undefined) return {};
  return { [routerKey]: JSON.stringify({ id, cidr, prefix, gateway, router } satisfies NetworkSpec) };
}

/** The gateway's address, with the length of its prefix. */
function addressOf({ gateway, prefix }: NetworkOfNic): string {
  return `${gateway}/${prefix}`;
}

/**
 * Whether the host that is the gateway of a network joins its bridge as a machine does: in a cluster one member, whose bridge has no
 * address; and for IPv6 any host, since a bridge that has such an address advertises routes, by which guests would give themselves
 * addresses that nobody knows.
 */
function hasGateway({ type }: NetworkOfNic, { clustered }: NetworkOptions): boolean {
  return type === 'ipv6' || (type === 'public' && clustered);
}

/** One host is its own gateway, where it does not join as one. */
function publicConfig(nic: NetworkOfNic, options: NetworkOptions): Record<string, string> {
  const address = addressOf(nic);
  if (hasGateway(nic, options))
    return { 'user.raffia.gateway': address, 'ipv4.address': 'none', 'ipv6.address': 'none' };
  return {
    'ipv4.address': address,
    'ipv4.nat': 'false',
    'ipv4.dhcp': 'false',
    'ipv6.address': 'none',
    'dns.mode': 'none',
  };
}

function vpcConfig(nic: NetworkOfNic, ovnUplink: string | null): Record<string, string> {
  const mark = { 'user.raffia.vpc': nic.network.id };
  if (ovnUplink === null) return { ...mark, 'ipv4.address': 'none', 'ipv6.address': 'none' };
  return {
    ...mark,
    network: ovnUplink,
    'ipv4.address': addressOf(nic),
    'ipv4.nat': 'true',
    'ipv6.address': 'none',
  };
}
