import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEntries } from './new-entries.ts';

const rows = (...ids: number[]) => ids.map((id) => ({ id }));

test('what has come since is counted, and what is shown lies before the oldest of it', () => {
  assert.deepEqual(newEntries(rows(9, 8, 5), 5), { count: 2, oldest: 8, isMore: false });
  assert.deepEqual(newEntries(rows(5, 4), 5), { count: 0, oldest: undefined, isMore: false });
  assert.deepEqual(newEntries(rows(5, 4), undefined), { count: 0, oldest: undefined, isMore: false });
});

test('where there was nothing all of it is new, and of more than a page so many at least', () => {
  assert.deepEqual(newEntries(rows(2, 1), 0), { count: 2, oldest: 1, isMore: false });
  assert.deepEqual(newEntries([], 0), { count: 0, oldest: undefined, isMore: false });
  assert.deepEqual(newEntries(rows(99, 98), 5), { count: 2, oldest: 98, isMore: true });
});
