import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TypedText } from './typed-text.ts';

test('what was told and comes back late does not replace what has been typed since', () => {
  const text = new TypedText('');
  text.tell('a');
  text.tell('ab');
  assert.equal(text.hear('a'), undefined);
  text.tell('abc');
  assert.equal(text.hear('ab'), undefined);
  assert.equal(text.hear('abc'), undefined);
  assert.equal(text.hear('abc'), undefined);
});

test('the address may skip what was told in between', () => {
  const text = new TypedText('');
  text.tell('a');
  text.tell('ab');
  assert.equal(text.hear('ab'), undefined);
  assert.equal(text.hear('a'), 'a', 'which nobody types any more');
});

test('what comes from elsewhere replaces what is typed', () => {
  const text = new TypedText('from a link');
  assert.equal(text.hear('from a link'), undefined);
  assert.equal(text.hear(''), '');
  text.tell('typed');
  assert.equal(text.hear('typed'), undefined);
  assert.equal(text.hear(''), '');
  assert.equal(text.hear('typed'), 'typed', 'again, by going forward');
});
