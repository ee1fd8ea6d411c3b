import { Button, SegmentedControl } from '@mantine/core';
import { Download, ReceiptText } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useAccount } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { csv, saveCsv } from '../../parts/csv.ts';
import { FactsCard } from '../../parts/facts-card.tsx';
import { ColumnsMenu, FilterBar } from '../../parts/filter-bar.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { plural } from '../../parts/plural.ts';
import { inDollars, monthly } from '../../parts/price.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, type Group, ResourceTable } from '../../parts/resource-table.tsx';
import { perHourOf, type UsageKind, type UsageLine, usageKinds } from '../../parts/usage-lines.ts';
import { useCount } from '../../parts/use-count.ts';
import { useListState } from '../../parts/use-list-state.ts';
import { useUsage } from '../../parts/use-usage.ts';
import { UsageHead } from './head.tsx';

const shown: Readonly<Record<UsageKind, { one: string; many: string; page: (id: string) => string }>> = {
  vm: { one: 'VM', many: 'VMs', page: (id) => `vms/${id}` },
  volume: { one: 'Volume', many: 'Volumes', page: (id) => `volumes/${id}` },
  snapshot: { one: 'Snapshot', many: 'Snapshots', page: () => 'snapshots' },
  backup: { one: 'Backup', many: 'Backups', page: () => 'backups' },
  ip: { one: 'Public IP', many: 'Public IPs', page: () => 'networks/ips' },
};
const kinds = usageKinds.map((value) => ({ value, label: shown[value].one }));
const daily = (perHour: number) => inDollars(perHour * 24);

/** What there is costs, at today's prices, over all projects of the account. */
export default function UsageNow() {
  const usage = useUsage();
  const { projects } = useScope();
  const account = useAccount();
  const [count, setCount] = useState<string | undefined>(undefined);
  const lines: readonly UsageLine[] = usage.data ?? [];
  const total = perHourOf(lines);
  const projectOf = (id: string | undefined) => projects.find((one) => one.id === id)?.name ?? '';
  const save = () =>
    saveCsv(
      'usage',
      csv(
        ['project', 'kind', 'name', 'id', 'since', 'per_hour', 'per_day', 'per_month'],
        lines.map(({ projectId, kind, name, id, since, perHour }) => ({
          project: projectOf(projectId),
          kind,
          name,
          id,
          since,
          per_hour: perHour.toFixed(6),
          per_day: (perHour * 24).toFixed(6),
          per_month: (perHour * 720).toFixed(2),
        })),
      ),
    );
  return (
    <>
      <UsageHead
        current="now"
        count={count}
        about="What your resources cost at today's prices. Saved images and deleted resources aren't included."
        action={
          lines.length > 0 && (
            <Button variant="default" leftSection={<Download size={16} aria-hidden />} onClick={save}>
              Export as CSV
            </Button>
          )
        }
      />
      <ListStates<UsageLine>
        query={usage as never}
        things="usage"
        empty={
          <EmptyState icon={ReceiptText} title="Nothing costs anything now">
            VMs, volumes, snapshots, reserved public IPs and backups over 3 per VM are listed here with their price.
          </EmptyState>
        }
      >
        {(list) => (
          <>
            <FactsCard
              facts={[
                { label: 'A month', value: monthly(total) },
                { label: 'A day', value: daily(total) },
                ...usageKinds.map((kind) => ({
                  label: `${shown[kind].many}, a month`,
                  value: monthly(perHourOf(list.filter((one) => one.kind === kind))),
                })),
                ...(account.data?.balance === undefined
                  ? []
                  : [{ label: 'Balance', value: inDollars(Number(account.data.balance)) }]),
              ]}
            />
            <div style={{ marginTop: 16 }}>
              <UsageList list={list} onCount={setCount} />
            </div>
          </>
        )}
      </ListStates>
    </>
  );
}

const views = [
  { value: 'projects', label: 'By project' },
  { value: 'list', label: 'List' },
];

function UsageList({ list, onCount }: { list: readonly UsageLine[]; onCount: (count: string) => void }) {
  const { projects, to } = useScope();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const isGrouped = value('view', views) !== 'list';
  const columns = useMemo(
    (): readonly Column<UsageLine>[] => [
      { id: 'name', title: 'Name', priority: 1, width: 180, sort: ({ name }) => name, cell: () => null },
      {
        id: 'kind',
        title: 'Kind',
        priority: 2,
        width: 110,
        sort: ({ kind }) => shown[kind].one,
        cell: ({ kind }) => shown[kind].one,
      },
      {
        id: 'project',
        title: 'Project',
        priority: 5,
        width: 150,
        ...(isGrouped ? { isHidden: true as const } : {}),
        sort: ({ projectId }) => projects.find(({ id }) => id === projectId)?.name,
        cell: ({ projectId }) => projects.find(({ id }) => id === projectId)?.name ?? '–',
      },
      {
        id: 'since',
        title: 'Since',
        priority: 6,
        width: 130,
        sort: ({ since }) => (since === undefined ? undefined : -Date.parse(since)),
        cell: ({ since }) => (since === undefined ? '–' : <RelativeTime time={since} />),
      },
      {
        id: 'daily',
        title: 'Daily',
        priority: 5,
        width: 100,
        isFigure: true,
        sort: ({ perHour }) => perHour,
        cell: ({ perHour }) => daily(perHour),
      },
      {
        id: 'monthly',
        title: 'Monthly',
        priority: 3,
        width: 110,
        isFigure: true,
        sort: ({ perHour }) => perHour,
        cell: ({ perHour }) => monthly(perHour),
      },
    ],
    [projects, isGrouped],
  );
  const text = q.trim().toLowerCase();
  const kind = value('kind', kinds);
  const choices = useMemo(() => projects.map(({ id, name }) => ({ value: id, label: name })), [projects]);
  const project = value('project', choices);
  const found = useMemo(
    () =>
      list.filter(
        (line) =>
          line.name.toLowerCase().includes(text) &&
          (kind === null || line.kind === kind) &&
          (project === null || line.projectId === project),
      ),
    [list, text, kind, project],
  );
  const groups = useMemo(
    (): readonly Group<UsageLine>[] | undefined =>
      isGrouped
        ? [...Map.groupBy(found, ({ projectId = '' }) => projectId)]
            .sort(([, a], [, b]) => perHourOf(b) - perHourOf(a))
            .map(([id, items]) => ({
              key: id,
              items,
              title: (
                <>
                  {projects.find((one) => one.id === id)?.name ?? 'Another project'}{' '}
                  <span style={{ color: 'var(--raffia-text-3)', fontWeight: 400 }}>
                    {plural(items.length, 'resource')} · {monthly(perHourOf(items))} a month
                  </span>
                </>
              ),
            }))
        : undefined,
    [found, isGrouped, projects],
  );
  useCount(found, list, onCount);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name"
        found={found.length}
        total={list.length}
        things="resources"
        filters={[
          { label: 'Kind', value: kind, options: kinds, onChange: (next) => set('kind', next) },
          { label: 'Project', value: project, options: choices, onChange: (next) => set('project', next) },
        ]}
      >
        <SegmentedControl
          aria-label="View"
          size="xs"
          data={views}
          value={isGrouped ? 'projects' : 'list'}
          onChange={(next) => set('view', next === 'list' ? next : null)}
        />
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Usage"
        things="resources"
        columns={columns}
        items={found}
        idOf={({ kind: of, id }) => `${of} ${id}`}
        nameOf={({ name }) => name}
        linkOf={({ kind: of, id, projectId }) =>
          to(
            'project',
            shown[of].page(id),
            projects.find((one) => one.id === projectId),
          )
        }
        groups={groups}
        chosen={chosen}
        onClear={() => clear(['q', 'kind', 'project'])}
      />
    </>
  );
}
