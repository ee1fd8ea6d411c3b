import { randomUUIDv7 } from 'node:crypto';
import type { BodyOf } from '@raffia/contract/operation.ts';
import type { createVM } from '@raffia/contract/vms.ts';
import type { WriteCall } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { macOf } from '../../foundation/cidr.ts';
import { poolsOf } from '../ips/address-pools.ts';
import { takePublicAddress } from '../ips/public-addresses.ts';
import { attachVpc, createAutoVpc, createChosenVpc, lockVpc, type Vpc } from '../vpcs/attach-vpc.ts';

type Call = WriteCall<typeof createVM>;
type Body = BodyOf<typeof createVM>;

/**
 * Checks which network a machine asks for: an existing VPC, a new one, none, or (by default) one of its own.
 *
 * @throws ApiError 400 for a contradiction
 */
export function checkNetwork(body: Body): void {
  const named = body.vpc_name !== undefined || body.vpc_cidr !== undefined;
  if (body.skip_vpc && body.skip_public_ip) {
    throw invalid('skip_vpc and skip_public_ip together would leave the VM without a network; drop one of them');
  }
  if ((body.vpc_name === undefined) !== (body.vpc_cidr === undefined)) {
    throw invalid('vpc_name and vpc_cidr must be given together');
  }
  if (body.vpc_id !== undefined && named) throw invalid('Pass either vpc_id or vpc_name with vpc_cidr, not both');
  if (body.skip_vpc && (body.vpc_id !== undefined || named)) {
    throw invalid('skip_vpc cannot be combined with vpc_id, vpc_name or vpc_cidr');
  }
}

/** Allocates addresses and writes the interfaces: the public one first, as `nic_id` 0, where there is one. */
export async function connectVm(call: Call, vmId: string, now: Date): Promise<void> {
  const { services, tx, principal, projectId, body } = call;
  let nicId = 0;
  if (!body.skip_public_ip) {
    const pools = poolsOf(services.configuration, body.region, 'IPv4');
    const { address, gateway } = await takePublicAddress(tx, services.addressStock, pools, {
      isReserved: false,
      accountId: principal.accountId,
      projectId,
      createdBy: principal.actorId,
      region: body.region,
      now,
    });
    await tx.db
      .insertInto('nics')
      .values({ vm_id: vmId, nic_id: nicId++, type: 'public', address, gateway, mac: macOf(address) })
      .execute();
  }
  if (body.skip_vpc) return;
  await attachVpc(tx, await vpcFor(call, vmId, now), { vmId, nicId });
}

async function vpcFor({ services, tx, principal, projectId, body }: Call, vmId: string, now: Date): Promise<Vpc> {
  if (body.vpc_id !== undefined) {
    const chosen = await lockVpc(tx, body.vpc_id, projectId, body.region);
    if (chosen === undefined) throw invalid('vpc_id names no VPC of this project');
    return chosen;
  }
  // Two machines of an account must not choose one block. This is the last thing a creation does, so that the lock is a short one.
  await tx.db.selectFrom('accounts').select('id').where('id', '=', principal.accountId).forNoKeyUpdate().execute();
  const vpc = {
    id: randomUUIDv7(),
    accountId: principal.accountId,
    projectId,
    region: body.region,
    now,
  };
  if (body.vpc_name !== undefined && body.vpc_cidr !== undefined) {
    return createChosenVpc(tx, vpc, body.vpc_name, body.vpc_cidr);
  }
  return createAutoVpc(tx, vpc, body.name, vmId, services.configuration.autoVpcRange);
}
