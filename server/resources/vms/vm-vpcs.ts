import type { attachVMToVPC, detachVMFromVPC } from '@raffia/contract/vm-networks.ts';
import type { WriteCall } from '../../calls/route.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { attachVpc, lockVpc } from '../vpcs/attach-vpc.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import { nicsOf, partFromNic, takeNicId } from './nics.ts';

/** Gives a machine an interface in another VPC; those that it has stay, and so does its way out (network.md §1.5). */
export async function attachVmToVpc(call: WriteCall<typeof attachVMToVPC>) {
  const { tx, body, projectId } = call;
  const vm = await vmToChange(call, 'attachVpc');
  const vpc = await lockVpc(tx, body.vpc_id, projectId, vm.region);
  if (vpc === undefined) throw notFound('vpc');
  const there = (await nicsOf(tx, vm)).find(({ vpc_id }) => vpc_id === vpc.id);
  if (there !== undefined) throw invalid(`This VM is in the VPC already, as ${there.address}`);
  const nicId = await takeNicId(tx, vm);
  const ip = await attachVpc(tx, vpc, { vmId: vm.id, nicId, ip: body.ip, state: 'attaching' });
  await beginWork(call, vm, 'vm.attach-vpc', { nicId }, { status: vm.status });
  call.audit.details = { vpc_id: vpc.id, nic_id: nicId, ip };
  return { success: true, message: `The VM is being attached to the VPC, as ${ip}` };
}

/** Takes one of a machine's interfaces out of its VPC; the last one stays. */
export async function detachVmFromVpc(call: WriteCall<typeof detachVMFromVPC>) {
  const { tx, params } = call;
  const vm = await vmToChange(call, 'detachVpc');
  const nic = (await nicsOf(tx, vm)).find(({ nic_id, type }) => nic_id === params.nic_id && type === 'vpc');
  if (nic === undefined) throw notFound('network interface');
  await partFromNic(tx, vm, nic);
  await beginWork(call, vm, 'vm.detach-vpc', { nicId: nic.nic_id }, { status: vm.status });
  call.audit.details = { vpc_id: nic.vpc_id, nic_id: nic.nic_id, ip: nic.address };
  return { success: true, message: 'The VM is being detached from the VPC' };
}
