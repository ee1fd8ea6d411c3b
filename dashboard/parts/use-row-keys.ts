import { type RefObject, useEffect, useRef, useState } from 'react';
import { placeOf, type RowIds, RowRange, rowBeside, type Selection } from './row-moves.ts';
import { useKey } from './use-key.ts';

interface Rows {
  readonly ids: RowIds;
  /** Brings a row into view that is not drawn, as far away ones are not. */
  readonly reveal: (at: number) => void;
  readonly open: (at: number) => boolean;
  readonly openMenu: ((id: string) => void) | undefined;
  readonly selection: Selection;
  readonly onSelect: ((selection: Selection) => void) | undefined;
}

/**
 * Keys that go from row to row of a table, and act on the row that has the focus. Of several tables on a page it is the one with the
 * focus, else the first. One row can be reached with Tab: the last that had the focus.
 *
 * @param body its rows say by `aria-rowindex` which they are, the head being the first
 */
export function useRowKeys(body: RefObject<HTMLTableSectionElement | null>, rows: Rows) {
  const { ids, selection, onSelect } = rows;
  const [last, setLast] = useState<{ readonly id: string; readonly at: number } | undefined>();
  const awaited = useRef<number | undefined>(undefined);
  const range = useRef(new RowRange());
  const rowAt = (at: number) => body.current?.querySelector<HTMLElement>(`tr[aria-rowindex="${at + 2}"]`);
  const take = (row: HTMLElement) => {
    awaited.current = undefined;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  };
  const go = (at: number) => {
    const row = rowAt(at);
    if (row) take(row);
    else {
      awaited.current = at;
      rows.reveal(at);
    }
  };
  useEffect(() => {
    const row = awaited.current === undefined ? undefined : rowAt(awaited.current);
    if (row) take(row);
  });
  const isMine = () =>
    (document.activeElement?.closest('[data-rows]') ?? document.querySelector('[data-rows]')) === body.current;
  /** The row that has the focus, or in which something has it. */
  const focused = (): number | undefined => {
    const row = document.activeElement?.closest('tr[aria-rowindex]');
    return row && body.current?.contains(row) ? Number(row.getAttribute('aria-rowindex')) - 2 : undefined;
  };
  const move = (step: 1 | -1, event: KeyboardEvent, isExtending: boolean) => {
    const inRow = focused();
    // Elsewhere arrows scroll.
    if (!isMine() || (event.key.startsWith('Arrow') && inRow === undefined)) return false;
    const from = inRow ?? (last === undefined ? undefined : placeOf(ids, last));
    const at = rowBeside(ids, from, step);
    if (!isExtending) range.current.end();
    if (at === undefined) return undefined;
    if (isExtending && from !== undefined) onSelect?.(range.current.extend(ids, selection, from, at));
    go(at);
    return undefined;
  };
  /** Calls with the row that has the focus. */
  const atRow = (act: (id: string, at: number) => unknown) => {
    const at = focused();
    const id = at === undefined ? undefined : ids[at];
    return at === undefined || id === undefined ? false : act(id, at);
  };
  useKey('next', (_, event) => move(1, event, false));
  useKey('previous', (_, event) => move(-1, event, false));
  useKey('selectNext', (_, event) => move(1, event, true));
  useKey('selectPrevious', (_, event) => move(-1, event, true));
  useKey('select', () =>
    atRow((id) => {
      if (onSelect === undefined) return false;
      range.current.end();
      return onSelect({ ...selection, [id]: selection[id] !== true });
    }),
  );
  useKey('menu', () => atRow((id) => (rows.openMenu === undefined ? false : rows.openMenu(id))));
  // A link or button in the row opens by itself.
  useKey('open', (_, { target }) => atRow((_id, at) => (target === rowAt(at) ? rows.open(at) : false)));
  const place = last === undefined ? undefined : placeOf(ids, last);
  return {
    /** The row among those that are drawn that is reached with Tab. */
    stopOf: (drawn: readonly number[]) =>
      place !== undefined && drawn.includes(place) ? place : drawn.find((at) => ids[at] !== undefined),
    onFocus: (at: number) => {
      const id = ids[at];
      if (id !== undefined && (last?.at !== at || last.id !== id)) setLast({ id, at });
    },
  };
}
