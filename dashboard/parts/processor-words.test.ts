import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busiestOf, hoursInWords, hoursOf, percent } from './processor-words.ts';

const hour = 3_600_000;
const at = (n: number) => new Date(n * hour).toISOString();
const row = { vm_id: 'v', project_id: 'p', every: 3600, from: at(1), to: at(5), cpu: 2 };

test('hours are shares of the processors that there are, with gaps where nothing was measured', () => {
  const points = [
    { at: at(1), cpu: 0.2 },
    { at: at(2), cpu: 1.6 },
    { at: at(5), cpu: 0 },
  ];
  const hours = hoursOf({ ...row, points });
  assert.deepEqual(hours?.values, [0.1, 0.8, null, null, 0]);
  assert.ok(hours);
  assert.equal(hoursInWords(hours), 'CPU 30 % on average in 24 h, 80 % in the busiest hour');
});

test('where nothing was measured there is nothing to show', () => {
  assert.equal(hoursOf({ ...row, points: [] }), undefined);
});

test('a small share is not nothing', () => {
  assert.deepEqual([0, 0.0042, 0.099, 0.124, 1.02].map(percent), ['0 %', '0.42 %', '9.9 %', '12.4 %', '102 %']);
});

test('the busiest are those that are so now, by what they have, and none that was only so before', () => {
  const of = (id: string, cpu: number, ...points: (readonly [number, number])[]) => ({
    ...row,
    vm_id: id,
    cpu,
    points: points.map(([n, busy]) => ({ at: at(n), cpu: busy })),
  });
  const rows = [
    of('large', 8, [4, 2], [5, 4]),
    of('small', 1, [5, 0.9]),
    of('before', 1, [3, 1]),
    of('never', 1),
    of('an hour ago', 1, [4, 0.7]),
    of('idle', 1, [4, 1], [5, 0.01]),
  ];
  assert.deepEqual(
    busiestOf(rows, 3).map(({ id }) => id),
    ['small', 'an hour ago', 'large'],
  );
  assert.equal(busiestOf(rows, 9).length, 4);
});
