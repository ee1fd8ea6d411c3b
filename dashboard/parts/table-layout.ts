/** What the layout of a table has to know of a column. */
export interface Sized {
  readonly id: string;
  /** 1 is always there; the highest number leaves first. */
  readonly priority: 1 | 2 | 3 | 4 | 5 | 6;
  /** Pixels; the column that names the row takes what is left, and never less than this. */
  readonly width: number;
  /** True where it is shown only when a person chooses it. */
  readonly isHidden?: true;
}

export type Layout = { readonly isCards: boolean; readonly shown: readonly string[] };

/** Below this the rows are cards: name, state and what has priority 3 in one line, then what has 4. */
const cardsBelow = 560;
const checkbox = 40;
const menu = 44;

/**
 * Which columns a table shows in so many pixels: it is never wider than it may be.
 *
 * @param chosen columns that a person turned on or off, against what they are by themselves
 */
export function layoutFor(
  columns: readonly Sized[],
  width: number,
  { hasCheckbox = false, hasMenu = false, chosen = {} as Readonly<Record<string, boolean>> } = {},
): Layout {
  const wanted = columns.filter(({ id, priority, isHidden }) => priority === 1 || (chosen[id] ?? isHidden !== true));
  if (width < cardsBelow) {
    return { isCards: true, shown: wanted.filter(({ priority }) => priority <= 4).map(({ id }) => id) };
  }
  const shown = [...wanted];
  const needed = () =>
    shown.reduce((sum, column) => sum + column.width, (hasCheckbox ? checkbox : 0) + (hasMenu ? menu : 0));
  while (needed() > width) {
    const last = shown.reduce((worst, column) => (column.priority >= worst.priority ? column : worst));
    if (last.priority === 1) break;
    shown.splice(shown.indexOf(last), 1);
  }
  return { isCards: false, shown: shown.map(({ id }) => id) };
}

/** Orders two values of a column: words as people sort them, numbers by size, what is not there last. */
export function compare(a: unknown, b: unknown): number {
  const isNone = (value: unknown) => value === undefined || value === null || value === '';
  if (isNone(a) || isNone(b)) return Number(isNone(a)) - Number(isNone(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** `-monthly` as a column and a direction; undefined where no column is called so. */
export function readSort(text: string | null, ids: readonly string[]): { id: string; desc: boolean } | undefined {
  if (text === null) return undefined;
  const id = text.replace(/^-/, '');
  return ids.includes(id) ? { id, desc: text.startsWith('-') } : undefined;
}
