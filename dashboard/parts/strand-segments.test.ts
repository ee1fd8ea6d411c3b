import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strandSegments } from './strand-segments.ts';

const count = (segments: readonly string[], kind: string) => segments.filter((one) => one === kind).length;

test('a strand has one segment for each thing', () => {
  assert.deepEqual(strandSegments({ open: 1, done: 2, changing: 1 }), ['done', 'done', 'changing', 'open']);
  assert.deepEqual(strandSegments({}), []);
});

test('of many things there are 30 segments by share, and none that is there is lost', () => {
  const many = strandSegments({ done: 500, failed: 1, open: 499 });
  assert.equal(many.length, 30);
  assert.equal(count(many, 'failed'), 1);
  assert.ok(Math.abs(count(many, 'done') - count(many, 'open')) <= 1);
  for (let done = 0; done <= 200; done += 7) assert.equal(strandSegments({ done, open: 200 - done }).length, 30);
});
