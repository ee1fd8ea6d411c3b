import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perHourOf, usageLines } from './usage-lines.ts';

test('what costs something is counted once, the dearest first, and what is free is left out', () => {
  const lines = usageLines({
    vms: [
      { id: 'a', name: 'web-1', status: 'active', project_id: 'p', price_per_hour: '0.010000', created_at: 'then' },
      { id: 'b', name: 'broken', status: 'failure', project_id: 'p', price_per_hour: '0.500000', created_at: 'then' },
    ] as never,
    volumes: [{ id: 7, name: 'data', project_id: 'q', price_per_hour: '0.020000' }] as never,
    snapshots: [{ id: 7, name: 'safe', project_id: 'q', price_per_hour: '0.001000' }] as never,
    backups: [
      { id: 'c', name: 'free', project_id: 'p', price_per_hour: '0.000000' },
      { id: 'd', name: 'fourth', project_id: 'p', price_per_hour: '0.002000' },
    ] as never,
    ips: [
      { id: 'e', ip_address: '198.18.0.1', type: 'IPv4', reserved: true, project_id: 'p' },
      { id: 'f', ip_address: '198.18.0.2', type: 'IPv4', reserved: false, project_id: 'p' },
    ] as never,
    ipPrices: { IPv4: 0.004, IPv6: 0 },
  });
  assert.deepEqual(
    lines.map(({ kind, id, name, projectId, perHour }) => [kind, id, name, projectId, perHour]),
    [
      ['volume', '7', 'data', 'q', 0.02],
      ['vm', 'a', 'web-1', 'p', 0.01],
      ['ip', 'e', '198.18.0.1', 'p', 0.004],
      ['backup', 'd', 'fourth', 'p', 0.002],
      ['snapshot', '7', 'safe', 'q', 0.001],
    ],
  );
  assert.equal(Math.round(perHourOf(lines) * 1e6), 37_000);
  assert.deepEqual(usageLines({}), []);
});
