import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanCode, isWholeCode } from './sign-in-codes.ts';

test('a code is taken as apps and people write it', () => {
  for (const text of ['123456', '123 456', ' 123-456\n', '1 2 3 4 5 6'])
    assert.equal(cleanCode(text, false), '123456', text);
  assert.equal(cleanCode(' aB3dE-fG4hI\n', true), 'aB3dE-fG4hI');
});

test('a code is whole with its six digits', () => {
  assert.ok(isWholeCode('012345'));
  for (const code of ['', '12345', '1234567', '12345a']) assert.ok(!isWholeCode(code), code);
});
