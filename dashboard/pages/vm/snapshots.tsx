import { Stack } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { Camera } from 'lucide-react';
import { useState } from 'react';
import { useSnapshots } from '../../api/lists.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { ResourceTable } from '../../parts/resource-table.tsx';
import { useSnapshotColumns } from '../../parts/snapshot-columns.tsx';
import { TakeSnapshotDialog } from '../../parts/take-dialogs.tsx';
import { useSnapshotActs } from '../../parts/use-snapshot-acts.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { TabHead } from './tab-head.tsx';

/** The system disk as it was at some moments, to go back to. */
export default function Snapshots({ vm }: { vm: VM }) {
  const snapshots = useSnapshots({ vm_id: vm.id });
  const columns = useSnapshotColumns({ hasSource: false });
  const { actsOf, dialog } = useSnapshotActs();
  const [isTaking, setTaking] = useState(false);
  const refused = useVmRefusal()(vm, 'snapshot', 'snapshot.create');
  const take = <ActButton label="Take snapshot" icon={Camera} refused={refused} onClick={() => setTaking(true)} />;
  return (
    <Stack gap="sm">
      <TabHead
        title="Snapshots"
        count={snapshots.data?.length}
        about="Copies of the system disk, kept on its host. Deleting or reinstalling the VM deletes them."
      >
        {take}
      </TabHead>
      <ListStates
        query={snapshots}
        things="snapshots"
        empty={
          <EmptyState icon={Camera} title={`No snapshots of ${vm.name}`}>
            A snapshot keeps the disk as it is now. Take one before you upgrade, and go back in a moment if it fails.
          </EmptyState>
        }
      >
        {(list) => (
          <ResourceTable
            label={`Snapshots of ${vm.name}`}
            things="snapshots"
            columns={columns}
            items={list}
            idOf={({ id }) => String(id)}
            nameOf={({ name }) => name}
            actsOf={actsOf}
          />
        )}
      </ListStates>
      {isTaking && <TakeSnapshotDialog of={{ vm }} onClose={() => setTaking(false)} />}
      {dialog}
    </Stack>
  );
}
