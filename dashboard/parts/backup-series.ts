import type { Backup } from '@raffia/client/client.ts';

type Member = Pick<Backup, 'id' | 'product_vm' | 'increment_id' | 'created_at'>;

/**
 * Which backups build on one another, and so go together. A machine's series follow one another in time, and each begins anew with 0; what
 * is still being taken, or has failed, is in none.
 *
 * @returns of each backup's id all of its series, the oldest first
 */
export function seriesOf<One extends Member>(backups: readonly One[]): ReadonlyMap<string, readonly One[]> {
  const found = new Map<string, readonly One[]>();
  const open = new Map<string, One[]>();
  const oldestFirst = backups.toSorted((a, b) => (a.created_at ?? '').localeCompare(b.created_at ?? ''));
  for (const backup of oldestFirst) {
    const { id, product_vm: vm = '', increment_id: increment } = backup;
    if (increment === undefined || increment === null) {
      found.set(id, [backup]);
      continue;
    }
    const before = increment === 0 ? undefined : open.get(vm);
    const series = before ?? [];
    series.push(backup);
    open.set(vm, series);
    found.set(id, series);
  }
  return found;
}

/** What goes when these do: each of their series whole, and once. */
export function wholeSeries<One extends Member>(
  chosen: readonly One[],
  series: ReadonlyMap<string, readonly One[]>,
): readonly (readonly One[])[] {
  return [...new Set(chosen.map((one) => series.get(one.id) ?? [one]))];
}
