import { Alert, Button, Stack, Text } from '@mantine/core';
import type { Backup, Snapshot, VM } from '@raffia/client/client.ts';
import { useVm, useVolume } from '../api/lists.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { ErrorNotice } from './notices.tsx';
import { shortTime } from './times.ts';
import { toast } from './toast.tsx';
import { useVmRefusal } from './use-vm-refusal.ts';
import { VmState } from './vm-status.tsx';

/** What is put back. */
type From = { readonly snapshot: Snapshot } | { readonly backup: Backup };

/**
 * Puts a disk back to what it was, after the name of what has it was typed. A VM has to be stopped for that: the dialog stops it when it is
 * asked to, and goes on from there.
 */
export function RestoreDialog({ from, onClose }: { from: From; onClose: () => void }) {
  const { api } = useCurrent();
  const kept = 'snapshot' in from ? from.snapshot : from.backup;
  const volumeId = 'snapshot' in from && from.snapshot.type === 'volume' ? from.snapshot.volume_id : undefined;
  const volume = useVolume(volumeId);
  const vm = useVm(volumeId === undefined ? kept.product_vm : volume.data?.product_vm);
  const of = volumeId === undefined ? vm : volume;
  const name = of.data?.name ?? '';
  const disk = volumeId === undefined ? 'its system disk' : 'it';
  const restore = useChange(
    async (): Promise<unknown> => {
      const options = { projectId: kept.project_id ?? '' };
      if ('snapshot' in from) return api.restoreSnapshot({ id: from.snapshot.id }, options);
      return api.restoreBackup({ id: from.backup.id }, options);
    },
    {
      stale: ['snapshots', 'backups', 'volumes', 'vms', 'vm', 'operations', 'audit'],
      onDone: () => {
        onClose();
        toast(`Restoring ${name} from ${kept.name}`, { isWork: true });
      },
    },
  );
  const at = kept.created_at === undefined ? kept.name : shortTime(kept.created_at);
  return (
    <DestroyDialog
      title={name === '' ? `Restore ${kept.name}` : `Restore ${name} from ${kept.name}`}
      names={[name]}
      action={`Restore ${name}`.trim()}
      goes={[`What was written to ${disk} after ${at}. You can't undo this.`]}
      stays={
        volumeId === undefined ? ['Size, addresses and volumes', 'Other snapshots and backups'] : ['Other snapshots']
      }
      isBlocked={of.data === undefined || (vm.data !== undefined && vm.data.status !== 'passive')}
      isPending={restore.isPending}
      error={restore.error}
      onConfirm={() => restore.mutate()}
      onClose={onClose}
    >
      <Stack gap="sm">
        {of.isError && <ErrorNotice error={of.error} />}
        {vm.data !== undefined && <StopFirst vm={vm.data} />}
      </Stack>
    </DestroyDialog>
  );
}

/** A disk is put back while its VM is stopped, and what it is otherwise is said here. */
function StopFirst({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const refusal = useVmRefusal();
  const stop = useChange(() => api.stopVM({ id: vm.id }, { projectId: vm.project_id ?? '' }), {
    stale: ['vm', 'vms', 'operations', 'audit'],
  });
  if (vm.status === 'passive') {
    return <Text size="sm">{vm.name} is stopped. Start it when the restore is done.</Text>;
  }
  const refused = refusal(vm, 'stop', 'vm.power');
  return (
    <Alert color="yellow" variant="outline" title={`${vm.name} has to be stopped`}>
      <Stack gap="xs" align="flex-start">
        <VmState status={vm.status} />
        {vm.status === 'active' && (
          <Button
            variant="default"
            size="xs"
            disabled={refused !== undefined}
            loading={stop.isPending}
            onClick={() => stop.mutate()}
          >
            Stop {vm.name}
          </Button>
        )}
        {vm.status === 'active' && refused !== undefined && <Text size="sm">{refused}</Text>}
        <ErrorNotice error={stop.error} />
      </Stack>
    </Alert>
  );
}
