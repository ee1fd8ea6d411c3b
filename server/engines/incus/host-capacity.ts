import type { Size } from '../engine.ts';
import type { IncusApi } from './incus-api.ts';
import type { IncusSettings } from './incus-settings.ts';

const gib = 2 ** 30;
/** Pools of these are one for all members of a cluster; others are each member's own. */
const sharedDrivers = ['ceph', 'cephfs', 'lvmcluster', 'linstor'];

type Sharing = Pick<IncusSettings, 'pool' | 'overcommit' | 'reservedRam'>;

/** A member of a cluster, as the engine lists it. */
export interface ClusterMember {
  readonly server_name: string;
  readonly status: string;
  readonly message: string;
}

export function clusterMembers(api: IncusApi): Promise<ClusterMember[]> {
  return api.get<ClusterMember[]>('/1.0/cluster/members?recursion=1');
}

/** What all hosts that answer have together for machines: without what is reserved, and times the overcommit. */
export async function hostCapacity(api: IncusApi, settings: Sharing, clustered: boolean): Promise<Size> {
  const isShared = await sharesPool(api, settings.pool);
  const online = clustered ? (await clusterMembers(api)).filter(({ status }) => status === 'Online') : [undefined];
  const hosts = await Promise.all(
    online.map(async (member) => offeredOf(await resourcesOf(api, settings.pool, member?.server_name), settings)),
  );
  const sum = (part: keyof Size) => hosts.reduce((all, host) => all + host[part], 0);
  return { cpu: sum('cpu'), ram: sum('ram'), disk: isShared ? (hosts[0]?.disk ?? 0) : sum('disk') };
}

/** Whether the pool is one for all members, each of which then says that it has the whole. */
export async function sharesPool(api: IncusApi, pool: string): Promise<boolean> {
  const { driver } = await api.get<{ driver: string }>(`/1.0/storage-pools/${pool}`);
  return sharedDrivers.includes(driver);
}

/** What of a host machines may be given. */
export function offeredOf({ cpu, ram, disk }: Size, { overcommit, reservedRam }: Sharing): Size {
  return {
    cpu: cpu * overcommit.cpu,
    ram: Math.max(0, ram - reservedRam) * overcommit.ram,
    disk: disk * overcommit.disk,
  };
}

/**
 * What a host has.
 *
 * @param member its name in a cluster
 */
export async function resourcesOf(api: IncusApi, pool: string, member?: string): Promise<Size> {
  const target = member === undefined ? '' : `?target=${member}`;
  const [{ cpu, memory }, { space }] = await Promise.all([
    api.get<{ cpu: { total: number }; memory: { total: number } }>(`/1.0/resources${target}`),
    api.get<{ space: { total: number } }>(`/1.0/storage-pools/${pool}/resources${target}`),
  ]);
  return { cpu: cpu.total, ram: memory.total / gib, disk: space.total / gib };
}
