import { Button, Menu } from '@mantine/core';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import {
  CalendarClock,
  Camera,
  FolderPlus,
  Globe,
  HardDrive,
  History,
  KeyRound,
  Network,
  Plus,
  Server,
  ShieldCheck,
  ShieldPlus,
  Terminal,
  UserPlus,
} from 'lucide-react';
import { Link, useLocation, useNavigate } from 'react-router';
import { readAddress, type Within } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { useKey } from '../parts/use-key.ts';
import classes from './shell.module.css';

const things = [
  { label: 'VM', icon: Server, permission: 'vm.create', within: 'project', path: 'vms/new' },
  { label: 'Volume', icon: HardDrive, permission: 'volume.create', within: 'project', path: 'volumes?new' },
  { label: 'Snapshot', icon: Camera, permission: 'snapshot.create', within: 'project', path: 'snapshots?new' },
  { label: 'Backup', icon: History, permission: 'backup.create', within: 'project', path: 'backups?new' },
  {
    label: 'Backup schedule',
    icon: CalendarClock,
    permission: 'backup.manage',
    within: 'project',
    path: 'backups/schedules?new',
  },
  { label: 'VPC', icon: Network, permission: 'vpc.create', within: 'project', path: 'networks/vpcs?new' },
  { label: 'Public IP', icon: Globe, permission: 'ip.reserve', within: 'project', path: 'networks/ips?new' },
  {
    label: 'Firewall group',
    icon: ShieldCheck,
    permission: 'security_group.create',
    within: 'project',
    path: 'networks/firewall?new',
  },
  { label: 'API key', icon: KeyRound, permission: 'account.apikeys.create', within: 'account', path: 'api-keys?new' },
  { label: 'SSH key', icon: Terminal, permission: 'account.settings.manage', within: 'account', path: 'ssh-keys?new' },
  {
    label: 'Project',
    icon: FolderPlus,
    permission: 'account.projects.create',
    within: 'account',
    path: 'team/projects?new',
  },
  {
    label: 'Invitation',
    icon: UserPlus,
    permission: 'account.members.invite',
    within: 'account',
    path: 'team/members?new',
  },
  { label: 'Role', icon: ShieldPlus, permission: 'account.roles.create', within: 'account', path: 'team/roles?new' },
] as const satisfies readonly { within: Within; path: string; label: string; icon: unknown; permission: Permission }[];

/** What the person may make. */
export function useCreatable(): readonly (typeof things)[number][] {
  const { project } = useScope();
  const may = useMay();
  return things.filter(({ permission, within }) => may(permission, within === 'project' ? project?.id : undefined));
}

/** The page that lists what is made at an address. */
const madeOn = (path: string) => path.replace(/(\/new|\?new)$/, '');

/** What can be made, from wherever one is; what a person may not make is absent. */
export function CreateMenu() {
  const { to } = useScope();
  const mine = useCreatable();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useKey('create', () => {
    const here = readAddress(pathname).path;
    const made = mine.find(({ path }) => madeOn(path) === here);
    if (made !== undefined) navigate(to(made.within, made.path));
  });
  if (mine.length === 0) return null;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button variant="default" className={classes.create} leftSection={<Plus size={16} aria-hidden />}>
          <span className={classes.createWord}>Create</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {mine.map(({ label, icon: Icon, within, path }) => (
          <Menu.Item key={path} component={Link} to={to(within, path)} leftSection={<Icon size={16} aria-hidden />}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
