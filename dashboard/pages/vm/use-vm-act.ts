import type { VM } from '@raffia/client/client.ts';
import { useScope } from '../../api/scope.tsx';
import { useChange } from '../../api/use-change.ts';
import { toast } from '../../parts/toast.tsx';

/** What an act on a machine makes stale. */
export const stale = ['vm', 'vms', 'operations', 'account', 'interfaces', 'audit'];

/** An act on a machine: it is told by name with where it is seen, and the dialog that asked closes. */
export function useVmAct(
  vm: VM,
  act: (options: { projectId: string }) => Promise<unknown>,
  more: { said: string; isWork?: boolean; onClose?: () => void; stale?: readonly string[]; to?: string },
) {
  const { toThing } = useScope();
  return useChange(() => act({ projectId: vm.project_id ?? '' }), {
    stale: [...stale, ...(more.stale ?? [])],
    onDone: () => {
      more.onClose?.();
      const to = more.to ?? toThing(`vms/${vm.id}/activity`, vm.project_id);
      toast(more.said, { to, isWork: more.isWork ?? true });
    },
  });
}
