import { Text } from '@mantine/core';
import type { Backup } from '@raffia/client/client.ts';
import { type BackupState, backupActions } from '@raffia/contract/backup-states.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { ListRestart, RotateCcw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useVms } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { FormDialog } from './form-dialog.tsx';
import { plural } from './plural.ts';
import { lacks } from './refusals.ts';
import { RestoreDialog } from './restore-dialog.tsx';
import type { Act } from './row-menu.tsx';
import { toast } from './toast.tsx';
import { useVmOf } from './use-vm-of.ts';

type Open = 'restore' | 'close' | 'delete';

export const staleWithBackups = ['backups', 'backup-schedules', 'vms', 'vm', 'operations', 'account', 'audit'];

/** Why a state forbids an act on a backup. */
const because: Readonly<Record<BackupState, string>> = {
  pending: 'It is still being taken',
  creating: 'It is still being taken',
  restoring: 'It is being restored',
  failed: 'It has failed, and there is nothing to restore',
  ready: 'It is ready',
};

/** The request that deletes backups which build on one another, or one that stands alone. */
export function useRemoveSeries(): (series: readonly Backup[]) => Promise<unknown> {
  const { api } = useCurrent();
  return async ([first, ...others]) => {
    if (first === undefined) return;
    const options = { projectId: first.project_id ?? '' };
    return others.length === 0
      ? api.deleteBackup({ id: first.id }, options)
      : api.deleteBackupChain({ id: first.id }, options);
  };
}

/** What goes with backups, and what stays. */
export const lostWithBackups = (backups: readonly Backup[]) => ({
  goes: [
    `${backups.length === 1 ? 'The backup' : `${plural(backups.length, 'backup')}. Those of a series build on one another and go together`}. You can't undo this.`,
  ],
  stays: ['The VM as it is now', 'Backups of other series'],
});

/**
 * What can be done with a backup: its state and the permissions decide, and a refusal says which of them.
 *
 * @param series of each backup's id all that go with it (backup-series.ts)
 */
export function useBackupActs(series: ReadonlyMap<string, readonly Backup[]>): {
  actsOf: (backup: Backup) => readonly Act[];
  dialog: ReactNode;
} {
  const may = useMay();
  const vms = useVms();
  const vmOf = useVmOf();
  const [open, setOpen] = useState<{ readonly act: Open; readonly backup: Backup } | null>(null);
  const close = () => setOpen(null);
  const all = (backup: Backup) => series.get(backup.id) ?? [backup];
  const hasGone = ({ product_vm }: Backup) => vms.data !== undefined && vmOf(product_vm) === undefined;
  const refusal = (
    backup: Backup,
    action: (typeof backupActions.actions)[number],
    permission: Permission,
  ): string | undefined => {
    if (!may(permission, backup.project_id)) return lacks(permission);
    if (action === 'restore' && hasGone(backup)) return 'Its VM was deleted';
    const of = action === 'delete' ? all(backup) : [backup];
    const refused = of.find(({ status }) => !backupActions.runs(action, status as BackupState));
    if (refused === undefined) return undefined;
    return refused.id === backup.id ? because[refused.status as BackupState] : `${refused.name} is being restored`;
  };
  const act = (backup: Backup, which: Open) => () => setOpen({ act: which, backup });
  return {
    actsOf: (backup) => [
      {
        label: 'Restore…',
        icon: RotateCcw,
        refused: refusal(backup, 'restore', 'backup.restore'),
        onSelect: act(backup, 'restore'),
      },
      {
        label: 'Start a new series…',
        icon: ListRestart,
        refused: !may('backup.manage', backup.project_id)
          ? lacks('backup.manage')
          : hasGone(backup)
            ? 'Its VM was deleted'
            : undefined,
        onSelect: act(backup, 'close'),
      },
      {
        label: all(backup).length === 1 ? 'Delete…' : `Delete series of ${all(backup).length}…`,
        icon: Trash2,
        isDangerous: true,
        refused: refusal(backup, 'delete', 'backup.delete'),
        onSelect: act(backup, 'delete'),
      },
    ],
    dialog:
      open === null ? null : open.act === 'restore' ? (
        <RestoreDialog from={{ backup: open.backup }} onClose={close} />
      ) : open.act === 'close' ? (
        <NewSeriesDialog backup={open.backup} onClose={close} />
      ) : (
        <DeleteDialog series={all(open.backup)} onClose={close} />
      ),
  };
}

function DeleteDialog({ series, onClose }: { series: readonly Backup[]; onClose: () => void }) {
  const removeSeries = useRemoveSeries();
  const [first] = series;
  const title = series.length === 1 ? `Delete ${first?.name}` : `Delete ${plural(series.length, 'backup')}`;
  const remove = useChange(() => removeSeries(series), {
    stale: staleWithBackups,
    onDone: () => {
      onClose();
      toast(series.length === 1 ? `Deleting ${first?.name}` : `Deleting a series of ${series.length} backups`, {
        isWork: true,
      });
    },
  });
  return (
    <DestroyDialog
      title={title}
      names={series.map(({ name }) => name)}
      things="backups"
      action={title}
      {...lostWithBackups(series)}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}

function NewSeriesDialog({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const { api } = useCurrent();
  const name = useVmOf()(backup.product_vm)?.name ?? 'the VM';
  const reset = useChange(
    () => api.resetBackupChain({ id: backup.product_vm ?? '' }, { projectId: backup.project_id ?? '' }),
    {
      stale: staleWithBackups,
      onDone: () => {
        onClose();
        toast(`The next backup of ${name} is a full copy`);
      },
    },
  );
  return (
    <FormDialog
      title={`Start a new series of ${name}`}
      action="Start new series"
      change={reset}
      onSubmit={() => reset.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        The next backup of {name} is a full copy, and later ones build on it. Existing backups stay and can be restored.
      </Text>
    </FormDialog>
  );
}
