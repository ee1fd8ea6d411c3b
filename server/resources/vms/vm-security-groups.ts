import { limits } from '@raffia/contract/vm-rules.ts';
import type { attachVMSecurityGroup, detachVMSecurityGroup } from '@raffia/contract/vm-security-groups.ts';
import { sql } from 'kysely';
import type { WriteCall } from '../../calls/route.ts';
import type { Transaction } from '../../database/transaction.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { askMachines } from '../../operations/ask-machines.ts';
import { vmToChange } from './accept-action.ts';
import { type Nic, nicsOf } from './nics.ts';
import type { Vm } from './queries.ts';

/** Attaches a group of the machine's project to one of its interfaces, beside those that are there (network.md §4.3). */
export async function attachGroup(call: WriteCall<typeof attachVMSecurityGroup>) {
  const { services, tx, principal, body } = call;
  const vm = await vmToChange(call, 'attachSecurityGroup');
  const { type } = await nicToChange(tx, vm, body.nic_id);
  if (type === 'vpc' && services.configuration.engine === 'incus' && services.configuration.incus.ovnUplink !== null)
    throw invalid('This cloud has no security groups in VPCs; attach it to a public interface');
  const group = await putGroup(tx, vm, body.nic_id, body.security_group_id);
  await askMachines(services, tx, 'vm.filter', sql`v.id = ${vm.id}`, principal.actorId);
  call.audit.details = { security_group_id: group.id, name: group.name, nic_id: body.nic_id };
  return { success: true, message: 'The security group was attached' };
}

/**
 * Puts a group of the machine's project on an interface that it has, behind those that are there.
 *
 * @throws ApiError 404 where there is no such group, and 400 where it is there already, or as many as may be
 */
export async function putGroup(
  tx: Transaction,
  vm: Vm,
  nicId: number,
  groupId: string,
): Promise<{ id: string; name: string }> {
  // Locked, so that it is there, with these rules or newer ones, as long as the attachment is not written down.
  const group = await tx.db
    .selectFrom('security_groups')
    .select(['id', 'name'])
    .where('id', '=', groupId)
    .where('project_id', '=', vm.project_id)
    .forKeyShare()
    .executeTakeFirst();
  if (group === undefined) throw notFound('securityGroup');
  const attached = await tx.db
    .selectFrom('nic_security_groups')
    .select('security_group_id')
    .where('vm_id', '=', vm.id)
    .where('nic_id', '=', nicId)
    .execute();
  if (attached.some(({ security_group_id }) => security_group_id === group.id))
    throw invalid('The security group is attached to this network interface already');
  if (attached.length >= limits.groupsPerNic)
    throw invalid(`A network interface can have at most ${limits.groupsPerNic} security groups; detach one first`);
  await tx.db
    .insertInto('nic_security_groups')
    .values({ vm_id: vm.id, nic_id: nicId, security_group_id: group.id })
    .execute();
  return group;
}

/** Detaches a group from one of a machine's interfaces. */
export async function detachGroup(call: WriteCall<typeof detachVMSecurityGroup>) {
  const { services, tx, principal, params } = call;
  const vm = await vmToChange(call, 'detachSecurityGroup');
  await nicToChange(tx, vm, params.nic_id);
  const gone = await tx.db
    .deleteFrom('nic_security_groups')
    .where('vm_id', '=', vm.id)
    .where('nic_id', '=', params.nic_id)
    .where('security_group_id', '=', params.sg_id)
    .returning('security_group_id')
    .executeTakeFirst();
  if (gone === undefined) throw notFound('attached security group');
  await askMachines(services, tx, 'vm.filter', sql`v.id = ${vm.id}`, principal.actorId);
  call.audit.details = { security_group_id: gone.security_group_id, nic_id: params.nic_id };
  return { success: true, message: 'The security group was detached' };
}

async function nicToChange(tx: Transaction, vm: Vm, nicId: number): Promise<Nic> {
  const nic = (await nicsOf(tx, vm)).find(({ nic_id }) => nic_id === nicId);
  if (nic === undefined) throw notFound('network interface');
  return nic;
}
