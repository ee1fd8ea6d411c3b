import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useId, useMemo } from 'react';
import { Area, AreaChart, CartesianGrid, XAxis, YAxis } from 'recharts';
import classes from './graph.module.css';
import { figure, type Moment, marksOf, markWord, momentWord, summaryOf, ticksOf, type Unit } from './series.ts';
import { topOf } from './top-of.ts';

export interface Line {
  readonly name: string;
  readonly word: string;
  /** What is said of all of it, where that is not its average. */
  readonly summary?: string;
}

const height = 132;
const axisWidth = 38;
const margin = { top: 8, right: 12, bottom: 0, left: 0 };
/** Told apart by colour and by how they are drawn. */
const looks = [
  { stroke: 'var(--raffia-ok-mark)', dash: '' },
  { stroke: 'var(--raffia-straw-mark)', dash: '5 3' },
  { stroke: 'var(--raffia-info-mark)', dash: '1.5 3' },
] as const;

/**
 * Up to three lines over time. The cursor is that of all graphs of the page, moved by the pointer or by the arrow keys; for readers of
 * screens it is a slider that tells the values.
 */
export function Graph({
  title,
  context,
  lines,
  moments,
  seconds,
  unit,
  top: fixedTop,
  inHead,
  at,
  onAt,
  wordOf = (time) => momentWord(time, seconds),
}: {
  title: string;
  context: string;
  lines: readonly Line[];
  moments: readonly Moment[];
  /** How long the span is. */
  seconds: number;
  unit: Unit;
  /** Where the axis ends, in values; left out, by the largest one. */
  top?: number;
  /** What stands in the head, where that is not the latest of the lines together. */
  inHead?: string;
  /** Which moment is looked at. */
  at: number | null;
  onAt: (at: number | null) => void;
  /** What a moment is called. */
  wordOf?: (time: number) => string;
}) {
  const { ref, width } = useElementSize();
  const legend = useId();
  const summaries = lines.map(({ name }) => summaryOf(moments, name));
  const peak = Math.max(0, ...summaries.map((one) => one?.peak ?? 0));
  const top = topOf(Math.max(fixedTop ?? 0, peak) / unit.size) * unit.size;
  const ceiling = fixedTop !== undefined && peak <= fixedTop ? fixedTop : top;
  const said = (value: number) => `${figure(value / unit.size)} ${unit.word}`;
  const first = moments[0]?.time ?? 0;
  const last = moments.at(-1)?.time ?? 0;
  const inside = width - axisWidth - margin.right;
  const chosen = at === null ? undefined : moments[at];
  const drawing = useMemo(() => {
    const marks = marksOf(first, last, Math.max(2, Math.floor(inside / 76)));
    return (
      <AreaChart
        data={moments as Moment[]}
        width={width}
        height={height}
        margin={margin}
        accessibilityLayer={false}
        style={{ pointerEvents: 'none' }}
      >
        <CartesianGrid vertical={false} stroke="var(--raffia-line)" />
        <XAxis
          dataKey="time"
          type="number"
          domain={[first, last]}
          ticks={marks}
          interval={0}
          tickFormatter={(time: number) => markWord(time, seconds)}
          height={22}
          tickLine={false}
          axisLine={false}
        />
        <YAxis
          width={axisWidth}
          domain={[0, ceiling]}
          ticks={ticksOf(ceiling, unit)}
          interval={0}
          tickFormatter={(value: number) => figure(value / unit.size)}
          tickLine={false}
          axisLine={false}
        />
        {lines.map(({ name }, index) => (
          <Area
            key={name}
            dataKey={name}
            type="linear"
            stroke={looks[index]?.stroke ?? ''}
            strokeWidth={1.75}
            strokeDasharray={looks[index]?.dash ?? ''}
            fill={looks[index]?.stroke ?? ''}
            fillOpacity={index === 0 ? 0.11 : 0}
            connectNulls={false}
            isAnimationActive={false}
            activeDot={false}
            dot={({ index: place, cx, cy }: { index?: number; cx?: number; cy?: number }) =>
              isAlone(moments, name, place ?? 0) ? (
                <circle key={place} cx={cx} cy={cy} r={1.75} fill={looks[index]?.stroke ?? ''} />
              ) : (
                <g key={place} />
              )
            }
          />
        ))}
      </AreaChart>
    );
  }, [moments, first, last, width, inside, ceiling, unit, lines, seconds]);
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - axisWidth;
    const share = Math.min(1, Math.max(0, x / inside));
    onAt(Math.round(share * (moments.length - 1)));
  };
  const press = (event: KeyboardEvent) => {
    const end = moments.length - 1;
    const from = at ?? end;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      ArrowDown: from - 1,
      ArrowUp: from + 1,
      PageDown: from - 10,
      PageUp: from + 10,
      Home: 0,
      End: end,
    }[event.key];
    if (event.key === 'Escape') onAt(null);
    if (to === undefined) return;
    event.preventDefault();
    onAt(Math.min(end, Math.max(0, to)));
  };
  const valuesAt = (moment: Moment) =>
    lines.map(({ name, word }) => {
      const value = moment[name] ?? null;
      const text = value === null ? 'not measured' : said(value);
      return lines.length === 1 ? text : `${word} ${text}`;
    });
  const shown = chosen ?? moments.at(-1);
  const isKnown = summaries.some((one) => one !== undefined);
  const now = summaries.reduce<number | null>((sum, one) => (one?.last == null ? sum : (sum ?? 0) + one.last), null);
  return (
    <section className={classes.card} aria-label={title}>
      <div className={classes.head}>
        <h3>{title}</h3>
        <span>{context}</span>
        <b>{inHead ?? (now === null ? '–' : said(now))}</b>
      </div>
      {isKnown ? (
        <>
          <div
            ref={ref}
            className={classes.plot}
            role="slider"
            tabIndex={0}
            aria-label={`${title} over time`}
            aria-describedby={legend}
            aria-valuemin={0}
            aria-valuemax={moments.length - 1}
            aria-valuenow={at ?? moments.length - 1}
            aria-valuetext={shown === undefined ? 'Nothing' : `${wordOf(shown.time)}: ${valuesAt(shown).join(', ')}`}
            onPointerMove={move}
            onPointerDown={move}
            onPointerLeave={() => onAt(null)}
            onKeyDown={press}
            onBlur={() => onAt(null)}
          >
            {width > 0 && drawing}
            {at !== null && inside > 0 && (
              <div
                className={classes.cursor}
                style={{ left: axisWidth + (inside * at) / Math.max(1, moments.length - 1) }}
              />
            )}
          </div>
          <p className={classes.legend} id={legend}>
            {chosen !== undefined && <span>{wordOf(chosen.time)}</span>}
            {lines.map(({ name, word, summary: all }, index) => {
              const summary = summaries[index];
              const value = chosen?.[name];
              const text =
                chosen !== undefined
                  ? value == null
                    ? 'not measured'
                    : said(value)
                  : summary === undefined
                    ? 'not measured'
                    : (all ?? `average ${said(summary.average)}`);
              return (
                <span key={name}>
                  {lines.length > 1 && <Sample index={index} />}
                  {lines.length > 1 ? `${word} ${text}` : capital(text)}
                </span>
              );
            })}
            {chosen === undefined &&
              lines.length === 1 &&
              lines[0]?.summary === undefined &&
              summaries[0] !== undefined && (
                <span>
                  Peak {said(summaries[0].peak)} at {wordOf(summaries[0].peakAt)}
                </span>
              )}
          </p>
        </>
      ) : (
        <div className={classes.none} ref={ref}>
          Not measured in this time
        </div>
      )}
    </section>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Whether nothing was measured right before and after: a line has no length there. */
function isAlone(moments: readonly Moment[], name: string, at: number): boolean {
  const isThere = (index: number) => typeof moments[index]?.[name] === 'number';
  return isThere(at) && !isThere(at - 1) && !isThere(at + 1);
}

/** How a line is drawn, beside its word. */
function Sample({ index }: { index: number }) {
  const { stroke, dash } = looks[index] ?? looks[0];
  return (
    <svg width="18" height="4" aria-hidden="true">
      <line x1="0" x2="18" y1="2" y2="2" stroke={stroke} strokeWidth="2.5" strokeDasharray={dash} />
    </svg>
  );
}
