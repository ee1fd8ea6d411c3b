import type { VM } from '@raffia/client/client.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { type VmAction, vmActions } from '@raffia/contract/vm-states.ts';
import { Play, RotateCw, Square, SquareArrowOutUpRight, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useScope } from '../../api/scope.tsx';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { lacks } from '../../parts/refusals.ts';
import type { Act } from '../../parts/row-menu.tsx';
import { toast } from '../../parts/toast.tsx';

type Power = 'start' | 'stop' | 'reboot';
const said: Readonly<Record<Power, string>> = { start: 'starting', stop: 'stopping', reboot: 'restarting' };
const needs: Partial<Readonly<Record<VmAction, string>>> = {
  start: 'Only a stopped VM can be started',
  stop: 'Only a running VM can be stopped',
  reboot: 'Only a running VM can be restarted',
};

/** What can be done with a machine from a list: the state table and the permissions decide, and a refusal says which of them. */
export function useVmActs(): { actsOf: (vm: VM) => readonly Act[]; dialog: ReactNode } {
  const { api } = useCurrent();
  const { toThing } = useScope();
  const may = useMay();
  const [deleting, setDeleting] = useState<VM | null>(null);
  const stale = ['vms', 'vm', 'operations', 'account', 'audit'];
  const linkOf = (vm: VM) => toThing(`vms/${vm.id}`, vm.project_id);
  const power = useChange(
    async ({ vm, action }: { vm: VM; action: Power }) => {
      const options = { projectId: vm.project_id ?? '' };
      try {
        if (action === 'start') await api.startVM({ id: vm.id }, options);
        else if (action === 'stop') await api.stopVM({ id: vm.id }, options);
        else await api.rebootVM({ id: vm.id }, options);
        toast(`${vm.name} is ${said[action]}`, { to: linkOf(vm), isWork: true });
      } catch (error) {
        toast(`Couldn't ${action === 'reboot' ? 'restart' : action} ${vm.name}. ${(error as Error).message}`, {
          isFailure: true,
        });
        throw error;
      }
    },
    { stale },
  );
  const remove = useChange(
    (vm: VM) => api.deleteVM({ id: vm.id, body: { volume_action: 'detach' } }, { projectId: vm.project_id ?? '' }),
    {
      stale,
      onDone: (_, vm) => {
        setDeleting(null);
        toast(`Deleting ${vm.name}`, { isWork: true });
      },
    },
  );
  const refusal = (vm: VM, action: VmAction, permission: Permission): string | undefined => {
    if (!may(permission, vm.project_id)) return lacks(permission);
    return vmActions.runs(action, vm.status) ? undefined : needs[action];
  };
  return {
    actsOf: (vm) => [
      { label: 'Open', icon: SquareArrowOutUpRight, to: linkOf(vm) },
      ...(
        [
          ['start', 'Start', Play],
          ['stop', 'Stop', Square],
          ['reboot', 'Restart', RotateCw],
        ] as const
      ).map(([action, label, icon]) => ({
        label,
        icon,
        refused: refusal(vm, action, 'vm.power'),
        onSelect: () => power.mutate({ vm, action }),
      })),
      {
        label: 'Delete…',
        icon: Trash2,
        isDangerous: true,
        refused: refusal(vm, 'delete', 'vm.delete'),
        onSelect: () => setDeleting(vm),
      },
    ],
    dialog:
      deleting === null ? null : (
        <DestroyDialog
          title={`Delete ${deleting.name}`}
          action={`Delete ${deleting.name}`}
          names={[deleting.name]}
          goes={["Its system disk and snapshots. You can't undo this."]}
          stays={['Volumes and backups, which stay billed']}
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(null)}
        />
      ),
  };
}
