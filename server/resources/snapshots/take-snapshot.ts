import { randomUUIDv7 } from 'node:crypto';
import type { createSnapshot } from '@raffia/contract/snapshots.ts';
import type { Insertable } from 'kysely';
import { refuseWithoutFunds } from '../../billing/standing.ts';
import type { WriteCall } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { lockVolume } from '../volumes/lock-volume.ts';
import { presentSnapshot } from './present-snapshot.ts';
import { ofVolume, snapshotQueue } from './snapshot-queue.ts';

type Call = WriteCall<typeof createSnapshot>;

/** Takes a snapshot. Nothing is charged now: what it keeps is counted from when it is there (billing.md §6). */
export async function takeSnapshot(call: Call) {
  const { tx, principal, body } = call;
  const take = sourceNamed(call, body);
  await refuseWithoutFunds(tx, principal.accountId);
  return take();
}

/**
 * What it is to be of.
 *
 * @throws ApiError 400 where what is named does not go with the type
 */
function sourceNamed(call: Call, { resource_type, resource_id, volume_id }: Call['body']) {
  if (resource_type === 'volume') {
    if (volume_id === undefined) throw invalid('volume_id is required: the volume that the snapshot is to be of');
    if (resource_id !== undefined) throw invalid('resource_id names a VM; for a volume pass volume_id alone');
    return () => takeOfVolume(call, volume_id);
  }
  if (resource_id === undefined) throw invalid('resource_id is required: the VM that the snapshot is to be of');
  if (volume_id !== undefined) throw invalid('volume_id names a volume; for a VM pass resource_id alone');
  return () => takeOfVm(call, resource_id);
}

async function takeOfVm(call: Call, vmId: string) {
  const { services, tx, principal, projectId } = call;
  const vm = await lockVm(tx.db, principal.accountId, vmId);
  if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
  refuseByState(vm, 'snapshot');
  // One that is about to run does something else first, and shows that.
  const shows = vm.status === 'active';
  if (shows) {
    const now = new Date(services.clock.now());
    const change = { status: 'provisioning', failure_reason: null, updated_at: now } as const;
    await tx.db.updateTable('vms').set(change).where('id', '=', vm.id).execute();
  }
  const of = { type: 'vm', vm_id: vm.id } as const;
  return take(call, { ...of, size: vm.storage, region: vm.region }, { vm_id: vm.id }, { shows });
}

async function takeOfVolume(call: Call, volumeId: number) {
  const volume = await lockVolume(call, volumeId, 'snapshot');
  if (volume.project_id !== call.projectId) throw notFound('volume');
  const of = { type: 'volume', volume_id: volume.id, volume_uid: volume.uid } as const;
  const { size, region } = volume;
  return take(call, { ...of, size, region }, { volume_id: volume.id }, { shows: false });
}

type Source = Pick<Insertable<Tables['snapshots']>, 'type' | 'vm_id' | 'volume_id' | 'volume_uid' | 'size' | 'region'>;

/** Writes the snapshot down, and the work that takes it. What it is of is locked. */
async function take(call: Call, source: Source, details: Record<string, unknown>, input: { shows: boolean }) {
  const { services, tx, principal, projectId, body } = call;
  const snapshot = await tx.db
    .insertInto('snapshots')
    .values({
      ...source,
      uid: randomUUIDv7(),
      account_id: principal.accountId,
      project_id: projectId,
      name: body.name,
      price_month_micros: source.size * services.catalogue.snapshotMonthMicros(source.region),
      state: 'creating',
      created_by: principal.actorId,
      created_at: new Date(services.clock.now()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await enqueueNumbered(services, tx, snapshot, {
    kind: 'snapshot.create',
    queue: await snapshotQueue(tx, snapshot),
    input: { ...input, ...ofVolume(snapshot) },
    createdBy: principal.actorId,
  });
  call.audit.details = { name: body.name, ...details };
  return { success: true, data: presentSnapshot(snapshot) };
}
