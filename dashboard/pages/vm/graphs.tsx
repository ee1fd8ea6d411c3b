import { SegmentedControl } from '@mantine/core';
import type { VM, VMMetrics } from '@raffia/client/client.ts';
import { metricSpans } from '@raffia/contract/vm-metrics.ts';
import { useQuery } from '@tanstack/react-query';
import { Activity } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useCurrent } from '../../api/session.tsx';
import classes from '../../parts/graph.module.css';
import { Graph } from '../../parts/graph.tsx';
import { GraphTable } from '../../parts/graph-table.tsx';
import { EmptyState, Loaded } from '../../parts/notices.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { figure, summaryOf, type Unit } from '../../parts/series.ts';
import { gib, type Measure, type Moment, momentsOf, unitFor } from './metric-series.ts';

type Span = keyof typeof metricSpans;
const said: Readonly<Record<Span, string>> = {
  '1h': 'hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
};
const words: Readonly<Record<Span, string>> = { '1h': '1 h', '6h': '6 h', '24h': '24 h', '7d': '7 d', '30d': '30 d' };
const spans = Object.keys(metricSpans) as Span[];

/** What a machine used over a time that the address names. */
export default function Graphs({ vm }: { vm: VM }) {
  const { account, api } = useCurrent();
  const [search, setSearch] = useSearchParams();
  const range = spans.find((one) => one === search.get('range')) ?? '1h';
  const isTable = search.get('as') === 'table';
  const set = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const metrics = useQuery({
    queryKey: [account.id, 'metrics', vm.id, range],
    queryFn: async ({ signal }) => (await api.getVMMetrics({ id: vm.id, range }, { signal })).data,
    refetchInterval: metricSpans[range].every === 15 ? 15_000 : 60_000,
    // What another span showed stays until this one is there.
    placeholderData: (before) => before,
  });
  const [zone = 'UTC'] = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' })
    .formatToParts()
    .filter(({ type }) => type === 'timeZoneName')
    .map(({ value }) => value.replace('GMT', 'UTC'));
  return (
    <section aria-label="What the VM used">
      <div className={classes.bar}>
        <SegmentedControl
          aria-label="Time range"
          size="xs"
          data={spans.map((value) => ({ value, label: words[value] }))}
          value={range}
          onChange={(value) => set('range', value === '1h' ? null : value)}
        />
        <SegmentedControl
          aria-label="Show as"
          size="xs"
          data={[
            { value: 'graphs', label: 'Graphs' },
            { value: 'table', label: 'Table' },
          ]}
          value={isTable ? 'table' : 'graphs'}
          onChange={(value) => set('as', value === 'table' ? 'table' : null)}
        />
        <span className={classes.when}>
          {metrics.dataUpdatedAt > 0 && (
            <>
              Updated <RelativeTime time={new Date(metrics.dataUpdatedAt).toISOString()} /> · {zone}
            </>
          )}
        </span>
      </div>
      <Loaded query={metrics} shape="cards">
        {(data) =>
          data.points.length === 0 ? (
            <EmptyState icon={Activity} title={`Nothing measured in the last ${said[data.range]}`}>
              {vm.status === 'active'
                ? 'A running VM is measured every 15 seconds. Its first figures are here within a minute.'
                : 'Only a running VM is measured. Choose a longer time to see what it used before.'}
            </EmptyState>
          ) : (
            <Figures data={data} isTable={isTable} />
          )
        }
      </Loaded>
    </section>
  );
}

interface Kind {
  readonly title: string;
  readonly context: string;
  readonly lines: readonly { readonly name: Measure; readonly word: string }[];
  readonly unit: Unit;
  readonly top?: number;
}

const lines = {
  cpu: [{ name: 'cpu', word: 'CPU' }],
  memory: [{ name: 'memory', word: 'Memory' }],
  network: [
    { name: 'received', word: 'In' },
    { name: 'sent', word: 'Out' },
  ],
  disk: [
    { name: 'read', word: 'Read' },
    { name: 'written', word: 'Written' },
  ],
} as const satisfies Record<string, Kind['lines']>;

/** The graphs of what was measured, each with its unit. */
function kindsOf(data: VMMetrics, moments: readonly Moment[]): readonly Kind[] {
  const peak = (...names: Measure[]) => Math.max(0, ...names.map((name) => summaryOf(moments, name)?.peak ?? 0));
  // Traffic is counted in bytes, and said in bits.
  const network = unitFor(8 * peak('received', 'sent'), 'bit/s');
  const disk = unitFor(peak('read', 'written'), 'B/s');
  return [
    {
      title: 'CPU',
      context: `of ${data.cpu} vCPU`,
      lines: lines.cpu,
      unit: { word: '%', size: data.cpu / 100 },
      top: data.cpu,
    },
    {
      title: 'Memory',
      context: `of ${figure(data.memory / gib)} GB`,
      lines: lines.memory,
      unit: { word: 'GB', size: gib },
      top: data.memory,
    },
    {
      title: 'Network',
      context: network.word,
      lines: lines.network,
      unit: { word: network.word, size: network.size / 8 },
    },
    { title: 'Disk', context: disk.word, lines: lines.disk, unit: disk },
  ];
}

function Figures({ data, isTable }: { data: VMMetrics; isTable: boolean }) {
  const [at, setAt] = useState<number | null>(null);
  const moments = useMemo(() => momentsOf(data), [data]);
  const kinds = useMemo(() => kindsOf(data, moments), [data, moments]);
  const { seconds } = metricSpans[data.range];
  if (isTable) {
    const columns = kinds.flatMap(({ lines: ofKind, unit, title }) =>
      ofKind.map(({ name, word }) => ({
        name,
        unit,
        title: ofKind.length === 1 ? title : `${title}, ${word.toLowerCase()}`,
      })),
    );
    return <GraphTable label="What the VM used, as a table" moments={moments} columns={columns} seconds={seconds} />;
  }
  return (
    <div className={classes.grid}>
      {kinds.map((kind) => (
        <Graph key={kind.title} {...kind} moments={moments} seconds={seconds} at={at} onAt={setAt} />
      ))}
    </div>
  );
}
