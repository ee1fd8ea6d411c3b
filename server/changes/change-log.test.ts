import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeLog } from './change-log.ts';

const vm = (id: string) => ({ resource: 'vm' as const, id });
const idsAfter = (log: ChangeLog, at: number) => log.after(at).map(({ id }) => id);

test('each thing stands once in a log, where it changed last', () => {
  const log = new ChangeLog();
  for (const id of ['a', 'b', 'a', 'c', 'b']) log.add(vm(id));
  assert.deepEqual(idsAfter(log, 0), ['a', 'c', 'b']);
  assert.deepEqual(idsAfter(log, 3), ['c', 'b']);
  assert.deepEqual(idsAfter(log, 5), []);
  assert.equal(log.last, 5);
});

test('who has been away too long, or was told by another log, is told that nobody knows what it missed', () => {
  const log = new ChangeLog();
  const before = log.idOf(log.last);
  for (let number = 0; number < 2000; number++) log.add(vm(`${number}`));
  assert.equal(log.heardUntil(before), 0);
  assert.equal(idsAfter(log, 0).length, 2000);
  log.add(vm('one more'));
  assert.equal(log.heardUntil(before), undefined);
  assert.equal(log.heardUntil(log.idOf(1)), 1);
  assert.deepEqual(idsAfter(log, 1999), ['1999', 'one more']);
  // What changes again and again pushes nothing out.
  for (let number = 0; number < 5000; number++) log.add(vm('one more'));
  assert.equal(log.heardUntil(log.idOf(1)), 1);
  const other = new ChangeLog();
  other.add(vm('a'));
  for (const id of [other.idOf(1), log.idOf(log.last + 1), log.idOf(-1), '', '1', `${log.idOf(1)}0000000000000000`]) {
    assert.equal(log.heardUntil(id), undefined, id);
  }
});
