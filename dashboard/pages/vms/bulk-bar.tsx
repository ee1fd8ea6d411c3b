import type { VM } from '@raffia/client/client.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { Play, RotateCw, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { type Failure, inTurn, type Outcome, parted } from '../../parts/bulk.ts';
import { BulkProgress } from '../../parts/bulk-progress.tsx';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { plural } from '../../parts/plural.ts';
import { SelectionBar } from '../../parts/selection-bar.tsx';

type Bulk = 'start' | 'stop' | 'reboot' | 'delete';

const said: Readonly<Record<Bulk, string>> = {
  start: 'Starting',
  stop: 'Stopping',
  reboot: 'Restarting',
  delete: 'Deleting',
};
/** What the server deletes with one request. */
const mostDeleted = 50;

interface Run {
  readonly action: Bulk;
  readonly total: number;
  readonly outcome: Outcome<VM>;
}

/** Acts on those of the chosen machines whose status and project allow it: the same table as the server's. */
export function BulkBar({
  selected,
  hidden,
  onShow,
  onRemove,
  onClear,
}: {
  selected: readonly VM[];
  hidden: number;
  onShow: () => void;
  onRemove: (id: string) => void;
  onClear: () => void;
}) {
  const { api } = useCurrent();
  const may = useMay();
  const [isDeleting, setDeleting] = useState(false);
  const [run, setRun] = useState<Run | null>(null);
  const allowed = (action: Bulk) =>
    selected.filter(
      (vm) => vmActions.runs(action, vm.status) && may(action === 'delete' ? 'vm.delete' : 'vm.power', vm.project_id),
    );
  const one = async (action: Exclude<Bulk, 'delete'>, vm: VM): Promise<readonly Failure<VM>[]> => {
    const options = { projectId: vm.project_id ?? '' };
    if (action === 'start') await api.startVM({ id: vm.id }, options);
    else if (action === 'stop') await api.stopVM({ id: vm.id }, options);
    else await api.rebootVM({ id: vm.id }, options);
    return [];
  };
  const remove = async (vms: readonly VM[]): Promise<readonly Failure<VM>[]> => {
    const { results = [] } = await api.deleteVMsBulk(
      { body: { ids: vms.map(({ id }) => id), volume_action: 'detach', delete_vpc: false } },
      { projectId: vms[0]?.project_id ?? '' },
    );
    return vms.flatMap((item) => {
      const found = results.find(({ id }) => id === item.id);
      return found?.success === false ? [{ item, reason: found.error ?? found.message ?? 'It was refused' }] : [];
    });
  };
  const act = useChange(
    async ({ action, vms }: { action: Bulk; vms: readonly VM[] }) => {
      const projects = [...new Set(vms.map(({ project_id }) => project_id))];
      const parts =
        action === 'delete'
          ? projects.flatMap((id) =>
              parted(
                vms.filter(({ project_id }) => project_id === id),
                mostDeleted,
              ),
            )
          : parted(vms, 1);
      const tell = (outcome: Outcome<VM>) => setRun({ action, total: vms.length, outcome });
      tell({ done: 0, failures: [] });
      setDeleting(false);
      return inTurn(parts, (part) => (action === 'delete' ? remove(part) : one(action, part[0] as VM)), tell);
    },
    { stale: ['vms', 'account', 'operations'] },
  );
  const start = (action: Bulk, vms: readonly VM[] = allowed(action)) => act.mutate({ action, vms });
  const ids = selected.map(({ id, name }) => ({ id, name }));
  const doomed = allowed('delete');
  return (
    <>
      {run !== null && (
        <BulkProgress
          title={`${said[run.action]} ${plural(run.total, 'VM')}`}
          total={run.total}
          done={run.outcome.done}
          failures={run.outcome.failures}
          isRunning={act.isPending}
          onRetry={() =>
            start(
              run.action,
              run.outcome.failures.map(({ item }) => item),
            )
          }
          onClose={() => setRun(null)}
        />
      )}
      {selected.length > 0 && (
        <SelectionBar
          items={ids}
          hidden={hidden}
          onShow={onShow}
          onRemove={onRemove}
          onClear={onClear}
          acts={
            [
              { verb: 'Start', icon: Play, count: allowed('start').length, onSelect: () => start('start') },
              { verb: 'Stop', icon: Square, count: allowed('stop').length, onSelect: () => start('stop') },
              { verb: 'Restart', icon: RotateCw, count: allowed('reboot').length, onSelect: () => start('reboot') },
              {
                verb: 'Delete',
                icon: Trash2,
                count: doomed.length,
                isDangerous: true,
                asks: true,
                onSelect: () => setDeleting(true),
              },
            ].map((one) => ({ ...one, isPending: act.isPending && one.verb !== 'Delete' })) as never
          }
        />
      )}
      {isDeleting && (
        <DestroyDialog
          title={`Delete ${plural(doomed.length, 'VM')}`}
          action={`Delete ${plural(doomed.length, 'VM')}`}
          names={doomed.map(({ name }) => name)}
          things="VMs"
          goes={[
            `${doomed.length === 1 ? 'Its system disk' : 'Their system disks'} and snapshots. You can't undo this.`,
          ]}
          stays={['Volumes and backups, which stay billed']}
          isPending={act.isPending}
          error={act.error}
          onConfirm={() => start('delete', doomed)}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}
