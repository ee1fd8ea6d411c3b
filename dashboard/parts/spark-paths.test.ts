import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparkPaths } from './spark-paths.ts';

test('values go from edge to edge, nothing at the bottom and all of it at the top', () => {
  assert.deepEqual(sparkPaths({ values: [0, 1, 2], top: 2 }, 22, 12), ['M1 11L11 6L21 1']);
});

test('a gap parts the line, and a value by itself is a point', () => {
  assert.deepEqual(sparkPaths({ values: [null, 0, 0, null, 2, null], top: 2 }, 52, 12), ['M11 11L21 11', 'M41 1h0']);
  assert.deepEqual(sparkPaths({ values: [null, null], top: 2 }, 52, 12), []);
});

test('what is more than there is stays within, and one value alone is drawn', () => {
  assert.deepEqual(sparkPaths({ values: [3, -1], top: 2 }, 12, 12), ['M1 1L11 11']);
  assert.deepEqual(sparkPaths({ values: [1], top: 2 }, 12, 12), ['M1 6h0']);
});
