import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayAfter, localDay, startOfDay } from './days.ts';

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
