import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCharacter, Presses, pressesOf, pressOf, shortcuts } from './keys.ts';

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
  const all = Object.values(shortcuts).flatMap(pressesOf);
  assert.ok(all.length >= 29, `${all}`);
  assert.equal(new Set(all).size, all.length, `${all}`);
  const pages = readFileSync(join(import.meta.dirname, 'pages.ts'), 'utf8');
  const letters = [...pages.matchAll(/\bkey: '(\w)'/g)].map(([, letter]) => letter);
  assert.ok(letters.length >= 7, `${letters}`);
  assert.equal(new Set(letters).size, letters.length, `${letters}`);
});

test('a shortcut is pressed by either of its keys, and a row of digits by each of them', () => {
  assert.deepEqual(pressesOf(shortcuts.next), ['j', 'ArrowDown']);
  assert.deepEqual(pressesOf(shortcuts.selectPrevious), ['Shift+k', 'Shift+ArrowUp']);
  assert.deepEqual(pressesOf(shortcuts.tab), ['1', '2', '3', '4', '5', '6', '7', '8', '9']);
});

test('Shift counts with letters and named keys, not where a character needs it, and caps lock counts nowhere', () => {
  const pressed = [
    ['j', false, 'j'],
    ['J', false, 'j'],
    ['J', true, 'Shift+j'],
    ['j', true, 'Shift+j'],
    ['ArrowDown', true, 'Shift+ArrowDown'],
    ['Escape', false, 'Escape'],
    ['?', true, '?'],
    ['/', true, '/'],
    ['1', false, '1'],
  ] as const;
  for (const [key, shiftKey, expected] of pressed) assert.equal(pressOf({ key, shiftKey }), expected);
});

test('all that is a character can be switched off, and nothing else', () => {
  const named = Object.values(shortcuts)
    .flatMap(pressesOf)
    .map((press) => press.replace(/^.+\+/, ''))
    .filter((key) => !isCharacter({ key }));
  assert.deepEqual([...new Set(named)].sort(), ['ArrowDown', 'ArrowUp', 'Enter', 'Escape']);
});
