import type { AddressType } from '@raffia/contract/enums.ts';
import type { attachVMIP, detachVMIP } from '@raffia/contract/vm-ips.ts';
import { refuseWithoutFunds } from '../../billing/standing.ts';
import type { WriteCall } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { macOf } from '../../foundation/cidr.ts';
import { poolsOf } from '../ips/address-pools.ts';
import { addressTypeNamed } from '../ips/address-type-named.ts';
import { addressTypeOf } from '../ips/present-ip.ts';
import { gatewayOf, lockUnattached, settleAddresses, takePublicAddress } from '../ips/public-addresses.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import { nicsOf, partFromNic, takeNicId } from './nics.ts';
import type { Vm } from './queries.ts';
import { putGroup } from './vm-security-groups.ts';

type Attaching = WriteCall<typeof attachVMIP>;

/** Gives a machine a public address, one of each family: one that the account has reserved, or any of the pool (network.md §2.2). */
export async function attachVmIp(call: Attaching) {
  const { services, tx, body } = call;
  const vm = await vmToChange(call, 'attachIp');
  const now = new Date(services.clock.now());
  const chosen = body.ip_id === undefined ? undefined : await reserved(call, vm, body.ip_id);
  const family = chosen === undefined ? addressTypeNamed(body.type) : addressTypeOf(chosen.address);
  const type = family === 'IPv6' ? 'ipv6' : 'public';
  if ((await nicsOf(tx, vm)).some((nic) => nic.type === type)) throw new ApiError('hasPublicIp', { type: family });
  const nicId = await takeNicId(tx, vm);
  const { id, address } = chosen ?? (await take(call, vm, family, now));
  const mac = macOf(address);
  const gateway = await gatewayOf(tx, address);
  await tx.db
    .insertInto('nics')
    .values({ vm_id: vm.id, nic_id: nicId, type, address, gateway, mac, state: 'attaching' })
    .execute();
  for (const group of body.security_groups ?? []) await putGroup(tx, vm, nicId, group);
  await settleAddresses(tx, [address], now);
  await beginWork(call, vm, 'vm.attach-ip', { nicId }, { status: vm.status });
  call.audit.details = { ip_id: id, ip_address: address, nic_id: nicId, security_groups: body.security_groups ?? [] };
  return {
    success: true,
    message: `${address} is being attached to the VM`,
    data: { vm_id: vm.id, ip_address: address, nic_id: nicId, mac },
  };
}

/** Takes a public address from a machine: a reserved one stays with the account, another goes back to its pool. */
export async function detachVmIp(call: WriteCall<typeof detachVMIP>) {
  const { services, tx, params } = call;
  const vm = await vmToChange(call, 'detachIp');
  const nic = (await nicsOf(tx, vm)).find(({ nic_id, type }) => nic_id === params.nic_id && type !== 'vpc');
  if (nic === undefined) throw notFound('network interface');
  await partFromNic(tx, vm, nic);
  await settleAddresses(tx, [nic.address], new Date(services.clock.now()));
  await beginWork(call, vm, 'vm.detach-ip', { nicId: nic.nic_id }, { status: vm.status });
  call.audit.details = { ip_address: nic.address, nic_id: nic.nic_id };
  return { success: true, message: `${nic.address} is being detached from the VM` };
}

/**
 * Any address of the pool: it costs nothing today, and goes with the interface.
 *
 * @throws ApiError 402 to who pays ahead and has nothing left: the published contract has its time counted like that of a snapshot
 */
async function take({ services, tx, principal, projectId }: Attaching, vm: Vm, family: AddressType, now: Date) {
  await refuseWithoutFunds(tx, vm.account_id);
  const cidrs = poolsOf(services.configuration, vm.region, family);
  return takePublicAddress(tx, services.addressStock, cidrs, {
    isReserved: false,
    accountId: vm.account_id,
    projectId,
    createdBy: principal.actorId,
    region: vm.region,
    now,
  });
}

/**
 * One that the project has reserved, locked.
 *
 * @throws ApiError 404, and 400 where it is not free or in another region
 */
async function reserved({ tx, projectId }: Attaching, vm: Vm, id: string) {
  const row = await lockUnattached(tx, vm.account_id, id);
  if (row.project_id !== projectId) throw notFound('ip');
  if (row.region !== vm.region) throw invalid(`The public IP is in region ${row.region}, not ${vm.region}`);
  if (row.held_for !== null)
    throw invalid('A machine that is no VM of this cloud has this public IP; ask the operator');
  return row;
}
