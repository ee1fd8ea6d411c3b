import { answered, count, named, prose, region, SuccessResponse, sshKeys, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { vmChange } from './vm-operations.ts';
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
    template_id: uuid(),
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
    type: Type.Optional(word(['upgrade', 'downgrade', 'none'])),
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
    id: uuid(),
    name: Type.String({ maxLength: 128 }),
    version: Type.Optional(Type.String()),
    description: Type.Optional(prose()),
    os_type: Type.Optional(Type.String()),
    is_windows: Type.Optional(Type.Boolean()),
    region: region(),
    created_at: Type.Optional(time()),
  }),
);

/** Starts a stopped VM. */
export const startVM = vmChange({
  id: 'startVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/start',
  summary: 'Starts a stopped VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  answer: SuccessResponse,
  audit: 'vm.start',
});

/** Stops a running VM. */
export const stopVM = vmChange({
  id: 'stopVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/stop',
  summary: 'Stops a running VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  answer: SuccessResponse,
  audit: 'vm.stop',
});

/** Restarts a running VM. */
export const rebootVM = vmChange({
  id: 'rebootVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reboot',
  summary: 'Restarts a running VM',
  access: { who: 'permission', anyOf: ['vm.power'] },
  answer: SuccessResponse,
  audit: 'vm.reboot',
});

/** Renames a VM. */
export const renameVM = vmChange({
  id: 'renameVM',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/rename',
  summary: 'Renames a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: RenameVMRequest,
  answer: SuccessResponse,
  audit: 'vm.rename',
});

/** Sets a generated password. */
export const resetVMPassword = vmChange({
  id: 'resetVMPassword',
  method: 'POST',
  path: '/api/v1/vms/{id}/reset-password',
  summary: 'Sets a generated password',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  answer: SuccessResponse,
  audit: 'vm.reset-password',
});

/** Installs a template anew, wiping the system disk. */
export const reinstallVM = vmChange({
  id: 'reinstallVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reinstall',
  summary: 'Installs a template anew, wiping the system disk',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: ReinstallVMRequest,
  answer: SuccessResponse,
  audit: 'vm.reinstall',
});

/** Installs the first template anew, wiping the system disk. */
export const factoryResetVM = vmChange({
  id: 'factoryResetVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/factory-reset',
  summary: 'Installs the first template anew, wiping the system disk',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  answer: SuccessResponse,
  audit: 'vm.factory-reset',
});

/** Changes the plan of a stopped VM. */
export const resizeVM = vmChange({
  id: 'resizeVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/resize',
  summary: 'Changes the plan of a stopped VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  billing: 'charge',
  body: ResizeVMRequest,
  answer: ResizeResponse,
  audit: 'vm.resize',
});

/** Grows the system disk of a stopped VM. */
export const resizeVMDisk = vmChange({
  id: 'resizeVMDisk',
  method: 'POST',
  path: '/api/v1/vms/{id}/disk/resize',
  summary: 'Grows the system disk of a stopped VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  billing: 'charge',
  body: ResizeVMDiskRequest,
  answer: ResizeResponse,
  audit: 'vm.disk-resize',
});

/** Cuts the power of a VM and starts it. */
export const hardRebootVM = vmChange({
  id: 'hardRebootVM',
  method: 'POST',
  path: '/api/v1/vms/{id}/reboot-hard',
  summary: 'Cuts the power of a VM and starts it',
  access: { who: 'permission', anyOf: ['vm.power'] },
  answer: SuccessResponse,
  audit: 'vm.reboot-hard',
});

/** Saves the system disk as an image. */
export const saveVMDiskAsImage = vmChange({
  id: 'saveVMDiskAsImage',
  method: 'POST',
  path: '/api/v1/vms/{id}/save-image',
  quota: ['images'],
  summary: 'Saves the system disk as an image',
  description: 'The id of the answer works as template_id once the image is saved.',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: SaveImageRequest,
  status: 201,
  answer: answered(VMImage),
  audit: 'vm.save-image',
});
