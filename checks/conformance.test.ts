import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformanceRows } from './conformance-table.ts';

test('docs/conformance.md has a cell for everything that is documented of every published operation', () => {
  const rows = conformanceRows();
  assert.equal(rows.length, 115);
  const empty = rows.filter(({ cells }) => cells.includes('')).map(({ operation }) => operation);
  assert.deepEqual(empty, []);
});
