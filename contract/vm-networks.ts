import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named } from './schemas.ts';

export const VMNetwork = named(
  'VMNetwork',
  Type.Object({
    nic_id: Type.Integer(),
    network_name: Type.String(),
    ip: Type.String(),
    mac: Type.Optional(Type.String()),
    gateway: Type.Optional(Type.String()),
    type: Type.Enum(['public', 'vpc', 'ipv6'], { type: 'string' }),
    security_group_id: Type.Optional(Type.String({ format: 'uuid' })),
  }),
);

/** Lists the network interfaces of a VM. */
export const listVMNetworks = defineOperation({
  id: 'listVMNetworks',
  method: 'GET',
  path: '/api/v1/vms/{id}/networks',
  tag: 'Networking',
  summary: 'Lists the network interfaces of a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'resource',
  projectHeader: 'unused',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  query: Type.Object({ type: Type.Optional(Type.Enum(['public', 'vpc', 'ipv6'], { type: 'string' })) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Type.Array(VMNetwork)),
  }),
  errors: [401, 404],
});
