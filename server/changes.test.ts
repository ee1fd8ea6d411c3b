import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { Changes, type ChangeVerb, changeKinds } from './changes.ts';
import { vmWorkflows } from './resources/vms/vm-workflows.ts';

test('every operation that writes says what it changes: its audit verb begins with a kind of change', () => {
  let writes = 0;
  for (const operation of operations) {
    if (operation.audit === undefined) continue;
    const kind = Changes.kindOf(operation.audit as ChangeVerb);
    assert.ok(changeKinds.includes(kind), `${operation.id}: enter "${kind}" in server/changes.ts`);
    writes++;
  }
  assert.ok(writes >= 45, `${writes} operations`);
});

test('so does every operation on a machine or an image that goes on behind', () => {
  const kinds = Object.keys(vmWorkflows);
  assert.ok(kinds.length >= 13);
  for (const kind of kinds) {
    assert.ok(changeKinds.includes(Changes.kindOf(kind as ChangeVerb)), `${kind}: enter its kind in server/changes.ts`);
  }
});

test('the pages know what to read anew for each kind of change', () => {
  const live = readFileSync(join(import.meta.dirname, '../dashboard/api/live.ts'), 'utf8');
  const table = /const stale[^{]*\{([\s\S]*?)\n\};/.exec(live)?.[1] ?? '';
  const known = [...table.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]);
  assert.deepEqual(known.sort(), [...changeKinds].sort(), 'enter the kind in dashboard/api/live.ts');
});
