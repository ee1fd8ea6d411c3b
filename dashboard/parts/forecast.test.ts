import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecastOf } from './forecast.ts';

test('a month costs what was spent, and its rest at what an hour costs now', () => {
  const costs = { total: '10.000000', per_hour: '0.500000' };
  for (const [counted_until, hours, until] of [
    ['2026-11-30T00:00:00Z', 24, '2026-11-30'],
    ['2026-12-01T00:00:00Z', 744, '2026-12-31'],
    ['2028-02-28T12:00:00Z', 36, '2028-02-29'],
    ['2026-12-31T23:59:00Z', 1 / 60, '2026-12-31'],
  ] as const) {
    const { amount, until: last } = forecastOf({ ...costs, counted_until }) ?? {};
    assert.ok(Math.abs((amount ?? 0) - 10 - hours / 2) < 1e-9, `${counted_until}: ${amount}`);
    assert.equal(last, until);
  }
});

test('days that are over are no forecast', () => {
  assert.equal(forecastOf({ total: '10.000000', counted_until: '2026-11-30T00:00:00Z' }), undefined);
});
