import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBefore } from './with-before.ts';

test('a field that has another value now is told with the one of before', () => {
  const row = { name: 'old', dns: null, ends: new Date('2026-11-24T00:00:00Z'), kept: 'secret' };
  assert.deepEqual(withBefore(row, { name: 'new', dns: '1.1.1.1' }), {
    name_before: 'old',
    name: 'new',
    dns_before: null,
    dns: '1.1.1.1',
  });
  assert.deepEqual(withBefore(row, { ends: '2026-11-24T00:00:00.000Z' }), { ends: '2026-11-24T00:00:00.000Z' });
});

test('what is the same, or no field of the row, or not set, has none of before', () => {
  assert.deepEqual(withBefore({ name: 'same' }, { name: 'same', reason: 'because', left: undefined }), {
    name: 'same',
    reason: 'because',
  });
});
