import { Text } from '@mantine/core';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { type Grant, keyIdOf } from './people.ts';
import { toast } from './toast.tsx';

/** Takes a role on a project away, after what ends with it. */
export function RemoveGrant({
  grant: { project, held },
  name,
  onClose,
}: {
  grant: Grant;
  name: string;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const remove = useChange(() => api.removeProjectMember({ id: project.id, member_id: held.id }), {
    stale: ['project-members', 'members', 'api-keys', 'audit'],
    onDone: () => {
      onClose();
      toast(`${name} has no role in ${project.name} now`);
    },
  });
  return (
    <FormDialog
      title={`Remove ${name} from ${project.name}`}
      action={`Remove from ${project.name}`}
      change={remove}
      isDestructive
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {keyIdOf(held) === undefined
          ? `They lose access to ${project.name} now. Their other roles stay, and so does what they created.`
          : `Requests of this key to ${project.name} fail from now on. Its other roles stay.`}
      </Text>
    </FormDialog>
  );
}
