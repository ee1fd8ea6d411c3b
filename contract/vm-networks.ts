import { Type } from 'typebox';
import { nicTypes } from './enums.ts';
import { answered, named, uuid, word } from './schemas.ts';
import { vmRead } from './vm-operations.ts';

export const VMNetwork = named(
  'VMNetwork',
  Type.Object({
    nic_id: Type.Integer(),
    network_name: Type.String(),
    ip: Type.String(),
    mac: Type.Optional(Type.String()),
    gateway: Type.Optional(Type.String()),
    type: word(nicTypes),
    security_group_id: Type.Optional(uuid()),
  }),
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
  answer: answered(Type.Array(VMNetwork)),
});
