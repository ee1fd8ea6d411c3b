import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { PageHead } from '../parts/notices.tsx';
import { Members } from './team/members.tsx';
import { Projects } from './team/projects.tsx';
import { Roles } from './team/roles.tsx';

const tabs = [
  { value: 'members', label: 'Members', permission: 'account.members.view' },
  { value: 'projects', label: 'Projects', permission: undefined },
  { value: 'roles', label: 'Roles', permission: 'account.roles.view' },
] as const;

export default function Team() {
  const { tab = 'members' } = useParams();
  const navigate = useNavigate();
  const { to } = useScope();
  const may = useMay();
  return (
    <>
      <PageHead title="Team and access" />
      <Tabs value={tab} onChange={(value) => navigate(to('account', `team/${value}`))} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs
            .filter(({ permission }) => permission === undefined || may(permission))
            .map(({ value, label }) => (
              <Tabs.Tab key={value} value={value}>
                {label}
              </Tabs.Tab>
            ))}
        </Tabs.List>
        <Tabs.Panel value="members">
          <Members />
        </Tabs.Panel>
        <Tabs.Panel value="projects">
          <Projects />
        </Tabs.Panel>
        <Tabs.Panel value="roles">
          <Roles />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
