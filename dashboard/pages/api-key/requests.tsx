import { SegmentedControl } from '@mantine/core';
import type { KeyUsage } from '@raffia/client/client.ts';
import { useMemo, useState } from 'react';
import classes from '../../parts/graph.module.css';
import { Graph, type Line } from '../../parts/graph.tsx';
import { GraphTable } from '../../parts/graph-table.tsx';
import { useKeyUsage } from '../../parts/key-dialogs.tsx';
import { type KeySpan, keyMoments, keySpans, totalsOf } from '../../parts/key-series.ts';
import { Loaded } from '../../parts/notices.tsx';
import type { Moment, Unit } from '../../parts/series.ts';
import { useListState } from '../../parts/use-list-state.ts';

const spans = (Object.keys(keySpans) as KeySpan[]).map((value) => ({ value, label: keySpans[value].word }));
const views = [
  { value: 'graphs', label: 'Graphs' },
  { value: 'table', label: 'Table' },
];
const requestsUnit: Unit = { word: 'requests', size: 1 };

const count = (value: number) => value.toLocaleString('en');

/** Requests and refusals of a key, and what was left of its burst, over a time that the address names. */
export default function Requests({ id }: { id: string }) {
  const { value, set } = useListState();
  const span = (value('range', spans) ?? '1h') as KeySpan;
  const isTable = value('as', views) === 'table';
  const usage = useKeyUsage(id, keySpans[span].minutes);
  return (
    <section aria-label="Requests of the key">
      <div className={classes.bar}>
        <SegmentedControl
          aria-label="Time range"
          size="xs"
          data={spans}
          value={span}
          onChange={(next) => set('range', next === '1h' ? null : next)}
        />
        <SegmentedControl
          aria-label="Show as"
          size="xs"
          data={views}
          value={isTable ? 'table' : 'graphs'}
          onChange={(next) => set('as', next === 'table' ? 'table' : null)}
        />
      </div>
      <Loaded query={usage} shape="cards">
        {(data) => <Figures key={span} span={span} usage={data} isTable={isTable} />}
      </Loaded>
    </section>
  );
}

function Figures({ span, usage, isTable }: { span: KeySpan; usage: KeyUsage; isTable: boolean }) {
  const { burst, minutes, burst_remaining } = usage;
  const [at, setAt] = useState<number | null>(null);
  const moments = useMemo(
    (): readonly Moment[] => keyMoments({ burst, minutes }, span, Date.now()),
    [burst, minutes, span],
  );
  const totals = useMemo(() => totalsOf(moments), [moments]);
  const lines = useMemo(
    (): readonly Line[] => [
      { name: 'requests', word: 'Requests', summary: count(totals.requests) },
      { name: 'refused', word: 'Over the limit (429)', summary: count(totals.refused) },
    ],
    [totals],
  );
  const burstLines = useMemo((): readonly Line[] => {
    const least = Math.min(...moments.map(({ left }) => left ?? burst));
    return [{ name: 'left', word: 'Burst left', summary: `Least ${count(least)} of ${count(burst)}` }];
  }, [moments, burst]);
  const seconds = keySpans[span].minutes * 60;
  const { each } = keySpans[span];
  if (isTable) {
    const columns = [
      { name: 'requests', title: 'Requests', unit: { word: each, size: 1 } },
      { name: 'refused', title: 'Over the limit', unit: { word: each, size: 1 } },
      { name: 'left', title: 'Burst left', unit: { word: `of ${burst}`, size: 1 } },
    ];
    return <GraphTable label="Requests of the key, as a table" moments={moments} columns={columns} seconds={seconds} />;
  }
  return (
    <div className={classes.grid}>
      <Graph
        title="Requests"
        context={each}
        lines={lines}
        moments={moments}
        seconds={seconds}
        unit={requestsUnit}
        inHead={`${count(totals.requests)} ${totals.requests === 1 ? 'request' : 'requests'}`}
        at={at}
        onAt={setAt}
      />
      <Graph
        title="Burst left"
        context={`of ${burst} in a minute`}
        lines={burstLines}
        moments={moments}
        seconds={seconds}
        unit={requestsUnit}
        top={burst}
        inHead={`${count(burst_remaining)} left now`}
        at={at}
        onAt={setAt}
      />
    </div>
  );
}
