import { snapshotActions } from '@raffia/contract/snapshot-states.ts';
import type { deleteSnapshot, renameSnapshot, restoreSnapshot } from '@raffia/contract/snapshots.ts';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import type { OperationInputs } from '../../operations/operation-kinds.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { lockVolume } from '../volumes/lock-volume.ts';
import { presentSnapshot } from './present-snapshot.ts';
import { ofVolume, snapshotQueue } from './snapshot-queue.ts';

type Snapshot = Row<'snapshots'>;
type ById = Change & { readonly params: { readonly id: number } };

/** Renames a snapshot; on its host it has no name. */
export async function renameOneSnapshot(call: WriteCall<typeof renameSnapshot>) {
  const { tx, principal, params, body } = call;
  const snapshot = await lockOwnRow(tx, 'snapshot', principal.accountId, params.id);
  await tx.db.updateTable('snapshots').set({ name: body.name }).where('id', '=', snapshot.id).execute();
  call.audit.details = { name_before: snapshot.name, name: body.name };
  return { success: true, data: presentSnapshot({ ...snapshot, name: body.name }) };
}

/** Puts back the disk of a stopped machine, or a volume that no running machine has; what they are asked for meanwhile comes after. */
export async function restoreOneSnapshot(call: WriteCall<typeof restoreSnapshot>) {
  const { tx, principal, params } = call;
  await lockRestored(call);
  const snapshot = await lockOwnRow(tx, 'snapshot', principal.accountId, params.id);
  const { name, vm_id, volume_id } = snapshot;
  call.audit.details = { name, ...(vm_id === null ? { volume_id } : { vm_id }) };
  const ruling = snapshotActions.ruling('restore', snapshot.state);
  if (ruling === 'refuse') throw invalid('The snapshot is still being taken; try again when that is done');
  if (ruling === 'noop') return { success: true, message: 'The snapshot is being restored already' };
  await tx.db.updateTable('snapshots').set({ state: 'restoring' }).where('id', '=', snapshot.id).execute();
  if (vm_id !== null) await tx.db.updateTable('vms').set({ failure_reason: null }).where('id', '=', vm_id).execute();
  const from = snapshot.state === 'active' ? 'active' : 'ready';
  await begin(call, snapshot, 'snapshot.restore', { from, ...ofVolume(snapshot) });
  return { success: true, message: 'The snapshot is being restored' };
}

/**
 * Locks what the snapshot is to be put back on, before the snapshot, as all others do.
 *
 * @throws ApiError 400 where that is gone, or a machine with it runs
 */
async function lockRestored(call: ById): Promise<void> {
  const { tx, principal, params } = call;
  const found = await tx.db
    .selectFrom('snapshots as s')
    .leftJoin('volumes as d', (join) => join.onRef('d.id', '=', 's.volume_id').on('d.deleted_at', 'is', null))
    .select(['s.type', 'd.id as volume_id', (row) => row.fn.coalesce('s.vm_id', 'd.vm_id').as('vm_id')])
    .where('s.id', '=', params.id)
    .executeTakeFirst();
  if (found === undefined) throw notFound('snapshot');
  const { type, volume_id, vm_id } = found;
  const vm = vm_id === null ? undefined : await lockVm(tx.db, principal.accountId, vm_id);
  if (type === 'vm' && vm === undefined) throw notFound('snapshot');
  if (type === 'volume') {
    if (volume_id === null) throw invalid('The volume of this snapshot was deleted; the snapshot can only be deleted');
    const volume = await lockVolume(call, volume_id, 'restore');
    // Meanwhile it may have come to another machine, or its machine may be going.
    if (volume.vm_id !== (vm?.id ?? null)) throw invalid('The volume is being moved; try again');
  }
  if (vm !== undefined) refuseByState(vm, 'restore');
}

/** Deletes a snapshot: from this answer on it is not there and is not counted; its host lets go of it behind. */
export async function deleteOneSnapshot(call: WriteCall<typeof deleteSnapshot>) {
  const { services, tx, principal, params } = call;
  const snapshot = await lockOwnRow(tx, 'snapshot', principal.accountId, params.id);
  if (snapshotActions.ruling('delete', snapshot.state) === 'refuse') {
    if (snapshot.state === 'active') throw new ApiError('snapshotActive');
    throw new ApiError('conflict', { detail: 'The snapshot is being restored; delete it when that is done' });
  }
  const deleted_at = new Date(services.clock.now());
  await tx.db.updateTable('snapshots').set({ deleted_at }).where('id', '=', snapshot.id).execute();
  await begin(call, snapshot, 'snapshot.delete', ofVolume(snapshot));
  call.audit.details = { name: snapshot.name };
  return { success: true, message: 'The snapshot is being deleted' };
}

async function begin<K extends 'snapshot.restore' | 'snapshot.delete'>(
  { services, tx, principal }: Change,
  snapshot: Snapshot,
  kind: K,
  input: OperationInputs[K],
): Promise<void> {
  await enqueueNumbered(services, tx, snapshot, {
    kind,
    queue: await snapshotQueue(tx, snapshot),
    input,
    createdBy: principal.actorId,
  });
}
