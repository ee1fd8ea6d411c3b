import type { VM } from '@raffia/client/client.ts';
import { useOperations } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { WorkCard } from '../../parts/activity-card.tsx';

/** How many the page of activity shows. */
const most = 20;

export default function Activity({ vm }: { vm: VM }) {
  return <ActivityCard vm={vm} most={most} />;
}

/** The latest operations on a VM, with their steps. */
export function ActivityCard({ vm, most: shown }: { vm: VM; most: number }) {
  const { to, toThing } = useScope();
  const operations = useOperations({ resource_id: vm.id, limit: shown });
  const more =
    shown < most
      ? { label: 'All activity', to: toThing(`vms/${vm.id}/activity`, vm.project_id) }
      : { label: 'Audit log', to: to('account', 'audit?verb=vm') };
  return <WorkCard operations={operations} more={more} isCut={(count) => count === most} />;
}
