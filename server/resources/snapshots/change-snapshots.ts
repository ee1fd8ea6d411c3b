import { snapshotActions } from '@raffia/contract/snapshot-states.ts';
import type { deleteSnapshot, renameSnapshot, restoreSnapshot } from '@raffia/contract/snapshots.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import type { OperationInputs } from '../../operations/operation-kinds.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { presentSnapshot } from './present-snapshot.ts';

type Snapshot = Row<'snapshots'>;
type ById = Change & { readonly params: { readonly id: number } };

/** Renames a snapshot; on its host it has no name. */
export async function renameOneSnapshot(call: WriteCall<typeof renameSnapshot>) {
  const { tx, body } = call;
  const snapshot = await lockSnapshot(call);
  await tx.db.updateTable('snapshots').set({ name: body.name }).where('id', '=', snapshot.id).execute();
  call.audit.details = { name_before: snapshot.name, name: body.name };
  return { success: true, data: presentSnapshot({ ...snapshot, name: body.name }) };
}

/** Puts a stopped machine's disk back. The machine stays stopped, and what it is asked for meanwhile comes after. */
export async function restoreOneSnapshot(call: WriteCall<typeof restoreSnapshot>) {
  const { tx, principal } = call;
  const vm = await lockVm(tx.db, principal.accountId, await vmOf(call));
  const snapshot = await lockSnapshot(call);
  if (vm === undefined) throw notFound('snapshot');
  refuseByState(vm, 'restore');
  call.audit.details = { name: snapshot.name, vm_id: vm.id };
  const ruling = snapshotActions.ruling('restore', snapshot.state);
  if (ruling === 'refuse') throw invalid('The snapshot is still being taken; try again when that has ended');
  if (ruling === 'noop') return { success: true, message: 'The snapshot is being restored already' };
  await tx.db.updateTable('snapshots').set({ state: 'restoring' }).where('id', '=', snapshot.id).execute();
  await tx.db.updateTable('vms').set({ failure_reason: null }).where('id', '=', vm.id).execute();
  await begin(call, snapshot, 'snapshot.restore', { from: snapshot.state === 'active' ? 'active' : 'ready' });
  return { success: true, message: 'The snapshot is being restored' };
}

/** Deletes a snapshot: from this answer on it is not there and is not counted; its host lets go of it behind. */
export async function deleteOneSnapshot(call: WriteCall<typeof deleteSnapshot>) {
  const { services, tx } = call;
  const snapshot = await lockSnapshot(call);
  if (snapshotActions.ruling('delete', snapshot.state) === 'refuse') {
    if (snapshot.state === 'active') throw new ApiError('snapshotActive');
    throw new ApiError('conflict', { detail: 'The snapshot is being restored; delete it when that has ended' });
  }
  const deleted_at = new Date(services.clock.now());
  await tx.db.updateTable('snapshots').set({ deleted_at }).where('id', '=', snapshot.id).execute();
  await begin(call, snapshot, 'snapshot.delete', {});
  call.audit.details = { name: snapshot.name };
  return { success: true, message: 'The snapshot is being deleted' };
}

async function vmOf({ tx, params }: ById): Promise<string> {
  const row = await tx.db.selectFrom('snapshots').select('vm_id').where('id', '=', params.id).executeTakeFirst();
  if (row === undefined || row.vm_id === null) throw notFound('snapshot');
  return row.vm_id;
}

/** @throws ApiError 404 where it is gone */
async function lockSnapshot({ tx, principal, params }: ById): Promise<Snapshot> {
  const row = await tx.db
    .selectFrom('snapshots')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw notFound('snapshot');
  return row;
}

async function begin<K extends 'snapshot.restore' | 'snapshot.delete'>(
  { services, tx, principal }: Change,
  snapshot: Snapshot,
  kind: K,
  input: OperationInputs[K],
): Promise<void> {
  await enqueueNumbered(services, tx, snapshot, {
    kind,
    // In the order of its machine: a start that follows a restore finds the restored disk.
    queue: snapshot.vm_id ?? snapshot.uid,
    input,
    createdBy: principal.actorId,
  });
}
