import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seriesOf, wholeSeries } from './backup-series.ts';

const backup = (id: string, vm: string, minute: number, increment?: number | null) => ({
  id,
  product_vm: vm,
  created_at: `2026-11-24T12:${String(minute).padStart(2, '0')}:00Z`,
  ...(increment === undefined ? {} : { increment_id: increment }),
});
const list = [
  backup('b3', 'b', 9, 0),
  backup('a5', 'a', 8),
  backup('a4', 'a', 7, 1),
  backup('b2', 'b', 6, 1),
  backup('a3', 'a', 5, 0),
  backup('a2', 'a', 4, 1),
  backup('b1', 'b', 3, 0),
  backup('a1', 'a', 2, 0),
  backup('old', 'a', 1, null),
];

test('a series begins with 0 and goes on with its machine alone; what is in none stands by itself', () => {
  const series = seriesOf(list);
  const ids = (id: string) => series.get(id)?.map((one) => one.id);
  assert.deepEqual(
    list.map(({ id }) => ids(id)),
    [['b3'], ['a5'], ['a3', 'a4'], ['b1', 'b2'], ['a3', 'a4'], ['a1', 'a2'], ['b1', 'b2'], ['a1', 'a2'], ['old']],
  );
});

test('of backups that are chosen whole series go, and each once', () => {
  const series = seriesOf(list);
  const chosen = list.filter(({ id }) => ['a5', 'a3', 'a4', 'b2'].includes(id));
  assert.deepEqual(
    wholeSeries(chosen, series).map((part) => part.map(({ id }) => id)),
    [['a5'], ['a3', 'a4'], ['b1', 'b2']],
  );
});
