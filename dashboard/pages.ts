import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { ResourceName } from '@raffia/contract/resources.ts';
import {
  Activity,
  Building2,
  Camera,
  Disc3,
  Gauge,
  HardDrive,
  History,
  KeyRound,
  LayoutDashboard,
  Network,
  ReceiptText,
  ScrollText,
  Server,
  ServerCog,
  Settings,
  Terminal,
  Users,
} from 'lucide-react';
import type { ComponentType } from 'react';
import type { Within } from './addresses.ts';
import type { Shape } from './parts/skeleton.tsx';

/** A line of the menu. */
export interface Place {
  readonly label: string;
  readonly icon: typeof Server;
  /** The kind that the page shows: who sees none of it has no use for the page. */
  readonly shows?: ResourceName;
  /** The same of a page that shows no kind. */
  readonly permission?: Permission;
  /** The letter that leads there after `g`. */
  readonly key?: string;
  /** Where it leads, where that is not the page's own path. */
  readonly to?: string;
}

export type Load = () => Promise<{ default: ComponentType }>;

export interface Page {
  readonly within: Within;
  /** Below the account or the project (addresses.ts). */
  readonly path: string;
  readonly load: Load;
  /** What is shown until the page and its data are there. */
  readonly shape: Shape;
  readonly place?: Place;
}

/** Before one is signed in. */
export const entrances: readonly { readonly path: string; readonly load: Load }[] = [
  { path: '/sign-in', load: () => import('./pages/sign-in.tsx') },
  { path: '/sign-up', load: () => import('./pages/sign-up.tsx') },
  { path: '/forgotten', load: () => import('./pages/forgotten.tsx') },
  { path: '/link', load: () => import('./pages/link.tsx') },
  { path: '/invitation', load: () => import('./pages/invitation.tsx') },
];

/** Every page behind the sign-in, those of the menu in its order. */
export const pages: readonly Page[] = [
  {
    within: 'project',
    path: '',
    load: () => import('./pages/overview.tsx'),
    shape: 'cards',
    place: { label: 'Overview', icon: LayoutDashboard, key: 'o' },
  },
  {
    within: 'project',
    path: 'vms',
    load: () => import('./pages/vms.tsx'),
    shape: 'list',
    place: { label: 'Virtual machines', icon: Server, key: 'v', shows: 'vm' },
  },
  { within: 'project', path: 'vms/new', load: () => import('./pages/create-vm.tsx'), shape: 'form' },
  { within: 'project', path: 'vms/:id/:tab?', load: () => import('./pages/vm.tsx'), shape: 'detail' },
  {
    within: 'project',
    path: 'volumes',
    load: () => import('./pages/volumes.tsx'),
    shape: 'list',
    place: { label: 'Volumes', icon: HardDrive, shows: 'volume' },
  },
  { within: 'project', path: 'volumes/:id', load: () => import('./pages/volume.tsx'), shape: 'detail' },
  {
    within: 'project',
    path: 'snapshots',
    load: () => import('./pages/snapshots.tsx'),
    shape: 'list',
    place: { label: 'Snapshots', icon: Camera, shows: 'snapshot' },
  },
  {
    within: 'project',
    path: 'backups',
    load: () => import('./pages/backups.tsx'),
    shape: 'list',
    place: { label: 'Backups', icon: History, key: 'b', shows: 'backup' },
  },
  {
    within: 'project',
    path: 'backups/schedules',
    load: () => import('./pages/backup-schedules.tsx'),
    shape: 'list',
  },
  {
    within: 'project',
    path: 'networks/:tab?',
    load: () => import('./pages/networks.tsx'),
    shape: 'list',
    place: { label: 'Networks', icon: Network, key: 'n', shows: 'vpc', to: 'networks' },
  },
  { within: 'project', path: 'networks/vpcs/:id', load: () => import('./pages/vpc.tsx'), shape: 'detail' },
  {
    within: 'project',
    path: 'networks/firewall/:id',
    load: () => import('./pages/firewall-group.tsx'),
    shape: 'detail',
  },
  {
    within: 'project',
    path: 'images',
    load: () => import('./pages/images.tsx'),
    shape: 'list',
    place: { label: 'Images', icon: Disc3, shows: 'image' },
  },
  {
    within: 'account',
    path: 'ssh-keys',
    load: () => import('./pages/ssh-keys.tsx'),
    shape: 'list',
    place: { label: 'SSH keys', icon: Terminal, shows: 'sshKey' },
  },
  {
    within: 'account',
    path: 'api-keys',
    load: () => import('./pages/api-keys.tsx'),
    shape: 'list',
    place: { label: 'API keys', icon: KeyRound, key: 'k', shows: 'apiKey' },
  },
  { within: 'account', path: 'api-keys/new', load: () => import('./pages/create-api-key.tsx'), shape: 'form' },
  { within: 'account', path: 'api-keys/:id', load: () => import('./pages/api-key.tsx'), shape: 'detail' },
  {
    within: 'account',
    path: 'team/:tab',
    load: () => import('./pages/team.tsx'),
    shape: 'list',
    place: { label: 'Team and access', icon: Users, key: 't', shows: 'member', to: 'team/members' },
  },
  { within: 'account', path: 'team/members/:id', load: () => import('./pages/member.tsx'), shape: 'detail' },
  { within: 'account', path: 'team/projects/:id', load: () => import('./pages/project.tsx'), shape: 'detail' },
  { within: 'account', path: 'team/roles/:id', load: () => import('./pages/role.tsx'), shape: 'detail' },
  {
    within: 'account',
    path: 'audit',
    load: () => import('./pages/audit.tsx'),
    shape: 'list',
    place: { label: 'Audit log', icon: ScrollText, key: 'a', permission: 'account.audit.view' },
  },
  {
    within: 'account',
    path: 'usage/:tab?',
    load: () => import('./pages/usage.tsx'),
    shape: 'list',
    place: { label: 'Usage', icon: ReceiptText, permission: 'account.billing.view', to: 'usage' },
  },
  {
    within: 'account',
    path: 'settings',
    load: () => import('./pages/settings.tsx'),
    shape: 'form',
    place: { label: 'Settings', icon: Settings },
  },
  {
    within: 'operator',
    path: '',
    load: () => import('./pages/operator.tsx'),
    shape: 'cards',
    place: { label: 'Cloud status', icon: Activity },
  },
  {
    within: 'operator',
    path: 'accounts',
    load: () => import('./pages/operator-accounts.tsx'),
    shape: 'list',
    place: { label: 'Accounts', icon: Building2 },
  },
  {
    within: 'operator',
    path: 'accounts/:id',
    load: () => import('./pages/operator-account.tsx'),
    shape: 'detail',
  },
  {
    within: 'operator',
    path: 'requests',
    load: () => import('./pages/operator-requests.tsx'),
    shape: 'list',
    place: { label: 'High limit requests', icon: Gauge },
  },
  {
    within: 'operator',
    path: 'machines',
    load: () => import('./pages/operator-machines.tsx'),
    shape: 'list',
    place: { label: 'Found machines', icon: ServerCog },
  },
  { within: 'person', path: 'me', load: () => import('./pages/me.tsx'), shape: 'form' },
  // Tokens and parts, to be looked at where Raffia is developed.
  ...(['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname)
    ? [{ within: 'person', path: 'parts', load: () => import('./pages/parts.tsx'), shape: 'cards' } as const]
    : []),
  { within: 'person', path: '*', load: () => import('./pages/not-found.tsx'), shape: 'form' },
];
