import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Presses, shortcuts } from './keys.ts';

test('a letter after g is the way to a page, as long as one still knows that g was pressed', () => {
  const presses = new Presses();
  const typed = [
    ['c', 0],
    ['g', 10_000],
    ['v', 10_500],
    ['v', 10_600],
    ['g', 20_000],
    ['a', 21_600],
    ['g', 30_000],
    ['g', 30_100],
    ['a', 30_200],
  ] as const;
  assert.deepEqual(
    typed.map(([key, now]) => presses.press(key, now)),
    ['c', 'g', 'g v', 'v', 'g', 'a', 'g', 'g g', 'a'],
  );
});

test('no key does two things, and no letter leads to two pages', () => {
  const all = Object.values(shortcuts).map(({ keys }) => keys.join(' '));
  assert.equal(new Set(all).size, all.length);
  const pages = readFileSync(join(import.meta.dirname, 'pages.ts'), 'utf8');
  const letters = [...pages.matchAll(/\bkey: '(\w)'/g)].map(([, letter]) => letter);
  assert.ok(letters.length >= 7, `${letters}`);
  assert.equal(new Set(letters).size, letters.length, `${letters}`);
});
