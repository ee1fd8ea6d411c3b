import { Anchor, Button, Card, Stack, Text, Title } from '@mantine/core';
import { FolderPlus, UserX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useApiKeys } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay, useSees } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { AddGrant, type Holder } from '../parts/add-grant.tsx';
import { namesOf } from '../parts/bulk.ts';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { useMemberName } from '../parts/member-name.ts';
import { MemberState } from '../parts/member-state.tsx';
import { EmptyState, Loaded } from '../parts/notices.tsx';
import { accessOf, type Grant, isOwner, keyIdOf, type Person } from '../parts/people.ts';
import { lacks } from '../parts/refusals.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { HeldRole } from '../parts/role-select.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { toast } from '../parts/toast.tsx';
import { ownAccess, useGrantActs } from '../parts/use-grant-acts.tsx';
import { useMemberActs } from '../parts/use-member-acts.tsx';
import { usePeople } from '../parts/use-people.ts';

/** Somebody, with all that they may reach here: given, changed and taken away in place. */
export default function MemberPage() {
  const { id } = useParams();
  const people = usePeople();
  return (
    <Loaded<readonly Person[]> query={people as never} shape="detail">
      {(list) => {
        const person = list.find((one) => one.id === id);
        return person === undefined ? <Gone /> : <Details person={person} people={list} />;
      }}
    </Loaded>
  );
}

function Gone() {
  const { to } = useScope();
  return (
    <EmptyState
      icon={UserX}
      title="Not a member"
      order={1}
      action={
        <Button variant="default" component={Link} to={to('account', 'team/members')}>
          Go to members
        </Button>
      }
    >
      They were removed, or their invitation has ended.
    </EmptyState>
  );
}

/** Why nobody may be given a role by who looks at this; undefined where they may on some project. */
function useAddRefusal(person: Person): string | undefined {
  const { session } = useCurrent();
  const may = useMay();
  if (person.userId === session.user.id) return ownAccess;
  if (person.userId === undefined && keyIdOf(person) === undefined)
    return 'They have not accepted their invitation yet';
  return may('account.members.manage') || may('project.members.manage') ? undefined : lacks('project.members.manage');
}

function Details({ person, people }: { person: Person; people: readonly Person[] }) {
  const { member, grants } = person;
  const { projects, to } = useScope();
  const navigate = useNavigate();
  const may = useMay();
  const sees = useSees();
  const nameOf = useMemberName();
  const keys = useApiKeys();
  const [isAdding, setAdding] = useState(false);
  const { actsOf, refusalOf, dialog } = useMemberActs(
    () => void navigate(to('account', 'team/members'), { replace: true }),
  );
  const name = nameOf(person);
  const keyId = keyIdOf(person);
  const actorId = person.userId ?? keyId;
  const isFull = isOwner(person);
  const holder: Holder = keyId === undefined ? { target_user_id: person.userId ?? '' } : { api_key_id: keyId };
  const free = projects.filter(
    ({ id }) =>
      !grants.some(({ project }) => project.id === id) &&
      (may('account.members.manage') || may('project.members.manage', id)),
  );
  const refused = useAddRefusal(person);
  const made = (keys.data ?? []).filter(
    ({ created_by }) => person.userId !== undefined && created_by === person.userId,
  );
  const inviter = people.find(({ userId }) => userId !== undefined && userId === member?.invited_by);
  const held = member ?? grants[0]?.held;
  return (
    <Stack gap={16}>
      <DetailHead
        name={name}
        state={
          <>
            <MemberState status={person.status} />
            <span>{accessOf(person)}</span>
          </>
        }
        actions={
          <>
            {!isFull && (
              <Button
                variant="default"
                leftSection={<FolderPlus size={16} aria-hidden />}
                disabled={refused !== undefined || free.length === 0}
                title={refused ?? (free.length === 0 ? 'They have a role in every project' : undefined)}
                onClick={() => setAdding(true)}
              >
                Add to project
              </Button>
            )}
            <RowMenu name={name} acts={actsOf(person)} />
          </>
        }
      />
      <FactsCard
        facts={[
          { label: 'Account role', value: <AccountRole person={person} name={name} refused={refusalOf(person)} /> },
          ...(held?.invitation_expires_at === undefined
            ? [{ label: 'Member since', value: timeOf(held?.accepted_at ?? held?.created_at) }]
            : [{ label: 'Invitation expires', value: timeOf(held.invitation_expires_at) }]),
          { label: 'Invited by', value: inviter?.email },
          ...(may('account.audit.view') && actorId !== undefined
            ? [
                {
                  label: 'Changes they made',
                  value: (
                    <Anchor component={Link} to={to('account', `audit?actor=${actorId}`)} size="sm">
                      Show in the audit log
                    </Anchor>
                  ),
                },
              ]
            : []),
          ...(sees('apiKey') && keyId === undefined
            ? [
                {
                  label: 'API keys created',
                  value:
                    made.length === 0 ? (
                      'None'
                    ) : (
                      <Anchor component={Link} to={to('account', `api-keys?creator=${person.userId}`)} size="sm">
                        {namesOf(made.map((key) => key.name))}
                      </Anchor>
                    ),
                },
              ]
            : []),
        ]}
      />
      <Title order={2} size="h4">
        Projects
      </Title>
      {isFull || grants.length === 0 ? (
        <Card withBorder>
          <Text size="sm">
            {isFull
              ? 'The Owner has every permission in all projects, current and future.'
              : 'No role in any project. Add one to give access to its VMs and networks.'}
          </Text>
        </Card>
      ) : (
        <Grants grants={grants} />
      )}
      {isAdding && (
        <AddGrant
          asks="project"
          people={[{ id: person.id, name, holder }]}
          projects={free}
          onClose={() => setAdding(false)}
        />
      )}
      {dialog}
    </Stack>
  );
}

const timeOf = (time: string | undefined) => (time === undefined ? undefined : <RelativeTime time={time} />);

function AccountRole({ person, name, refused }: { person: Person; name: string; refused: string | undefined }) {
  const { api } = useCurrent();
  const { member } = person;
  const change = useChange(
    ({ role_id }: { role_id: string; said: string }) =>
      api.updateMember({ id: member?.id ?? '', body: { role_id } }).catch((error: Error) => {
        toast(error.message, { isFailure: true });
        throw error;
      }),
    { stale: ['members', 'api-keys', 'audit'], onDone: (_, { said }) => toast(said) },
  );
  if (member === undefined) return 'None';
  return (
    <HeldRole
      label={`Account role of ${name}`}
      scope="account"
      roleId={member.role_id}
      roleName={member.role_name}
      refused={refused}
      isPending={change.isPending}
      onChange={(role_id, role) => change.mutate({ role_id, said: `${name} is ${role} now` })}
    />
  );
}

/** Roles on projects, a row for each project. */
function Grants({ grants }: { grants: readonly Grant[] }) {
  const { to } = useScope();
  const { role, actsOf, dialog } = useGrantActs();
  const columns = useMemo(
    (): readonly Column<Grant>[] => [
      { id: 'project', title: 'Project', priority: 1, width: 220, cell: () => null },
      { id: 'role', title: 'Role', priority: 3, width: 220, cell: role },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 130,
        cell: ({ held }) => <MemberState status={held.status} />,
      },
      {
        id: 'since',
        title: 'Since',
        priority: 4,
        width: 170,
        cell: ({ held }) => timeOf(held.accepted_at ?? held.created_at) ?? '–',
      },
    ],
    [role],
  );
  return (
    <>
      <ResourceTable
        label="Roles in projects"
        things="projects"
        columns={columns}
        items={grants}
        idOf={({ held }) => held.id}
        nameOf={({ project }) => project.name}
        linkOf={({ project }) => to('account', `team/projects/${project.slug}`)}
        actsOf={actsOf}
      />
      {dialog}
    </>
  );
}
