/** Ids of what is chosen, as TanStack Table keeps them. */
export type Selection = Readonly<Record<string, boolean>>;

/** The ids of rows in their order; undefined where a heading stands between them. */
export type RowIds = readonly (string | undefined)[];

/** The place of the next row, or of the one before; the first where none is named, undefined where there is no other. */
export function rowBeside(ids: RowIds, from: number | undefined, step: 1 | -1): number | undefined {
  let at = from === undefined ? 0 : from + step;
  while (at in ids && ids[at] === undefined) at += from === undefined ? 1 : step;
  return at in ids ? at : undefined;
}

/** Where a row is that was at a place: there, elsewhere, or nowhere any more. */
export function placeOf(ids: RowIds, row: { readonly id: string; readonly at: number }): number | undefined {
  if (ids[row.at] === row.id) return row.at;
  const at = ids.indexOf(row.id);
  return at === -1 ? undefined : at;
}

/** Rows that are chosen one after the other with Shift: from where it began to where it is, beside what was chosen before. */
export class RowRange {
  #began: { readonly id: string; readonly at: number; readonly before: Selection } | undefined;
  #made: Selection | undefined;

  /** The next one begins anew. */
  end(): void {
    this.#began = undefined;
  }

  /** @returns what is chosen once it leads from a row to another */
  extend(ids: RowIds, selection: Selection, from: number, to: number): Selection {
    // Something else was chosen meanwhile.
    if (this.#made !== selection) this.end();
    this.#began ??= { id: ids[from] ?? '', at: from, before: selection };
    const start = placeOf(ids, this.#began) ?? from;
    const between = ids.slice(Math.min(start, to), Math.max(start, to) + 1).filter((id) => id !== undefined);
    this.#made = { ...this.#began.before, ...Object.fromEntries(between.map((id) => [id, true])) };
    return this.#made;
  }
}
