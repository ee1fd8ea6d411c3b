import { Button, SegmentedControl } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { Plus, Server } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useVms } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { useProjectColumn } from '../parts/columns.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { monthly, monthlyOf } from '../parts/price.ts';
import { ProcessorSparkline } from '../parts/processor-sparkline.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { systemInWords } from '../parts/system-words.ts';
import { TagChips } from '../parts/tag-chip.tsx';
import { age } from '../parts/times.ts';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { statusOptions, VmState } from '../parts/vm-status.tsx';
import { BulkBar } from './vms/bulk-bar.tsx';
import { groupsByTag } from './vms/groups-by-tag.tsx';
import { useVmActs } from './vms/use-vm-acts.tsx';

const tagsOf = (vm: VM) => (vm.tags ?? []).map(({ name }) => name);

function useColumns(): readonly Column<VM>[] {
  const inProject = useProjectColumn<VM>(4, 120);
  return useMemo(
    (): readonly Column<VM>[] => [
      { id: 'name', title: 'Name', priority: 1, width: 150, sort: ({ name }) => name, cell: () => null },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 108,
        sort: ({ status }) => status,
        cell: ({ status }) => <VmState status={status} />,
      },
      {
        id: 'address',
        title: 'Address',
        priority: 3,
        width: 144,
        cell: (vm) => <Address vm={vm} />,
      },
      {
        id: 'size',
        title: 'Size',
        priority: 4,
        width: 178,
        sort: ({ cpu, ram }) => cpu * 1_000_000 + ram,
        cell: ({ cpu, ram, total_storage }) => `${cpu} vCPU · ${ram} GB · ${total_storage} GB`,
      },
      inProject,
      {
        id: 'system',
        title: 'System',
        priority: 6,
        width: 112,
        sort: ({ template_name, template_version }) => systemInWords(template_name, template_version),
        cell: ({ template_name, template_version }) => systemInWords(template_name, template_version),
      },
      {
        id: 'cpu',
        title: 'CPU 24 h',
        priority: 6,
        width: 92,
        cell: ({ id }) => <ProcessorSparkline id={id} />,
      },
      {
        id: 'tags',
        title: 'Tags',
        priority: 6,
        width: 140,
        cell: (vm) => <TagChips names={tagsOf(vm)} />,
      },
      {
        id: 'monthly',
        title: 'Monthly',
        priority: 5,
        width: 84,
        isFigure: true,
        sort: ({ price_per_hour }) => monthlyOf(price_per_hour),
        cell: ({ price_per_hour }) => monthly(price_per_hour),
      },
      {
        id: 'age',
        title: 'Age',
        priority: 6,
        width: 68,
        isFigure: true,
        sort: ({ created_at }) => -Date.parse(created_at),
        cell: ({ created_at }) => <RelativeTime time={created_at} words={age} />,
      },
      {
        id: 'private',
        title: 'Private IP',
        priority: 6,
        width: 130,
        isHidden: true,
        cell: ({ private_ipv4_address }) => <span className="mono">{private_ipv4_address ?? '–'}</span>,
      },
      { id: 'region', title: 'Region', priority: 6, width: 100, isHidden: true, cell: ({ region }) => region },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ],
    [inProject],
  );
}

/** The public address, else the private one in grey. */
function Address({ vm }: { vm: VM }) {
  const shown = vm.public_ipv4_address ?? vm.private_ipv4_address;
  if (shown === undefined) return <>–</>;
  const isPrivate = vm.public_ipv4_address === undefined;
  return (
    <span className="copyable">
      <span
        className="mono"
        {...(isPrivate ? { title: 'Private address' } : { style: { color: 'var(--raffia-text)' } })}
      >
        {shown}
      </span>
      <span className="on-row">
        <CopyIcon value={shown} label={`Copy the address of ${vm.name}`} />
      </span>
    </span>
  );
}

export default function Vms() {
  const vms = useVms();
  const { to, has, project } = useScope();
  const may = useMay();
  const [count, setCount] = useState<string | undefined>(undefined);
  const create = may('vm.create', project?.id) && (
    <Button component={Link} to={to('project', 'vms/new')} leftSection={<Plus size={16} aria-hidden />}>
      Create VM
    </Button>
  );
  return (
    <>
      <PageHead title="Virtual machines" count={count} action={create} />
      <ListStates
        query={vms}
        things="VMs"
        filter={has}
        empty={
          <EmptyState icon={Server} title={`No VMs in ${project?.name ?? 'any project'}`} action={create}>
            Choose a system and a size; a VM starts in under a minute. You can also use the API, Terraform or a client.
          </EmptyState>
        }
      >
        {(list) => <VmList list={list} onCount={setCount} />}
      </ListStates>
    </>
  );
}

function VmList({ list, onCount }: { list: readonly VM[]; onCount: (count: string) => void }) {
  const { toThing } = useScope();
  const [params, setParams] = useSearchParams();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [selection, setSelection] = useState<Selection>({});
  const { actsOf, dialog } = useVmActs();
  const columns = useColumns();
  const text = q.trim().toLowerCase();
  const status = value('status', statusOptions);
  const tags = useMemo(() => [...new Set(list.flatMap(tagsOf))].sort(), [list]);
  const tag = params.get('tag');
  const isGrouped = params.get('view') === 'tags';
  const found = useMemo(
    () =>
      list.filter(
        (vm) =>
          (text === '' ||
            [vm.name, vm.public_ipv4_address, vm.private_ipv4_address, vm.id].some((one) =>
              one?.toLowerCase().includes(text),
            )) &&
          (status === null || vm.status === status) &&
          (tag === null || tagsOf(vm).includes(tag)),
      ),
    [list, text, status, tag],
  );
  const groups = useMemo(() => (isGrouped ? groupsByTag(found) : undefined), [found, isGrouped]);
  useCount(found, list, onCount);
  const selected = list.filter(({ id }) => selection[id] === true);
  const hidden = selected.filter((vm) => !found.includes(vm)).length;
  const clearFilters = () => clear(['q', 'status', 'tag']);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, address or ID"
        found={found.length}
        total={list.length}
        things="VMs"
        filters={[
          { label: 'Status', value: status, options: statusOptions, onChange: (next) => set('status', next) },
          {
            label: 'Tag',
            value: tag,
            options: tags.map((one) => ({ value: one, label: one })),
            onChange: (next) => set('tag', next),
          },
        ]}
      >
        <SegmentedControl
          aria-label="View"
          size="xs"
          data={[
            { value: 'list', label: 'List' },
            { value: 'tags', label: 'By tag' },
          ]}
          value={isGrouped ? 'tags' : 'list'}
          onChange={(next) =>
            setParams(
              (before) => {
                const after = new URLSearchParams(before);
                if (next === 'tags') after.set('view', next);
                else after.delete('view');
                return after;
              },
              { preventScrollReset: true },
            )
          }
        />
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Virtual machines"
        things="VMs"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={(vm) => toThing(`vms/${vm.id}`, vm.project_id)}
        actsOf={actsOf}
        groups={groups}
        chosen={chosen}
        selection={selection}
        onSelect={setSelection}
        onClear={clearFilters}
      />
      <BulkBar
        selected={selected}
        hidden={hidden}
        onShow={clearFilters}
        onRemove={(id) => setSelection({ ...selection, [id]: false })}
        onClear={() => setSelection({})}
      />
      {dialog}
    </>
  );
}
