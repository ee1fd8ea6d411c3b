import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, layoutFor, readSort, type Sized } from './table-layout.ts';

const columns: readonly Sized[] = [
  { id: 'name', priority: 1, width: 180 },
  { id: 'status', priority: 2, width: 110 },
  { id: 'address', priority: 3, width: 140 },
  { id: 'size', priority: 4, width: 180 },
  { id: 'system', priority: 6, width: 120 },
  { id: 'tags', priority: 6, width: 120 },
  { id: 'monthly', priority: 5, width: 90 },
  { id: 'secret', priority: 6, width: 90, isHidden: true },
];
const both = { hasCheckbox: true, hasMenu: true };

test('columns leave by priority, the last of equals first, and the rest fits', () => {
  assert.deepEqual(layoutFor(columns, 1400, both).shown, [
    'name',
    'status',
    'address',
    'size',
    'system',
    'tags',
    'monthly',
  ]);
  const left = new Set(['name', 'status', 'address', 'size', 'system', 'tags', 'monthly']);
  const gone: string[] = [];
  for (let width = 1400; width >= 560; width--) {
    const { shown, isCards } = layoutFor(columns, width, both);
    assert.equal(isCards, false);
    const needed = columns.filter(({ id }) => shown.includes(id)).reduce((sum, one) => sum + one.width, 84);
    assert.ok(needed <= width, `${needed} of ${width}`);
    for (const id of left) {
      if (shown.includes(id)) continue;
      gone.push(id);
      left.delete(id);
    }
  }
  assert.deepEqual(gone, ['tags', 'system', 'monthly', 'size']);
});

test('on a phone rows are cards with what matters most', () => {
  assert.deepEqual(layoutFor(columns, 358, both), { isCards: true, shown: ['name', 'status', 'address', 'size'] });
});

test('a person can turn a column on or off, but not the name', () => {
  const { shown } = layoutFor(columns, 2000, { chosen: { secret: true, tags: false, name: false } });
  assert.ok(shown.includes('secret') && shown.includes('name') && !shown.includes('tags'));
});

test('what is not there comes last, numbers go by size, and names as people sort them', () => {
  assert.deepEqual(['vm-10', undefined, 'VM-9', ''].sort(compare), ['VM-9', 'vm-10', '', undefined]);
  assert.ok(compare(9, 10) < 0);
});

test('only a column that is there is sorted by', () => {
  assert.deepEqual(readSort('-monthly', ['monthly']), { id: 'monthly', desc: true });
  assert.deepEqual(readSort('name', ['name']), { id: 'name', desc: false });
  assert.equal(readSort('__proto__', ['name']), undefined);
  assert.equal(readSort(null, ['name']), undefined);
});
