import type { Size } from '../engine.ts';
import type { IncusApi } from './incus-api.ts';
import type { IncusSettings } from './incus-settings.ts';

const gib = 2 ** 30;
/** Pools of these are one for all members of a cluster; others are each member's own. */
const sharedDrivers = ['ceph', 'cephfs', 'lvmcluster', 'linstor'];

/** What all hosts that answer have together for machines: without what is reserved, and times the overcommit. */
export async function hostCapacity(
  api: IncusApi,
  { pool, overcommit, reservedRam }: Pick<IncusSettings, 'pool' | 'overcommit' | 'reservedRam'>,
  clustered: boolean,
): Promise<Size> {
  const { driver } = await api.get<{ driver: string }>(`/1.0/storage-pools/${pool}`);
  const hosts = await Promise.all((await targets(api, clustered)).map((target) => resourcesOf(api, pool, target)));
  const sum = (part: keyof Size) => hosts.reduce((all, host) => all + host[part], 0);
  const disk = sharedDrivers.includes(driver) ? (hosts[0]?.disk ?? 0) : sum('disk');
  return {
    cpu: sum('cpu') * overcommit.cpu,
    ram: Math.max(0, sum('ram') - hosts.length * reservedRam) * overcommit.ram,
    disk: disk * overcommit.disk,
  };
}

async function targets(api: IncusApi, clustered: boolean): Promise<string[]> {
  if (!clustered) return [''];
  const members = await api.get<{ server_name: string; status: string }[]>('/1.0/cluster/members?recursion=1');
  return members.filter(({ status }) => status === 'Online').map(({ server_name }) => `?target=${server_name}`);
}

async function resourcesOf(api: IncusApi, pool: string, target: string): Promise<Size> {
  const [{ cpu, memory }, { space }] = await Promise.all([
    api.get<{ cpu: { total: number }; memory: { total: number } }>(`/1.0/resources${target}`),
    api.get<{ space: { total: number } }>(`/1.0/storage-pools/${pool}/resources${target}`),
  ]);
  return { cpu: cpu.total, ram: memory.total / gib, disk: space.total / gib };
}
