import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestPassword, matchesDigest } from './password-digest.ts';

test('a password of a simulated machine costs little, and is known by its digest alone', async () => {
  const count = 40;
  const began = process.cpuUsage();
  const digests = await Promise.all(Array.from({ length: count }, () => digestPassword('ABcdefgh12345!')));
  const { user, system } = process.cpuUsage(began);
  // A creation costs some 10 ms: its password no more than that, on whatever thread.
  assert.ok((user + system) / 1000 / count < 10, `${((user + system) / 1000 / count).toFixed(1)} ms each`);
  assert.equal(new Set(digests).size, count, 'salted');
  const [digest = ''] = digests;
  assert.deepEqual(
    [await matchesDigest('ABcdefgh12345!', digest), await matchesDigest('other', digest)],
    [true, false],
  );
});
