import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostsByDay } from '@raffia/client/client.ts';
import { kindsIn } from '../../parts/billed-kinds.ts';
import { averageOf, barsOf, sentenceOf } from './cost-figures.ts';

const nothing = {
  vm: '0.000000',
  volume: '0.000000',
  address: '0.000000',
  snapshot: '0.000000',
  image: '0.000000',
  backup: '0.000000',
};

function costs(days: readonly (readonly [day: string, vm: number, address: number])[], until: string): CostsByDay {
  const sum = (at: 1 | 2) => days.reduce((all, day) => all + day[at], 0);
  return {
    since: days[0]?.[0] ?? '',
    until: days.at(-1)?.[0] ?? '',
    counted_until: until,
    total: (sum(1) + sum(2)).toFixed(6),
    kinds: { ...nothing, vm: sum(1).toFixed(6), address: sum(2).toFixed(6) },
    days: days.map(([day, vm, address]) => ({
      day,
      total: (vm + address).toFixed(6),
      kinds: { ...nothing, vm: vm.toFixed(6), address: address.toFixed(6) },
    })),
  };
}

test('the sentence tells the sum, the kind that cost most, and the dearest day', () => {
  const two = costs(
    [
      ['2026-11-01', 1, 0],
      ['2026-11-02', 0.5, 2.25],
    ],
    '2026-11-02T12:00:00Z',
  );
  assert.equal(sentenceOf(two), '$3.75 in 2 days, most of it for public IPs. The most was $2.75 on 2 Nov.');
  assert.deepEqual(kindsIn(two), ['vm', 'address']);
  assert.equal(averageOf(two), 2.5);
  assert.deepEqual(
    barsOf(two).map(({ day, vm, address, total }) => [day, vm, address, total]),
    [
      ['2026-11-01', 1, 0, 1],
      ['2026-11-02', 0.5, 2.25, 2.75],
    ],
  );
});

test('one kind and one day need no comparison, and nothing is said to be nothing', () => {
  assert.equal(sentenceOf(costs([['2026-11-01', 0.001, 0]], '2026-11-01T01:00:00Z')), '<$0.01 in 1 day.');
  assert.equal(sentenceOf(costs([['2026-11-01', 0, 0]], '2026-11-02T00:00:00Z')), 'Nothing was spent in 1 day.');
  assert.equal(averageOf(costs([['2026-11-01', 0, 0]], '2026-11-01T00:00:00Z')), 0);
});
