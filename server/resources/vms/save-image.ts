import { randomUUIDv7 } from 'node:crypto';
import { snapshotActions } from '@raffia/contract/snapshot-states.ts';
import type { saveVMDiskAsImage } from '@raffia/contract/vm-actions.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import { resolveTemplate } from './resolve-template.ts';

/** Saves the system disk as an image of the account; its id works as `template_id` once it is saved. */
export async function saveImage(call: WriteCall<typeof saveVMDiskAsImage>) {
  const { services, tx, body } = call;
  const vm = await vmToChange(call, 'saveImage');
  await checkDisk(call, vm.id, body.disk_id ?? 0);
  const snapshot = await snapshotNamed(call, vm.id, body.snapshot_id ?? -1);
  const source = await resolveTemplate(services, tx, vm.account_id, vm.template_id, vm.region).catch(() => undefined);
  const id = randomUUIDv7();
  const created_at = new Date(services.clock.now());
  const image = {
    id,
    name: body.name,
    version: vm.template_version,
    ...(body.description === undefined ? {} : { description: body.description }),
    os_type: source?.osType ?? (vm.is_windows ? 'windows' : 'linux'),
    is_windows: vm.is_windows,
    region: vm.region as 'us-east',
  };
  await tx.db
    .insertInto('images')
    .values({
      ...image,
      account_id: vm.account_id,
      project_id: vm.project_id,
      system: source?.system ?? null,
      // What was made larger since is not in the snapshot.
      size: snapshot?.size ?? vm.storage,
      min_cpu: source?.minCpu ?? 1,
      min_ram: source?.minRam ?? 1,
      status: 'saving',
      created_at,
    })
    .execute();
  await beginWork(call, vm, 'vm.save-image', {
    imageId: id,
    ...(snapshot === undefined ? {} : { snapshotId: snapshot.uid }),
  });
  call.audit.details = {
    imageId: id,
    name: body.name,
    ...(snapshot === undefined ? {} : { snapshot_id: body.snapshot_id }),
  };
  return { success: true, data: { ...image, created_at: created_at.toISOString() } };
}

/** The snapshot that the image is to be of; -1: the disk as it is. It stays until the image is saved: what deletes it comes after. */
async function snapshotNamed({ tx }: Change, vmId: string, id: number) {
  if (id === -1) return undefined;
  const snapshot = await tx.db
    .selectFrom('snapshots')
    .select(['uid', 'size', 'state'])
    .where('id', '=', id)
    .where('vm_id', '=', vmId)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  if (snapshot === undefined) throw invalid('snapshot_id names no snapshot of this VM; -1 saves the disk as it is now');
  if (snapshotActions.ruling('saveImage', snapshot.state) === 'refuse')
    throw invalid('The snapshot is still being taken; try again when that is done');
  return snapshot;
}

/**
 * Disk 0 is the system disk, 1 and up are the volumes in the order of their ids. An image is of a system disk: machines are made of it.
 */
async function checkDisk({ tx }: Change, vmId: string, diskId: number): Promise<void> {
  if (diskId === 0) return;
  const volumes = await tx.db.selectFrom('volumes').select('name').where('vm_id', '=', vmId).orderBy('id').execute();
  const volume = volumes[diskId - 1];
  if (volume !== undefined) {
    throw invalid(`disk_id ${diskId} is the volume ${volume.name}; only the system disk, disk_id 0, can be saved`);
  }
  const others = volumes.length === 0 ? '' : volumes.length === 1 ? ' and 1' : ` and 1 to ${volumes.length}`;
  throw invalid(`disk_id ${diskId} names no disk of this VM: it has 0 (the system disk)${others}`);
}
