import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayAfter, dayOf, dayWord, localDay, shortDayWord, startOfDay } from './days.ts';

test('a day begins and ends where the reader is, also when the clocks change', () => {
  const before = process.env.TZ;
  try {
    for (const [zone, begins, ends] of [
      ['UTC', '2026-03-29T00:00:00.000Z', '2026-03-30T00:00:00.000Z'],
      // 23 hours.
      ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
      ['Asia/Tokyo', '2026-03-28T15:00:00.000Z', '2026-03-29T15:00:00.000Z'],
    ] as const) {
      process.env.TZ = zone;
      assert.equal(startOfDay('2026-03-29'), begins, zone);
      assert.equal(dayAfter('2026-03-29'), ends, zone);
      assert.equal(localDay(new Date(begins)), '2026-03-29', zone);
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test('what is no day is none', () => {
  for (const text of ['', 'yesterday', '2026-3-29', '2026-03-29T00:00:00Z']) assert.equal(startOfDay(text), undefined);
});

test('a day is read as it is written, and told in words', () => {
  for (const [text, day] of [
    ['24 Nov 2026', '2026-11-24'],
    [' 1 march 2026 ', '2026-03-01'],
    ['29 Feb 2028', '2028-02-29'],
    ['2026-11-24', '2026-11-24'],
    ['31 Feb 2026', undefined],
    ['24 Foo 2026', undefined],
    ['2026-13-01', undefined],
    ['24 Nov 26', undefined],
    ['11/24/2026', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(dayOf(text), day, text);
  }
  assert.equal(dayWord('2026-03-01'), '1 Mar 2026');
  assert.equal(dayOf(dayWord('2026-11-24')), '2026-11-24');
  assert.equal(dayWord('yesterday'), '');
  assert.deepEqual([shortDayWord('2026-11-02'), shortDayWord('yesterday')], ['2 Nov', '']);
  assert.equal(dayWord('2026-02-31'), '');
});
