import { largestWholeList } from '@raffia/contract/schemas.ts';
import type { getVPC, listVPCs } from '@raffia/contract/vpcs.ts';
import { sql } from 'kysely';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import { notFound } from '../../foundation/api-error.ts';
import { addressText } from '../../foundation/cidr.ts';
import { presentVpc, usableRange, type VpcView, vpcView } from './vpc-view.ts';

/** The VPCs of the projects that the caller may see. Clients that know of no page see all that an account usually has. */
export async function listAllVpcs({ services, visible, query }: ListCall<typeof listVPCs>) {
  const matching = services.db.selectFrom('vpcs').where(visible.of('vpc'));
  const { rows, total } = await readPage(
    services.db,
    matching.select('id'),
    sql<VpcView>`${vpcView(visible.of('vpc'))} order by created_at desc, id desc
        limit ${Math.min(query.limit ?? largestWholeList, largestWholeList)} offset ${query.offset ?? 0}`,
  );
  return { success: true, data: rows.map((row) => presentVpc(services, row)), total };
}

/** A VPC with its range and who has which address of it. */
export async function getOneVpc({ services, principal, params }: ReadCall<typeof getVPC>) {
  const { rows } = await vpcView(
    sql`vpcs.id = ${params.id} and account_id = ${principal.accountId} and deleted_at is null`,
  ).execute(services.db);
  const vpc = rows[0];
  if (vpc === undefined) throw notFound('vpc');
  const { first, last } = usableRange(vpc.cidr);
  const leases = await sql<{ ip: string; nic_id: number }>`
    select host(n.address) as ip, n.nic_id from nics n join vms v on v.id = n.vm_id
     where n.vpc_id = ${vpc.id} and n.type = 'vpc' and v.deleted_at is null order by n.address`.execute(services.db);
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
