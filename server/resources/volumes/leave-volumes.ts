import type { Change } from '../../calls/route.ts';
import { acceptDeletion } from './delete-volume.ts';

/**
 * A machine that is being deleted has no volumes any more: they are kept, or go as well. Its host may have them until it is gone, and the
 * work on them waits for that. The account and the machine are locked.
 */
export async function leaveVolumes(call: Change, vmId: string, action: 'detach' | 'delete'): Promise<void> {
  const { services, tx } = call;
  const volumes = await tx.db
    .selectFrom('volumes')
    .selectAll()
    .where('vm_id', '=', vmId)
    .orderBy('id')
    .forUpdate()
    .execute();
  for (const volume of volumes) {
    const { id, account_id: accountId, project_id: projectId } = volume;
    if (action === 'delete') await acceptDeletion(call, volume);
    else {
      await tx.db
        .updateTable('volumes')
        .set({
          vm_id: null,
          status: volume.status === 'attached' ? 'available' : volume.status,
          updated_at: new Date(services.clock.now()),
        })
        .where('id', '=', id)
        .execute();
    }
    services.changes.said(tx, { kind: 'volume', accountId, id: String(id), projectId });
  }
}
