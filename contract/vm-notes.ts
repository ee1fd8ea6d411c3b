import { noteTypes } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answeredAs, byId, named, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { vmRead } from './vm-operations.ts';
import { limits } from './vm-rules.ts';

export const VMNote = named(
  'VMNote',
  Type.Object({
    id: uuid(),
    vm_id: uuid(),
    user_id: uuid(),
    type: word(noteTypes),
    content: Type.String({ maxLength: limits.noteLength }),
    created_at: time(),
    updated_at: time(),
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

const noteChange = operationsOf({
  tag: 'Virtual Machines',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm', { type: word(noteTypes) }),
});

/** Shows the notes of a VM. */
export const getVMNotes = vmRead({
  id: 'getVMNotes',
  method: 'GET',
  path: '/api/v1/vms/{id}/notes',
  summary: 'Shows the notes of a VM',
  access: { who: 'permission', anyOf: ['vm.view'] },
  query: Type.Object({ type: Type.Optional(word(noteTypes)) }),
  answer: VMNotesResponse,
});

/** Adds a line to a note. */
export const appendVMNote = noteChange({
  id: 'appendVMNote',
  method: 'POST',
  path: '/api/v1/vms/{id}/notes/{type}/append',
  summary: 'Adds a line to a note',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  body: UpsertVMNoteRequest,
  answer: answeredAs('note', VMNote),
  audit: 'vm.note-append',
});

/** Replaces a note that exists. */
export const updateVMNote = noteChange({
  id: 'updateVMNote',
  method: 'PATCH',
  path: '/api/v1/vms/{id}/notes/{type}',
  summary: 'Replaces a note that exists',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  body: UpsertVMNoteRequest,
  answer: answeredAs('note', VMNote),
  audit: 'vm.note-update',
});

/** Writes a note. */
export const upsertVMNote = noteChange({
  id: 'upsertVMNote',
  method: 'PUT',
  path: '/api/v1/vms/{id}/notes/{type}',
  summary: 'Writes a note',
  description: 'A personal note needs vm.view, the account note vm.manage.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  body: UpsertVMNoteRequest,
  answer: answeredAs('note', VMNote),
  audit: 'vm.note-write',
});
