import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricSpans } from '@raffia/contract/vm-metrics.ts';
import { cellOf, figure, marksOf, ticksOf } from './series.ts';
import { topOf } from './top-of.ts';

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

test('a figure has as many decimals as one can tell apart', () => {
  assert.deepEqual([0, 0.423, 5.25, 38.21, 1234.5].map(figure), ['0', '0.42', '5.25', '38.2', '1,235']);
});

test('of what is counted there are no parts, on the axis and in a table; of what is measured there are, also where all are whole', () => {
  const counted = { word: 'requests', size: 1, isCounted: true };
  const measured = { word: '%', size: 0.01 };
  assert.deepEqual(ticksOf(1, counted), [0, 1]);
  assert.deepEqual(ticksOf(25, counted), [0, 25]);
  assert.deepEqual(ticksOf(4, counted), [0, 2, 4]);
  assert.deepEqual(ticksOf(1, measured), [0, 0.5, 1]);
  const cells = (unit: Parameters<typeof cellOf>[1]) => [0, 0.25, 1200, null].map((value) => cellOf(value, unit));
  assert.deepEqual(cells(counted).toSpliced(1, 1), ['0', '1,200', '–']);
  assert.deepEqual(cells(measured), ['0.00', '25.00', '120,000.00', '–']);
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
