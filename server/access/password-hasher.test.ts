import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asker, askFor } from '../database/asker.ts';
import { PasswordHasher } from './password-hasher.ts';

const from = (account: string): Asker => ({
  account,
  lane: 'write',
  held: 0,
  isOver: false,
  isGone: () => false,
  onGone: () => () => {},
});

test('a hash knows its password, and one that better-auth made is known as well', async () => {
  const hasher = new PasswordHasher();
  const hash = await hasher.hash('a passwörd');
  assert.equal(await hasher.verify({ hash, password: 'a passwörd' }), true);
  assert.equal(await hasher.verify({ hash, password: 'a password' }), false);
  const { hashPassword } = await import('better-auth/crypto');
  const theirs = await hashPassword('a passwörd');
  assert.equal(await hasher.verify({ hash: theirs, password: 'a passwörd' }), true);
});

test('who asks for many hashes waits behind himself: another one is next', async () => {
  const hasher = new PasswordHasher();
  const crowd = askFor(from('guesser'), () => Array.from({ length: 24 }, () => hasher.hash('guessed')));
  await askFor(from('another'), () => hasher.hash('right'));
  assert.ok(hasher.count <= 4, `${hasher.count} hashes were begun before another person's was made`);
  await Promise.allSettled(crowd);
});

test('whoever was here before waits for no stranger', async () => {
  const hasher = new PasswordHasher();
  const crowd = Array.from({ length: 24 }, (_, index) =>
    askFor(from(`guesser ${index}`), () => hasher.hash('guessed')),
  );
  await askFor(from('another'), () => hasher.asKnown(() => hasher.hash('right')));
  assert.ok(hasher.count <= 4, `${hasher.count} hashes were begun before that of a known person was made`);
  await Promise.allSettled(crowd);
});

test('a line that is full refuses at once, and says when to come again', async () => {
  const hasher = new PasswordHasher();
  const crowd = askFor(from('guesser'), () => Array.from({ length: 90 }, () => hasher.hash('guessed')));
  const settled = await Promise.allSettled(crowd);
  const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  assert.ok(refusals.length >= 20, `${refusals.length} were refused`);
  for (const refusal of refusals) assert.deepEqual([refusal.status, refusal.headers['Retry-After']], [503, '1']);
});
