import { Button } from '@mantine/core';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { FolderPlus, ShieldPlus, UserPlus } from 'lucide-react';
import { useParams } from 'react-router';
import { useProjects, useRoles } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { EditProject } from '../parts/edit-project.tsx';
import { EditRole } from '../parts/edit-role.tsx';
import { PageHead } from '../parts/notices.tsx';
import { TabLinks } from '../parts/tab-links.tsx';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { usePeople } from '../parts/use-people.ts';
import { Inviting } from './team/inviting.tsx';
import { Members } from './team/members.tsx';
import { Projects } from './team/projects.tsx';
import { Roles } from './team/roles.tsx';

const tabs = [
  {
    id: 'members',
    label: 'Members',
    sees: 'account.members.view',
    makes: 'account.members.invite',
    action: 'Invite member',
    icon: UserPlus,
  },
  {
    id: 'projects',
    label: 'Projects',
    sees: undefined,
    makes: 'account.projects.create',
    action: 'Create project',
    icon: FolderPlus,
  },
  {
    id: 'roles',
    label: 'Roles',
    sees: 'account.roles.view',
    makes: 'account.roles.create',
    action: 'Create role',
    icon: ShieldPlus,
  },
] as const satisfies readonly { sees: Permission | undefined; makes: Permission; [other: string]: unknown }[];

/** Who is in the account, what its projects are, and what roles there are to give. */
export default function Team() {
  const { tab: asked } = useParams();
  const { to } = useScope();
  const may = useMay();
  const people = usePeople();
  const projects = useProjects();
  const roles = useRoles();
  const seen = tabs.filter(({ sees }) => sees === undefined || may(sees));
  // Who loses a permission meanwhile stays where they are, with what they typed.
  const tab = tabs.find(({ id }) => id === asked) ?? seen[0] ?? tabs[1];
  const making = useNewDialog(may(tab.makes));
  const counts = { members: people.data?.length, projects: projects.data?.length, roles: roles.data?.length };
  const Icon = tab.icon;
  const make = may(tab.makes) && (
    <Button leftSection={<Icon size={16} aria-hidden />} onClick={making.open}>
      {tab.action}
    </Button>
  );
  return (
    <>
      <PageHead title="Team and access" part={tab.label} action={make} />
      <TabLinks
        label="Team"
        current={tab.id}
        tabs={seen.map(({ id, label }) => ({ id, label, to: to('account', `team/${id}`), count: counts[id] }))}
      />
      {tab.id === 'members' && <Members people={people} invite={make} />}
      {tab.id === 'projects' && <Projects />}
      {tab.id === 'roles' && <Roles />}
      {tab.id === 'members' && <Inviting isOpen={making.isOpen} onClose={making.close} />}
      {tab.id === 'projects' && making.isOpen && <EditProject project={null} onClose={making.close} />}
      {tab.id === 'roles' && making.isOpen && (
        <EditRole draft={{ name: '', scope: 'project', permissions: [] }} onClose={making.close} />
      )}
    </>
  );
}
