import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { count, named, prose, SuccessResponse, sshKeys } from './schemas.ts';
import { limits } from './vm-rules.ts';

export const RenameVMRequest = named(
  'RenameVMRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
  }),
);

export const ReinstallVMRequest = named(
  'ReinstallVMRequest',
  Type.Object({
    template_id: Type.String({ format: 'uuid' }),
    password: Type.Optional(Type.String({ maxLength: 128 })),
    ssh_keys: Type.Optional(sshKeys()),
    auto_generate_password: Type.Optional(Type.Boolean()),
  }),
);

export const ResizeVMRequest = named(
  'ResizeVMRequest',
  Type.Object({
    pricing_id: count(1),
  }),
);

export const ResizeVMDiskRequest = named(
  'ResizeVMDiskRequest',
  Type.Object({
    new_size: Type.Integer({ minimum: 1, maximum: limits.disk }),
  }),
);

export const ResizeBillingDetails = named(
  'ResizeBillingDetails',
  Type.Object({
    type: Type.Optional(Type.Enum(['upgrade', 'downgrade', 'none'], { type: 'string' })),
    pro_rata_amount: Type.Optional(Type.Number()),
    credits_applied: Type.Optional(Type.Number()),
    balance_applied: Type.Optional(Type.Number()),
    new_monthly_price: Type.Optional(Type.Number()),
    new_price_per_hour: Type.Optional(Type.String()),
  }),
);

export const ResizeResponse = named(
  'ResizeResponse',
  Type.Object({
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
    id: Type.Optional(Type.String()),
    billing: Type.Optional(ResizeBillingDetails),
  }),
);

export const SaveImageRequest = named(
  'SaveImageRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    description: Type.Optional(prose()),
    disk_id: Type.Optional(count(0, { default: 0 })),
    snapshot_id: Type.Optional(count(-1, { default: -1 })),
  }),
);

export const VMImage = named(
  'VMImage',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ maxLength: 128 }),
    version: Type.Optional(Type.String()),
    description: Type.Optional(prose()),
    os_type: Type.Optional(Type.String()),
    is_windows: Type.Optional(Type.Boolean()),
    region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
);

/** Starts a stopped VM. */
export const startVM = defineOperation({
  id: 'startVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/start',
  tag: 'Virtual Machines',
  summary: 'Starts a stopped VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.start',
});

/** Stops a running VM. */
export const stopVM = defineOperation({
  id: 'stopVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/stop',
  tag: 'Virtual Machines',
  summary: 'Stops a running VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.stop',
});

/** Restarts a running VM. */
export const rebootVM = defineOperation({
  id: 'rebootVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reboot',
  tag: 'Virtual Machines',
  summary: 'Restarts a running VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.reboot',
});

/** Renames a VM. */
export const renameVM = defineOperation({
  id: 'renameVM',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/rename',
  tag: 'Virtual Machines',
  summary: 'Renames a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: RenameVMRequest,
  bodyRequired: true,
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.rename',
});

/** Sets a generated password. */
export const resetVMPassword = defineOperation({
  id: 'resetVMPassword',
  method: 'POST',
  path: '/api/v1/vms/{id}/reset-password',
  tag: 'Virtual Machines',
  summary: 'Sets a generated password',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.reset-password',
});

/** Installs a template anew, wiping the system disk. */
export const reinstallVM = defineOperation({
  id: 'reinstallVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reinstall',
  tag: 'Virtual Machines',
  summary: 'Installs a template anew, wiping the system disk',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: ReinstallVMRequest,
  bodyRequired: true,
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.reinstall',
});

/** Installs the first template anew, wiping the system disk. */
export const factoryResetVM = defineOperation({
  id: 'factoryResetVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/factory-reset',
  tag: 'Virtual Machines',
  summary: 'Installs the first template anew, wiping the system disk',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.factory-reset',
});

/** Changes the plan of a stopped VM. */
export const resizeVM = defineOperation({
  id: 'resizeVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/resize',
  tag: 'Virtual Machines',
  summary: 'Changes the plan of a stopped VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  billing: 'charge',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: ResizeVMRequest,
  bodyRequired: true,
  status: 200,
  answer: ResizeResponse,
  errors: [400, 401, 402, 404],
  audit: 'vm.resize',
});

/** Grows the system disk of a stopped VM. */
export const resizeVMDisk = defineOperation({
  id: 'resizeVMDisk',
  method: 'POST',
  path: '/api/v1/vms/{id}/disk/resize',
  tag: 'Virtual Machines',
  summary: 'Grows the system disk of a stopped VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  billing: 'charge',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: ResizeVMDiskRequest,
  bodyRequired: true,
  status: 200,
  answer: ResizeResponse,
  errors: [400, 401, 402, 404],
  audit: 'vm.disk-resize',
});

/** Cuts the power of a VM and starts it. */
export const hardRebootVM = defineOperation({
  id: 'hardRebootVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reboot-hard',
  tag: 'Virtual Machines',
  summary: 'Cuts the power of a VM and starts it',
  access: { who: 'permission', anyOf: ['vm.power'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [400, 401, 404],
  audit: 'vm.reboot-hard',
});

/** Saves the system disk as an image. */
export const saveVMDiskAsImage = defineOperation({
  id: 'saveVMDiskAsImage',
  method: 'POST',
  path: '/api/v1/vms/{id}/save-image',
  quota: ['images'],
  tag: 'Virtual Machines',
  summary: 'Saves the system disk as an image',
  description: 'The id of the answer works as template_id once the image is saved.',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: SaveImageRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(VMImage),
  }),
  errors: [400, 401, 404],
  audit: 'vm.save-image',
});
