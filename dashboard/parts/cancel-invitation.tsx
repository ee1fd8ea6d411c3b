import { Text } from '@mantine/core';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { toast } from './toast.tsx';

export function CancelInvitation({
  invitation: { id, email },
  onClose,
}: {
  invitation: { readonly id: string; readonly email: string };
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const cancel = useChange(() => api.cancelInvitation({ id }), {
    stale: ['members', 'project-members', 'audit'],
    onDone: () => {
      onClose();
      toast(`Invitation to ${email} cancelled`);
    },
  });
  return (
    <FormDialog
      title={`Cancel invitation to ${email}`}
      action="Cancel invitation"
      change={cancel}
      isDestructive
      onSubmit={() => cancel.mutate()}
      onClose={onClose}
    >
      <Text size="sm">The link that they have stops working now. You can invite them again.</Text>
    </FormDialog>
  );
}
