import { randomUUIDv7 } from 'node:crypto';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { appendVMNote, getVMNotes, updateVMNote, upsertVMNote } from '@raffia/contract/vm-notes.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { sql } from 'kysely';
import { holds } from '../../access/principal.ts';
import type { ReadCall, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { charactersIn } from '../../foundation/canonical-form.ts';
import { vmToChange } from './accept-action.ts';

type Note = Row<'vm_notes'>;
type NoteCall = WriteCall<typeof upsertVMNote | typeof updateVMNote | typeof appendVMNote>;

/** The caller's own note and the account's, as far as they exist. */
export async function readNotes({ services, principal, params, query }: ReadCall<typeof getVMNotes>) {
  const notes = await services.db
    .selectFrom('vm_notes')
    .selectAll()
    .where('vm_id', '=', params.id)
    .where((row) => row.or([row('type', '=', 'account'), row('author_id', '=', principal.id)]))
    .execute();
  const shown = notes.filter((note) => query.type === undefined || note.type === query.type);
  const personal = shown.find((note) => note.type === 'personal');
  const account = shown.find((note) => note.type === 'account');
  return {
    success: true,
    ...(personal === undefined ? {} : { personal_note: presentNote(personal) }),
    ...(account === undefined ? {} : { account_note: presentNote(account) }),
  };
}

/** Creates or overwrites a note. */
export async function upsertNote(call: WriteCall<typeof upsertVMNote>) {
  return write(call, () => call.body.content);
}

/** Overwrites a note that exists. */
export async function updateNote(call: WriteCall<typeof updateVMNote>) {
  return write(call, (before) => {
    if (before === undefined) throw notFound('note');
    return call.body.content;
  });
}

/** Adds to a note, on a line of its own. */
export async function appendNote(call: WriteCall<typeof appendVMNote>) {
  return write(call, (before) =>
    before === undefined ? call.body.content : `${before.content}\n${call.body.content}`,
  );
}

/** The machine's row is locked, so that two writers don't lose each other's text. */
async function write(call: NoteCall, contentAfter: (before: Note | undefined) => string) {
  const { tx, principal, params, services } = call;
  const needed: Permission = params.type === 'account' ? 'vm.manage' : 'vm.view';
  if (!holds(principal, needed, call.projectId)) throw new ApiError('permissionDenied', { permission: needed });
  const vm = await vmToChange(call, 'note');
  const before = await tx.db
    .selectFrom('vm_notes')
    .selectAll()
    .where('vm_id', '=', vm.id)
    .where('type', '=', params.type)
    .$if(params.type === 'personal', (query) => query.where('author_id', '=', principal.id))
    .executeTakeFirst();
  const content = contentAfter(before);
  const length = charactersIn(content);
  if (length > limits.noteLength) {
    throw invalid(`A note can have at most ${limits.noteLength} characters; this one would have ${length}`);
  }
  const now = new Date(services.clock.now());
  const note =
    before === undefined
      ? await tx.db
          .insertInto('vm_notes')
          .values({
            id: randomUUIDv7(),
            account_id: vm.account_id,
            vm_id: vm.id,
            author_id: principal.id,
            type: params.type,
            content,
            created_at: now,
            updated_at: now,
          })
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx.db
          .updateTable('vm_notes')
          .set({ content, author_id: principal.id, updated_at: sql`${now}` })
          .where('id', '=', before.id)
          .returningAll()
          .executeTakeFirstOrThrow();
  return { success: true, note: presentNote(note) };
}

function presentNote(note: Note) {
  return {
    id: note.id,
    vm_id: note.vm_id,
    user_id: note.author_id,
    type: note.type,
    content: note.content,
    created_at: note.created_at.toISOString(),
    updated_at: note.updated_at.toISOString(),
  };
}
