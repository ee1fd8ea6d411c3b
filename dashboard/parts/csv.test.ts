import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv } from './csv.ts';

test('rows are written under their heads, and nothing in them is a formula', () => {
  const rows = [
    { name: 'a "b", c', cost: 1.5, more: { x: 1 } },
    { name: '=1+1', cost: undefined, more: null },
  ];
  assert.equal(
    csv(['name', 'cost', 'more'], rows),
    ['name,cost,more', '"a ""b"", c","1.5","{""x"":1}"', `"'=1+1","","null"`].join('\r\n'),
  );
});
