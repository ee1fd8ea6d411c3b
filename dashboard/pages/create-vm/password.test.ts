import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordProblems } from '@raffia/contract/vm-rules.ts';
import { generatedPassword, ticksOf } from './password.ts';

test('a generated password meets every rule, and no two are one', () => {
  const made = new Set(Array.from({ length: 500 }, () => generatedPassword()));
  assert.equal(made.size, 500);
  for (const password of made) {
    assert.deepEqual(passwordProblems(password), [], password);
    assert.equal(password.length, 20);
  }
  // The least and the greatest of each draw meet them too.
  assert.deepEqual(passwordProblems(generatedPassword(() => 0)), []);
  assert.deepEqual(passwordProblems(generatedPassword((bound) => bound - 1)), []);
});

test('where each character stands is left to chance', () => {
  const firsts = new Set(Array.from({ length: 300 }, () => generatedPassword().slice(0, 1).replace(/[a-z]/, 'a')));
  assert.ok(firsts.has('a') && firsts.size > 10, [...firsts].join(''));
});

test('the ticks are the rules: all are met just where the password is good', () => {
  const passwords = [
    '',
    'short',
    'ABcdefgh12345!',
    'ABcdefgh12345',
    'abcdefgh12345!',
    'ABcdefghijklm!',
    'AB cdefgh12345!',
  ];
  const good = passwords.filter((password) => ticksOf(password).every(({ isMet }) => isMet));
  assert.deepEqual(good, ['ABcdefgh12345!']);
  assert.deepEqual(
    good,
    passwords.filter((password) => passwordProblems(password).length === 0),
  );
  assert.ok(
    ticksOf('').every(({ isMet }) => !isMet),
    'nothing is met yet',
  );
  assert.equal(ticksOf('A1!'.repeat(50)).find(({ text }) => text.startsWith('At most'))?.isMet, false);
});
