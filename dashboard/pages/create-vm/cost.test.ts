import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VMPricingPlan } from '@raffia/client/client.ts';
import { hourlyPrice, toMicros } from '@raffia/contract/money.ts';
import { hourly, hourlyOf, inDollars, sumOf } from '../../parts/price.ts';
import { costOf, fundsAfter } from './cost.ts';

const plan = (monthly_price: number): VMPricingPlan => ({
  id: 10,
  vcpu: 4,
  memory_gib: 8,
  ssd_gib: 120,
  transfer_gib: 0,
  price_per_hour: hourlyOf(monthly_price),
  monthly_price,
  yearly_price: 0,
  twenty_four_month_price: 0,
  vm_type: 'standard',
  region: 'us-east',
});

test('two VMs with all that can be had are four lines, those that cost nothing among them', () => {
  const cost = costOf({ volume: 100, backups: 'daily', hasPublic: true }, 2, plan(9.99), 0.05);
  assert.deepEqual(cost.lines, [
    { what: '2 × 4 vCPU, 8 GB', why: 'Standard, 120 GB disk each', month: 19.98 },
    { what: '2 × 100 GB volume', why: '$0.05 per GB', month: 10 },
    { what: 'Daily backups, keep 3', why: 'The newest three are free', month: 0 },
    { what: '2 public IPv4 addresses', why: 'Free while attached', month: 0 },
  ]);
  assert.equal(inDollars(cost.month), '$29.98');
  assert.equal(hourly(cost.hour), '$0.0416');
});

test('one VM alone is one line, of what it is', () => {
  const cost = costOf({ volume: '', backups: 'none', hasPublic: false }, 1, plan(9.99), 0.05);
  assert.deepEqual(cost.lines, [{ what: '4 vCPU, 8 GB', why: 'Standard, 120 GB disk', month: 9.99 }]);
  assert.equal(cost.hour, 0.013875);
});

test('an hour is the sum of what the server bills for each thing, whatever the price', () => {
  let compared = 0;
  for (const price of [3.99, 4.99, 9.99, 23.99, 43.99, 69.99, 511.99, 0.000001]) {
    for (const [volume, each] of [
      [0, 0.05],
      [1, 0.05],
      [33, 0.049],
      [10_000, 0.05],
    ] as const) {
      for (const count of [1, 2, 7, 20]) {
        const cost = costOf({ volume, backups: 'weekly', hasPublic: true }, count, plan(price), each);
        // As server/resources/vms/present-vm.ts and present-volume.ts say it.
        const one = [price, volume * each].map((month) => toMicros(Number(hourlyPrice(toMicros(month)))));
        assert.equal(toMicros(cost.hour), count * one.reduce((sum, part) => sum + part, 0));
        assert.equal(sumOf(cost.lines.map(({ month }) => month)), cost.month, 'the lines sum to the total');
        compared++;
      }
    }
  }
  assert.equal(compared, 128);
});

test('credits are spent first, and what is missing is less than nothing', () => {
  assert.deepEqual(fundsAfter(30, { balance: '100', credits: '12.5' }), { balance: 82.5, credits: 0 });
  assert.deepEqual(fundsAfter(30, { balance: '100', credits: '40' }), { balance: 100, credits: 10 });
  assert.deepEqual(fundsAfter(30, { balance: '10' }), { balance: -20, credits: 0 });
  assert.equal(fundsAfter(30, {}), undefined, 'whoever may not see billing sees none of it');
});
