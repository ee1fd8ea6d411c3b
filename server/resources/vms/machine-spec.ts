import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import type { MachineNic, MachineOnRecord, MachineSpec } from '../../engines/engine.ts';
import type { Router } from '../../foundation/router.ts';
import { machineVolumes } from '../volumes/machine-volumes.ts';
import { routerOf } from '../vpcs/vpc-gateways.ts';

/** As many as guests ask (resolv.conf). */
const nameServersAtMost = 3;

/** How a machine's interfaces are to differ from those that its host has. */
interface Change {
  /** The number of one that is being attached. Those that are to leave do so with it: hosts refuse two on one network. */
  readonly withNic?: number;
  /** The number of one that it is not to have. */
  readonly withoutNic?: number;
}

/**
 * What the rows say that a machine is to be, also one whose deletion was accepted. Work on it is done in its order, so each finds the
 * interfaces as those before it left them: of those that others have yet to attach or detach nothing is changed. One that is to leave may
 * have yet to come.
 */
export async function machineSpec(db: Kysely<Tables>, vmId: string, change: Change = {}): Promise<MachineSpec> {
  const vm = await db.selectFrom('vms').selectAll().where('id', '=', vmId).executeTakeFirstOrThrow();
  return {
    id: vm.id,
    generation: vm.generation,
    name: vm.name,
    cpu: vm.cpu,
    ram: vm.ram,
    disk: vm.storage,
    image: vm.image_reference,
    ...(await networksOf(db, vm.id, change)),
    volumes: await machineVolumes(db, vm.id),
    sshKeys: vm.ssh_keys,
  };
}

/**
 * What machines may have on their hosts, by their rows: interfaces that are being attached or detached among it.
 *
 * @param ids those that no row knows are left out
 */
export async function machinesOnRecord(db: Kysely<Tables>, ids: readonly string[]): Promise<MachineOnRecord[]> {
  const { rows: machines } = await sql<Omit<MachineOnRecord, 'nics'>>`
    select id, cpu, ram, storage as disk from vms where id = any (${ids}::uuid[])`.execute(db);
  const nics = Map.groupBy(await nicsOf(db, sql`n.vm_id = any (${ids}::uuid[])`), ({ vmId }) => vmId);
  return machines.map((machine) => ({ ...machine, nics: (nics.get(machine.id) ?? []).map(({ nic }) => nic) }));
}

async function networksOf(
  db: Kysely<Tables>,
  vmId: string,
  { withNic = null, withoutNic = null }: { withNic?: number | null; withoutNic?: number | null },
): Promise<Pick<MachineSpec, 'nics' | 'nameServers'>> {
  const nics = await nicsOf(
    db,
    sql`n.vm_id = ${vmId} and (n.state <> 'attaching' or n.nic_id = ${withNic}::integer)
       and (n.state <> 'detaching' or n.nic_id = ${withNic}::integer
            or ${withNic}::integer is null and not exists (
                 select from operations o
                  where o.queue = n.vm_id and o.finished_at is null and o.kind in ('vm.attach-vpc', 'vm.attach-ip')
                    and (o.input ->> 'nicId')::integer = n.nic_id))
       and n.nic_id is distinct from ${withoutNic}::integer`,
  );
  return { nics: nics.map(({ nic }) => nic), nameServers: nameServersOf(nics) };
}

/** @param which of the interfaces `n` */
async function nicsOf(
  db: Kysely<Tables>,
  which: RawBuilder<SqlBool>,
): Promise<{ vmId: string; nic: MachineNic; dns: string | null }[]> {
  const { rows } = await sql<
    Omit<MachineNic, 'network' | 'filter'> & {
      vm_id: string;
      network_id: string;
      cidr: string;
      router: Router | null;
      dns: string | null;
      groups: SecurityRule[][];
    }
  >`
    select n.vm_id, n.nic_id as "nicId", n.type, host(n.address) as address, masklen(coalesce(v.cidr::cidr, p.cidr)) as prefix,
           host(n.gateway) as gateway, n.mac::text, coalesce(v.id::text, p.cidr::text) as network_id,
           coalesce(v.cidr, p.cidr::text) as cidr, ${routerOf} as router, v.dns,
           coalesce((select json_agg(s.rules order by g.position)
                       from nic_security_groups g join security_groups s on s.id = g.security_group_id
                      where g.vm_id = n.vm_id and g.nic_id = n.nic_id), '[]') as groups
      from nics n
      left join vpcs v on v.id = n.vpc_id
      left join address_pools p on n.vpc_id is null and p.cidr >>= n.address
     where ${which}
     order by n.nic_id`.execute(db);
  return rows.map(({ vm_id, network_id, cidr, router, dns, groups, ...nic }) => {
    const filter = filterOfGroups(groups);
    const network = { id: network_id, cidr, ...(router === null ? {} : { router }) };
    return { vmId: vm_id, nic: { ...nic, network, ...(filter === undefined ? {} : { filter }) }, dns };
  });
}

/** The name servers that a machine asks, of what the VPCs of its interfaces name. */
export function nameServersOf(nics: readonly { readonly dns: string | null }[]): string[] {
  return [...new Set(nics.flatMap(({ dns }) => dns ?? []))].slice(0, nameServersAtMost);
}
