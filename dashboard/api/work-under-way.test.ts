import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@raffia/client/client.ts';
import { allWork, endedSince, stepOf, type Work, workUnderWay } from './work-under-way.ts';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const operation = (id: string, more: Partial<Operation> = {}): Operation => ({
  id,
  kind: 'vm.create',
  status: 'running',
  resource_id: `vm of ${id}`,
  project_id: 'project',
  created_by: 'me',
  created_at: at(100),
  steps: [
    { name: 'take up', status: 'done', started_at: at(100), finished_at: at(101) },
    { name: 'build the machine', status: 'running', started_at: at(101) },
    { name: 'start the machine', status: 'waiting' },
  ],
  ...more,
});
const idsOf = (work: readonly Work[]) => work.map(({ operations }) => operations.map(({ id }) => id));
const none = new Set<string>();

test('what was read twice counts once, as it was read last, and the newest come first', () => {
  const all = allWork({
    open: [operation('a'), operation('b', { created_at: at(90) })],
    recent: [operation('c', { created_at: at(120) }), operation('a', { status: 'succeeded' })],
    failed: [operation('d', { created_at: at(10), status: 'failed' })],
  });
  assert.deepEqual(
    all.map(({ id, status }) => [id, status]),
    [
      ['c', 'running'],
      ['a', 'succeeded'],
      ['b', 'running'],
      ['d', 'failed'],
    ],
  );
});

test('what runs, what failed and what ended well stand apart', () => {
  const all = [
    operation('a', { status: 'pending', created_at: at(300) }),
    operation('b', { kind: 'vm.stop', status: 'failed', finished_at: at(160) }),
    operation('c', { kind: 'vm.start', status: 'succeeded', finished_at: at(150) }),
  ];
  const { open, failed, done } = workUnderWay(all, none, 400_000);
  assert.deepEqual([open, failed, done].map(idsOf), [[['a']], [['b']], [['c']]]);
});

test('what failed stays until it is dismissed, and not for ever; what ended well goes after a day', () => {
  const failed = operation('a', { status: 'failed', finished_at: at(160) });
  const done = operation('b', { kind: 'vm.stop', status: 'succeeded', finished_at: at(160) });
  const shown = (now: number, dismissed = none) => {
    const work = workUnderWay([failed, done], dismissed, now);
    return [...idsOf(work.failed), ...idsOf(work.done)].flat();
  };
  assert.deepEqual(shown(200_000), ['a', 'b']);
  assert.deepEqual(shown(200_000, new Set(['a', 'b'])), ['b'], 'what ended well is not to be dismissed');
  assert.deepEqual(shown(160_000 + 2 * 86_400_000), ['a']);
  assert.deepEqual(shown(160_000 + 7 * 86_400_000), []);
});

test('an act on many things is one piece of work as long as one of them runs; then it failed where one of them did', () => {
  const stops = (statuses: Operation['status'][], gap = 1) =>
    statuses.map((status, number) =>
      operation(`${number}`, {
        kind: 'vm.stop',
        status,
        created_at: at(200 - number * gap),
        ...(status === 'running' ? {} : { finished_at: at(250) }),
      }),
    );
  const sorted = (all: Operation[]) => {
    const { open, failed, done } = workUnderWay(all, none, 300_000);
    return { open: idsOf(open), failed: idsOf(failed), done: idsOf(done) };
  };
  assert.deepEqual(sorted(stops(['running', 'failed', 'succeeded'])), {
    open: [['0', '1', '2']],
    failed: [],
    done: [],
  });
  assert.deepEqual(sorted(stops(['failed', 'succeeded', 'succeeded'])).failed, [['0', '1', '2']]);
  assert.deepEqual(sorted(stops(['succeeded', 'succeeded', 'succeeded'])).done, [['0', '1', '2']]);
  assert.equal(sorted(stops(['running', 'running'])).open.length, 2, 'two stand each for itself');
  assert.equal(sorted(stops(['running', 'running', 'running'], 4)).open.length, 3, 'so do those that came later');
  const mixed = stops(['running', 'running', 'running']).map((one, number) =>
    number === 1 ? { ...one, created_by: 'somebody' } : one,
  );
  assert.equal(sorted(mixed).open.length, 3, 'and those of others');
  const again = stops(['running', 'running', 'running']).map((one) => ({ ...one, resource_id: 'one and the same' }));
  assert.equal(sorted(again).open.length, 3, 'and one after the other to the same VM');
});

test('the step at which work is, or failed, is counted from one', () => {
  assert.deepEqual(stepOf(operation('a')), { number: 2, of: 3, name: 'build the machine' });
  assert.equal(stepOf(operation('a', { steps: [{ name: 'take up', status: 'waiting' }] })), undefined);
  const failed = operation('a', {
    steps: [
      { name: 'take up', status: 'undone' },
      { name: 'build the machine', status: 'failed' },
      { name: 'start the machine', status: 'skipped' },
    ],
  });
  assert.deepEqual(stepOf(failed), { number: 2, of: 3, name: 'build the machine' });
});

test('what has ended is told once, also what nobody saw running; what had ended before the first look is not, whenever it is read', () => {
  const first = endedSince(undefined, [
    operation('old', { status: 'failed', finished_at: at(150) }),
    operation('a', { created_at: at(200) }),
  ]);
  assert.deepEqual(first.ended, []);
  const all = [
    operation('quick', { status: 'succeeded', finished_at: at(210) }),
    operation('a', { status: 'failed', finished_at: at(205) }),
    operation('older', { status: 'failed', finished_at: at(20) }),
  ];
  const second = endedSince(first.known, all);
  assert.deepEqual(
    second.ended.map(({ id }) => id),
    ['quick', 'a'],
  );
  assert.deepEqual(endedSince(second.known, all).ended, []);
  assert.equal(endedSince(endedSince(undefined, []).known, all).ended.length, 3, 'where nothing was there, all is new');
});
