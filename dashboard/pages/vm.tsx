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
  readonly load: () => Promise<{ default: ComponentType<{ vm: VM }> }>;
}

/** The parts of the page, a file each, loaded when one is opened. */
const tabs = (
  [
    { id: 'overview', label: 'Overview', load: () => import('./vm/overview.tsx') },
    { id: 'console', label: 'Console', load: () => import('./vm/console.tsx') },
    { id: 'network', label: 'Network', load: () => import('./vm/network.tsx') },
    { id: 'storage', label: 'Storage', load: () => import('./vm/storage.tsx') },
    { id: 'snapshots', label: 'Snapshots', load: () => import('./vm/snapshots.tsx') },
    { id: 'backups', label: 'Backups', load: () => import('./vm/backups.tsx') },
    { id: 'activity', label: 'Activity', load: () => import('./vm/activity.tsx') },
    { id: 'settings', label: 'Settings', load: () => import('./vm/settings.tsx') },
  ] satisfies Tab[]
).map((tab) => ({ ...tab, Part: lazy<ComponentType<{ vm: VM }>>(tab.load) }));

// While the machine is read, not after.
const asked = location.pathname.split('/').at(-1);
void (tabs.find(({ id }) => id === asked) ?? tabs[0])?.load();

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
