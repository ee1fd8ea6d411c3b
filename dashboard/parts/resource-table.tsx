import { Button, Checkbox } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import {
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  type Row as TableRow,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { rowHeights, useDensity } from './density.ts';
import classes from './resource-table.module.css';
import { type Act, RowMenu } from './row-menu.tsx';
import type { Selection } from './row-moves.ts';
import { compare, layoutFor, readSort, type Sized } from './table-layout.ts';
import { useRowKeys } from './use-row-keys.ts';

export type { Selection } from './row-moves.ts';

export interface Column<Item> extends Sized {
  readonly title: string;
  readonly cell: (item: Item) => ReactNode;
  /** What it is sorted by; left out, it is not. */
  readonly sort?: (item: Item) => string | number | undefined;
  /** Figures stand at the end. */
  readonly isFigure?: true;
  /** The state is a sentence: on a card it has a line of its own. */
  readonly isLine?: true;
}

/** Things under a heading of their own. */
export interface Group<Item> {
  readonly key: string;
  readonly title: ReactNode;
  readonly items: readonly Item[];
}

interface Props<Item> {
  /** What the list is called by readers of screens. */
  readonly label: string;
  /** The first names a thing and links to it. */
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly idOf: (item: Item) => string;
  readonly nameOf: (item: Item) => string;
  /** Undefined of what has no page any more. */
  readonly linkOf?: (item: Item) => string | undefined;
  readonly actsOf?: (item: Item) => readonly Act[];
  /** Opens what a row tells of, where that is no page of its own: the name is a button then. */
  readonly onOpen?: (item: Item) => void;
  readonly groups?: readonly Group<Item>[] | undefined;
  readonly selection?: Selection;
  readonly onSelect?: (selection: Selection) => void;
  /** Columns that the person turned on or off. */
  readonly chosen?: Readonly<Record<string, boolean>>;
  /** Below the last row. */
  readonly foot?: ReactNode;
  /** What the filter is cleared with, where nothing is found. */
  readonly onClear?: () => void;
  readonly things: string;
}

type Item = Record<string, unknown>;
const features = tableFeatures({ rowSortingFeature, rowSelectionFeature, sortedRowModel: createSortedRowModel() });
type Line = { readonly row: TableRow<typeof features, Item> } | { readonly group: Group<Item> };
const virtualFrom = 100;
/** One and the same, since a state that is another one each time is a change each time. */
const nothing: Selection = {};
const cardHeight = 84;

/**
 * A list of things: sorted by its heads, with as many columns as there is room for, cards on a phone, and only the rows that can be seen.
 * The page scrolls, and the head stays. The order stands in the address.
 */
export function ResourceTable<One>(given: Props<One>) {
  // Within, a thing is only passed on.
  const props = given as unknown as Props<Item>;
  const {
    label,
    columns,
    items,
    idOf,
    nameOf,
    linkOf,
    actsOf,
    onOpen,
    groups,
    selection,
    onSelect,
    chosen,
    foot,
    things,
  } = props;
  const { ref, width } = useElementSize();
  const layout = layoutFor(columns, width || Math.min(window.innerWidth, 1200) - 34, {
    hasCheckbox: onSelect !== undefined,
    hasMenu: actsOf !== undefined,
    ...(chosen === undefined ? {} : { chosen }),
  });
  const [search, setSearch] = useSearchParams();
  const sort = readSort(
    search.get('sort'),
    columns.filter((one) => one.sort !== undefined).map(({ id }) => id),
  );
  const defs = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (item: Item) => column.sort?.(item),
        sortFn: (a: TableRow<typeof features, Item>, b: TableRow<typeof features, Item>, id: string) =>
          compare(a.getValue(id), b.getValue(id)),
        sortUndefined: 'last' as const,
      })),
    [columns],
  );
  const { id: by, desc = false } = sort ?? {};
  const sorting = useMemo(() => (by === undefined ? [] : [{ id: by, desc }]), [by, desc]);
  const table = useTable({
    features,
    columns: defs,
    data: items as Item[],
    getRowId: idOf,
    state: { sorting, rowSelection: selection ?? nothing },
    onRowSelectionChange: (change: Selection | ((before: Selection) => Selection)) =>
      onSelect?.(typeof change === 'function' ? change(selection ?? {}) : change),
  } as never) as unknown as {
    getRowModel: () => { rows: TableRow<typeof features, Item>[] };
    getIsAllRowsSelected: () => boolean;
    getIsSomeRowsSelected: () => boolean;
    toggleAllRowsSelected: (isOn: boolean) => void;
  };
  const rows = table.getRowModel().rows;
  const lines = useMemo((): readonly Line[] => {
    if (groups === undefined) return rows.map((row) => ({ row }));
    const byId = new Map(rows.map((row) => [row.id, row]));
    const place = new Map(rows.map((row, at) => [row.id, at]));
    return groups.flatMap((group) => [
      { group },
      ...group.items
        .map(idOf)
        .sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0))
        .flatMap((id) => {
          const row = byId.get(id);
          return row === undefined ? [] : [{ row }];
        }),
    ]);
  }, [rows, groups, idOf]);
  const density = useDensity();
  const [menuOf, setMenuOf] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = body.current?.getBoundingClientRect();
    if (box !== undefined) setTop(Math.round(box.top + window.scrollY));
  });
  const isVirtual = lines.length >= virtualFrom;
  const virtual = useWindowVirtualizer({
    count: isVirtual ? lines.length : 0,
    estimateSize: () => (layout.isCards ? cardHeight : rowHeights[density]),
    getItemKey: (at) => keyOf(lines[at]),
    overscan: 12,
    scrollMargin: top,
  });
  const navigate = useNavigate();
  const ids = useMemo(() => lines.map((line) => ('row' in line ? line.row.id : undefined)), [lines]);
  const keys = useRowKeys(body, {
    ids,
    reveal: (at) => virtual.scrollToIndex(at, { align: 'center' }),
    open: (at) => {
      const line = lines[at];
      if (line === undefined || !('row' in line)) return false;
      const item = line.row.original;
      const address = linkOf?.(item);
      if (address !== undefined) navigate(address);
      else if (linkOf === undefined && onOpen !== undefined) onOpen(item);
      else return false;
      return true;
    },
    openMenu: actsOf === undefined ? undefined : setMenuOf,
    selection: selection ?? nothing,
    onSelect,
  });
  const seen = isVirtual ? virtual.getVirtualItems() : lines.map((_, index) => ({ index }));
  const stop = keys.stopOf(seen.map(({ index }) => index));
  const first = isVirtual ? (virtual.getVirtualItems()[0]?.start ?? top) - top : 0;
  const last = isVirtual ? virtual.getTotalSize() - ((virtual.getVirtualItems().at(-1)?.end ?? top) - top) : 0;
  const shown = layout.shown.flatMap((id) => columns.find((column) => column.id === id) ?? []);
  const left = columns.filter(({ id, isHidden }) => !layout.shown.includes(id) && isHidden !== true);
  const span = shown.length + (onSelect === undefined ? 0 : 1) + (actsOf === undefined ? 0 : 1);
  const setSort = (id: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        // A click sorts, the second reverses, the third takes it back.
        if (sort?.id !== id) next.set('sort', id);
        else if (sort.desc) next.delete('sort');
        else next.set('sort', `-${id}`);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  if (items.length === 0) {
    return (
      <div ref={ref} className={classes.card}>
        <p className={classes.none} role="status">
          No {things} match{' '}
          <Button variant="default" size="xs" onClick={props.onClear}>
            Clear filters
          </Button>
        </p>
      </div>
    );
  }
  // Roles are said: rows that are laid out as cards are none to the browser.
  return (
    <div ref={ref} className={classes.card} data-cards={layout.isCards || undefined} data-density={density}>
      <table role="table" aria-label={label} aria-rowcount={lines.length + 1} className={classes.table}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {onSelect !== undefined && (
              <th scope="col" className={classes.check}>
                <Checkbox
                  aria-label={`Select all ${items.length}`}
                  checked={table.getIsAllRowsSelected()}
                  indeterminate={table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()}
                  onChange={(event) => table.toggleAllRowsSelected(event.currentTarget.checked)}
                />
              </th>
            )}
            {shown.map((column, at) => (
              <th
                key={column.id}
                scope="col"
                className={column.isFigure && classes.figure}
                {...(at === 0 ? {} : { style: { width: column.width } })}
                {...(sort?.id === column.id ? { 'aria-sort': sort.desc ? 'descending' : 'ascending' } : {})}
              >
                {column.sort === undefined ? (
                  column.title
                ) : (
                  <button type="button" className={classes.sort} onClick={() => setSort(column.id)}>
                    {column.title}
                    {sort?.id === column.id &&
                      (sort.desc ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
                  </button>
                )}
              </th>
            ))}
            {actsOf !== undefined && <th scope="col" className={classes.menu} aria-label="Actions" />}
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body} data-rows>
          {first > 0 && <tr aria-hidden="true" style={{ height: first }} />}
          {seen.map(({ index }) => {
            const line = lines[index];
            if (line === undefined) return null;
            const measured = isVirtual && layout.isCards ? { ref: virtual.measureElement, 'data-index': index } : {};
            if ('group' in line) {
              return (
                <tr key={keyOf(line)} aria-rowindex={index + 2} className={classes.group} {...measured}>
                  <td colSpan={span}>{line.group.title}</td>
                </tr>
              );
            }
            const { row } = line;
            const item = row.original;
            const name = nameOf(item);
            return (
              <tr
                key={row.id}
                role="row"
                aria-rowindex={index + 2}
                className={classes.row}
                tabIndex={index === stop ? 0 : -1}
                onFocus={() => keys.onFocus(index)}
                {...(onSelect === undefined ? {} : { 'aria-selected': row.getIsSelected() })}
                {...(actsOf === undefined
                  ? {}
                  : {
                      onContextMenu: (event: React.MouseEvent) => {
                        event.preventDefault();
                        setMenuOf(row.id);
                      },
                    })}
                {...measured}
              >
                {onSelect !== undefined && (
                  <td role="cell" className={classes.check}>
                    <Checkbox
                      aria-label={`Select ${name}`}
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                    />
                  </td>
                )}
                {shown.map((column, at) => (
                  <td
                    key={column.id}
                    role="cell"
                    className={classOf(column, at)}
                    data-priority={column.priority}
                    data-line={column.isLine}
                    data-none={at > 0 && column.cell(item) === '–' ? true : undefined}
                  >
                    {at === 0 && linkOf !== undefined ? (
                      <span className={classes.named}>
                        <Name to={linkOf(item)} name={name} />
                        {column.cell(item)}
                      </span>
                    ) : at === 0 && onOpen !== undefined ? (
                      <button type="button" className={classes.opens} onClick={() => onOpen(item)}>
                        {column.cell(item)}
                      </button>
                    ) : (
                      column.cell(item)
                    )}
                  </td>
                ))}
                {actsOf !== undefined && (
                  <td role="cell" className={classes.menu}>
                    <RowMenu
                      name={name}
                      acts={actsOf(item)}
                      details={left.map((column) => ({ title: column.title, value: column.cell(item) }))}
                      opened={menuOf === row.id}
                      onChange={(isOpen) => setMenuOf(isOpen ? row.id : null)}
                    />
                  </td>
                )}
              </tr>
            );
          })}
          {last > 0 && <tr aria-hidden="true" style={{ height: last }} />}
        </tbody>
      </table>
      {foot !== undefined && <div className={classes.foot}>{foot}</div>}
    </div>
  );
}

function Name({ to, name }: { to: string | undefined; name: string }) {
  return to === undefined ? (
    <bdi className={classes.name} title={name}>
      {name}
    </bdi>
  ) : (
    <Link to={to} className={classes.name} title={name}>
      <bdi>{name}</bdi>
    </Link>
  );
}

function classOf(column: Column<Item>, at: number): string {
  return [at === 0 ? classes.first : '', column.isFigure ? classes.figure : ''].filter(Boolean).join(' ');
}

function keyOf(line: Line | undefined): string {
  if (line === undefined) return '';
  return 'group' in line ? `group ${line.group.key}` : line.row.id;
}
