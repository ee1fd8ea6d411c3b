import type { NicType } from '@raffia/contract/enums.ts';
import { largestPage } from '@raffia/contract/schemas.ts';
import type { listVMInterfaces } from '@raffia/contract/vm-networks.ts';
import { sql } from 'kysely';
import type { ListCall } from '../../calls/route.ts';

interface Nic {
  nic_id: number;
  type: NicType;
  ip: string;
  mac: string;
  gateway: string | null;
  vpc_id: string | null;
  security_group_ids: string[];
}

/** What each machine has that is not leaving it, in the order of the numbers, as list-networks.ts tells it of one. */
const interfaces = sql<Nic[]>`
  (select coalesce(json_agg(json_build_object(
            'nic_id', n.nic_id, 'type', n.type, 'ip', host(n.address), 'mac', n.mac::text, 'gateway', host(n.gateway), 'vpc_id', n.vpc_id,
            'security_group_ids', (select coalesce(json_agg(g.security_group_id order by g.position), '[]')
                                     from nic_security_groups g where g.vm_id = n.vm_id and g.nic_id = n.nic_id)) order by n.nic_id), '[]')
     from nics n where n.vm_id = vms.id and n.state <> 'detaching')`.as('interfaces');

/** The interfaces of some machines, of those that are there and the caller may see. */
export async function listInterfaces({ visible, query }: ListCall<typeof listVMInterfaces>) {
  const { rows } = await visible.page(
    visible.from('vm').where(sql<boolean>`id = any(${query.ids.split(',')}::uuid[])`),
    { limit: largestPage, offset: 0 },
    (vms) => vms.select(['id', 'project_id']).select(interfaces).orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return {
    success: true,
    data: rows.map(({ id, project_id, interfaces }) => ({
      vm_id: id,
      project_id,
      interfaces: interfaces.map(({ gateway, vpc_id, ...nic }) => ({
        ...nic,
        ...(gateway === null ? {} : { gateway }),
        ...(vpc_id === null ? {} : { vpc_id }),
      })),
    })),
  };
}
