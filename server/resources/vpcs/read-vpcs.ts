import type { getVPC, listVPCs } from '@raffia/contract/vpcs.ts';
import { sql } from 'kysely';
import { wholePageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';
import { addressText } from '../../foundation/cidr.ts';
import { isLeaving, presentVpc, usableRange, usedIps } from './vpc-view.ts';

/** The VPCs of the projects that the caller may see. */
export async function listAllVpcs({ services, visible, query }: ListCall<typeof listVPCs>) {
  const { rows, total } = await visible.page(visible.from('vpc'), wholePageOf(query), (vpcs) =>
    vpcs.selectAll().select(usedIps).orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map((row) => presentVpc(services, row)), total };
}

/** A VPC with its range and who has which address of it. */
export async function getOneVpc({ services, principal, params }: ReadCall<typeof getVPC>) {
  const vpc = await services.db
    .selectFrom('vpcs')
    .selectAll()
    .select(usedIps)
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (vpc === undefined) throw notFound('vpc');
  const { first, last } = usableRange(vpc.cidr);
  const leases = await sql<{ ip: string; nic_id: number }>`
    select host(n.address) as ip, n.nic_id from nics n
     where n.vpc_id = ${vpc.id} and n.type = 'vpc' and not ${isLeaving} order by n.address`.execute(services.db);
  return {
    success: true,
    data: {
      vpc: presentVpc(services, vpc),
      ip_range_start: addressText(first),
      ip_range_end: addressText(last),
      leases: leases.rows,
    },
  };
}
