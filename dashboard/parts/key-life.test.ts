import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutToExpire, expiresSoon, expiryWords, isUnused } from './key-life.ts';

const now = Date.parse('2026-11-24T08:00:00Z');
const day = 86_400_000;
const at = (days: number) => new Date(now + days * day).toISOString();
const key = (partial: object) => ({ name: 'ci', is_active: true, created_at: at(-400), ...partial });

test('a key ends soon where it works and has less than two weeks left', () => {
  const soon = (days: number, more = {}) => expiresSoon(key({ expires_at: at(days), ...more }), now);
  assert.deepEqual([soon(6), soon(13.9), soon(14), soon(-1), soon(0)], [true, true, false, false, false]);
  assert.equal(soon(6, { is_active: false }), false);
  assert.equal(expiresSoon(key({}), now), false);
});

test('a key is unused where nothing used it for 90 days, since it was made or since its last request', () => {
  const unused = (partial: object) => isUnused(key(partial), now);
  assert.deepEqual([unused({ last_used_at: at(-91) }), unused({ last_used_at: at(-89) })], [true, false]);
  assert.deepEqual(
    [unused({}), unused({ created_at: at(-3) }), unused({ created_at: undefined })],
    [true, false, false],
  );
});

test('the first to end comes first, and what has ended or never ends does not come', () => {
  const keys = [
    key({ name: 'later', expires_at: at(9) }),
    key({ name: 'gone', expires_at: at(-2) }),
    key({ name: 'first', expires_at: at(2) }),
    key({ name: 'never' }),
    key({ name: 'far', expires_at: at(40) }),
  ];
  assert.deepEqual(
    aboutToExpire(keys, now).map(({ name }) => name),
    ['first', 'later'],
  );
});

test('what is about to end is told with its use, what to do, and a deadline with its zone', () => {
  const used = expiryWords(key({ name: 'terraform', expires_at: at(6), last_used_at: at(-4 / 1440) }), now);
  assert.equal(used.title, 'terraform expires in 6 days.');
  assert.match(
    used.advice,
    /^It was used 4 min ago\. Regenerate it and update the program before \d+ \w+, \d\d:\d\d UTC(?:[+-](?!00:00)\d\d:\d\d)?\.$/,
  );
  const unused = expiryWords(key({ name: 'spare', expires_at: at(10) }), now);
  assert.match(unused.title, /^spare expires on \d+ [A-Z][a-z]+\.$/);
  assert.match(unused.advice, /^It was never used\. Let it expire, or regenerate it before \d+ \w+, .*UTC/);
});
