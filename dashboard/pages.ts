import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { ResourceName } from '@raffia/contract/resources.ts';
import { Disc3, House, KeyRound, ScrollText, Server, Settings, Terminal, Users } from 'lucide-react';
import type { ComponentType } from 'react';

/** A line of the menu. */
export interface Place {
  readonly label: string;
  readonly icon: typeof House;
  /** The kind that the page shows: who sees none of it has no use for the page. */
  readonly shows?: ResourceName;
  /** The same of a page that shows no kind. */
  readonly permission?: Permission;
  /** Where it leads, where that is not the page's own path. */
  readonly to?: string;
}

export interface Page {
  readonly path: string;
  readonly load: () => Promise<{ default: ComponentType }>;
  readonly place?: Place;
}

/** Before one is signed in. */
export const entrances: readonly Page[] = [
  { path: '/sign-in', load: () => import('./pages/sign-in.tsx') },
  { path: '/sign-up', load: () => import('./pages/sign-up.tsx') },
  { path: '/forgotten', load: () => import('./pages/forgotten.tsx') },
  { path: '/link', load: () => import('./pages/link.tsx') },
  { path: '/invitation', load: () => import('./pages/invitation.tsx') },
];

/** Every page behind the sign-in, those of the menu in its order. */
export const pages: readonly Page[] = [
  { path: '/', load: () => import('./pages/overview.tsx'), place: { label: 'Overview', icon: House } },
  {
    path: '/vms',
    load: () => import('./pages/vms.tsx'),
    place: { label: 'Virtual Machines', icon: Server, shows: 'vm' },
  },
  { path: '/vms/new', load: () => import('./pages/create-vm.tsx') },
  { path: '/vms/:id', load: () => import('./pages/vm.tsx') },
  {
    path: '/images',
    load: () => import('./pages/images.tsx'),
    place: { label: 'Images', icon: Disc3, shows: 'image' },
  },
  {
    path: '/ssh-keys',
    load: () => import('./pages/ssh-keys.tsx'),
    place: { label: 'SSH Keys', icon: Terminal, shows: 'sshKey' },
  },
  {
    path: '/api-keys',
    load: () => import('./pages/api-keys.tsx'),
    place: { label: 'API Keys', icon: KeyRound, shows: 'apiKey' },
  },
  { path: '/api-keys/:id', load: () => import('./pages/api-key.tsx') },
  {
    path: '/team/:tab',
    load: () => import('./pages/team.tsx'),
    place: { label: 'Team & Access', icon: Users, shows: 'member', to: '/team/members' },
  },
  {
    path: '/audit',
    load: () => import('./pages/audit.tsx'),
    place: { label: 'Audit log', icon: ScrollText, permission: 'account.audit.view' },
  },
  { path: '/settings', load: () => import('./pages/settings.tsx'), place: { label: 'Settings', icon: Settings } },
  { path: '*', load: () => import('./pages/not-found.tsx') },
];
