import { nicTypes } from './enums.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import { answered, byId, manyIds, named, promised, rows, SuccessResponse, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { vmChange, vmRead } from './vm-operations.ts';
import { limits } from './vm-rules.ts';

/** The number of a VM's network interface. */
export const nicId = () => Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

export const VMNetwork = named(
  'VMNetwork',
  Type.Object({
    nic_id: nicId(),
    network_name: Type.String(),
    ip: Type.String(),
    mac: Type.Optional(Type.String()),
    gateway: Type.Optional(Type.String()),
    type: word(nicTypes),
    security_group_id: Type.Optional(uuid()),
  }),
);

export const VMInterfaces = named(
  'VMInterfaces',
  Type.Object({
    vm_id: uuid(),
    project_id: uuid(),
    interfaces: Type.Array(
      Type.Object({
        nic_id: nicId(),
        type: word(nicTypes),
        ip: Type.String(),
        mac: Type.String(),
        gateway: Type.Optional(Type.String()),
        vpc_id: Type.Optional(uuid()),
        security_group_ids: Type.Array(uuid(), {
          maxItems: limits.groupsPerNic,
          description: 'All groups that are attached, in the order in which they were',
        }),
      }),
      { maxItems: limits.nicsPerVm },
    ),
  }),
);

export const AttachVPCRequest = named(
  'AttachVPCRequest',
  Type.Object({ vpc_id: uuid(), ip: Type.Optional(Type.String({ maxLength: 15 })) }),
);

/** Lists the network interfaces of a VM. */
export const listVMNetworks = vmRead({
  id: 'listVMNetworks',
  method: 'GET',
  path: '/api/v1/vms/{id}/networks',
  tag: 'Networking',
  summary: 'Lists the network interfaces of a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  query: Type.Object({ type: Type.Optional(word(nicTypes)) }),
  answer: answered(Type.Array(VMNetwork, { maxItems: limits.nicsPerVm })),
});

/** The interfaces of many VMs with all their groups, for who shows networks and not one machine. */
export const listVMInterfaces = operationsOf({ tag: 'Networking', project: 'readable', projectHeader: 'optional' })({
  id: 'listVMInterfaces',
  method: 'GET',
  path: '/api/raffia/v1/interfaces',
  summary: 'Lists the network interfaces of some VMs with all their security groups, newest VM first',
  description: 'Of the ids that are asked for, whichever is not answered is gone, or not for the caller to see.',
  access: viewersOf('vm'),
  query: Type.Object({ ids: manyIds(), project_id: Type.Optional(uuid()) }),
  answer: promised(rows(VMInterfaces)),
});

/** Gives a VM an interface in a VPC. */
export const attachVMToVPC = vmChange({
  id: 'attachVMToVPC',
  method: 'POST',
  path: '/api/v1/vms/{id}/vpc',
  tag: 'Networking',
  summary: 'Gives a VM an interface in a VPC',
  description: 'A running VM has it within moments; GET /api/v1/vms/{id}/networks has its nic_id and address at once.',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: AttachVPCRequest,
  answer: SuccessResponse,
  audit: 'vm.attach-vpc',
});

/** What changes an interface that the path names. */
export const nicChange = operationsOf({
  tag: 'Networking',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm', { nic_id: nicId() }),
});

/** Takes a VM's interface out of its VPC. */
export const detachVMFromVPC = nicChange({
  id: 'detachVMFromVPC',
  method: 'DELETE',
  path: '/api/v1/vms/{id}/vpc/{nic_id}',
  summary: 'Takes an interface of a VM out of its VPC',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  answer: SuccessResponse,
  audit: 'vm.detach-vpc',
});
