import { operationsOf } from './operation.ts';
import { byId, int32, named, time, uuid } from './schemas.ts';
import { Type } from './type.ts';
import { vmChange } from './vm-operations.ts';
import { limits } from './vm-rules.ts';

export const VMTag = named(
  'VMTag',
  Type.Object({
    id: Type.String(),
    name: Type.String({ maxLength: 64 }),
    priority: int32(),
    created_at: time(),
  }),
);

export const AddVMTagRequest = named(
  'AddVMTagRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    priority: Type.Optional(int32()),
  }),
);

export const UpdateVMTagRequest = named(
  'UpdateVMTagRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    priority: Type.Optional(int32()),
  }),
);

export const VMTagsResponse = named(
  'VMTagsResponse',
  Type.Object({
    success: Type.Boolean(),
    tags: Type.Array(VMTag, { maxItems: limits.tagsPerVm }),
  }),
);

const tagChange = operationsOf({
  tag: 'Virtual Machines',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm', { tagId: uuid() }),
});

/** Adds a tag to a VM. */
export const addVMTag = vmChange({
  id: 'addVMTag',
  method: 'POST',
  path: '/api/v1/vms/{id}/tags',
  summary: 'Adds a tag to a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: AddVMTagRequest,
  answer: VMTagsResponse,
  audit: 'vm.tag-add',
});

/** Changes a tag of a VM. */
export const updateVMTag = tagChange({
  id: 'updateVMTag',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/tags/{tagId}',
  summary: 'Changes a tag of a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  body: UpdateVMTagRequest,
  answer: VMTagsResponse,
  audit: 'vm.tag-update',
});

/** Removes a tag from a VM. */
export const removeVMTag = tagChange({
  id: 'removeVMTag',
  method: 'DELETE',
  path: '/api/v1/vms/{id}/tags/{tagId}',
  summary: 'Removes a tag from a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  answer: VMTagsResponse,
  audit: 'vm.tag-remove',
});
