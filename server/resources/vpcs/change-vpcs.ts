import { randomUUIDv7 } from 'node:crypto';
import type { GatewayType } from '@raffia/contract/enums.ts';
import type { createVPC, deleteVPC, updateVPC } from '@raffia/contract/vpcs.ts';
import { sql } from 'kysely';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Row } from '../../database/tables.ts';
import { invalid } from '../../foundation/api-error.ts';
import { askMachines } from '../../operations/ask-machines.ts';
import { settleAddresses } from '../ips/public-addresses.ts';
import { createChosenVpc } from './attach-vpc.ts';
import { askForGateway, partFromVpcs, refuseGateways, takeRouterAddress } from './vpc-gateways.ts';
import { isLeaving, presentVpc, usedIps } from './vpc-view.ts';

/** Creates a VPC with a chosen block, which no other of the account overlaps. */
export async function createOneVpc(call: WriteCall<typeof createVPC>) {
  const { services, tx, principal, projectId, body } = call;
  const { accountId } = principal;
  // Two VPCs of an account must not choose one block.
  await tx.db.selectFrom('accounts').select('id').where('id', '=', accountId).forNoKeyUpdate().execute();
  const id = randomUUIDv7();
  const now = new Date(services.clock.now());
  const region = body.region ?? services.catalogue.defaultRegion;
  const { name, cidr, description, dns, gateway_type } = body;
  const vpc = { id, accountId, projectId, region, now, description, dns };
  if (gateway_type === undefined || gateway_type === 'none') await createChosenVpc(tx, vpc, name, cidr);
  else {
    refuseGateways(services);
    const of = { account_id: accountId, project_id: projectId, region };
    const routerAddress = await takeRouterAddress(services, tx, of, { createdBy: principal.actorId, now });
    // Nobody is in it: its gateway comes with its network, and that with its first machine.
    await createChosenVpc(tx, { ...vpc, routerAddress }, name, cidr);
  }
  call.audit.details = { name, cidr, ...(gateway_type === undefined ? {} : { gateway_type }) };
  return { success: true, data: await presented(call, id) };
}

/** Changes a VPC's name, description, name server or gateway; block and region stay. Its machines hear of the last two at once. */
export async function updateOneVpc(call: WriteCall<typeof updateVPC>) {
  const { services, tx, principal, params, body } = call;
  const { name, description, dns, gateway_type } = body;
  if ([name, description, dns, gateway_type].every((value) => value === undefined)) {
    throw invalid('At least one field is required: name, description, dns or gateway_type');
  }
  // Whoever joins holds the row: either he finds what is new, or his machine is told.
  const vpc = await lockOwnRow(tx, 'vpc', principal.accountId, params.id);
  const now = new Date(services.clock.now());
  // One that failed is asked for again.
  const isOtherGateway =
    gateway_type !== undefined && (gateway_type !== vpc.gateway_type || vpc.router_status === 'failure');
  const gateway = isOtherGateway ? await otherGateway(call, vpc, gateway_type, now) : {};
  await tx.db
    .updateTable('vpcs')
    .set({
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(dns === undefined ? {} : { dns }),
      ...gateway,
      updated_at: now,
    })
    .where('id', '=', vpc.id)
    .execute();
  if (isOtherGateway || (dns !== undefined && dns !== vpc.dns)) {
    const isInIt = sql<boolean>`exists (select from nics n where n.vm_id = v.id and n.vpc_id = ${vpc.id})`;
    await askMachines(services, tx, 'vm.network', isInIt, principal.actorId);
  }
  if (isOtherGateway) {
    if (vpc.router_address !== null) await settleAddresses(tx, [vpc.router_address], now);
    await askForGateway(services, tx, vpc, principal.actorId);
  }
  call.audit.details = withBefore(vpc, body);
  return { success: true, data: await presented(call, params.id) };
}

/** What of a VPC's row goes with another gateway. One that is closed holds its address until no host has it. */
async function otherGateway(call: WriteCall<typeof updateVPC>, vpc: Row<'vpcs'>, type: GatewayType, now: Date) {
  if (type === 'none') return { gateway_type: type, router_status: null };
  const { services, tx, principal } = call;
  refuseGateways(services);
  const router_address =
    vpc.router_address ?? (await takeRouterAddress(services, tx, vpc, { createdBy: principal.actorId, now }));
  return { gateway_type: type, router_address, router_status: 'provisioning' as const };
}

/**
 * Deletes a VPC that no machine is in. Where one is still leaving, or a host has its gateway, name and block are free at once, and the row
 * goes with the last of them.
 */
export async function deleteOneVpc(call: WriteCall<typeof deleteVPC>) {
  const { services, tx, principal, params } = call;
  // Whoever joins holds the row: either he comes too late, or his interface is seen here.
  const vpc = await lockOwnRow(tx, 'vpc', principal.accountId, params.id);
  const { rows } = await sql<{ vm: string; is_leaving: boolean }>`
    select v.name as vm, ${isLeaving} as is_leaving from nics n join vms v on v.id = n.vm_id
     where n.vpc_id = ${vpc.id} order by is_leaving, v.created_at, v.id`.execute(tx.db);
  const there = rows.filter((row) => !row.is_leaving);
  if (there.length > 0) {
    throw invalid(
      `The VPC still has ${there.length === 1 ? 'the VM' : `${there.length} VMs, among them`} ${there[0]?.vm}; detach or delete ${there.length === 1 ? 'it' : 'them'} first`,
    );
  }
  if (rows.length === 0 && vpc.router_address === null)
    await tx.db.deleteFrom('vpcs').where('id', '=', vpc.id).execute();
  else await partFromVpcs(services, tx, [vpc.id], principal.actorId);
  call.audit.details = { name: vpc.name, cidr: vpc.cidr };
  return { success: true, message: 'The VPC was deleted' };
}

async function presented({ services, tx }: Change, id: string) {
  const vpc = await tx.db.selectFrom('vpcs').selectAll().select(usedIps).where('id', '=', id).executeTakeFirstOrThrow();
  return presentVpc(services, vpc);
}
