import { ActionIcon, Badge, Button, Card, Group, Menu, Stack, Table, Text } from '@mantine/core';
import type { Member } from '@raffia/client/client.ts';
import type { AccessStatus } from '@raffia/contract/enums.ts';
import { EllipsisVertical, UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import { useMembers } from '../../api/lists.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { actions, DataTable } from '../../parts/data-table.tsx';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { EmptyState, ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { RoleSelect } from '../../parts/role-select.tsx';
import { relative } from '../../parts/times.ts';
import { useNewDialog } from '../../parts/use-new-dialog.ts';
import { InvitationLink, Invite, type Invited } from './invite.tsx';
import { keyIdOf, useMemberName } from './member-name.ts';

export function Members() {
  const members = useMembers();
  const nameOf = useMemberName();
  const may = useMay();
  const { session } = useCurrent();
  const inviting = useNewDialog(may('account.members.invite'));
  const [invited, setInvited] = useState<Invited | null>(null);
  const [changing, setChanging] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const invite = may('account.members.invite') && (
    <Button leftSection={<UserPlus size={16} />} onClick={inviting.open}>
      Invite member
    </Button>
  );
  return (
    <Loaded query={members}>
      {(list) => (
        <Stack>
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              The Owner may do everything, and cannot be changed or removed.
            </Text>
            {invite}
          </Group>
          <Card withBorder p={0}>
            <DataTable columns={['Member', { wide: 'Account role' }, 'Status', { wide: 'Since' }, actions]}>
              {list.map((member) => (
                <Table.Tr key={member.id}>
                  <Table.Td>
                    <Text size="sm" fw={600} className="breaking">
                      {nameOf(member)}
                      {member.user_id === session.user.id && ' (you)'}
                    </Text>
                    <Text size="xs" c="dimmed" className="narrow">
                      {member.role_name}
                    </Text>
                  </Table.Td>
                  <Table.Td className="wide">{member.role_name}</Table.Td>
                  <Table.Td>
                    <MemberStatus member={member} />
                  </Table.Td>
                  <Table.Td className="wide">
                    <RelativeTime time={member.accepted_at ?? member.created_at ?? ''} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <MemberMenu
                      member={member}
                      name={nameOf(member)}
                      isSelf={member.user_id === session.user.id}
                      onChange={() => setChanging(member)}
                      onRemove={() => setRemoving(member)}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          </Card>
          {list.length === 1 && (
            <EmptyState icon={Users} title="Just you so far" action={invite}>
              Invite people to the whole account, for keys, members and billing, or to one project, for its machines.
              They choose their own password.
            </EmptyState>
          )}
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
          {changing !== null && (
            <ChangeRole member={changing} name={nameOf(changing)} onClose={() => setChanging(null)} />
          )}
          {removing !== null && <Remove member={removing} onClose={() => setRemoving(null)} />}
        </Stack>
      )}
    </Loaded>
  );
}

function MemberStatus({ member }: { member: Member }) {
  const colour = { active: 'palm.6', suspended: 'yellow', pending: 'gray' }[member.status];
  return (
    <Group gap={6}>
      <Badge variant="dot" color={colour} tt="none">
        {{ active: 'Active', suspended: 'Suspended', pending: 'Invited' }[member.status]}
      </Badge>
      {member.invitation_expires_at !== undefined && (
        <Text size="xs" c="dimmed">
          ends {relative(member.invitation_expires_at)}
        </Text>
      )}
    </Group>
  );
}

const suspension = {
  person: { active: 'Suspend', suspended: 'Let in again' },
  key: { active: 'Suspend the account role', suspended: 'Give the account role back' },
};

/** The server's guard rails, seen before the click: what is refused there is disabled here, with the reason. */
function MemberMenu({
  member,
  name,
  isSelf,
  onChange,
  onRemove,
}: {
  member: Member;
  name: string;
  isSelf: boolean;
  onChange: () => void;
  onRemove: () => void;
}) {
  const may = useMay();
  const { api } = useCurrent();
  const stale = ['members', 'project-members', 'api-keys', 'audit'];
  const cancel = useChange(() => api.cancelInvitation({ id: member.id }), {
    stale,
    done: 'The invitation was cancelled; its link is dead',
  });
  const suspend = useChange((status: AccessStatus) => api.updateMember({ id: member.id, body: { status } }), {
    stale,
    done: 'Done; it holds from the next request on',
  });
  const demote = useChange(() => api.removeAccountRole({ id: member.id }), {
    stale,
    done: 'The account role was taken away; roles on projects stay',
  });
  const isKey = keyIdOf(member) !== undefined;
  const isOwner = member.role === 'owner' && !isKey;
  const isWaiting = member.status === 'pending';
  const manages = may('account.members.manage') && !isSelf && !isOwner;
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`}>
            <EllipsisVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isOwner && <Menu.Label>The operator of this cloud can transfer the account to another member</Menu.Label>}
          {isSelf && !isOwner && <Menu.Label>Nobody changes himself: ask somebody else</Menu.Label>}
          <Menu.Item disabled={!manages || (isWaiting && !may('account.members.invite'))} onClick={onChange}>
            Change account role…
          </Menu.Item>
          {isWaiting ? (
            <Menu.Item disabled={!may('account.members.invite')} onClick={() => cancel.mutate()}>
              Cancel the invitation
            </Menu.Item>
          ) : (
            <>
              <Menu.Item
                disabled={!manages}
                onClick={() => suspend.mutate(member.status === 'active' ? 'suspended' : 'active')}
              >
                {suspension[isKey ? 'key' : 'person'][member.status === 'active' ? 'active' : 'suspended']}
              </Menu.Item>
              <Menu.Item disabled={!manages} onClick={() => demote.mutate()}>
                Take the account role away
              </Menu.Item>
              {!isKey && (
                <Menu.Item
                  c="var(--mantine-color-error)"
                  disabled={!may('account.members.remove') || isSelf || isOwner}
                  onClick={onRemove}
                >
                  Remove member…
                </Menu.Item>
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <ErrorNotice error={cancel.error ?? suspend.error ?? demote.error} />
    </>
  );
}

function ChangeRole({ member, name, onClose }: { member: Member; name: string; onClose: () => void }) {
  const { api } = useCurrent();
  const [roleId, setRoleId] = useState(member.role_id ?? null);
  const change = useChange(() => api.updateMember({ id: member.id, body: { role_id: roleId ?? '' } }), {
    stale: ['members', 'api-keys', 'audit'],
    done:
      member.status === 'pending'
        ? 'The invitation is for this role now'
        : 'The role was changed; it holds from the next request on',
    onDone: onClose,
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
    done: 'The member was removed',
    onDone: onClose,
  });
  return (
    <DestroyDialog
      title="Remove member"
      names={[member.email]}
      action="Remove"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      The account role and all roles on projects end with the next request. API keys that this person made go on
      working: look at them under API Keys, Created by.
    </DestroyDialog>
  );
}
