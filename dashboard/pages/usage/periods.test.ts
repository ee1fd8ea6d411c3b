import assert from 'node:assert/strict';
import { test } from 'node:test';
import { periodOf } from './periods.ts';

const of = (search: string, now: string) => {
  const { name, since, until } = periodOf(new URLSearchParams(search), Date.parse(now));
  return [name, since, until];
};

test('an address names days of the calendar, also across the ends of months and years', () => {
  const now = '2027-01-15T12:00:00Z';
  assert.deepEqual(of('', now), ['this-month', '2027-01-01', '2027-01-15']);
  assert.deepEqual(of('period=last-month', now), ['last-month', '2026-12-01', '2026-12-31']);
  assert.deepEqual(of('period=30-days', now), ['30-days', '2026-12-17', '2027-01-15']);
  assert.deepEqual(of('period=last-month', '2028-03-31T23:59:59Z'), ['last-month', '2028-02-01', '2028-02-29']);
  assert.deepEqual(of('', '2027-02-01T00:00:00Z'), ['this-month', '2027-02-01', '2027-02-01']);
});

test('custom days are the address’s, and what is no day is this month’s', () => {
  const now = '2027-01-15T12:00:00Z';
  assert.deepEqual(of('period=custom&since=2026-11-02&until=2026-11-05', now), ['custom', '2026-11-02', '2026-11-05']);
  assert.deepEqual(of('period=custom&since=x&until=2026-13-40', now), ['custom', '2027-01-01', '2027-01-15']);
  assert.deepEqual(of('period=custom&since=2026-02-31', now), ['custom', '2027-01-01', '2027-01-15']);
  assert.deepEqual(of('period=nothing&since=2026-11-02', now), ['this-month', '2027-01-01', '2027-01-15']);
});
