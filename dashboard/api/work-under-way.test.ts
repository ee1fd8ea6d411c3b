import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@raffia/client/client.ts';
import { type KnownWork, workUnderWay } from './work-under-way.ts';

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
const known = (some: Partial<KnownWork>): KnownWork => ({
  open: [],
  failed: [],
  ended: [],
  dismissed: new Set(),
  ...some,
});

test('work that runs says whose it is, how long it has, and which step of how many is done', () => {
  const pending = operation('b', { status: 'pending', created_by: 'somebody', created_at: at(200), steps: [] });
  const { open } = workUnderWay(known({ open: [operation('a'), pending] }), 'me', 130_000);
  assert.deepEqual(
    open.map(({ operation: { id }, isMine, elapsedMs, step }) => ({ id, isMine, elapsedMs, step })),
    [
      { id: 'a', isMine: true, elapsedMs: 30_000, step: { number: 2, of: 3, name: 'build the machine' } },
      // Its clock is ahead of ours.
      { id: 'b', isMine: false, elapsedMs: 0, step: undefined },
    ],
  );
});

test('what failed stays until it is dismissed, and not for ever', () => {
  const failed = ['a', 'b'].map((id) => operation(id, { status: 'failed', finished_at: at(160), error: 'no' }));
  const idsAt = (now: number, dismissed: string[] = []) =>
    workUnderWay(known({ failed, dismissed: new Set(dismissed) }), 'me', now).failed.map(
      ({ operation: { id }, elapsedMs }) => [id, elapsedMs],
    );
  assert.deepEqual(idsAt(200_000), [
    ['a', 60_000],
    ['b', 60_000],
  ]);
  assert.deepEqual(idsAt(200_000, ['a']), [['b', 60_000]]);
  assert.deepEqual(idsAt(160_000 + 7 * 86_400_000), []);
});

test('what was open and is not any more has ended well, unless it failed, or goes on', () => {
  const ended = ['a', 'b', 'c', 'd'].map((id) => operation(id, { finished_at: at(150) }));
  const work = workUnderWay(
    known({
      ended,
      failed: [operation('b', { finished_at: at(150) })],
      open: [operation('c')],
      dismissed: new Set(['d']),
    }),
    'me',
    200_000,
  );
  assert.deepEqual(
    work.done.map(({ operation: { id }, elapsedMs }) => [id, elapsedMs]),
    [['a', 50_000]],
  );
  const failed = Array.from({ length: 100 }, (_, number) => operation(`${number}`, { finished_at: at(150) }));
  assert.deepEqual(workUnderWay(known({ ended, failed }), 'me', 200_000).done, [], 'nobody knows which of them failed');
});
