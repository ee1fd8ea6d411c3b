import { Button, Card, Stack, Text, Title } from '@mantine/core';
import type { Project } from '@raffia/client/client.ts';
import { FolderX, UserPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { projectNamed } from '../addresses.ts';
import { useGrants, useMembers, useProjects } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { AddGrant } from '../parts/add-grant.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { useMemberName } from '../parts/member-name.ts';
import { MemberState } from '../parts/member-state.tsx';
import { EmptyState, Loaded } from '../parts/notices.tsx';
import { type Grant, keyIdOf } from '../parts/people.ts';
import { monthly } from '../parts/price.ts';
import { lacks } from '../parts/refusals.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { TagChip } from '../parts/tag-chip.tsx';
import { perHourOf } from '../parts/usage-lines.ts';
import { useGrantActs } from '../parts/use-grant-acts.tsx';
import { useLeftIn } from '../parts/use-left-in.ts';
import { useProjectActs } from '../parts/use-project-acts.tsx';
import { useUsage } from '../parts/use-usage.ts';

/** A project as the account has it: who may what in it, what it holds and costs. */
export default function ProjectPage() {
  const { id } = useParams();
  const projects = useProjects();
  return (
    <Loaded query={projects} shape="detail">
      {(list) => {
        const project = projectNamed(list, id);
        return project === undefined ? <Gone /> : <Details project={project} />;
      }}
    </Loaded>
  );
}

function Gone() {
  const { to } = useScope();
  return (
    <EmptyState
      icon={FolderX}
      title="No such project"
      order={1}
      action={
        <Button variant="default" component={Link} to={to('account', 'team/projects')}>
          Go to projects
        </Button>
      }
    >
      It was deleted, or you have no role in it.
    </EmptyState>
  );
}

function Details({ project }: { project: Project }) {
  const { to } = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const { session } = useCurrent();
  const nameOf = useMemberName();
  const members = useMembers();
  const usage = useUsage();
  const leftIn = useLeftIn();
  const { grants, isLoaded } = useGrants([project]);
  const [isAdding, setAdding] = useState(false);
  const { actsOf, dialog } = useProjectActs(
    () => grants.map(({ held }) => nameOf(held)),
    () => void navigate(to('account', 'team/projects'), { replace: true }),
  );
  const manages = may('account.members.manage') || may('project.members.manage', project.id);
  const sees = may('account.members.view') || may('project.members.view', project.id);
  // The Owner has access to every project already, and nobody gives himself a role.
  const people = (members.data ?? []).flatMap(({ user_id, email, role }) =>
    user_id && role !== 'owner' && user_id !== session.user.id && !grants.some(({ held }) => held.user_id === user_id)
      ? [{ id: user_id, name: email, holder: { target_user_id: user_id } }]
      : [],
  );
  const lines = usage.data?.filter(({ projectId }) => projectId === project.id);
  const left = leftIn(project.id);
  return (
    <Stack gap={16}>
      <DetailHead
        name={project.name}
        state={
          <>
            <span className="mono">{project.slug}</span>
            {project.is_default && <TagChip>Default</TagChip>}
            {project.description !== undefined && project.description !== '' && <span>{project.description}</span>}
          </>
        }
        actions={
          <>
            <Button variant="default" component={Link} to={to('project', '', project)}>
              Open project
            </Button>
            <RowMenu name={project.name} acts={actsOf(project).slice(1)} />
          </>
        }
      />
      <FactsCard
        facts={[
          { label: 'Holds', value: left.length === 0 ? 'Nothing yet' : left.join(', ') },
          ...(lines === undefined ? [] : [{ label: 'Monthly', value: monthly(perHourOf(lines)) }]),
          { label: 'Region for new resources', value: project.default_region },
          { label: 'Created', value: <RelativeTime time={project.created_at} /> },
          { label: 'ID', value: `${project.id.slice(0, 8)}…`, copy: project.id, isMono: true },
        ]}
      />
      {sees && (
        <>
          <div style={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 12 }}>
            <Title order={2} size="h4">
              Members of {project.name}
            </Title>
            <Button
              variant="default"
              leftSection={<UserPlus size={16} aria-hidden />}
              disabled={!manages}
              title={manages ? undefined : lacks('project.members.manage')}
              onClick={() => setAdding(true)}
            >
              Add member
            </Button>
          </div>
          {isLoaded && grants.length === 0 ? (
            <Card withBorder>
              <Text size="sm">Only the Owner. Add a member to give them a role in this project.</Text>
            </Card>
          ) : (
            isLoaded && <Grants grants={grants} />
          )}
        </>
      )}
      {isAdding && <AddGrant asks="person" people={people} projects={[project]} onClose={() => setAdding(false)} />}
      {dialog}
    </Stack>
  );
}

/** Who has a role on the project, people and keys. */
function Grants({ grants }: { grants: readonly Grant[] }) {
  const { to } = useScope();
  const nameOf = useMemberName();
  const may = useMay();
  const { role, actsOf, dialog } = useGrantActs();
  const columns = useMemo(
    (): readonly Column<Grant>[] => [
      { id: 'member', title: 'Member', priority: 1, width: 240, cell: () => null },
      { id: 'role', title: 'Role', priority: 3, width: 220, cell: role },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 130,
        sort: ({ held }) => held.status,
        cell: ({ held }) => <MemberState status={held.status} />,
      },
      {
        id: 'since',
        title: 'Since',
        priority: 4,
        width: 170,
        cell: ({ held: { accepted_at, created_at, invitation_expires_at } }) =>
          invitation_expires_at === undefined ? (
            <RelativeTime time={accepted_at ?? created_at ?? ''} />
          ) : (
            <>
              Expires <RelativeTime time={invitation_expires_at} />
            </>
          ),
      },
    ],
    [role],
  );
  const linkOf = ({ held }: Grant) => {
    const keyId = keyIdOf(held);
    if (keyId !== undefined) return to('account', `api-keys/${keyId}`);
    return to('account', `team/members/${held.user_id ?? held.id}`);
  };
  return (
    <>
      <ResourceTable
        label="Members"
        things="members"
        columns={may('account.members.view') ? columns : named(columns, nameOf)}
        items={grants}
        idOf={({ held }) => held.id}
        nameOf={({ held }) => nameOf(held)}
        {...(may('account.members.view') ? { linkOf } : {})}
        actsOf={actsOf}
      />
      {dialog}
    </>
  );
}

/** The same where a member's page is not for the person: names that lead nowhere. */
function named(
  [first, ...columns]: readonly Column<Grant>[],
  nameOf: (held: Grant['held']) => string,
): readonly Column<Grant>[] {
  return first === undefined ? [] : [{ ...first, cell: ({ held }) => <bdi>{nameOf(held)}</bdi> }, ...columns];
}
