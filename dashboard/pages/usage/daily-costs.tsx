import { SegmentedControl } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import type { CostsByDay } from '@raffia/client/client.ts';
import type { BilledKind } from '@raffia/contract/enums.ts';
import { type KeyboardEvent, type PointerEvent, useId, useMemo, useState } from 'react';
import { Bar, BarChart, CartesianGrid, XAxis, YAxis } from 'recharts';
import { kindsIn, kindWords } from '../../parts/billed-kinds.ts';
import { dayWord, shortDayWord } from '../../parts/days.ts';
import { spent } from '../../parts/price.ts';
import { topOf } from '../../parts/top-of.ts';
import { useListState } from '../../parts/use-list-state.ts';
import { barsOf, type Bar as Day, sentenceOf } from './cost-figures.ts';
import classes from './usage.module.css';

const height = 220;
const axisWidth = 52;
const margin = { top: 8, right: 20, bottom: 0, left: 0 };
const axisHeight = 22;
const colours: Readonly<Record<BilledKind, string>> = {
  vm: 'var(--raffia-ok-mark)',
  volume: 'var(--raffia-straw-mark)',
  address: 'var(--raffia-info-mark)',
  snapshot: 'var(--raffia-plum-mark)',
  image: 'var(--raffia-accent)',
  backup: 'var(--raffia-text-3)',
};
const views = [
  { value: 'chart', label: 'Chart' },
  { value: 'table', label: 'Table' },
];

/** What each day cost, by kinds: bars, or the same in a table. */
export default function DailyCosts({ costs }: { costs: CostsByDay }) {
  const { value, set } = useListState();
  const isTable = value('as', views) === 'table';
  const days = useMemo(() => barsOf(costs), [costs]);
  const kinds = useMemo(() => kindsIn(costs), [costs]);
  return (
    <section className={classes.card} aria-label="Costs by day">
      <div className={classes.head}>
        <div>
          <h2>By day</h2>
          <p>{sentenceOf(costs)}</p>
        </div>
        <SegmentedControl
          aria-label="Show as"
          size="xs"
          data={views}
          value={isTable ? 'table' : 'chart'}
          onChange={(next) => set('as', next === 'table' ? next : null)}
        />
      </div>
      {isTable ? <Table days={days} kinds={kinds} costs={costs} /> : <Chart days={days} kinds={kinds} />}
    </section>
  );
}

/** Bars whose parts stand upon each other. A day is chosen by the pointer or the arrow keys; for readers of screens it is a slider. */
function Chart({ days, kinds }: { days: readonly Day[]; kinds: readonly BilledKind[] }) {
  const { ref, width } = useElementSize();
  const legend = useId();
  const [chosen, setAt] = useState<number | null>(null);
  const last = days.length - 1;
  const at = chosen === null ? null : Math.min(last, chosen);
  const inside = width - axisWidth - margin.right;
  const drawing = useMemo(() => {
    const top = topOf(Math.max(...days.map(({ total }) => total)));
    return (
      <BarChart
        data={days as Day[]}
        width={width}
        height={height}
        margin={margin}
        barCategoryGap={days.length > 60 ? 0 : '18%'}
        accessibilityLayer={false}
        style={{ pointerEvents: 'none' }}
      >
        <CartesianGrid vertical={false} stroke="var(--raffia-line)" />
        <XAxis
          dataKey="day"
          ticks={ticksOf(days, Math.max(2, Math.floor(inside / 72)))}
          interval={0}
          tickFormatter={shortDayWord}
          height={axisHeight}
          tickLine={false}
          axisLine={false}
        />
        <YAxis
          width={axisWidth}
          domain={[0, top]}
          ticks={[0, top / 2, top]}
          interval={0}
          tickFormatter={axisWord}
          tickLine={false}
          axisLine={false}
        />
        {kinds.map((kind) => (
          <Bar
            key={kind}
            dataKey={kind}
            stackId="kinds"
            fill={colours[kind]}
            stroke="var(--raffia-surface)"
            strokeWidth={days.length > 60 ? 0 : 1}
            maxBarSize={48}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    );
  }, [days, kinds, width, inside]);
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - axisWidth;
    setAt(Math.min(last, Math.max(0, Math.floor((x / inside) * days.length))));
  };
  const press = (event: KeyboardEvent) => {
    const from = at ?? last;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      ArrowDown: from - 1,
      ArrowUp: from + 1,
      PageDown: from - 7,
      PageUp: from + 7,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === 'Escape') setAt(null);
    if (to === undefined) return;
    event.preventDefault();
    setAt(Math.min(last, Math.max(0, to)));
  };
  const shown = days[at ?? last];
  const day = at === null ? undefined : days[at];
  const valuesOf = (one: Day) =>
    [
      `${spent(one.total)} on ${dayWord(one.day)}`,
      ...kinds.map((kind) => `${kindWords[kind].many} ${spent(one[kind])}`),
    ].join(', ');
  return (
    <>
      <div
        ref={ref}
        className={classes.plot}
        role="slider"
        tabIndex={0}
        aria-label="Cost of a day"
        aria-describedby={legend}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at ?? last}
        aria-valuetext={shown === undefined ? 'Nothing' : valuesOf(shown)}
        onPointerMove={move}
        onPointerDown={move}
        onPointerLeave={() => setAt(null)}
        onKeyDown={press}
        onBlur={() => setAt(null)}
      >
        {at !== null && inside > 0 && (
          <div
            className={classes.cursor}
            style={{ left: axisWidth + (inside * at) / days.length, width: inside / days.length }}
          />
        )}
        {width > 0 && drawing}
      </div>
      <p className={classes.legend} id={legend}>
        <span>{day === undefined ? 'All days' : dayWord(day.day)}</span>
        {kinds.map((kind) => (
          <span key={kind}>
            <i style={{ background: colours[kind] }} aria-hidden="true" />
            {kindWords[kind].many}{' '}
            {spent(day === undefined ? days.reduce((sum, one) => sum + one[kind], 0) : day[kind])}
          </span>
        ))}
        {day !== undefined && <span>Total {spent(day.total)}</span>}
      </p>
    </>
  );
}

/** The days that are written below, as many as there is room for: the last one always. */
function ticksOf(days: readonly Day[], room: number): string[] {
  const step = Math.max(1, Math.ceil(days.length / room));
  return days.filter((_, at) => (days.length - 1 - at) % step === 0).map(({ day }) => day);
}

const axisWord = (value: number): string =>
  value >= 1 || value === 0 ? `$${value}` : `$${Number(value.toPrecision(2))}`;

/** The same in figures, the newest day first. */
function Table({ days, kinds, costs }: { days: readonly Day[]; kinds: readonly BilledKind[]; costs: CostsByDay }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <section className={classes.table} tabIndex={0} aria-label="Costs by day, as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {kinds.map((kind) => (
              <th key={kind} scope="col">
                {kindWords[kind].many}
              </th>
            ))}
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.day}>
              <th scope="row">
                <time dateTime={day.day}>{dayWord(day.day)}</time>
              </th>
              {kinds.map((kind) => (
                <td key={kind}>{spent(day[kind])}</td>
              ))}
              <td>{spent(day.total)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All days</th>
            {kinds.map((kind) => (
              <td key={kind}>{spent(Number(costs.kinds[kind]))}</td>
            ))}
            <td>{spent(Number(costs.total))}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
