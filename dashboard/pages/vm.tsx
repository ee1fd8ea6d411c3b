import { Stack } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { type ComponentType, lazy, Suspense } from 'react';
import { Navigate, useLocation, useParams } from 'react-router';
import { useVm } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { Loaded } from '../parts/notices.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { TabLinks } from '../parts/tab-links.tsx';
import { VmHead } from './vm/head.tsx';

interface Tab {
  readonly id: string;
  readonly label: string;
  readonly Part: ComponentType<{ vm: VM }>;
}

/** The parts of the page, a file each, loaded when one is opened. */
const tabs: readonly Tab[] = [
  { id: 'overview', label: 'Overview', Part: lazy(() => import('./vm/overview.tsx')) },
  { id: 'console', label: 'Console', Part: lazy(() => import('./vm/console.tsx')) },
  { id: 'network', label: 'Network', Part: lazy(() => import('./vm/network.tsx')) },
  { id: 'storage', label: 'Storage', Part: lazy(() => import('./vm/storage.tsx')) },
  { id: 'snapshots', label: 'Snapshots', Part: lazy(() => import('./vm/snapshots.tsx')) },
  { id: 'backups', label: 'Backups', Part: lazy(() => import('./vm/backups.tsx')) },
  { id: 'activity', label: 'Activity', Part: lazy(() => import('./vm/activity.tsx')) },
  { id: 'settings', label: 'Settings', Part: lazy(() => import('./vm/settings.tsx')) },
];

export default function VmPage() {
  const { id } = useParams();
  return (
    <Loaded query={useVm(id)} shape="detail">
      {(vm) => <Details vm={vm} />}
    </Loaded>
  );
}

function Details({ vm }: { vm: VM }) {
  const { has, toThing } = useScope();
  const { search } = useLocation();
  const { tab: asked = 'overview' } = useParams();
  const home = `vms/${vm.id}`;
  const addressOf = (id: string) => toThing(id === 'overview' ? home : `${home}/${id}`, vm.project_id);
  const tab = tabs.find(({ id }) => id === asked);
  // An address that names another project than the VM's own, or no part of its page.
  if (!has(vm) || tab === undefined) return <Navigate to={`${addressOf(tab?.id ?? 'overview')}${search}`} replace />;
  return (
    <Stack gap={4}>
      <VmHead vm={vm} />
      <TabLinks label="VM" current={tab.id} tabs={tabs.map(({ id, label }) => ({ id, label, to: addressOf(id) }))} />
      <Suspense fallback={<Skeleton shape="cards" isWithHead={false} />}>
        <tab.Part vm={vm} />
      </Suspense>
    </Stack>
  );
}
