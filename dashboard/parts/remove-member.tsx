import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useApiKeys } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { accessOf, keysLeft, type Person } from './people.ts';
import { toast } from './toast.tsx';

/** Takes all away that somebody has here, after what that is and which keys go on without them. */
export function RemoveMember({
  person,
  onClose,
  onDone,
}: {
  person: Person;
  onClose: () => void;
  onDone?: (() => void) | undefined;
}) {
  const { email, member, grants, userId } = person;
  const { api } = useCurrent();
  const { to } = useScope();
  const keys = useApiKeys();
  const left = keysLeft(
    (keys.data ?? []).filter((key) => userId !== undefined && key.created_by === userId).map(({ name }) => name),
  );
  const remove = useChange(
    async () => {
      // An invitation to a project is none of the roles that end with the member.
      for (const { held, project } of grants) {
        if (held.status === 'pending') await api.cancelInvitation({ id: held.invitation_id ?? held.id });
        else if (member === undefined) await api.removeProjectMember({ id: project.id, member_id: held.id });
      }
      if (member !== undefined) await api.removeMember({ id: member.id });
    },
    {
      stale: ['members', 'project-members', 'audit'],
      onDone: () => {
        onClose();
        toast(`${email} is removed`);
        onDone?.();
      },
    },
  );
  return (
    <DestroyDialog
      title={`Remove ${email}`}
      names={[email]}
      action="Remove member"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      They lose access now: {accessOf(person)}.{' '}
      {left ?? (keys.data === undefined ? 'API keys they created keep working.' : 'They created no API keys.')}
      {left !== undefined && (
        <>
          {' '}
          <Anchor component={Link} to={to('account', `api-keys?creator=${userId}`)} size="sm">
            Review keys
          </Anchor>
        </>
      )}
    </DestroyDialog>
  );
}
