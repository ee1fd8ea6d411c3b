import { SegmentedControl } from '@mantine/core';
import type { KeyHours, KeyUsage } from '@raffia/client/client.ts';
import { useMemo, useState } from 'react';
import classes from '../../parts/graph.module.css';
import { Graph, type Line } from '../../parts/graph.tsx';
import { GraphTable } from '../../parts/graph-table.tsx';
import { useKeyHours, useKeyUsage } from '../../parts/key-dialogs.tsx';
import { dayMoments, type KeySpan, keyDays, keyMoments, keySpans, totalsOf } from '../../parts/key-series.ts';
import { Loaded } from '../../parts/notices.tsx';
import { dayWord, type Moment, type Unit } from '../../parts/series.ts';
import { useListState } from '../../parts/use-list-state.ts';

const days = '30d';
const spans = [
  ...(Object.keys(keySpans) as KeySpan[]).map((value) => ({ value, label: keySpans[value].word })),
  { value: days, label: keyDays.word },
];
const views = [
  { value: 'graphs', label: 'Graphs' },
  { value: 'table', label: 'Table' },
];
const counted = (word: string): Unit => ({ word, size: 1, isCounted: true });
const requestsUnit = counted('requests');

const count = (value: number) => value.toLocaleString('en');
const inAll = ({ requests }: { readonly requests: number }) =>
  `${count(requests)} ${requests === 1 ? 'request' : 'requests'}`;

/** Requests and refusals of a key, and what was left of its burst, over a time that the address names. */
export default function Requests({ id }: { id: string }) {
  const { value, set } = useListState();
  const span = value('range', spans) ?? '1h';
  const isTable = value('as', views) === 'table';
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
      {span === days ? (
        <Days id={id} isTable={isTable} />
      ) : (
        <Minutes id={id} span={span as KeySpan} isTable={isTable} />
      )}
    </section>
  );
}

function Minutes({ id, span, isTable }: { id: string; span: KeySpan; isTable: boolean }) {
  const usage = useKeyUsage(id, keySpans[span].minutes);
  return (
    <Loaded query={usage} shape="cards">
      {(data) => <Figures key={span} span={span} usage={data} isTable={isTable} />}
    </Loaded>
  );
}

function Days({ id, isTable }: { id: string; isTable: boolean }) {
  return (
    <Loaded query={useKeyHours(id)} shape="cards">
      {(data) => <DayFigures hours={data.hours} isTable={isTable} />}
    </Loaded>
  );
}

/** What was counted of all requests, as lines and as columns of the table. */
function useCounted(moments: readonly Moment[]) {
  return useMemo(() => {
    const totals = totalsOf(moments);
    const lines: readonly Line[] = [
      { name: 'requests', word: 'Requests', summary: count(totals.requests) },
      { name: 'refused', word: 'Over the limit (429)', summary: count(totals.refused) },
      { name: 'denied', word: 'Not allowed (401, 403)', summary: count(totals.denied) },
    ];
    return { totals, lines };
  }, [moments]);
}

const countedColumns = (each: string) => [
  { name: 'requests', title: 'Requests', unit: counted(each) },
  { name: 'refused', title: 'Over the limit', unit: counted(each) },
  { name: 'denied', title: 'Not allowed', unit: counted(each) },
];
const tableLabel = 'Requests of the key, as a table';

/** Days of the reader: of them no burst is known, which is one of a minute. */
function DayFigures({ hours, isTable }: { hours: KeyHours['hours']; isTable: boolean }) {
  const [at, setAt] = useState<number | null>(null);
  const moments = useMemo((): readonly Moment[] => dayMoments({ hours }, Date.now()), [hours]);
  const { totals, lines } = useCounted(moments);
  const seconds = keyDays.days * 86_400;
  const { each } = keyDays;
  if (isTable) {
    return (
      <GraphTable
        label={tableLabel}
        moments={moments}
        columns={countedColumns(each)}
        seconds={seconds}
        wordOf={dayWord}
      />
    );
  }
  return (
    <Graph
      title="Requests"
      context={each}
      lines={lines}
      moments={moments}
      seconds={seconds}
      unit={requestsUnit}
      inHead={inAll(totals)}
      at={at}
      onAt={setAt}
      wordOf={dayWord}
    />
  );
}

function Figures({ span, usage, isTable }: { span: KeySpan; usage: KeyUsage; isTable: boolean }) {
  const { burst, minutes, burst_remaining } = usage;
  const [at, setAt] = useState<number | null>(null);
  const moments = useMemo(
    (): readonly Moment[] => keyMoments({ burst, minutes }, span, Date.now()),
    [burst, minutes, span],
  );
  const { totals, lines } = useCounted(moments);
  const burstLines = useMemo((): readonly Line[] => {
    const least = Math.min(...moments.map(({ left }) => left ?? burst));
    return [{ name: 'left', word: 'Burst left', summary: `Least ${count(least)} of ${count(burst)}` }];
  }, [moments, burst]);
  const seconds = keySpans[span].minutes * 60;
  const { each } = keySpans[span];
  if (isTable) {
    const columns = [...countedColumns(each), { name: 'left', title: 'Burst left', unit: counted(`of ${burst}`) }];
    return <GraphTable label={tableLabel} moments={moments} columns={columns} seconds={seconds} />;
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
        inHead={inAll(totals)}
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
