import type { NicType } from '@raffia/contract/enums.ts';
import type { listVMNetworks } from '@raffia/contract/vm-networks.ts';
import { sql } from 'kysely';
import type { ReadCall } from '../../calls/route.ts';

interface NicRow {
  nic_id: number;
  network_name: string;
  ip: string;
  type: NicType;
  mac: string;
  gateway: string | null;
  security_group_id: string | null;
}

/**
 * The machine's interfaces in the order of their numbers. A public one has no network of the account, hence an empty name; of several
 * security groups the one is shown that was attached first.
 */
export async function listNetworks({ services, params, query }: ReadCall<typeof listVMNetworks>) {
  const { rows } = await sql<NicRow>`
    select n.nic_id, coalesce(p.name, '') as network_name, host(n.address) as ip, n.type, n.mac::text, host(n.gateway) as gateway,
           (select g.security_group_id from nic_security_groups g where g.vm_id = n.vm_id and g.nic_id = n.nic_id
             order by g.position limit 1)
      from nics n left join vpcs p on p.id = n.vpc_id
     where n.vm_id = ${params.id} and n.state <> 'detaching' and (${query.type ?? null}::text is null or n.type = ${query.type ?? null})
     order by n.nic_id`.execute(services.db);
  return {
    success: true,
    data: rows.map(({ gateway, security_group_id, ...nic }) => ({
      ...nic,
      ...(gateway === null ? {} : { gateway }),
      ...(security_group_id === null ? {} : { security_group_id }),
    })),
  };
}
