import { Button } from '@mantine/core';
import type { Snapshot } from '@raffia/client/client.ts';
import { snapshotActions, snapshotTypes } from '@raffia/contract/snapshot-states.ts';
import { Camera, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSnapshots } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { DeleteBar, oneByOne } from '../parts/delete-bar.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { useSnapshotColumns, useSourceOf } from '../parts/snapshot-columns.tsx';
import { snapshotStateOptions, useSnapshotStateOf } from '../parts/snapshot-state.tsx';
import { TakeSnapshotDialog } from '../parts/take-dialogs.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { lostWithSnapshots, useSnapshotActs } from '../parts/use-snapshot-acts.tsx';

/** Disks as they were at one moment, of machines and of volumes. */
export default function Snapshots() {
  const snapshots = useSnapshots();
  const { has, project } = useScope();
  const may = useMay();
  const takes = may('snapshot.create', project?.id);
  const taking = useNewDialog(takes);
  const [count, setCount] = useState<string | undefined>(undefined);
  const take = takes && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={taking.open}>
      Take snapshot
    </Button>
  );
  return (
    <>
      <PageHead title="Snapshots" count={count} action={take} />
      <ListStates
        query={snapshots}
        things="snapshots"
        filter={has}
        empty={
          <EmptyState icon={Camera} title={`No snapshots in ${project?.name ?? 'any project'}`} action={take}>
            A snapshot keeps a disk as it is now. Take one before you upgrade, and go back in a moment if it fails.
          </EmptyState>
        }
      >
        {(list) => <SnapshotList list={list} onCount={setCount} />}
      </ListStates>
      {taking.isOpen && <TakeSnapshotDialog onClose={taking.close} />}
    </>
  );
}

const types = snapshotTypes.map((value) => ({ value, label: value === 'vm' ? 'VM' : 'Volume' }));

function SnapshotList({ list, onCount }: { list: readonly Snapshot[]; onCount: (count: string) => void }) {
  const { api } = useCurrent();
  const may = useMay();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [selection, setSelection] = useState<Selection>({});
  const columns = useSnapshotColumns({ hasSource: true });
  const sourceOf = useSourceOf();
  const stateOf = useSnapshotStateOf();
  const { actsOf, dialog } = useSnapshotActs();
  const text = q.trim().toLowerCase();
  const type = value('type', types);
  const status = value('status', snapshotStateOptions);
  const found = useMemo(
    () =>
      list.filter(
        (snapshot) =>
          [snapshot.name, String(snapshot.id), sourceOf(snapshot) ?? ''].some((one) =>
            one.toLowerCase().includes(text),
          ) &&
          (type === null || snapshot.type === type) &&
          (status === null || stateOf(snapshot) === status),
      ),
    [list, text, type, status, sourceOf, stateOf],
  );
  useCount(found, list, onCount);
  const clearFilters = () => clear(['q', 'type', 'status']);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, VM or volume"
        found={found.length}
        total={list.length}
        things="snapshots"
        filters={[
          { label: 'Status', value: status, options: snapshotStateOptions, onChange: (next) => set('status', next) },
          { label: 'Type', value: type, options: types, onChange: (next) => set('type', next) },
        ]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Snapshots"
        things="snapshots"
        columns={columns}
        items={found}
        idOf={({ id }) => String(id)}
        nameOf={({ name }) => name}
        actsOf={actsOf}
        chosen={chosen}
        selection={selection}
        onSelect={setSelection}
        onClear={clearFilters}
      />
      <DeleteBar
        list={list}
        found={found}
        selection={selection}
        onSelect={setSelection}
        onShow={clearFilters}
        noun="snapshot"
        partsOf={oneByOne(
          (one) => snapshotActions.runs('delete', stateOf(one)) && may('snapshot.delete', one.project_id),
        )}
        remove={([one]) => api.deleteSnapshot({ id: one?.id ?? 0 }, { projectId: one?.project_id ?? '' })}
        stale={['snapshots', 'vms', 'operations', 'account', 'audit']}
        lines={lostWithSnapshots}
      />
      {dialog}
    </>
  );
}
