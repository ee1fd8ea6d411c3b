import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vmActions, vmStatuses } from '@raffia/contract/vm-states.ts';
import { refusalOf } from './refusals.ts';

test('every action is refused in just the statuses in which the server refuses it, with a sentence', () => {
  let refused = 0;
  for (const action of vmActions.actions) {
    for (const status of vmStatuses) {
      const reason = refusalOf(action, status);
      assert.equal(reason === undefined, vmActions.runs(action, status), `${action} in ${status}: ${reason}`);
      if (reason === undefined) continue;
      refused++;
      assert.match(reason, /^[A-Z].{10,}[^.]$/);
    }
  }
  assert.ok(refused > 40, `${refused} refusals`);
});

test('what has to be done first is said, and only where it helps', () => {
  assert.equal(refusalOf('resize', 'active'), 'Stop the VM first');
  assert.equal(refusalOf('reboot', 'passive'), 'Start the VM first');
  assert.equal(refusalOf('start', 'active'), 'It runs already');
  assert.equal(refusalOf('stop', 'passive'), 'It is stopped already');
  assert.match(refusalOf('restore', 'provisioning') ?? '', /^Wait/);
  assert.match(refusalOf('start', 'failure') ?? '', /has failed/);
});
