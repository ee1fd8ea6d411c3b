import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named, page, rows, SuccessResponse, sshKeys, total } from './schemas.ts';
import { limits } from './vm-rules.ts';
import { VMTag } from './vm-tags.ts';

export const VM = named(
  'VM',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ maxLength: 64 }),
    status: Type.Enum(['active', 'passive', 'provisioning', 'booting', 'initiating', 'finalizing', 'failure'], {
      type: 'string',
    }),
    status_reason: Type.Optional(
      Type.String({ description: 'Why the last operation failed, or what is going on beside the status' }),
    ),
    cpu: Type.Integer(),
    ram: Type.Integer(),
    storage: Type.Integer(),
    added_storage: Type.Integer(),
    total_storage: Type.Integer(),
    template_id: Type.String({ format: 'uuid' }),
    template_name: Type.String(),
    template_version: Type.String(),
    version: Type.Optional(Type.String()),
    price_per_hour: Type.String(),
    pricing_id: Type.Integer(),
    created_by: Type.Optional(Type.String()),
    billing_type: Type.Optional(Type.Enum(['payg', 'subscription'], { type: 'string' })),
    subscription_id: Type.Optional(Type.String({ format: 'uuid' })),
    backup_type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
    project_id: Type.Optional(Type.String({ format: 'uuid' })),
    public_ipv4_address: Type.Optional(Type.String()),
    public_ipv6_address: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    private_ipv4_address: Type.Optional(Type.String()),
    private_ipv6_address: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    tags: Type.Optional(Type.Array(VMTag, { maxItems: limits.tagsPerVm })),
    active: Type.Boolean(),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  }),
);

export const CreateVMRequest = named(
  'CreateVMRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    template_id: Type.String({ format: 'uuid' }),
    pricing_id: Type.Integer({ minimum: 1, maximum: 13, 'x-catalogue': 'plan' }),
    region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
    ssh_keys: Type.Optional(sshKeys()),
    password: Type.Optional(Type.String({ minLength: 12, maxLength: 128 })),
    extra_storage: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.extraStorage })),
    extra_storage_type: Type.Optional(Type.Enum(['ext4', 'xfs', 'btrfs'], { type: 'string' })),
    backup_type: Type.Optional(Type.Enum(['none', 'daily', 'weekly'], { type: 'string' })),
    backup_time: Type.Optional(Type.String({ maxLength: 16 })),
    backup_date: Type.Optional(Type.String({ maxLength: 32 })),
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: limits.tagsPerVm })),
    vpc_id: Type.Optional(Type.String({ format: 'uuid' })),
    vpc_name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    vpc_cidr: Type.Optional(Type.String({ maxLength: 18, pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$' })),
    skip_public_ip: Type.Optional(Type.Boolean({ default: false })),
    skip_vpc: Type.Optional(Type.Boolean({ default: false })),
  }),
);

export const DeleteVMRequest = named(
  'DeleteVMRequest',
  Type.Object({
    volume_action: Type.Optional(Type.Enum(['detach', 'delete'], { type: 'string', default: 'delete' })),
    delete_vpc: Type.Optional(Type.Boolean({ default: true })),
  }),
);

export const DeleteVMsBulkRequest = named(
  'DeleteVMsBulkRequest',
  Type.Object({
    ids: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: 50 }),
    volume_action: Type.Optional(Type.Enum(['detach', 'delete'], { type: 'string', default: 'delete' })),
    delete_vpc: Type.Optional(Type.Boolean({ default: true })),
  }),
);

export const BulkDeleteVMItemResult = named(
  'BulkDeleteVMItemResult',
  Type.Object({
    id: Type.Optional(Type.String({ format: 'uuid' })),
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

/** Lists VMs, newest first. */
export const listVMs = defineOperation({
  id: 'listVMs',
  method: 'GET',
  path: '/api/v1/vms',
  tag: 'Virtual Machines',
  summary: 'Lists VMs, newest first',
  description:
    'Narrowed to one project by project_id or X-Project-ID; otherwise all projects in which the caller may view VMs.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'readable',
  projectHeader: 'optional',
  query: Type.Object({
    project_id: Type.Optional(Type.String({ format: 'uuid' })),
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
    status: Type.Optional(
      Type.Enum(['active', 'passive', 'provisioning', 'booting', 'initiating', 'finalizing', 'failure'], {
        type: 'string',
      }),
    ),
    ...page(20),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(VM)),
    total: Type.Optional(total()),
  }),
  errors: [401],
});

/** Creates a VM. */
export const createVM = defineOperation({
  id: 'createVM',
  method: 'POST',
  path: '/api/v1/vms',
  quota: ['vms'],
  tag: 'Virtual Machines',
  summary: 'Creates a VM',
  description:
    'Answers at once with status initiating; the VM is ready when its status is active. Linux needs ssh_keys, a password or both, Windows a password. Without any VPC field the VM gets a VPC of its own.',
  access: { who: 'permission', anyOf: ['vm.create'] },
  project: 'header',
  projectHeader: 'required',
  billing: 'charge',
  body: CreateVMRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(VM),
  }),
  errors: [400, 401, 402, 403],
  audit: 'vm.create',
});

/** Shows a VM. */
export const getVM = defineOperation({
  id: 'getVM',
  method: 'GET',
  path: '/api/v1/vms/{id}',
  tag: 'Virtual Machines',
  summary: 'Shows a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'resource',
  projectHeader: 'unused',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(VM),
  }),
  errors: [404],
});

/** Deletes a VM. */
export const deleteVM = defineOperation({
  id: 'deleteVM',
  method: 'DELETE',
  path: '/api/v1/vms/{id}',
  tag: 'Virtual Machines',
  summary: 'Deletes a VM',
  description:
    'Attached volumes are kept unless volume_action is delete. A VPC that no other VM uses goes with the VM unless delete_vpc is false.',
  access: { who: 'permission', anyOf: ['vm.delete'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: DeleteVMRequest,
  bodyRequired: false,
  status: 200,
  answer: SuccessResponse,
  errors: [400, 404],
  audit: 'vm.delete',
});

/** Deletes up to 50 VMs. */
export const deleteVMsBulk = defineOperation({
  id: 'deleteVMsBulk',
  method: 'DELETE',
  path: '/api/v1/vms/bulk',
  tag: 'Virtual Machines',
  summary: 'Deletes up to 50 VMs',
  description:
    'Each VM is deleted on its own; the answer tells of each. Attached volumes are deleted unless volume_action is detach.',
  access: { who: 'permission', anyOf: ['vm.delete'] },
  project: 'header',
  projectHeader: 'required',
  body: DeleteVMsBulkRequest,
  bodyRequired: true,
  status: 200,
  answer: BulkDeleteVMsResult,
  errors: [400],
  audit: 'vm.delete',
});
