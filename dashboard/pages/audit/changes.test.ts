import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf, labelOf } from './changes.ts';

const names: Readonly<Record<string, string>> = {
  'role-1': 'Viewer',
  'role-2': 'Operator',
  'user-1': 'anna@example.com',
};
const read = (details: object) => changesOf(details as Record<string, unknown>, (id) => names[id]);

test('what was something else before stands as before and after, in whichever way the entry says it', () => {
  assert.deepEqual(read({ name_before: 'old', name: 'new', cidr: '10.0.0.0/24' }), {
    changes: [{ label: 'Name', before: ['old'], after: ['new'] }],
    rest: [{ label: 'CIDR', value: '10.0.0.0/24' }],
  });
  assert.deepEqual(read({ from: 'a', to: 'b' }).changes, [{ label: 'Name', before: ['a'], after: ['b'] }]);
  assert.deepEqual(read({ name: 'ci', oldPrefix: 'raff_1', prefix: 'raff_2' }), {
    changes: [{ label: 'Prefix', before: ['raff_1'], after: ['raff_2'] }],
    rest: [{ label: 'Name', value: 'ci' }],
  });
  assert.deepEqual(read({ added: ['vm.view'], removed: [] }).changes, [
    { label: 'Permissions', before: [], after: ['vm.view'] },
  ]);
});

test('of lists only what came and went is shown, and what stayed the same is no change', () => {
  const rule = (range: string) => ({ protocol: 'TCP', range, ip: null });
  assert.deepEqual(read({ rules_before: [rule('22'), rule('80')], rules: [rule('80'), rule('443')] }).changes, [
    { label: 'Rules', before: ['protocol: TCP, range: 22'], after: ['protocol: TCP, range: 443'] },
  ]);
  assert.deepEqual(read({ name_before: 'same', name: 'same' }), { changes: [], rest: [] });
});

test('things are called by their names, and what is absent is left out', () => {
  assert.deepEqual(
    read({ userId: 'user-1', role_id_before: 'role-1', role_id: 'role-2', keyId: null, description: '' }),
    {
      changes: [{ label: 'Role', before: ['Viewer'], after: ['Operator'] }],
      rest: [{ label: 'Person', value: 'anna@example.com' }],
    },
  );
  assert.equal(labelOf('default_region'), 'Default region');
  assert.equal(labelOf('projectId'), 'Project');
});
