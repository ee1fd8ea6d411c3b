import { Text } from '@mantine/core';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { keyIdOf, type Person } from './people.ts';
import { toast } from './toast.tsx';

export function RemoveAccountRole({ person, name, onClose }: { person: Person; name: string; onClose: () => void }) {
  const { api } = useCurrent();
  const { member, grants } = person;
  const remove = useChange(() => api.removeAccountRole({ id: member?.id ?? '' }), {
    stale: ['members', 'project-members', 'api-keys', 'audit'],
    onDone: () => {
      onClose();
      toast(`${name} has no account role now. Project roles stay.`);
    },
  });
  const isKey = keyIdOf(person) !== undefined;
  const stays = grants.map(({ project, held }) => `${held.role_name} in ${project.name}`).join(', ');
  return (
    <FormDialog
      title={`Remove account role of ${name}`}
      action="Remove account role"
      change={remove}
      isDestructive
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {isKey
          ? `Requests that need the role ${member?.role_name} fail from now on.`
          : `They lose the role ${member?.role_name} now.`}{' '}
        {stays === ''
          ? isKey
            ? 'The key stays.'
            : 'They have no other role here, and lose access to the account.'
          : `What stays: ${stays}.`}
      </Text>
    </FormDialog>
  );
}
