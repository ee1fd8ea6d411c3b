import type { deleteVolume } from '@raffia/contract/volumes.ts';
import { lockAccount } from '../../billing/lock-account.ts';
import { endTerms } from '../../billing/terms.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { lockVolume } from './lock-volume.ts';
import type { Volume } from './present-volume.ts';

/** Deletes a volume that no machine has; what is left of the time that was paid for comes back. */
export async function deleteOneVolume(call: WriteCall<typeof deleteVolume>) {
  await lockAccount(call.tx, call.principal.accountId);
  const volume = await lockVolume(call, call.params.id, 'delete');
  await acceptDeletion(call, volume);
  call.audit.details = { name: volume.name };
  return { success: true, message: 'The volume is being deleted' };
}

/** From here on the volume does not exist for the API. The account and the volume are locked. */
export async function acceptDeletion({ services, tx, principal }: Change, volume: Volume): Promise<void> {
  const now = new Date(services.clock.now());
  await tx.db
    .updateTable('volumes')
    .set({ status: 'deleting', deleted_at: now, updated_at: now, vm_id: null })
    .where('id', '=', volume.id)
    .execute();
  const reason = `Volume ${volume.name} deleted, unused time`;
  await endTerms(tx, { kind: 'volume', id: String(volume.id) }, now, { reason, resourceId: volume.uid });
  await enqueueNumbered(services, tx, volume, { kind: 'volume.delete', input: {}, createdBy: principal.actorId });
}
