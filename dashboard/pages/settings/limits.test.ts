import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '@raffia/client/client.ts';
import { quotaAnswer, quotaNames } from '@raffia/contract/quotas.ts';
import { limitsOf } from './limits.ts';

const nothing = Object.fromEntries(
  quotaNames.map((name) => [quotaAnswer(name), { used: 0, limit: 100 as number | null }]),
) as Account['quota'];

test('every limit of an account is shown, the nearest to its end first, and what has none last', () => {
  const limits = limitsOf({
    quota: {
      ...nothing,
      vms: { used: 29, limit: 30 },
      vcpus: { used: 500, limit: null },
      note_bytes: { used: 1, limit: 16 * 1024 * 1024 },
    },
    high_tier_keys: { used: 1, limit: 5 },
  });
  assert.equal(limits.length, quotaNames.length + 1);
  assert.ok(limits.length >= 15, `${limits.length} limits`);
  assert.deepEqual(limits[0], { name: 'vms', label: 'VMs', used: 29, limit: 30 });
  assert.deepEqual(limits[1], { name: 'highTierKeys', label: 'API keys with a high limit', used: 1, limit: 5 });
  assert.deepEqual(limits.at(-1), { name: 'vcpus', label: 'vCPUs', used: 500, limit: null });
  assert.deepEqual(
    limits.find(({ name }) => name === 'noteBytes'),
    { name: 'noteBytes', label: 'Notes in MB', used: 1, limit: 16 },
  );
  assert.equal(new Set(limits.map(({ label }) => label)).size, limits.length, 'each has a name of its own');
});

test('a limit of nothing is at its end only where something is used', () => {
  const [first] = limitsOf({
    quota: { ...nothing, vpcs: { used: 1, limit: 0 } },
    high_tier_keys: { used: 0, limit: 0 },
  });
  assert.equal(first?.name, 'vpcs');
});
