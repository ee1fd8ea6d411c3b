import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, RowRange, rowBeside, type Selection } from './row-moves.ts';

/** Two groups: a heading, two rows, a heading, three rows. */
const ids = [undefined, 'a', 'b', undefined, 'c', 'd', 'e'];
const chosen = (selection: Selection) => Object.keys(selection).filter((id) => selection[id]);

test('the next row is past a heading, and there is none past the ends', () => {
  assert.deepEqual(
    [undefined, 1, 2, 6].map((from) => rowBeside(ids, from, 1)),
    [1, 2, 4, undefined],
  );
  assert.deepEqual(
    [undefined, 6, 4, 1].map((from) => rowBeside(ids, from, -1)),
    [1, 5, 2, undefined],
  );
  assert.equal(rowBeside([], undefined, 1), undefined);
});

test('a row is found where the list was sorted anew, and not where it is gone', () => {
  assert.equal(placeOf(ids, { id: 'c', at: 4 }), 4);
  assert.equal(placeOf(ids, { id: 'c', at: 1 }), 4);
  assert.equal(placeOf(ids, { id: 'z', at: 4 }), undefined);
});

test('a range grows, shrinks, and goes to the other side of where it began; what was chosen before stays', () => {
  const range = new RowRange();
  let selection: Selection = { e: true };
  const seen: string[] = [];
  for (const [from, to] of [
    [2, 4],
    [4, 5],
    [5, 4],
    [4, 2],
    [2, 1],
  ] as const) {
    selection = range.extend(ids, selection, from, to);
    seen.push(chosen(selection).sort().join(''));
  }
  assert.deepEqual(seen, ['bce', 'bcde', 'bce', 'be', 'abe']);
});

test('a range begins anew after it has ended, and where something else was chosen meanwhile', () => {
  const range = new RowRange();
  const first = range.extend(ids, {}, 1, 2);
  range.end();
  const second = range.extend(ids, first, 4, 5);
  assert.deepEqual(chosen(second).sort(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(chosen(range.extend(ids, second, 5, 4)).sort(), ['a', 'b', 'c']);
  const third = range.extend(ids, { ...second, a: false }, 5, 6);
  assert.deepEqual(chosen(third).sort(), ['b', 'c', 'd', 'e']);
});

test('where the list is sorted anew, a range still begins at its row', () => {
  const range = new RowRange();
  const before = range.extend(['a', 'b', 'c'], {}, 0, 1);
  assert.deepEqual(chosen(range.extend(['x', 'b', 'c', 'a'], before, 1, 2)).sort(), ['a', 'c']);
});
