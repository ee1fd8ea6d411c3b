import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from '../../parts/series.ts';
import { momentsOf, unitFor } from './metric-series.ts';

const at = (second: number) => new Date(second * 1000).toISOString();

test('where the server has no point there is a moment without values, so that a line breaks there', () => {
  const moments = momentsOf({
    from: at(0),
    to: at(60),
    every: 15,
    points: [
      { at: at(0), cpu: 0.5, memory: 7 },
      { at: at(15), cpu: 0 },
      { at: at(60), cpu: 1 },
    ],
  });
  assert.deepEqual(
    moments.map(({ time, cpu, memory }) => [time / 1000, cpu, memory]),
    [
      [0, 0.5, 7],
      [15, 0, null],
      [30, null, null],
      [45, null, null],
      [60, 1, null],
    ],
  );
});

test('what is said of a measure leaves out what was not measured', () => {
  const points = [
    { at: at(0), cpu: 1 },
    { at: at(30), cpu: 3 },
  ];
  const of = (to: number) => summaryOf(momentsOf({ from: at(0), to: at(to), every: 15, points }), 'cpu');
  assert.deepEqual(of(30), { last: 3, average: 2, peak: 3, peakAt: 30_000 });
  assert.equal(of(60)?.last, 3);
  // What was measured a while ago is not what there is now.
  assert.equal(of(90)?.last, null);
  assert.equal(summaryOf(momentsOf({ from: at(0), to: at(60), every: 15, points }), 'read'), undefined);
});

test('values have the unit in which they are short', () => {
  assert.deepEqual(unitFor(0, 'B/s'), { word: 'B/s', size: 1 });
  assert.deepEqual(unitFor(999, 'B/s'), { word: 'B/s', size: 1 });
  assert.deepEqual(unitFor(18.2e6, 'bit/s'), { word: 'Mbit/s', size: 1e6 });
  assert.deepEqual(unitFor(3e18, 'bit/s').word, 'Tbit/s');
});
