import type { Size } from '../engine.ts';
import type { IncusApi } from './incus-api.ts';
import type { IncusSettings } from './incus-settings.ts';

const gib = 2 ** 30;
const none: Size = { cpu: 0, ram: 0, disk: 0 };
/** Pools of these are one for all members of a cluster; others are each member's own. */
const sharedDrivers = ['ceph', 'cephfs', 'lvmcluster', 'linstor'];

type Sharing = Pick<IncusSettings, 'pool' | 'overcommit' | 'reservedRam'>;

/** A member of a cluster, as the engine lists it. */
export interface ClusterMember {
  readonly server_name: string;
  /** `Online` where it answers and is given machines. */
  readonly status: string;
  readonly message: string;
  readonly url: string;
}

export function clusterMembers(api: IncusApi): Promise<ClusterMember[]> {
  return api.get<ClusterMember[]>('/1.0/cluster/members?recursion=1');
}

/** Whether one of the operator's commands names a member, by its name or its address, and no other. */
export function isOnlyAbout(command: string, member: ClusterMember, members: readonly ClusterMember[]): boolean {
  const words = command.split(/[\s@=;"']+/);
  const named = members.filter(({ server_name, url }) => {
    const address = new URL(url).hostname.replace(/^\[|\]$/g, '');
    return words.some((word) => word === server_name || word === address || word.startsWith(`${server_name}.`));
  });
  return named.length === 1 && named[0]?.server_name === member.server_name;
}

/**
 * What all hosts that take machines have together for them: without what is reserved, and times the overcommit.
 *
 * @param givenAt what is on members that take none: it was given, and is no room of the others'
 */
export async function hostCapacity(
  api: IncusApi,
  settings: Sharing,
  clustered: boolean,
  givenAt: (members: readonly string[]) => Promise<Size> = async () => none,
): Promise<Size> {
  const isShared = await sharesPool(api, settings.pool);
  const members = clustered ? await clusterMembers(api) : [];
  const isOnline = ({ status }: ClusterMember) => status === 'Online';
  const online = clustered ? members.filter(isOnline) : [undefined];
  const others = members.filter((member) => !isOnline(member)).map(({ server_name }) => server_name);
  const hosts = await Promise.all(
    online.map(async (member) => offeredOf(await resourcesOf(api, settings.pool, member?.server_name), settings)),
  );
  const given = others.length === 0 ? none : await givenAt(others);
  const sum = (part: keyof Size) => hosts.reduce((all, host) => all + host[part], given[part]);
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
