import { Button, Group, SegmentedControl } from '@mantine/core';
import type { Backup, VM } from '@raffia/client/client.ts';
import { backupActions } from '@raffia/contract/backup-states.ts';
import { History, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useBackups } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { backupPriceOf, backupStateOf, backupStates, useBackupColumns } from '../parts/backup-columns.tsx';
import { seriesOf, wholeSeries } from '../parts/backup-series.ts';
import { BackupTabs } from '../parts/backup-tabs.tsx';
import { DeleteBar } from '../parts/delete-bar.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { megabytes } from '../parts/megabytes.ts';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { inDollars } from '../parts/price.ts';
import { type Group as Grouped, ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { TakeBackupDialog } from '../parts/take-dialogs.tsx';
import { lostWithBackups, staleWithBackups, useBackupActs, useRemoveSeries } from '../parts/use-backup-acts.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { useVmOf } from '../parts/use-vm-of.ts';

/** The disks of machines, copied to where they outlive their host. */
export default function Backups() {
  const backups = useBackups();
  const { has, project, to } = useScope();
  const may = useMay();
  const takes = may('backup.create', project?.id);
  const taking = useNewDialog(takes);
  const [count, setCount] = useState<string | undefined>(undefined);
  const take = takes && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={taking.open}>
      Back up now
    </Button>
  );
  return (
    <>
      <PageHead title="Backups" count={count} action={take} />
      <BackupTabs current="backups" />
      <ListStates
        query={backups}
        things="backups"
        filter={has}
        empty={
          <EmptyState
            icon={History}
            title={`No backups in ${project?.name ?? 'any project'}`}
            action={
              <Group gap="xs">
                {take}
                {may('backup.manage', project?.id) && (
                  <Button component={Link} to={to('project', 'backups/schedules?new')} variant="default">
                    Schedule backups
                  </Button>
                )}
              </Group>
            }
          >
            A backup copies a VM's disk to another place. The 3 newest of each VM are free.
          </EmptyState>
        }
      >
        {(list) => <BackupList list={list} onCount={setCount} />}
      </ListStates>
      {taking.isOpen && <TakeBackupDialog onClose={taking.close} />}
    </>
  );
}

const views = [
  { value: 'vms', label: 'By VM' },
  { value: 'list', label: 'List' },
];

function BackupList({ list, onCount }: { list: readonly Backup[]; onCount: (count: string) => void }) {
  const may = useMay();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [selection, setSelection] = useState<Selection>({});
  const vmOf = useVmOf();
  const isGrouped = value('view', views) !== 'list';
  const columns = useBackupColumns({ isOfOne: isGrouped });
  const series = useMemo(() => seriesOf(list), [list]);
  const { actsOf, dialog } = useBackupActs(series);
  const removeSeries = useRemoveSeries();
  const text = q.trim().toLowerCase();
  const status = value('status', backupStates);
  const vms = useMemo(() => {
    const ids = [...new Set(list.map(({ product_vm = '' }) => product_vm))];
    return ids.map((id) => ({ value: id, label: vmOf(id)?.name ?? `Deleted VM ${id.slice(0, 8)}` }));
  }, [list, vmOf]);
  const vm = value('vm', vms);
  const found = useMemo(
    () =>
      list.filter(
        (backup) =>
          [backup.name, vmOf(backup.product_vm)?.name ?? ''].some((one) => one.toLowerCase().includes(text)) &&
          (status === null || backup.status === status) &&
          (vm === null || backup.product_vm === vm),
      ),
    [list, text, status, vm, vmOf],
  );
  const groups = useMemo(() => (isGrouped ? groupsByVm(found, vmOf) : undefined), [found, isGrouped, vmOf]);
  useCount(found, list, onCount);
  const clearFilters = () => clear(['q', 'status', 'vm']);
  const canGo = (part: readonly Backup[]) =>
    part.every((one) => backupActions.runs('delete', backupStateOf(one)) && may('backup.delete', one.project_id));
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or VM"
        found={found.length}
        total={list.length}
        things="backups"
        filters={[
          { label: 'Status', value: status, options: backupStates, onChange: (next) => set('status', next) },
          { label: 'VM', value: vm, options: vms, onChange: (next) => set('vm', next) },
        ]}
      >
        <SegmentedControl
          aria-label="View"
          size="xs"
          data={views}
          value={isGrouped ? 'vms' : 'list'}
          onChange={(next) => set('view', next === 'list' ? next : null)}
        />
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Backups"
        things="backups"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actsOf={actsOf}
        groups={groups}
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
        noun="backup"
        partsOf={(selected) => wholeSeries(selected, series).filter(canGo)}
        remove={removeSeries}
        stale={staleWithBackups}
        lines={lostWithBackups}
      />
      {dialog}
    </>
  );
}

/** Backups under their machine, with what they take and cost together; those of machines that are gone come last. */
function groupsByVm(
  backups: readonly Backup[],
  vmOf: (id: string | undefined) => VM | undefined,
): readonly Grouped<Backup>[] {
  const byVm = Map.groupBy(backups, ({ product_vm = '' }) => product_vm);
  const nameOf = (id: string) => vmOf(id)?.name;
  return [...byVm.entries()]
    .sort(([a], [b]) => {
      const [first, second] = [nameOf(a), nameOf(b)];
      if (first === undefined || second === undefined)
        return Number(first === undefined) - Number(second === undefined);
      return first.localeCompare(second);
    })
    .map(([id, items]) => {
      const size = items.reduce((sum, { storage_size }) => sum + storage_size, 0);
      const cost = items.reduce((sum, one) => sum + backupPriceOf(one), 0);
      return {
        key: id,
        items,
        title: (
          <>
            {nameOf(id) ?? `Deleted VM ${id.slice(0, 8)}`}{' '}
            <span style={{ color: 'var(--raffia-text-3)', fontWeight: 400 }}>
              {plural(items.length, 'backup')} · {megabytes(size)} ·{' '}
              {cost === 0 ? (items.length === 1 ? 'free' : 'all free') : `${inDollars(cost)} a month`}
            </span>
          </>
        ),
      };
    });
}
