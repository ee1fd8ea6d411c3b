import type { AccessStatus } from '@raffia/contract/enums.ts';
import { Ban, CirclePlay, UserMinus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CancelInvitation } from './cancel-invitation.tsx';
import { useMemberName } from './member-name.ts';
import type { Grant } from './people.ts';
import { lacks } from './refusals.ts';
import { RemoveGrant } from './remove-grant.tsx';
import { HeldRole } from './role-select.tsx';
import type { Act } from './row-menu.tsx';
import { toast } from './toast.tsx';

export const ownAccess = "You can't change your own access. Ask another Owner or Admin.";

/** What can be done with a role on a project, where somebody's roles are listed and where a project's people are. */
export function useGrantActs(): {
  role: (grant: Grant) => ReactNode;
  actsOf: (grant: Grant) => readonly Act[];
  dialog: ReactNode;
} {
  const may = useMay();
  const { api, session } = useCurrent();
  const nameOf = useMemberName();
  const [removing, setRemoving] = useState<Grant | null>(null);
  const change = useChange(
    ({ grant, body }: { grant: Grant; body: { role_id: string } | { status: AccessStatus }; said: string }) =>
      api.updateProjectMember({ id: grant.project.id, member_id: grant.held.id, body }).catch((error: Error) => {
        toast(error.message, { isFailure: true });
        throw error;
      }),
    { stale: ['project-members', 'members', 'api-keys', 'audit'], onDone: (_, { said }) => toast(said) },
  );
  const refusal = ({ project, held }: Grant, act: 'manage' | 'remove' | 'invite'): string | undefined => {
    if (held.user_id === session.user.id) return ownAccess;
    return may(`account.members.${act}`) || may(`project.members.${act}`, project.id)
      ? undefined
      : lacks(`project.members.${act}`);
  };
  return {
    role: (grant) => {
      const { project, held } = grant;
      const name = nameOf(held);
      return (
        <HeldRole
          label={`Role of ${name} in ${project.name}`}
          scope="project"
          roleId={held.role_id}
          roleName={held.role_name}
          refused={refusal(grant, 'manage') ?? (held.status === 'pending' ? refusal(grant, 'invite') : undefined)}
          isPending={change.isPending}
          onChange={(role_id, role) =>
            change.mutate({ grant, body: { role_id }, said: `${name} is ${role} in ${project.name}` })
          }
        />
      );
    },
    actsOf: (grant) => {
      const { project, held } = grant;
      const isActive = held.status === 'active';
      const isWaiting = held.status === 'pending';
      return [
        ...(isWaiting
          ? []
          : [
              {
                label: isActive ? `Suspend in ${project.name}` : `Reactivate in ${project.name}`,
                icon: isActive ? Ban : CirclePlay,
                refused: refusal(grant, 'manage'),
                onSelect: () =>
                  change.mutate({
                    grant,
                    body: { status: isActive ? 'suspended' : 'active' },
                    said: `${nameOf(held)} is ${isActive ? 'suspended' : 'active again'} in ${project.name}`,
                  }),
              },
            ]),
        {
          label: isWaiting ? 'Cancel invitation…' : `Remove from ${project.name}…`,
          icon: UserMinus,
          isDangerous: true,
          refused: refusal(grant, isWaiting ? 'invite' : 'remove'),
          onSelect: () => setRemoving(grant),
        },
      ];
    },
    dialog:
      removing === null ? null : removing.held.status === 'pending' ? (
        <CancelInvitation invitation={removing.held} onClose={() => setRemoving(null)} />
      ) : (
        <RemoveGrant grant={removing} name={nameOf(removing.held)} onClose={() => setRemoving(null)} />
      ),
  };
}
