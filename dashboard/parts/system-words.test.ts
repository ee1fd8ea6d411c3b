import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemInWords, versionInWords } from './system-words.ts';

test('a version is said without the processor that all have', () => {
  const said = ['24.04x64', '9x64 Stream', '2025x64 Datacenter', 'Ubuntu 24.04x64', '26.1'].map(versionInWords);
  assert.deepEqual(said, ['24.04', '9 Stream', '2025 Datacenter', 'Ubuntu 24.04', '26.1']);
});

test('a system has its name where that is known', () => {
  assert.equal(systemInWords('Ubuntu', '24.04x64'), 'Ubuntu 24.04');
  assert.equal(systemInWords(undefined, '24.04x64'), '24.04');
});
