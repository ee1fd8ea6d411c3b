import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actWithName } from './page-acts.ts';

test('an act says with what: a verb before the name, what is longer after it', () => {
  assert.deepEqual(
    ['Stop', 'Delete…', 'Back up now…', 'Force restart'].map((label) => actWithName(label, 'db-main')),
    ['Stop db-main', 'Delete db-main…', 'db-main: Back up now…', 'db-main: Force restart'],
  );
});
