import { backupActions } from '@raffia/contract/backup-states.ts';
import type { deleteBackup, deleteBackupChain, resetBackupChain, restoreBackup } from '@raffia/contract/backups.ts';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueue } from '../../operations/enqueue.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { lockBackupsOf } from './lock-backups.ts';
import { presentBackup } from './present-backup.ts';
import { findBackup } from './read-backups.ts';
import { removeBackups } from './remove-backups.ts';

type Backup = Row<'backups'>;
type ById = Change & { readonly params: { readonly id: string } };

/** Puts a stopped machine's disk back. The machine stays stopped, and what it is asked for meanwhile comes after. */
export async function restoreOneBackup(call: WriteCall<typeof restoreBackup>) {
  const { services, tx, principal } = call;
  const vmId = await vmOf(call);
  const vm = await lockVm(tx.db, principal.accountId, vmId);
  const backup = await lockBackup(call, vmId);
  if (vm === undefined)
    throw invalid('The VM of this backup is gone: a backup is restored to the VM that it was taken of');
  refuseByState(vm, 'restore');
  call.audit.details = { name: backup.name, vm_id: vm.id };
  const ruling = backupActions.ruling('restore', backup.state);
  if (ruling === 'refuse') {
    throw invalid(
      backup.state === 'failed'
        ? 'This backup has failed: there is nothing to restore'
        : 'The backup is still being taken; try again when that is done',
    );
  }
  if (ruling === 'run') {
    await tx.db.updateTable('backups').set({ state: 'restoring' }).where('id', '=', backup.id).execute();
    await tx.db.updateTable('vms').set({ failure_reason: null }).where('id', '=', vm.id).execute();
    await enqueue(services, tx, {
      kind: 'backup.restore',
      accountId: backup.account_id,
      projectId: backup.project_id,
      resourceId: backup.id,
      // In the order of its machine: a start that follows a restore finds the restored disk.
      queue: vm.id,
      input: {},
      createdBy: principal.actorId,
    });
  }
  const view = await findBackup(tx.db, principal.accountId, backup.id);
  if (view === undefined) throw notFound('backup');
  return { success: true, data: presentBackup(view) };
}

/** Deletes a backup on which no other depends: from this answer on it is not there and is not counted. */
export async function deleteOneBackup(call: WriteCall<typeof deleteBackup>) {
  const { services, tx, principal } = call;
  const backup = await lockBackup(call, await vmOf(call));
  refuseWhileRestored([backup]);
  if (backup.ready_at !== null && (await seriesOf(call, backup)).length > 1) {
    throw new ApiError('backupInSeries', { id: backup.id });
  }
  await removeBackups(services, tx, [backup], principal.actorId);
  call.audit.details = { name: backup.name, vm_id: backup.vm_id };
  return { success: true, message: 'The backup is being deleted' };
}

/** Deletes all of the series that a backup belongs to; one that is in none goes alone. */
export async function deleteSeries(call: WriteCall<typeof deleteBackupChain>) {
  const { services, tx, principal } = call;
  const backup = await lockBackup(call, await vmOf(call));
  const series = backup.ready_at === null ? [backup] : await seriesOf(call, backup);
  refuseWhileRestored(series);
  await removeBackups(services, tx, series, principal.actorId);
  call.audit.details = { name: backup.name, vm_id: backup.vm_id, backups: series.map(({ id }) => id) };
  return { success: true, message: `The series is being deleted: ${counted(series.length)}` };
}

/** Closes the series of a machine. One that is being taken belongs to it yet. */
export async function resetSeries({ tx, principal, params }: WriteCall<typeof resetBackupChain>) {
  const vm = await lockVm(tx.db, principal.accountId, params.id);
  if (vm === undefined) throw notFound('vm');
  await tx.db.updateTable('vms').set({ backup_series: null }).where('id', '=', vm.id).execute();
  return { success: true, message: 'The next backup begins a new series' };
}

const counted = (backups: number) => `${backups} backup${backups === 1 ? '' : 's'}`;

function refuseWhileRestored(backups: readonly Backup[]): void {
  if (backups.every(({ state }) => backupActions.runs('delete', state))) return;
  throw new ApiError('conflict', { detail: 'The backup is being restored; delete it when that is done' });
}

function seriesOf({ tx }: Change, { series }: Backup): Promise<Backup[]> {
  return tx.db
    .selectFrom('backups')
    .selectAll()
    .where('series', '=', series)
    .where('is_kept', '=', true)
    .orderBy('sequence')
    .forUpdate()
    .execute();
}

async function vmOf({ tx, params }: ById): Promise<string> {
  const row = await tx.db.selectFrom('backups').select('vm_id').where('id', '=', params.id).executeTakeFirst();
  if (row === undefined) throw notFound('backup');
  return row.vm_id;
}

/**
 * One backup, and nobody else changes those of its machine.
 *
 * @throws ApiError 404 where it is gone
 */
async function lockBackup({ tx, principal, params }: ById, vmId: string): Promise<Backup> {
  await lockBackupsOf(tx, vmId);
  return lockOwnRow(tx, 'backup', principal.accountId, params.id);
}
