import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonStart, inWords, listed, namesFrom, suggestedName } from './names.ts';

test('several names count up from the number at the end, as wide as it is', () => {
  const cases: [string, number, string[]][] = [
    ['web', 1, ['web']],
    ['web-04', 1, ['web-04']],
    ['web', 3, ['web-01', 'web-02', 'web-03']],
    ['fleet-08', 5, ['fleet-08', 'fleet-09', 'fleet-10', 'fleet-11', 'fleet-12']],
    ['web-4', 2, ['web-4', 'web-5']],
    ['web-99', 2, ['web-99', 'web-100']],
    ['a-b-007', 2, ['a-b-007', 'a-b-008']],
  ];
  for (const [name, count, expected] of cases) assert.deepEqual(namesFrom(name, count), expected);
});

test('a name is suggested of which no number is taken', () => {
  const system = { name: 'Windows Server' };
  const plan = { vcpu: 2, memory_gib: 4 };
  const name = (number: string) => `windows-server-2cpu-4gb-${number}`;
  assert.equal(suggestedName(system, plan), name('01'));
  assert.equal(suggestedName(system, plan, new Set([name('01'), name('02')])), name('03'));
  assert.equal(suggestedName(system, plan, new Set([name('02')])), name('01'));
  assert.equal(suggestedName(system, plan, new Set([name('02')]), 2), name('03'), 'two in a row');
  assert.equal(suggestedName(undefined, undefined), 'vm-1cpu-1gb-01');
  assert.equal(suggestedName({ name: '日本' }, undefined), 'vm-1cpu-1gb-01', 'a word without letters of a host name');
});

test('names are found by their common beginning, where it says something', () => {
  assert.equal(commonStart(['fleet-08', 'fleet-09', 'fleet-12']), 'fleet-');
  assert.equal(commonStart(['fleet-10', 'fleet-11']), 'fleet-');
  assert.equal(commonStart(['web', 'db']), undefined);
  assert.equal(commonStart(['w1', 'w2']), undefined);
});

test('names stand in a sentence', () => {
  assert.equal(inWords(['a']), 'a');
  assert.equal(inWords(['a', 'b']), 'a and b');
  assert.equal(inWords(['a', 'b', 'c']), 'a to c');
  assert.equal(listed([]), '');
  assert.equal(listed(['a']), 'a');
  assert.equal(listed(['a', 'b', 'c']), 'a, b and c');
});
