/**
 * How many entries have come since the list was opened, and the oldest of them: what is shown lies before that one.
 *
 * @param rows newest first
 * @param anchor the id of the newest entry at that time; 0 where there was none
 */
export function newEntries(
  rows: readonly { readonly id: number }[],
  anchor: number | undefined,
): { readonly count: number; readonly oldest: number | undefined; readonly isMore: boolean } {
  if (anchor === undefined) return { count: 0, oldest: undefined, isMore: false };
  const at = rows.findIndex(({ id }) => id === anchor);
  const count = at < 0 ? rows.length : at;
  return { count, oldest: count === 0 ? undefined : rows[count - 1]?.id, isMore: at < 0 && anchor > 0 };
}
