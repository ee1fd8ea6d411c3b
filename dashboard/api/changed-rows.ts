/** What changed of a list that is read row by row: the ids, or all of it where nobody knows which. */
export class ChangedRows<Row extends { readonly id: string }> {
  #ids = new Set<string>();
  #isAll = false;

  /** @param id of a row that changed, came or went; all may have where it is left out */
  add(id?: string): void {
    if (id === undefined) this.#isAll = true;
    else this.#ids.add(id);
  }

  /** How many rows are to be read of a list of so many. */
  sizeOf(list: number): number {
    return this.#isAll || this.#ids.size === 0 ? list : this.#ids.size;
  }

  /**
   * The list as it is now. Of a list that is there only what changed is read; where nothing is known to have, it is asked for by somebody
   * who wants all of it. What could not be read is still to be read: a failure is told to the caller, and changes nothing.
   *
   * @param read.some gives of some ids the rows that are there, newest first: those that it leaves out are gone
   */
  async read(
    before: readonly Row[] | undefined,
    read: { readonly all: () => Promise<Row[]>; readonly some: (ids: string[]) => Promise<Row[]> },
  ): Promise<Row[]> {
    const ids = this.#ids;
    const isAll = this.#isAll;
    this.#ids = new Set();
    this.#isAll = false;
    try {
      if (before === undefined || isAll || ids.size === 0) return await read.all();
      return mended(before, ids, await read.some([...ids]));
    } catch (error) {
      for (const id of ids) this.#ids.add(id);
      this.#isAll ||= isAll;
      throw error;
    }
  }
}

/** A list of which some rows were read anew: each stays in its place, new ones come first, and what was not found is gone. */
function mended<Row extends { readonly id: string }>(
  list: readonly Row[],
  asked: ReadonlySet<string>,
  found: readonly Row[],
): Row[] {
  const rows = new Map(found.map((row) => [row.id, row]));
  const kept = list.flatMap((row) => {
    if (!asked.has(row.id)) return [row];
    const now = rows.get(row.id);
    rows.delete(row.id);
    return now === undefined ? [] : [now];
  });
  return [...rows.values(), ...kept];
}
