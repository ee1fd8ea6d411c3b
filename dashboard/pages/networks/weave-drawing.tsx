import { ActionIcon } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Maximize, Minus, Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import classes from './weave.module.css';
import { endOf, held, type Knot, nextKnot, smallest, type View, type Weave, zoomed } from './weave.ts';

const column = 96;
const row = 84;
const head = 60;
const side = 196;
const colours = ['info', 'ok', 'straw', 'plum'] as const;
/** Pixels that a hand may move while it means to press. */
const steady = 4;

/**
 * The weave: strands across, threads down, over and under each other, a knot where a machine has an address. It is moved by dragging, made
 * larger and smaller with the buttons, `+` and `-`, and Ctrl with the wheel; arrows go from knot to knot. Only what can be seen is drawn.
 */
export function WeaveDrawing({
  weave,
  open,
  onOpen,
}: {
  weave: Weave;
  open: string | null;
  onOpen: (id: string | null) => void;
}) {
  const { rows, columns, knots } = weave;
  const { ref, width } = useElementSize();
  const svg = useRef<SVGSVGElement>(null);
  const [raw, setView] = useState<View>({ x: 0, y: 0, k: 1 });
  const [focused, setFocused] = useState<string | null>(null);
  const drawing = { width: columns.length * column, height: rows.length * row };
  const height = Math.min(head + rows.length * row, 620);
  const window = { width: Math.max(1, width - side), height: height - head };
  const view = held(raw, drawing, window);
  // With few threads they stand apart, so that the card is full.
  const wide = Math.max(column, columns.length === 0 ? column : window.width / view.k / columns.length);
  const stretched = { width: columns.length * wide, height: drawing.height };
  const shown = held(raw, stretched, window);
  const { x, y, k } = shown;
  const change = (act: (view: View) => View) => setView(held(act(shown), stretched, window));
  const middle = { x: window.width / 2, y: window.height / 2 };
  const drag = useRef<{ x: number; y: number; from: View; isMoved: boolean } | null>(null);
  const wasMoved = useRef(false);
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => {
    const box = svg.current;
    const zoom = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const { left, top } = (box as SVGSVGElement).getBoundingClientRect();
      const at = { x: event.clientX - left - side, y: event.clientY - top - head };
      latest.current((before) =>
        event.shiftKey
          ? { ...before, x: before.x - event.deltaY - event.deltaX }
          : zoomed(before, Math.exp(-event.deltaY / 300), at),
      );
    };
    box?.addEventListener('wheel', zoom, { passive: false });
    return () => box?.removeEventListener('wheel', zoom);
  }, []);
  const atColumn = (at: number) => (at + 0.5) * wide * k + x;
  const atRow = (at: number) => (at + 0.5) * row * k + y;
  const isSeenColumn = (at: number) => atColumn(at) > -wide * k && atColumn(at) < window.width + wide * k;
  const isSeenRow = (at: number) => atRow(at) > -row * k && atRow(at) < window.height + row * k;
  const seenColumns = columns.map((_, at) => at).filter(isSeenColumn);
  const seenRows = rows.map((_, at) => at).filter(isSeenRow);
  const reveal = (knot: Knot) =>
    change((before) => ({
      ...before,
      x: Math.max(
        wide * k * 0.6 - (knot.column + 0.5) * wide * k,
        Math.min(before.x, window.width - (knot.column + 1.1) * wide * k),
      ),
      y: Math.max(
        row * k * 0.6 - (knot.row + 0.5) * row * k,
        Math.min(before.y, window.height - (knot.row + 1.1) * row * k),
      ),
    }));
  const current = knots.find(({ id }) => id === focused) ?? knots.find(({ id }) => id === open) ?? knots[0];
  const focus = (knot: Knot) => {
    setFocused(knot.id);
    reveal(knot);
    requestAnimationFrame(() => document.getElementById(idOf(knot))?.focus({ preventScroll: true }));
  };
  const onKeyDown = (event: React.KeyboardEvent, knot: Knot) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') onOpen(open === knot.id ? null : knot.id);
    else if (event.key === '+' || event.key === '=') change((before) => zoomed(before, 1.25, middle));
    else if (event.key === '-') change((before) => zoomed(before, 0.8, middle));
    else if (event.key === '0') setView({ x: 0, y: 0, k: 1 });
    else if (event.key === 'Escape' && open !== null) onOpen(null);
    else if (event.key.startsWith('Arrow')) {
      const next = nextKnot(knots, knot, event.key);
      if (next !== undefined) focus(next);
    } else return;
    event.preventDefault();
  };
  const letters = (room: number) => Math.max(2, Math.floor(room / 7));
  return (
    <section className={classes.card} aria-label="Diagram of networks" ref={ref}>
      <div className={classes.tools}>
        <ActionIcon size={28} aria-label="Zoom in" onClick={() => change((before) => zoomed(before, 1.25, middle))}>
          <Plus size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon size={28} aria-label="Zoom out" onClick={() => change((before) => zoomed(before, 0.8, middle))}>
          <Minus size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          size={28}
          aria-label="Show all"
          onClick={() =>
            setView({
              x: 0,
              y: 0,
              k: Math.max(smallest, Math.min(1, window.width / drawing.width, window.height / drawing.height)),
            })
          }
        >
          <Maximize size={16} aria-hidden />
        </ActionIcon>
      </div>
      <svg
        ref={svg}
        className={classes.drawing}
        width="100%"
        height={height}
        data-view={`${x.toFixed(0)} ${y.toFixed(0)} ${k.toFixed(2)}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          wasMoved.current = false;
          drag.current = { x: event.clientX, y: event.clientY, from: shown, isMoved: false };
        }}
        onPointerMove={(event) => {
          const began = drag.current;
          if (began === null) return;
          const [dx, dy] = [event.clientX - began.x, event.clientY - began.y];
          if (!began.isMoved && Math.abs(dx) + Math.abs(dy) < steady) return;
          if (!began.isMoved) event.currentTarget.setPointerCapture(event.pointerId);
          began.isMoved = true;
          change(() => ({ ...began.from, x: began.from.x + dx, y: began.from.y + dy }));
        }}
        onPointerUp={() => {
          // The click that follows is no press where the hand moved.
          wasMoved.current = drag.current?.isMoved === true;
          drag.current = null;
        }}
        onPointerCancel={() => {
          drag.current = null;
        }}
      >
        <title>Diagram of networks: the list has the same in words</title>
        <defs>
          <clipPath id="weave-window">
            <rect x={0} y={0} width={window.width} height={window.height} />
          </clipPath>
          <clipPath id="weave-heads">
            <rect x={0} y={-head} width={window.width} height={head} />
          </clipPath>
          <clipPath id="weave-side">
            <rect x={-side} y={0} width={side} height={window.height} />
          </clipPath>
        </defs>
        <g transform={`translate(${side} ${head})`}>
          <g clipPath="url(#weave-window)" aria-hidden="true">
            {seenRows.flatMap((r) =>
              seenColumns.map((c) => (
                <Crossing
                  key={`${rows[r]?.id} ${columns[c]?.id}`}
                  x={atColumn(c)}
                  y={atRow(r)}
                  width={wide * k}
                  height={row * k}
                  k={k}
                  colour={colours[r % colours.length] ?? 'info'}
                  isOver={(r + c) % 2 === 0}
                />
              )),
            )}
          </g>
          <rect x={-side} y={-head} width={side + window.width} height={head} className={classes.headGround} />
          <rect x={-side} y={0} width={side} height={window.height} className={classes.sideGround} />
          <path d={`M${-side} 0H${window.width}M0 0V${window.height}`} className={classes.rule} />
          <text x={16 - side} y={-18} className={classes.label}>
            Network
          </text>
          <g clipPath="url(#weave-heads)">
            {seenColumns.map((c) => {
              const one = columns[c];
              const most = letters(wide * k - 10);
              return (
                <text key={one?.id} x={atColumn(c)} y={-34} textAnchor="middle" className={classes.name}>
                  <title>{one?.name}</title>
                  {shortened(one?.name ?? '', most)}
                  <tspan x={atColumn(c)} dy={18} className={classes.hint}>
                    {shortened(one?.vm === undefined ? 'Gateway' : (words[one.vm.status] ?? ''), most)}
                  </tspan>
                </text>
              );
            })}
          </g>
          <g clipPath="url(#weave-side)">
            {seenRows.map((r) => {
              const one = rows[r];
              const isShort = row * k < 52;
              return (
                <text
                  key={one?.id}
                  x={16 - side}
                  y={atRow(r) - (isShort ? -5 : one?.block === '' ? 4 : 14)}
                  className={classes.name}
                >
                  <title>{one?.name}</title>
                  {shortened(one?.name ?? '', 24)}
                  {!isShort && one?.block !== '' && (
                    <tspan x={16 - side} dy={18} className={classes.mono}>
                      {one?.block}
                    </tspan>
                  )}
                  {!isShort && (
                    <tspan x={16 - side} dy={18} className={classes.hint}>
                      {one?.hint}
                    </tspan>
                  )}
                </text>
              );
            })}
          </g>
          <g clipPath="url(#weave-window)">
            {knots
              .filter((knot) => isSeenColumn(knot.column) && isSeenRow(knot.row))
              .map((knot) => (
                <KnotMark
                  key={knot.id}
                  knot={knot}
                  x={atColumn(knot.column)}
                  y={atRow(knot.row)}
                  k={k}
                  colour={colours[knot.row % colours.length] ?? 'info'}
                  name={`${columns[knot.column]?.name} in ${rows[knot.row]?.name}`}
                  isOpen={knot.id === open}
                  isReached={knot.id === current?.id}
                  onPress={() => {
                    if (!wasMoved.current) onOpen(open === knot.id ? null : knot.id);
                  }}
                  onFocus={() => setFocused(knot.id)}
                  onKeyDown={(event) => onKeyDown(event, knot)}
                />
              ))}
          </g>
        </g>
      </svg>
    </section>
  );
}

const words: Readonly<Record<string, string>> = {
  initiating: 'Queued',
  provisioning: 'Building',
  booting: 'Starting',
  active: 'Running',
  finalizing: 'Stopping',
  passive: 'Stopped',
  failure: 'Failed',
};

const idOf = (knot: Knot) => `knot-${knot.id.replaceAll(' ', '-')}`;

const shortened = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A strand and a thread, one over the other. */
function Crossing({
  x,
  y,
  width,
  height,
  k,
  colour,
  isOver,
}: {
  x: number;
  y: number;
  width: number;
  height: number;
  k: number;
  colour: string;
  isOver: boolean;
}) {
  const strand = `M${x - width / 2} ${y}h${width}`;
  const thread = `M${x} ${y - height / 2}v${height}`;
  const gap = 6 * k;
  const under = isOver ? thread : strand;
  return (
    <>
      <path
        d={under}
        className={classes.line}
        style={isOver ? { strokeWidth: 4 * k } : { stroke: `var(--raffia-${colour}-mark)`, strokeWidth: 8 * k }}
      />
      {isOver ? (
        <path d={`M${x - 2 * gap} ${y}h${4 * gap}`} className={classes.halo} style={{ strokeWidth: 14 * k }} />
      ) : (
        <path d={`M${x} ${y - 2 * gap}v${4 * gap}`} className={classes.halo} style={{ strokeWidth: 10 * k }} />
      )}
      <path
        d={isOver ? strand : thread}
        className={classes.line}
        style={isOver ? { stroke: `var(--raffia-${colour}-mark)`, strokeWidth: 8 * k } : { strokeWidth: 4 * k }}
      />
    </>
  );
}

function KnotMark({
  knot,
  x,
  y,
  k,
  colour,
  name,
  isOpen,
  isReached,
  onPress,
  onFocus,
  onKeyDown,
}: {
  knot: Knot;
  x: number;
  y: number;
  k: number;
  colour: string;
  name: string;
  isOpen: boolean;
  isReached: boolean;
  onPress: () => void;
  onFocus: () => void;
  onKeyDown: (event: React.KeyboardEvent) => void;
}) {
  const text = knot.addresses.map(endOf).join(' ');
  const mark = knot.nics.length === 0 ? '' : knot.isOpen ? 'open' : knot.isFiltered ? 'shield' : '';
  const size = Math.min(1.3, Math.max(0.7, k));
  const width = (text.length * 7 + 18 + (mark === '' ? 0 : 16)) * size;
  const state = knot.isOpen
    ? ', open to the internet'
    : knot.isFiltered && knot.nics.length > 0
      ? ', with a firewall group'
      : '';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing has no button
    <g
      id={idOf(knot)}
      role="button"
      tabIndex={isReached ? 0 : -1}
      aria-label={`${name}, ${knot.addresses.join(' and ')}${state}`}
      aria-pressed={isOpen}
      className={classes.knot}
      data-selected={isOpen || undefined}
      transform={`translate(${x} ${y})`}
      onClick={onPress}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
    >
      <rect
        x={-width / 2}
        y={-13 * size}
        width={width}
        height={26 * size}
        rx={13 * size}
        style={{ stroke: `var(--raffia-${colour}-mark)` }}
      />
      {mark !== '' && (
        <path
          className={classes.mark}
          transform={`translate(${-width / 2 + 8 * size} ${-6 * size}) scale(${size / 2})`}
          d={
            mark === 'shield'
              ? 'M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z'
              : 'm21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3M12 9v4M12 17h.01'
          }
        />
      )}
      <text x={mark === '' ? 0 : 8 * size} y={4 * size} textAnchor="middle" style={{ fontSize: `${11.5 * size}px` }}>
        {text}
      </text>
    </g>
  );
}
