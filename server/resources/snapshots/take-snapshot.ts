import { randomUUIDv7 } from 'node:crypto';
import type { createSnapshot } from '@raffia/contract/snapshots.ts';
import { refuseWithoutFunds } from '../../billing/standing.ts';
import type { WriteCall } from '../../calls/route.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { presentSnapshot } from './present-snapshot.ts';

type Call = WriteCall<typeof createSnapshot>;

/** Takes a snapshot. Nothing is charged now: what it keeps is counted from when it is there (billing.md §6). */
export async function takeSnapshot(call: Call) {
  const { tx, principal, body } = call;
  const vmId = vmNamed(body);
  await refuseWithoutFunds(tx, principal.accountId);
  return takeOfVm(call, vmId);
}

/**
 * The machine that it is to be of.
 *
 * @throws ApiError 400 where what is named does not go with the type, and 404 for a volume
 */
function vmNamed({ resource_type, resource_id, volume_id }: Call['body']): string {
  if (resource_type === 'volume') {
    if (volume_id === undefined) throw invalid('volume_id is required: the volume that the snapshot is to be of');
    if (resource_id !== undefined) throw invalid('resource_id names a VM; for a volume pass volume_id alone');
    // Of volumes none is taken yet.
    throw notFound('volume');
  }
  if (resource_id === undefined) throw invalid('resource_id is required: the VM that the snapshot is to be of');
  if (volume_id !== undefined) throw invalid('volume_id names a volume; for a VM pass resource_id alone');
  return resource_id;
}

async function takeOfVm(call: Call, vmId: string) {
  const { services, tx, principal, projectId, body } = call;
  const vm = await lockVm(tx.db, principal.accountId, vmId);
  if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
  refuseByState(vm, 'snapshot');
  const now = new Date(services.clock.now());
  const snapshot = await tx.db
    .insertInto('snapshots')
    .values({
      uid: randomUUIDv7(),
      account_id: vm.account_id,
      project_id: vm.project_id,
      type: 'vm',
      vm_id: vm.id,
      name: body.name,
      size: vm.storage,
      region: vm.region,
      price_month_micros: vm.storage * services.catalogue.snapshotMonthMicros(vm.region),
      state: 'creating',
      created_by: principal.actorId,
      created_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  // One that is about to run does something else first, and shows that.
  const shows = vm.status === 'active';
  if (shows) {
    const change = { status: 'provisioning', failure_reason: null, updated_at: now } as const;
    await tx.db.updateTable('vms').set(change).where('id', '=', vm.id).execute();
  }
  await enqueueNumbered(services, tx, snapshot, {
    kind: 'snapshot.create',
    queue: vm.id,
    input: { shows },
    createdBy: principal.actorId,
  });
  call.audit.details = { name: body.name, vm_id: vm.id };
  return { success: true, data: presentSnapshot(snapshot) };
}
