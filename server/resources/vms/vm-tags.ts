import { randomUUIDv7 } from 'node:crypto';
import { limits } from '@raffia/contract/vm-rules.ts';
import type { addVMTag, removeVMTag, updateVMTag } from '@raffia/contract/vm-tags.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { vmToChange } from './accept-action.ts';
import { type Vm, vmTags } from './queries.ts';

/** Adds a tag; answers the machine's whole list. */
export async function addTag(call: WriteCall<typeof addVMTag>) {
  const vm = await vmToChange(call, 'tag');
  const tags = await vmTags(call.tx.db, vm.id);
  if (tags.length >= limits.tagsPerVm)
    throw invalid(`A VM can have at most ${limits.tagsPerVm} tags; remove one first`);
  await call.tx.db
    .insertInto('vm_tags')
    .values({
      id: randomUUIDv7(),
      vm_id: vm.id,
      name: call.body.name,
      priority: call.body.priority ?? 0,
      created_at: new Date(call.services.clock.now()),
    })
    .execute();
  return tagList(call, vm);
}

/** Changes a tag's name or priority on this machine. */
export async function updateTag(call: WriteCall<typeof updateVMTag>) {
  const vm = await vmToChange(call, 'tag');
  const { name, priority } = call.body;
  if (name === undefined && priority === undefined) throw invalid('At least one field is required: name or priority');
  const changed = await call.tx.db
    .updateTable('vm_tags')
    .set({ ...(name === undefined ? {} : { name }), ...(priority === undefined ? {} : { priority }) })
    .where('id', '=', call.params.tagId)
    .where('vm_id', '=', vm.id)
    .returning('id')
    .executeTakeFirst();
  if (changed === undefined) throw notFound('tag');
  return tagList(call, vm);
}

/** Removes a tag from this machine. */
export async function removeTag(call: WriteCall<typeof removeVMTag>) {
  const vm = await vmToChange(call, 'tag');
  const removed = await call.tx.db
    .deleteFrom('vm_tags')
    .where('id', '=', call.params.tagId)
    .where('vm_id', '=', vm.id)
    .returning('id')
    .executeTakeFirst();
  if (removed === undefined) throw notFound('tag');
  return tagList(call, vm);
}

async function tagList({ tx }: Change, vm: Vm) {
  const tags = await vmTags(tx.db, vm.id);
  return { success: true, tags: tags.map((tag) => ({ ...tag, created_at: tag.created_at.toISOString() })) };
}
