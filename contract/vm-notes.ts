import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named } from './schemas.ts';
import { limits } from './vm-rules.ts';

export const VMNote = named(
  'VMNote',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    vm_id: Type.String({ format: 'uuid' }),
    user_id: Type.String({ format: 'uuid' }),
    type: Type.Enum(['personal', 'account'], { type: 'string' }),
    content: Type.String({ maxLength: limits.noteLength }),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  }),
);

export const VMNotesResponse = named(
  'VMNotesResponse',
  Type.Object({
    success: Type.Boolean(),
    personal_note: Type.Optional(VMNote),
    account_note: Type.Optional(VMNote),
  }),
);

export const UpsertVMNoteRequest = named(
  'UpsertVMNoteRequest',
  Type.Object({
    content: Type.String({ maxLength: limits.noteLength }),
  }),
);

/** Shows the notes of a VM. */
export const getVMNotes = defineOperation({
  id: 'getVMNotes',
  method: 'GET',
  path: '/api/v1/vms/{id}/notes',
  tag: 'Virtual Machines',
  summary: 'Shows the notes of a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'resource',
  projectHeader: 'unused',
  resource: 'vm',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  query: Type.Object({ type: Type.Optional(Type.Enum(['personal', 'account'], { type: 'string' })) }),
  status: 200,
  answer: VMNotesResponse,
  errors: [400, 401, 404],
});

/** Adds a line to a note. */
export const appendVMNote = defineOperation({
  id: 'appendVMNote',
  method: 'POST',
  path: '/api/v1/vms/{id}/notes/{type}/append',
  tag: 'Virtual Machines',
  summary: 'Adds a line to a note',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({
    id: Type.String({ format: 'uuid' }),
    type: Type.Enum(['personal', 'account'], { type: 'string' }),
  }),
  body: UpsertVMNoteRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    note: Type.Optional(VMNote),
  }),
  errors: [400, 401, 404],
  audit: 'vm.note-append',
});

/** Replaces a note that exists. */
export const updateVMNote = defineOperation({
  id: 'updateVMNote',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/notes/{type}',
  tag: 'Virtual Machines',
  summary: 'Replaces a note that exists',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({
    id: Type.String({ format: 'uuid' }),
    type: Type.Enum(['personal', 'account'], { type: 'string' }),
  }),
  body: UpsertVMNoteRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    note: Type.Optional(VMNote),
  }),
  errors: [400, 401, 404],
  audit: 'vm.note-update',
});

/** Writes a note. */
export const upsertVMNote = defineOperation({
  id: 'upsertVMNote',
  method: 'PUT',
  path: '/api/v1/vms/{id}/notes/{type}',
  tag: 'Virtual Machines',
  summary: 'Writes a note',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  project: 'header',
  projectHeader: 'required',
  resource: 'vm',
  params: Type.Object({
    id: Type.String({ format: 'uuid' }),
    type: Type.Enum(['personal', 'account'], { type: 'string' }),
  }),
  body: UpsertVMNoteRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    note: Type.Optional(VMNote),
  }),
  errors: [400, 401, 404],
  audit: 'vm.note-write',
});
