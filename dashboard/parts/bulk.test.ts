import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurn, namesOf, parted } from './bulk.ts';

test('many things are done at most four at a time, each once, and what fails is named while the others go on', async () => {
  const items = Array.from({ length: 23 }, (_, at) => at);
  const asked: number[] = [];
  let open = 0;
  let most = 0;
  const told: number[] = [];
  const outcome = await inTurn(
    parted(items, 1),
    async ([item = -1]) => {
      asked.push(item);
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      if (item === 7) throw new Error('It is already stopping');
      return item === 11 ? [{ item, reason: 'Not found' }] : [];
    },
    ({ done, failures }) => told.push(done + failures.length),
  );
  assert.deepEqual(
    asked.toSorted((a, b) => a - b),
    items,
  );
  assert.equal(most, 4);
  assert.deepEqual(
    told,
    items.map((at) => at + 1),
  );
  assert.equal(outcome.done, 21);
  assert.deepEqual(outcome.failures, [
    { item: 7, reason: 'It is already stopping' },
    { item: 11, reason: 'Not found' },
  ]);
});

test('parts have at most so many, and names are counted after three', () => {
  assert.deepEqual(parted([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.equal(namesOf(['a', 'b', 'c']), 'a, b, c');
  assert.equal(namesOf(['a', 'b', 'c', 'd']), 'a, b, c and 1 more');
});
