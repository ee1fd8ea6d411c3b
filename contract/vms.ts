import { billingModes, filesystems } from './enums.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import {
  answered,
  answeredWithPage,
  manyIds,
  named,
  page,
  promised,
  region,
  rows,
  SuccessResponse,
  sshKeys,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';
import { vmChange, vmRead } from './vm-operations.ts';
import { limits } from './vm-rules.ts';
import { vmStatuses } from './vm-states.ts';
import { VMTag } from './vm-tags.ts';

export const VM = named(
  'VM',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 64 }),
    status: word(vmStatuses),
    status_reason: Type.Optional(
      Type.String({ description: 'Why the last operation failed, or what is going on beside the status' }),
    ),
    cpu: Type.Integer(),
    ram: Type.Integer(),
    storage: Type.Integer(),
    added_storage: Type.Integer(),
    total_storage: Type.Integer(),
    template_id: uuid(),
    template_name: Type.String(),
    template_version: Type.String(),
    version: Type.Optional(Type.String()),
    price_per_hour: Type.String(),
    pricing_id: Type.Integer(),
    created_by: Type.Optional(Type.String()),
    billing_type: Type.Optional(word(billingModes)),
    subscription_id: Type.Optional(uuid()),
    backup_type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    region: region(),
    project_id: Type.Optional(uuid()),
    public_ipv4_address: Type.Optional(Type.String()),
    public_ipv6_address: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    private_ipv4_address: Type.Optional(Type.String()),
    private_ipv6_address: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    tags: Type.Optional(Type.Array(VMTag, { maxItems: limits.tagsPerVm })),
    active: Type.Boolean(),
    created_at: time(),
    updated_at: time(),
  }),
);

export const CreateVMRequest = named(
  'CreateVMRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    template_id: uuid(),
    pricing_id: Type.Integer({ minimum: 1, maximum: 13, 'x-catalogue': 'plan' }),
    region: region(),
    ssh_keys: Type.Optional(sshKeys()),
    password: Type.Optional(Type.String({ minLength: 12, maxLength: 128 })),
    extra_storage: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.extraStorage })),
    extra_storage_type: Type.Optional(word(filesystems)),
    backup_type: Type.Optional(word(['none', 'daily', 'weekly'])),
    backup_time: Type.Optional(Type.String({ maxLength: 16 })),
    backup_date: Type.Optional(Type.String({ maxLength: 32 })),
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: limits.tagsPerVm })),
    vpc_id: Type.Optional(uuid()),
    vpc_name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    vpc_cidr: Type.Optional(Type.String({ maxLength: 18, pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$' })),
    skip_public_ip: Type.Optional(Type.Boolean({ default: false })),
    skip_vpc: Type.Optional(Type.Boolean({ default: false })),
  }),
);

export const DeleteVMRequest = named(
  'DeleteVMRequest',
  Type.Object({
    volume_action: Type.Optional(word(['detach', 'delete'], { default: 'delete' })),
    delete_vpc: Type.Optional(Type.Boolean({ default: true })),
  }),
);

export const DeleteVMsBulkRequest = named(
  'DeleteVMsBulkRequest',
  Type.Object({
    ids: Type.Array(uuid(), { minItems: 1, maxItems: 50 }),
    volume_action: Type.Optional(word(['detach', 'delete'], { default: 'delete' })),
    delete_vpc: Type.Optional(Type.Boolean({ default: true })),
  }),
);

export const BulkDeleteVMItemResult = named(
  'BulkDeleteVMItemResult',
  Type.Object({
    id: Type.Optional(uuid()),
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
    error: Type.Optional(Type.String()),
  }),
);

export const BulkDeleteVMsResult = named(
  'BulkDeleteVMsResult',
  Type.Object({
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
    total_count: Type.Optional(Type.Integer()),
    success_count: Type.Optional(Type.Integer()),
    failed_count: Type.Optional(Type.Integer()),
    results: Type.Optional(Type.Array(BulkDeleteVMItemResult, { maxItems: 50 })),
  }),
);

const inProject = operationsOf({
  tag: 'Virtual Machines',
  project: 'header',
  projectHeader: 'required',
});
const acrossProjects = operationsOf({
  tag: 'Virtual Machines',
  project: 'readable',
  projectHeader: 'optional',
});

/** Lists VMs, newest first. */
export const listVMs = acrossProjects({
  id: 'listVMs',
  method: 'GET',
  path: '/api/v1/vms',
  summary: 'Lists VMs, newest first',
  description:
    'Narrowed to one project by project_id or X-Project-ID; otherwise all projects in which the caller may view VMs.',
  access: viewersOf('vm'),
  query: Type.Object({
    project_id: Type.Optional(uuid()),
    region: Type.Optional(region()),
    status: Type.Optional(word(vmStatuses)),
    ...page(20),
  }),
  answer: answeredWithPage(VM),
});

/** The VMs of some ids, for who shows a list and knows which of them changed. */
export const listVMsByIds = acrossProjects({
  id: 'listVMsByIds',
  method: 'GET',
  path: '/api/raffia/v1/vms',
  summary: 'Lists the VMs of some ids, newest first',
  description: 'Of the ids that are asked for, whichever is not answered is gone, or not for the caller to see.',
  access: viewersOf('vm'),
  query: Type.Object({ ids: manyIds(), project_id: Type.Optional(uuid()) }),
  answer: promised(rows(VM)),
});

/** Creates a VM. */
export const createVM = inProject({
  id: 'createVM',
  method: 'POST',
  path: '/api/v1/vms',
  quota: ['vms'],
  summary: 'Creates a VM',
  description:
    'Answers at once with status initiating; the VM is ready when its status is active. Linux needs ssh_keys, a password or both, Windows a password. Without any VPC field the VM gets a VPC of its own.',
  access: { who: 'permission', anyOf: ['vm.create'] },
  billing: 'charge',
  body: CreateVMRequest,
  status: 201,
  answer: answered(VM),
  audit: 'vm.create',
});

/** Shows a VM. */
export const getVM = vmRead({
  id: 'getVM',
  method: 'GET',
  path: '/api/v1/vms/{id}',
  summary: 'Shows a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  answer: answered(VM),
});

/** Deletes a VM. */
export const deleteVM = vmChange({
  id: 'deleteVM',
  method: 'DELETE',
  path: '/api/v1/vms/{id}',
  summary: 'Deletes a VM',
  description:
    'Attached volumes are kept unless volume_action is delete. A VPC that no other VM uses goes with the VM unless delete_vpc is false.',
  access: { who: 'permission', anyOf: ['vm.delete'] },
  body: DeleteVMRequest,
  bodyIsOptional: true,
  answer: SuccessResponse,
  audit: 'vm.delete',
});

/** Deletes up to 50 VMs. */
export const deleteVMsBulk = inProject({
  id: 'deleteVMsBulk',
  method: 'DELETE',
  path: '/api/v1/vms/bulk',
  summary: 'Deletes up to 50 VMs',
  description:
    'Each VM is deleted on its own; the answer tells of each. Attached volumes are deleted unless volume_action is detach.',
  access: { who: 'permission', anyOf: ['vm.delete'] },
  body: DeleteVMsBulkRequest,
  answer: BulkDeleteVMsResult,
  audit: 'vm.delete',
});
