import { Button, Group } from '@mantine/core';
import type { Member } from '@raffia/client/client.ts';
import type { AccessStatus } from '@raffia/contract/enums.ts';
import { Ban, CirclePlay, Pencil, Shield, UserMinus, UserPlus, Users } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useMembers } from '../../api/lists.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { RoleSelect } from '../../parts/role-select.tsx';
import type { Act } from '../../parts/row-menu.tsx';
import { type Shape, State } from '../../parts/state-shape.tsx';
import { TagChip } from '../../parts/tag-chip.tsx';
import { toast } from '../../parts/toast.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useNewDialog } from '../../parts/use-new-dialog.ts';
import { InvitationLink, Invite, type Invited } from './invite.tsx';
import { keyIdOf, useMemberName } from './member-name.ts';

const shown: Readonly<Record<Member['status'], { word: string; shape: Shape }>> = {
  active: { word: 'Active', shape: 'on' },
  suspended: { word: 'Suspended', shape: 'off' },
  pending: { word: 'Invited', shape: 'waiting' },
};
const statuses = Object.entries(shown).map(([value, { word }]) => ({ value, label: word }));

export function Members() {
  const members = useMembers();
  const may = useMay();
  const inviting = useNewDialog(may('account.members.invite'));
  const [invited, setInvited] = useState<Invited | null>(null);
  const [changing, setChanging] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const nameOf = useMemberName();
  const invite = may('account.members.invite') && (
    <Button leftSection={<UserPlus size={16} aria-hidden />} onClick={inviting.open}>
      Invite member
    </Button>
  );
  return (
    <>
      <Group justify="flex-end" mb="sm">
        {invite}
      </Group>
      <ListStates query={members} things="members" empty={null}>
        {(list) => (
          <>
            <MemberList list={list} onChange={setChanging} onRemove={setRemoving} />
            {list.length === 1 && (
              <div style={{ marginTop: 16 }}>
                <EmptyState icon={Users} title="Just you so far" action={invite}>
                  Invite people to the whole account, or to one project. They choose their own password.
                </EmptyState>
              </div>
            )}
          </>
        )}
      </ListStates>
      {inviting.isOpen && (
        <Invite
          onClose={inviting.close}
          onInvited={(one) => {
            inviting.close();
            setInvited(one);
          }}
        />
      )}
      {invited !== null && <InvitationLink invited={invited} onClose={() => setInvited(null)} />}
      {changing !== null && <ChangeRole member={changing} name={nameOf(changing)} onClose={() => setChanging(null)} />}
      {removing !== null && <Remove member={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function MemberList({
  list,
  onChange,
  onRemove,
}: {
  list: readonly Member[];
  onChange: (member: Member) => void;
  onRemove: (member: Member) => void;
}) {
  const nameOf = useMemberName();
  const { session } = useCurrent();
  const { q, set, value, clear } = useListState();
  const actsOf = useMemberActs({ onChange, onRemove });
  const status = value('status', statuses);
  const text = q.trim().toLowerCase();
  const found = list.filter(
    (member) =>
      `${nameOf(member)} ${member.role_name ?? ''}`.toLowerCase().includes(text) &&
      (status === null || member.status === status),
  );
  const columns = useMemo(
    (): readonly Column<Member>[] => [
      {
        id: 'member',
        title: 'Member',
        priority: 1,
        width: 220,
        sort: nameOf,
        cell: (member) => (
          <>
            <b className="truncated">
              <bdi>{nameOf(member)}</bdi>
            </b>{' '}
            {member.user_id === session.user.id && <TagChip>you</TagChip>}
          </>
        ),
      },
      {
        id: 'role',
        title: 'Account role',
        priority: 3,
        width: 160,
        sort: ({ role_name }) => role_name,
        cell: ({ role_name }) => role_name ?? '–',
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 120,
        sort: (member) => member.status,
        cell: (member) => <State shape={shown[member.status].shape}>{shown[member.status].word}</State>,
      },
      {
        id: 'since',
        title: 'Since',
        priority: 4,
        width: 200,
        sort: ({ accepted_at, created_at }) => accepted_at ?? created_at,
        cell: ({ accepted_at, created_at, invitation_expires_at }) =>
          invitation_expires_at === undefined ? (
            <RelativeTime time={accepted_at ?? created_at ?? ''} />
          ) : (
            <>
              Expires <RelativeTime time={invitation_expires_at} />
            </>
          ),
      },
    ],
    [nameOf, session.user.id],
  );
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or role"
        found={found.length}
        total={list.length}
        things="members"
        filters={[{ label: 'Status', value: status, options: statuses, onChange: (next) => set('status', next) }]}
      />
      <ResourceTable
        label="Members"
        things="members"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={nameOf}
        actsOf={actsOf}
        onClear={() => clear(['q', 'status'])}
      />
    </>
  );
}

/** The server's guard rails, seen before the click: what is refused there is refused here, with the reason. */
function useMemberActs({
  onChange,
  onRemove,
}: {
  onChange: (member: Member) => void;
  onRemove: (member: Member) => void;
}): (member: Member) => readonly Act[] {
  const may = useMay();
  const nameOf = useMemberName();
  const { api, session } = useCurrent();
  const stale = ['members', 'project-members', 'api-keys', 'audit'];
  const failed = (error: unknown) => {
    toast((error as Error).message, { isFailure: true });
    throw error;
  };
  const cancel = useChange((member: Member) => api.cancelInvitation({ id: member.id }).catch(failed), {
    stale,
    onDone: (_, { email }) => toast(`Invitation to ${email} cancelled`),
  });
  const suspend = useChange(
    ({ member, status }: { member: Member; status: AccessStatus }) =>
      api.updateMember({ id: member.id, body: { status } }).catch(failed),
    {
      stale,
      onDone: (_, { member, status }) => toast(`${nameOf(member)} is ${status === 'active' ? 'active again' : status}`),
    },
  );
  const demote = useChange((member: Member) => api.removeAccountRole({ id: member.id }).catch(failed), {
    stale,
    onDone: (_, member) => toast(`${nameOf(member)} has no account role now. Project roles stay.`),
  });
  return (member) => {
    const isKey = keyIdOf(member) !== undefined;
    const isWaiting = member.status === 'pending';
    const isActive = member.status === 'active';
    const fixed =
      member.role === 'owner' && !isKey
        ? 'The Owner has every permission. Your operator can transfer the account.'
        : member.user_id === session.user.id
          ? "You can't change your own access. Ask another Owner or Admin."
          : undefined;
    const refusal = (permission: 'account.members.manage' | 'account.members.invite' | 'account.members.remove') =>
      fixed ?? (may(permission) ? undefined : `You need ${permission}. Ask an Owner or Admin.`);
    const unmanaged = refusal('account.members.manage');
    const change: Act = {
      label: 'Change account role…',
      icon: Pencil,
      refused: unmanaged ?? (isWaiting ? refusal('account.members.invite') : undefined),
      onSelect: () => onChange(member),
    };
    if (isWaiting) {
      const refused = refusal('account.members.invite');
      return [
        change,
        { label: 'Cancel invitation', icon: Ban, isDangerous: true, refused, onSelect: () => cancel.mutate(member) },
      ];
    }
    return [
      change,
      {
        label: isActive ? (isKey ? 'Suspend account role' : 'Suspend') : 'Reactivate',
        icon: isActive ? Ban : CirclePlay,
        refused: unmanaged,
        onSelect: () => suspend.mutate({ member, status: isActive ? 'suspended' : 'active' }),
      },
      { label: 'Remove account role', icon: Shield, refused: unmanaged, onSelect: () => demote.mutate(member) },
      ...(isKey
        ? []
        : [
            {
              label: 'Remove member…',
              icon: UserMinus,
              isDangerous: true as const,
              refused: refusal('account.members.remove'),
              onSelect: () => onRemove(member),
            },
          ]),
    ];
  };
}

function ChangeRole({ member, name, onClose }: { member: Member; name: string; onClose: () => void }) {
  const { api } = useCurrent();
  const [roleId, setRoleId] = useState(member.role_id ?? null);
  const change = useChange(() => api.updateMember({ id: member.id, body: { role_id: roleId ?? '' } }), {
    stale: ['members', 'api-keys', 'audit'],
    onDone: () => {
      onClose();
      toast(member.status === 'pending' ? `The invitation to ${name} has the new role` : `${name} has the new role`);
    },
  });
  return (
    <FormDialog
      title={`Account role of ${name}`}
      action="Change role"
      change={change}
      isReady={roleId !== member.role_id}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <RoleSelect label="Role" scope="account" value={roleId} onChange={setRoleId} />
    </FormDialog>
  );
}

function Remove({ member, onClose }: { member: Member; onClose: () => void }) {
  const { api } = useCurrent();
  const remove = useChange(() => api.removeMember({ id: member.id }), {
    stale: ['members', 'project-members', 'audit'],
    onDone: () => {
      onClose();
      toast(`${member.email} is removed`);
    },
  });
  return (
    <DestroyDialog
      title={`Remove ${member.email}`}
      names={[member.email]}
      action="Remove member"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      They lose access now. API keys they created keep working.
    </DestroyDialog>
  );
}
