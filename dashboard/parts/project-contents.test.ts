import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftIn, projectRefusal } from './project-contents.ts';

test('what is left in a project is counted, and told before it is deleted', () => {
  const contents = {
    VM: [{ project_id: 'a' }, { project_id: 'a' }, { project_id: 'b' }],
    volume: [{ project_id: 'a' }],
    snapshot: undefined,
    'firewall group': [{ project_id: 'b' }],
  };
  assert.deepEqual(leftIn('a', contents), ['2 VMs', '1 volume']);
  assert.deepEqual(leftIn('b', contents), ['1 VM', '1 firewall group']);
  assert.deepEqual(leftIn('c', contents), []);
  assert.equal(projectRefusal({ is_default: false }, ['2 VMs', '1 volume']), 'Delete these first: 2 VMs, 1 volume.');
  assert.equal(projectRefusal({ is_default: false }, []), undefined);
  assert.equal(projectRefusal({ is_default: true }, []), "The default project can't be deleted");
});
