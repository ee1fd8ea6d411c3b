import { addressTypes } from './enums.ts';
import { named, SuccessResponse, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { nicChange, nicId } from './vm-networks.ts';
import { vmChange } from './vm-operations.ts';
import { limits } from './vm-rules.ts';

export const AttachIPRequest = named(
  'AttachIPRequest',
  Type.Object({
    ip_id: Type.Optional(uuid()),
    type: Type.Optional(word(addressTypes, { 'x-also': 'lower case' })),
    security_groups: Type.Optional(Type.Array(uuid(), { maxItems: limits.groupsPerNic })),
  }),
);

export const AttachIPResponse = named(
  'AttachIPResponse',
  Type.Object({
    success: Type.Boolean(),
    message: Type.Optional(Type.String()),
    data: Type.Optional(
      Type.Object({
        vm_id: Type.Optional(uuid()),
        ip_address: Type.Optional(Type.String()),
        nic_id: Type.Optional(nicId()),
        mac: Type.Optional(Type.String()),
      }),
    ),
  }),
);

/** Gives a VM a public IP. */
export const attachVMIP = vmChange({
  id: 'attachVMIP',
  method: 'POST',
  path: '/api/v1/vms/{id}/ip',
  tag: 'Networking',
  summary: 'Gives a VM a public IP: a reserved one by ip_id, or one of the pool by type',
  description: 'A running VM answers at it within moments. With ip_id, type is not looked at.',
  access: { who: 'permission', anyOf: ['ip.attach'] },
  billing: 'charge',
  body: AttachIPRequest,
  answer: AttachIPResponse,
  audit: 'vm.attach-ip',
});

/** Takes a public IP from a VM. */
export const detachVMIP = nicChange({
  id: 'detachVMIP',
  method: 'DELETE',
  path: '/api/v1/vms/{id}/ip/{nic_id}',
  summary: 'Takes a public IP from a VM; a reserved one stays with the account',
  access: { who: 'permission', anyOf: ['ip.attach'] },
  answer: SuccessResponse,
  audit: 'vm.detach-ip',
});
