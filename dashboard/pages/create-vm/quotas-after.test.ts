import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '@raffia/client/client.ts';
import { askedOf, quotaProblems, shownOf } from './quotas-after.ts';
import { initialValues } from './values.ts';

const quota = new Proxy({} as Account['quota'], { get: () => ({ used: 1, limit: 10 }) });
const plan = { vcpu: 4, memory_gib: 8 };
const more = (change: Partial<typeof initialValues>) =>
  askedOf(quota, { ...initialValues, ...change }, plan).map(({ things, more: count }) => [things, count]);

test('what VMs take is counted: each its own network, or one for all', () => {
  assert.deepEqual(more({ count: 2, volume: 100 }), [
    ['VMs', 2],
    ['vCPUs', 8],
    ['GB of memory', 16],
    ['volumes', 2],
    ['networks', 2],
  ]);
  const networks = (change: Partial<typeof initialValues>) => more({ count: 3, ...change }).at(-1)?.[1];
  assert.deepEqual(
    [networks({}), networks({ network: 'new' }), networks({ network: 'some-id' }), networks({ hasNetwork: false })],
    [3, 1, 0, 0],
  );
  assert.deepEqual(more({ volume: '' })[3], ['volumes', 0]);
});

test('a quota that is too small says how many fit', () => {
  const asked = (count: number, used: number, limit: number | null) =>
    quotaProblems([{ things: 'VMs', more: count, quota: { used, limit } }]);
  assert.deepEqual(asked(2, 1, 3), []);
  assert.deepEqual(asked(2, 1, null), []);
  assert.deepEqual(asked(0, 9, 3), []);
  assert.match(asked(3, 1, 3)[0] ?? '', /^Only 2 more VMs fit in this account's quota of 3\./);
  assert.match(asked(1, 3, 3)[0] ?? '', /^No more VMs fit/);
});

test('VMs are always shown, other quotas where they come near their limit', () => {
  const labels = (count: number) =>
    shownOf(askedOf(quota, { ...initialValues, count, network: 'some-id' }, plan)).map(({ things }) => things);
  assert.deepEqual(labels(1), ['VMs', 'GB of memory']);
  assert.deepEqual(labels(2), ['VMs', 'vCPUs', 'GB of memory']);
});
