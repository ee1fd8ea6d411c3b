import { Button } from '@mantine/core';
import type { VM, Volume } from '@raffia/client/client.ts';
import { volumeActions } from '@raffia/contract/volume-states.ts';
import { HardDrive, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useVolumes } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { monthlyColumn, sinceColumn, useProjectColumn } from '../parts/columns.tsx';
import { DeleteBar, oneByOne } from '../parts/delete-bar.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { type Column, ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { State } from '../parts/state-shape.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { useVmOf } from '../parts/use-vm-of.ts';
import { useVolumeActs } from '../parts/use-volume-acts.tsx';
import { VmLink } from '../parts/vm-link.tsx';
import { CreateVolumeDialog, lostWithVolumes } from '../parts/volume-dialogs.tsx';
import { VolumeState, volumeStatusOptions } from '../parts/volume-state.tsx';

function useColumns(vmOf: (id: string | undefined) => VM | undefined): readonly Column<Volume>[] {
  const inProject = useProjectColumn<Volume>(4);
  return useMemo((): readonly Column<Volume>[] => {
    return [
      { id: 'name', title: 'Name', priority: 1, width: 150, sort: ({ name }) => name, cell: () => null },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 116,
        sort: ({ status }) => status,
        cell: ({ status }) => <VolumeState status={status} />,
      },
      {
        id: 'vm',
        title: 'Attached to',
        priority: 3,
        width: 190,
        sort: ({ product_vm }) => vmOf(product_vm)?.name,
        cell: ({ product_vm, status }) =>
          product_vm !== undefined ? (
            <VmLink id={product_vm} vm={vmOf(product_vm)} />
          ) : status === 'available' ? (
            <State shape="attention">Not attached</State>
          ) : (
            '–'
          ),
      },
      {
        id: 'size',
        title: 'Size',
        priority: 4,
        width: 96,
        isFigure: true,
        sort: ({ size }) => size,
        cell: ({ size }) => `${size.toLocaleString('en')} GB`,
      },
      inProject,
      monthlyColumn({ priority: 5, width: 100 }),
      sinceColumn({ id: 'created', title: 'Created', priority: 6, width: 120 }),
      { id: 'region', title: 'Region', priority: 6, width: 100, isHidden: true, cell: ({ region }) => region ?? '–' },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 80,
        isHidden: true,
        sort: ({ id }) => id,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [inProject, vmOf]);
}

/** Disks beside those of machines: they come and go without them. */
export default function Volumes() {
  const volumes = useVolumes();
  const { has, project } = useScope();
  const may = useMay();
  const creates = may('volume.create', project?.id);
  const creating = useNewDialog(creates);
  const [count, setCount] = useState<string | undefined>(undefined);
  const create = creates && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={creating.open}>
      Create volume
    </Button>
  );
  return (
    <>
      <PageHead title="Volumes" count={count} action={create} />
      <ListStates
        query={volumes}
        things="volumes"
        filter={has}
        empty={
          <EmptyState icon={HardDrive} title={`No volumes in ${project?.name ?? 'any project'}`} action={create}>
            A volume is a disk of its own. It moves from VM to VM, grows, and stays when a VM is deleted.
          </EmptyState>
        }
      >
        {(list) => <VolumeList list={list} onCount={setCount} />}
      </ListStates>
      {creating.isOpen && <CreateVolumeDialog onClose={creating.close} />}
    </>
  );
}

const attachments = [
  { value: 'yes', label: 'Attached' },
  { value: 'no', label: 'Not attached' },
];

function VolumeList({ list, onCount }: { list: readonly Volume[]; onCount: (count: string) => void }) {
  const { toThing } = useScope();
  const { api } = useCurrent();
  const may = useMay();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [selection, setSelection] = useState<Selection>({});
  const vmOf = useVmOf();
  const columns = useColumns(vmOf);
  const { actsOf, dialog } = useVolumeActs();
  const text = q.trim().toLowerCase();
  const status = value('status', volumeStatusOptions);
  const attached = value('attached', attachments);
  const found = useMemo(
    () =>
      list.filter(
        ({ id, name, product_vm, status: now }) =>
          [name, String(id), vmOf(product_vm)?.name ?? ''].some((one) => one.toLowerCase().includes(text)) &&
          (status === null || now === status) &&
          (attached === null || (product_vm !== undefined) === (attached === 'yes')),
      ),
    [list, text, status, attached, vmOf],
  );
  useCount(found, list, onCount);
  const clearFilters = () => clear(['q', 'status', 'attached']);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, VM or ID"
        found={found.length}
        total={list.length}
        things="volumes"
        filters={[
          { label: 'Status', value: status, options: volumeStatusOptions, onChange: (next) => set('status', next) },
          { label: 'VM', value: attached, options: attachments, onChange: (next) => set('attached', next) },
        ]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Volumes"
        things="volumes"
        columns={columns}
        items={found}
        idOf={({ id }) => String(id)}
        nameOf={({ name }) => name}
        linkOf={({ id, project_id }) => toThing(`volumes/${id}`, project_id)}
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
        noun="volume"
        partsOf={oneByOne(
          ({ status: now, project_id }) => volumeActions.runs('delete', now) && may('volume.delete', project_id),
        )}
        remove={([one]) => api.deleteVolume({ id: one?.id ?? 0 }, { projectId: one?.project_id ?? '' })}
        stale={['volumes', 'vms', 'operations', 'account', 'audit']}
        lines={lostWithVolumes}
      />
      {dialog}
    </>
  );
}
