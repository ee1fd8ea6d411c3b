import type { AccessStatus } from '@raffia/contract/enums.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { Ban, CirclePlay, Pencil, Shield, UserMinus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CancelInvitation } from './cancel-invitation.tsx';
import { ChangeAccountRole } from './change-account-role.tsx';
import { useMemberName } from './member-name.ts';
import { isOwner, keyIdOf, type Person } from './people.ts';
import { lacks } from './refusals.ts';
import { RemoveAccountRole } from './remove-account-role.tsx';
import { RemoveMember } from './remove-member.tsx';
import type { Act } from './row-menu.tsx';
import { toast } from './toast.tsx';
import { ownAccess } from './use-grant-acts.tsx';

type Dialog = { readonly of: 'role' | 'cancel' | 'remove-role' | 'remove'; readonly person: Person };

/**
 * What can be done with somebody's place in the account, in the list and on their page. The server's guard rails are seen before the
 * click: what is refused there is refused here, with the reason.
 */
export function useMemberActs(onRemoved?: () => void): {
  actsOf: (person: Person) => readonly Act[];
  /** Why the account role can't be changed. */
  refusalOf: (person: Person) => string | undefined;
  dialog: ReactNode;
} {
  const may = useMay();
  const nameOf = useMemberName();
  const { api, session } = useCurrent();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const suspend = useChange(
    ({ person, status }: { person: Person; status: AccessStatus }) =>
      api.updateMember({ id: person.member?.id ?? '', body: { status } }).catch((error: Error) => {
        toast(error.message, { isFailure: true });
        throw error;
      }),
    {
      stale: ['members', 'project-members', 'api-keys', 'audit'],
      onDone: (_, { person, status }) =>
        toast(`${nameOf(person)} is ${status === 'active' ? 'active again' : 'suspended'}`),
    },
  );
  const refusal = (person: Person, permission: Permission) => {
    if (isOwner(person)) return 'The Owner has every permission. Your operator can transfer the account.';
    if (person.userId === session.user.id) return ownAccess;
    return may(permission) ? undefined : lacks(permission);
  };
  const refusalOf = (person: Person) =>
    refusal(person, 'account.members.manage') ??
    (person.member?.status === 'pending' ? refusal(person, 'account.members.invite') : undefined);
  const open = (of: Dialog['of'], person: Person) => () => setDialog({ of, person });
  const close = () => setDialog(null);
  return {
    refusalOf,
    actsOf: (person) => {
      const { member } = person;
      const isKey = keyIdOf(person) !== undefined;
      const isActive = member?.status === 'active';
      const unmanaged = refusal(person, 'account.members.manage');
      const remove: Act = {
        label: 'Remove member…',
        icon: UserMinus,
        isDangerous: true,
        refused: refusal(person, 'account.members.remove'),
        onSelect: open('remove', person),
      };
      if (member === undefined) {
        const isKnown = person.userId !== undefined;
        return [
          {
            label: 'Give account role…',
            icon: Shield,
            refused: unmanaged ?? (isKnown ? undefined : 'They have not accepted their invitation yet'),
            onSelect: open('role', person),
          },
          remove,
        ];
      }
      const change: Act = {
        label: 'Change account role…',
        icon: Pencil,
        refused: refusalOf(person),
        onSelect: open('role', person),
      };
      if (member.status === 'pending') {
        const refused = refusal(person, 'account.members.invite');
        return [
          change,
          {
            label: 'Cancel invitation…',
            icon: Ban,
            isDangerous: true,
            refused,
            onSelect: open(person.grants.length === 0 ? 'cancel' : 'remove', person),
          },
        ];
      }
      return [
        change,
        {
          label: isActive ? (isKey ? 'Suspend account role' : 'Suspend') : 'Reactivate',
          icon: isActive ? Ban : CirclePlay,
          refused: unmanaged,
          onSelect: () => suspend.mutate({ person, status: isActive ? 'suspended' : 'active' }),
        },
        {
          label: 'Remove account role…',
          icon: Shield,
          isDangerous: true,
          refused: unmanaged,
          onSelect: open('remove-role', person),
        },
        ...(isKey ? [] : [remove]),
      ];
    },
    dialog:
      dialog === null ? null : dialog.of === 'role' ? (
        <ChangeAccountRole person={dialog.person} name={nameOf(dialog.person)} onClose={close} />
      ) : dialog.of === 'cancel' ? (
        <CancelInvitation
          invitation={{ id: dialog.person.member?.id ?? '', email: dialog.person.email }}
          onClose={close}
        />
      ) : dialog.of === 'remove-role' ? (
        <RemoveAccountRole person={dialog.person} name={nameOf(dialog.person)} onClose={close} />
      ) : (
        <RemoveMember person={dialog.person} onClose={close} onDone={onRemoved} />
      ),
  };
}
