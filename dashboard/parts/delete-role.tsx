import type { Role } from '@raffia/client/client.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { toast } from './toast.tsx';

export function DeleteRole({
  role,
  onClose,
  onDone,
}: {
  role: Role;
  onClose: () => void;
  onDone?: (() => void) | undefined;
}) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteRole({ id: role.id }), {
    stale: ['roles', 'audit'],
    onDone: () => {
      onClose();
      toast(`${role.name} is deleted`);
      onDone?.();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${role.name}`}
      names={[role.name]}
      action="Delete role"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      No member, invitation or API key has this role. You can't undo this.
    </DestroyDialog>
  );
}
