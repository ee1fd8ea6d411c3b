import { operationsOf } from './operation.ts';
import { byId, named, SuccessResponse, uuid } from './schemas.ts';
import { Type } from './type.ts';
import { nicId } from './vm-networks.ts';
import { vmChange } from './vm-operations.ts';

export const AttachSecurityGroupRequest = named(
  'AttachSecurityGroupRequest',
  Type.Object({ security_group_id: uuid(), nic_id: nicId() }),
);

/** Attaches a security group to an interface of a VM. */
export const attachVMSecurityGroup = vmChange({
  id: 'attachVMSecurityGroup',
  method: 'POST',
  path: '/api/v1/vms/{id}/security-groups',
  tag: 'Networking',
  summary: 'Attaches a security group to a network interface of a VM',
  access: { who: 'permission', anyOf: ['security_group.manage'] },
  body: AttachSecurityGroupRequest,
  answer: SuccessResponse,
  audit: 'vm.attach-security-group',
});

/** Detaches a security group from an interface of a VM. */
export const detachVMSecurityGroup = operationsOf({
  tag: 'Networking',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm', { sg_id: uuid(), nic_id: nicId() }),
})({
  id: 'detachVMSecurityGroup',
  method: 'DELETE',
  path: '/api/v1/vms/{id}/security-groups/{sg_id}/{nic_id}',
  summary: 'Detaches a security group from a network interface of a VM',
  access: { who: 'permission', anyOf: ['security_group.manage'] },
  answer: SuccessResponse,
  audit: 'vm.detach-security-group',
});
