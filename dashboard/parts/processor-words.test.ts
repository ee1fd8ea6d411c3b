import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoursInWords, hoursOf, percent } from './processor-words.ts';

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
