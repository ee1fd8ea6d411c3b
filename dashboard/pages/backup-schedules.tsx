import { Button } from '@mantine/core';
import type { BackupSchedule, VM } from '@raffia/client/client.ts';
import { backupFrequencies } from '@raffia/contract/vm-rules.ts';
import { CalendarClock, Pencil, Plus, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useBackupSchedules } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { BackupTabs } from '../parts/backup-tabs.tsx';
import { monthlyColumn, useProjectColumn } from '../parts/columns.tsx';
import { DeleteBar, oneByOne } from '../parts/delete-bar.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { lacks } from '../parts/refusals.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { DeleteScheduleDialog, ScheduleDialog } from '../parts/schedule-dialog.tsx';
import { keepsOf, localTimeOf, nextRunOf, rhythmOf, slotsOf } from '../parts/schedule-words.ts';
import { State } from '../parts/state-shape.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { useVmOf } from '../parts/use-vm-of.ts';
import { VmLink } from '../parts/vm-link.tsx';

const rhythm = (schedule: BackupSchedule): string => {
  const slots = slotsOf(schedule);
  return slots === null ? (schedule.runtime ?? schedule.type) : rhythmOf(slots);
};

function useColumns(vmOf: (id: string | undefined) => VM | undefined): readonly Column<BackupSchedule>[] {
  const inProject = useProjectColumn<BackupSchedule>(5);
  return useMemo((): readonly Column<BackupSchedule>[] => {
    const next = (schedule: BackupSchedule) => {
      const slots = slotsOf(schedule);
      return slots === null ? undefined : nextRunOf(slots);
    };
    return [
      {
        id: 'vm',
        title: 'VM',
        priority: 1,
        width: 140,
        sort: ({ product_vm }) => vmOf(product_vm)?.name,
        cell: ({ product_vm = '' }) => <VmLink id={product_vm} vm={vmOf(product_vm)} />,
      },
      { id: 'when', title: 'Schedule', priority: 2, width: 184, sort: rhythm, cell: rhythm },
      {
        id: 'local',
        title: 'Your clock',
        priority: 5,
        width: 136,
        cell: (schedule) => {
          const slots = slotsOf(schedule);
          return (slots === null ? undefined : localTimeOf(slots)) ?? '–';
        },
      },
      {
        id: 'next',
        title: 'Next run',
        priority: 3,
        width: 112,
        sort: next,
        cell: (schedule) => {
          const time = next(schedule);
          if (time === undefined) return '–';
          const vm = vmOf(schedule.product_vm);
          if (vm?.status !== 'passive') return <RelativeTime time={time} />;
          return (
            <State shape="attention">
              <RelativeTime time={time} />
              <span className="visually-hidden">, left out while {vm.name} is stopped</span>
            </State>
          );
        },
      },
      {
        id: 'keeps',
        title: 'Keeps',
        priority: 4,
        width: 166,
        sort: ({ type, keep_count }) => keep_count * (type === 'daily' ? 1 : 7),
        cell: ({ type, keep_count }) => keepsOf(type, keep_count),
      },
      {
        id: 'size',
        title: 'Held',
        priority: 6,
        width: 90,
        isFigure: true,
        cell: ({ size }) => size ?? '–',
      },
      monthlyColumn({ priority: 5, width: 92 }),
      inProject,
      {
        id: 'name',
        title: 'Name',
        priority: 6,
        width: 130,
        isHidden: true,
        sort: ({ name }) => name,
        cell: ({ name }) => <span className="mono">{name}</span>,
      },
    ];
  }, [inProject, vmOf]);
}

/** When backups are taken by themselves, and how many are kept. */
export default function BackupSchedules() {
  const schedules = useBackupSchedules();
  const { has, project } = useScope();
  const may = useMay();
  const manages = may('backup.manage', project?.id);
  const creating = useNewDialog(manages);
  const [count, setCount] = useState<string | undefined>(undefined);
  const create = manages && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={creating.open}>
      Create schedule
    </Button>
  );
  return (
    <>
      <PageHead title="Backup schedules" count={count} action={create} />
      <BackupTabs current="schedules" />
      <ListStates
        query={schedules}
        things="backup schedules"
        filter={has}
        empty={
          <EmptyState icon={CalendarClock} title={`No schedules in ${project?.name ?? 'any project'}`} action={create}>
            A schedule backs a VM up every day or week and deletes the oldest. Choose how far back you want to go.
          </EmptyState>
        }
      >
        {(list) => <ScheduleList list={list} onCount={setCount} />}
      </ListStates>
      {creating.isOpen && <ScheduleDialog onClose={creating.close} />}
    </>
  );
}

const frequencies = backupFrequencies.map((value) => ({ value, label: value === 'daily' ? 'Daily' : 'Weekly' }));

function ScheduleList({ list, onCount }: { list: readonly BackupSchedule[]; onCount: (count: string) => void }) {
  const { api } = useCurrent();
  const may = useMay();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [selection, setSelection] = useState<Selection>({});
  const [editing, setEditing] = useState<BackupSchedule | null>(null);
  const [deleting, setDeleting] = useState<BackupSchedule | null>(null);
  const vmOf = useVmOf();
  const columns = useColumns(vmOf);
  const text = q.trim().toLowerCase();
  const type = value('type', frequencies);
  const found = useMemo(
    () =>
      list.filter(
        (schedule) =>
          [schedule.name, vmOf(schedule.product_vm)?.name ?? ''].some((one) => one.toLowerCase().includes(text)) &&
          (type === null || schedule.type === type),
      ),
    [list, text, type, vmOf],
  );
  useCount(found, list, onCount);
  const clearFilters = () => clear(['q', 'type']);
  const nameOf = (schedule: BackupSchedule) =>
    `the schedule of ${vmOf(schedule.product_vm)?.name ?? 'a VM'}, ${rhythm(schedule)}`;
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search VM or name"
        found={found.length}
        total={list.length}
        things="schedules"
        filters={[{ label: 'Frequency', value: type, options: frequencies, onChange: (next) => set('type', next) }]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Backup schedules"
        things="schedules"
        columns={columns}
        items={found}
        idOf={({ id }) => String(id)}
        nameOf={nameOf}
        actsOf={(schedule) => {
          const refused = may('backup.manage', schedule.project_id) ? undefined : lacks('backup.manage');
          return [
            { label: 'Change…', icon: Pencil, refused, onSelect: () => setEditing(schedule) },
            { label: 'Delete…', icon: Trash2, isDangerous: true, refused, onSelect: () => setDeleting(schedule) },
          ];
        }}
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
        noun="schedule"
        partsOf={oneByOne(({ project_id }) => may('backup.manage', project_id))}
        remove={([one]) => api.deleteBackupSchedule({ id: one?.id ?? 0 }, { projectId: one?.project_id ?? '' })}
        stale={['backup-schedules', 'backups', 'vms', 'vm', 'account', 'audit']}
        lines={(doomed) => ({
          goes: [
            `${doomed.length === 1 ? 'Its' : 'Their'} VMs are not backed up by ${doomed.length === 1 ? 'it' : 'them'} any more.`,
          ],
          stays: ['Backups that were taken'],
        })}
      />
      {editing !== null && <ScheduleDialog schedule={editing} onClose={() => setEditing(null)} />}
      {deleting !== null && (
        <DeleteScheduleDialog schedule={deleting} vm={vmOf(deleting.product_vm)} onClose={() => setDeleting(null)} />
      )}
    </>
  );
}
