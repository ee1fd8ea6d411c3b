import { vmActions } from '@raffia/contract/vm-states.ts';
import type { attachVolume, detachVolume } from '@raffia/contract/volumes.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { lockVm } from '../vms/queries.ts';
import { lockVolume } from './lock-volume.ts';
import { presentVolume, type Volume } from './present-volume.ts';
import { refuseTooManyVolumes } from './refuse-too-many-volumes.ts';

/**
 * Attaches a volume to a machine. It is shown there at once; its work waits for what has been accepted before, so that one may be moved
 * from machine to machine without looking.
 */
export async function attachOneVolume(call: WriteCall<typeof attachVolume>) {
  const { services, tx, principal, projectId, body } = call;
  const vm = await lockVm(tx.db, principal.accountId, body.vm_id);
  const volume = await lockVolume(call, call.params.id, 'attach');
  if (volume.vm_id !== null) throw invalid('This volume is attached to a VM already; detach it first');
  if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
  if (vm.region !== volume.region) throw new ApiError('volumeElsewhere');
  if (!vmActions.runs('attachVolume', vm.status)) throw new ApiError('vmNotReadyToAttach');
  await refuseTooManyVolumes(tx, vm.id);
  const attached = await set(call, volume, {
    vm_id: vm.id,
    status: volume.status === 'creating' ? 'creating' : 'attached',
  });
  await begin(call, volume, 'volume.attach', vm.id);
  services.changes.said(tx, { kind: 'vm', accountId: vm.account_id, id: vm.id, projectId });
  call.audit.details = { name: volume.name, vm_id: vm.id };
  return { success: true, data: presentVolume(attached) };
}

/** Detaches a volume from its machine. It is shown as available at once: what comes next waits until its machine has let go of it. */
export async function detachOneVolume(call: WriteCall<typeof detachVolume>) {
  const { services, tx, principal, params, projectId } = call;
  const found = await tx.db.selectFrom('volumes').select('vm_id').where('id', '=', params.id).executeTakeFirst();
  const vm = found?.vm_id == null ? undefined : await lockVm(tx.db, principal.accountId, found.vm_id);
  const volume = await lockVolume(call, params.id, 'detach');
  // Meanwhile it may have come to another one, or its machine may be going.
  if (vm === undefined || volume.vm_id !== vm.id) throw invalid('This volume is being moved; try again');
  if (!vmActions.runs('detachVolume', vm.status)) throw new ApiError('vmNotReadyToDetach');
  const detached = await set(call, volume, { vm_id: null, status: 'available' });
  await begin(call, volume, 'volume.detach', vm.id);
  services.changes.said(tx, { kind: 'vm', accountId: vm.account_id, id: vm.id, projectId });
  call.audit.details = { name: volume.name, vm_id: vm.id };
  return { success: true, data: presentVolume(detached) };
}

async function set(
  { services, tx }: Change,
  { id }: Volume,
  changes: { vm_id: string | null; status: 'creating' | 'available' | 'attached' },
): Promise<Volume> {
  return tx.db
    .updateTable('volumes')
    .set({ ...changes, updated_at: new Date(services.clock.now()) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** In the order of the machine's work: nothing else changes it meanwhile. */
async function begin(
  { services, tx, principal }: Change,
  volume: Volume,
  kind: 'volume.attach' | 'volume.detach',
  vmId: string,
): Promise<void> {
  await enqueueNumbered(services, tx, volume, { kind, queue: vmId, input: { vmId }, createdBy: principal.actorId });
}
