import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricSpans } from '@raffia/contract/vm-metrics.ts';
import { topOf } from '../../parts/top-of.ts';
import { figure, marksOf, momentsOf, summaryOf, unitFor } from './metric-series.ts';

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

test('an axis begins at zero and ends at or above the largest value, whose half is a short number too', () => {
  let tried = 0;
  for (let largest = 0.001; largest < 1e12; largest *= 1.37) {
    const top = topOf(largest);
    assert.ok(top >= largest * 0.999 && top <= largest * 2.0001, `${largest}: ${top}`);
    assert.ok(String(Number((top / 2).toPrecision(6))).replace(/[0.]|e[+-]\d+/g, '').length <= 1, `${top / 2}`);
    tried++;
  }
  assert.ok(tried > 100);
  assert.deepEqual([topOf(0), topOf(100), topOf(101)], [1, 100, 200]);
});

test('values have the unit in which they are short', () => {
  assert.deepEqual(unitFor(0, 'B/s'), { word: 'B/s', size: 1 });
  assert.deepEqual(unitFor(999, 'B/s'), { word: 'B/s', size: 1 });
  assert.deepEqual(unitFor(18.2e6, 'bit/s'), { word: 'Mbit/s', size: 1e6 });
  assert.deepEqual(unitFor(3e18, 'bit/s').word, 'Tbit/s');
  assert.deepEqual([0, 0.423, 5.25, 38.21, 1234.5].map(figure), ['0', '0.42', '5.25', '38.2', '1,235']);
});

test('the time axis of every span has marks at full hours or days of the reader’s clock, and no more than fit', () => {
  let tried = 0;
  for (const { seconds } of Object.values(metricSpans)) {
    for (const most of [3, 4, 6]) {
      for (const offset of [0, -60, 300, -330]) {
        const to = 1_780_000_020_000;
        const marks = marksOf(to - seconds * 1000, to, most, offset);
        assert.ok(marks.length >= 1 && marks.length <= most + 1, `${seconds} s: ${marks.length} of ${most}`);
        for (const mark of marks) {
          assert.ok(mark <= to && mark >= to - seconds * 1000);
          const local = mark - offset * 60_000;
          assert.equal(local % (seconds > 86_400 ? 86_400_000 / 2 : 300_000), 0, `${seconds} s, ${offset}`);
          tried++;
        }
      }
    }
  }
  assert.ok(tried > 150, String(tried));
});
