import type { deleteImage } from '@raffia/contract/account.ts';
import { sql } from 'kysely';
import { lockOwnRow } from '../../access/own-row.ts';
import type { WriteCall } from '../../calls/route.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { enqueue } from '../../operations/enqueue.ts';

/** Deletes a saved image: nothing can be created of it from this answer on; its host lets go of it behind. */
export async function deleteSavedImage(call: WriteCall<typeof deleteImage>) {
  const { services, tx, principal, params } = call;
  // Whoever creates a machine of it holds the row for share: either he comes too late, or his machine is seen here.
  const image = await lockOwnRow(tx, 'image', principal.accountId, params.id);
  if (image.status === 'saving') {
    throw new ApiError('conflict', { detail: 'The image is still being saved; delete it when that is done' });
  }
  const { rows } = await sql<{ name: string }>`
    select v.name from vms v join operations o on o.resource_id = v.id
     where o.account_id = ${principal.accountId} and o.finished_at is null
       and o.kind in ('vm.create', 'vm.reinstall', 'vm.factory-reset') and v.image_reference = ${`image:${image.id}`}
     limit 1`.execute(tx.db);
  if (rows[0] !== undefined) {
    throw new ApiError('conflict', {
      detail: `VM ${rows[0].name} is being installed from this image; delete it when that is done`,
    });
  }
  await tx.db
    .updateTable('images')
    .set({ deleted_at: new Date(services.clock.now()) })
    .where('id', '=', image.id)
    .execute();
  await enqueue(services, tx, {
    kind: 'image.delete',
    accountId: image.account_id,
    projectId: image.project_id,
    resourceId: image.id,
    input: {},
    createdBy: principal.actorId,
  });
  call.audit.details = { name: image.name };
  return { success: true, message: 'The image is being deleted' };
}
