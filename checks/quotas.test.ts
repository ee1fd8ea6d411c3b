import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { isPersonal } from '@raffia/contract/operation.ts';
import { quotaNames } from '@raffia/contract/quotas.ts';

/** What leaves something new behind and yet needs no quota of its own, with the reason. */
const bounded: Readonly<Record<string, string>> = {
  addMember: 'an invitation counts as one when it is written; a member is a user or a key, which are counted',
  addProjectMember: 'one row for a user or key and a project, all of which are counted',
  requestHighTier: 'one that waits for each key',
  addVMTag: 'twenty for each VM',
  createVMConsole: 'a ticket goes within 30 seconds, and consoles are counted where they are opened',
};

const creating = operations.filter(
  ({ method, status, access }) =>
    method === 'POST' && status === 201 && access.who !== 'open' && !isPersonal({ access }),
);

test('every operation that creates something names the quota that bounds it', () => {
  const without = creating.filter(({ id, quota }) => quota === undefined && bounded[id] === undefined);
  assert.deepEqual(
    without.map(({ id }) => id),
    [],
  );
  assert.ok(creating.length >= 10, `only ${creating.length} operations create something`);
  const idle = Object.keys(bounded).filter((id) => !operations.some((operation) => operation.id === id));
  assert.deepEqual(idle, []);
});

test('what has a quota and is made by one operation alone is named by one', () => {
  const named = new Set(operations.flatMap(({ quota }) => quota ?? []));
  // The others grow with a VM, or a gateway with its VPC: refused by the same counters when that is written; streams and consoles are no
  // rows, and refused where they begin.
  const along = ['vcpus', 'ram', 'gateways', 'noteBytes', 'streams', 'consoles'];
  assert.deepEqual(
    quotaNames.filter((name) => !named.has(name)),
    along,
  );
});
