import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { int32, named } from './schemas.ts';
import { limits } from './vm-rules.ts';

export const VMTag = named(
  'VMTag',
  Type.Object({
    id: Type.String(),
    name: Type.String({ maxLength: 64 }),
    priority: int32(),
    created_at: Type.String({ format: 'date-time' }),
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

/** Adds a tag to a VM. */
export const addVMTag = defineOperation({
  id: 'addVMTag',
  method: 'POST',
  path: '/api/v1/vms/{id}/tags',
  tag: 'Virtual Machines',
  summary: 'Adds a tag to a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: AddVMTagRequest,
  bodyRequired: true,
  status: 200,
  answer: VMTagsResponse,
  errors: [400, 401, 404],
  audit: 'vm.tag-add',
});

/** Changes a tag of a VM. */
export const updateVMTag = defineOperation({
  id: 'updateVMTag',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/tags/{tagId}',
  tag: 'Virtual Machines',
  summary: 'Changes a tag of a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }), tagId: Type.String({ format: 'uuid' }) }),
  body: UpdateVMTagRequest,
  bodyRequired: true,
  status: 200,
  answer: VMTagsResponse,
  errors: [400, 401, 404],
  audit: 'vm.tag-update',
});

/** Removes a tag from a VM. */
export const removeVMTag = defineOperation({
  id: 'removeVMTag',
  method: 'DELETE',
  path: '/api/v1/vms/{id}/tags/{tagId}',
  tag: 'Virtual Machines',
  summary: 'Removes a tag from a VM',
  access: { who: 'permission', anyOf: ['vm.manage'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }), tagId: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: VMTagsResponse,
  errors: [400, 401, 404],
  audit: 'vm.tag-remove',
});
