import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, clock, duration, exactTime, relative } from './times.ts';

const now = Date.parse('2026-11-24T12:00:00Z');
const at = (ms: number) => new Date(now + ms).toISOString();
const day = 86_400_000;

test('a time is relative for a week, then a date, and forwards as backwards', () => {
  for (const [ms, said] of [
    [-3_000, 'just now'],
    [-40_000, '40 s ago'],
    [-4 * 60_000, '4 min ago'],
    [3 * 3_600_000, 'in 3 h'],
    [-day, '1 day ago'],
    [6 * day, 'in 6 days'],
    [353 * day, '12 Nov 2027'],
    [-92 * day, '24 Aug 2026'],
  ] as const) {
    assert.equal(relative(at(ms), now), said);
  }
});

test('the exact time has seconds and the zone', () => {
  assert.match(exactTime(at(0)), /^24 Nov 2026, \d\d:\d\d:00 UTC([+-](?!00:00)\d\d:\d\d)?$/);
});

test('ages and durations are short, and no unit is passed by', () => {
  assert.deepEqual(
    [20_000, 120_000, 5 * 3_600_000, 12 * day, 250 * day, 800 * day].map((ms) => age(at(-ms), now)),
    ['now', '2 min', '5 h', '12 d', '8 mo', '2 y'],
  );
  assert.deepEqual([20, 120, 48_000, 182_000, 7_260_000].map(duration), [
    'under 0.1 s',
    '0.1 s',
    '48 s',
    '3 min 2 s',
    '2 h 1 min',
  ]);
});

test('a running time is a clock, to the second', () => {
  assert.deepEqual([-5, 7_900, 760_000, 3_723_000].map(clock), ['0:00', '0:07', '12:40', '1:02:03']);
});
